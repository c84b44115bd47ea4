"""Takes the README's pictures: the real app over the demo's own runs."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from whitetail.app import WhitetailApp
from whitetail.demo import demo_tree
from whitetail.panes.conversation import ConversationPane
from whitetail.panes.detail import DetailPane
from whitetail.panes.events import EventsPane
from whitetail.panes.overview import OverviewPane
from whitetail.panes.threads import ThreadsPane
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource

HERE = Path(__file__).resolve().parent
SIZE = (150, 42)
Drive = Callable[[Pilot[None]], Awaitable[None]]


async def main_screen(pilot: Pilot[None]) -> None:
    """Show a finished run, its answer in full."""
    await go_to(pilot, "Why deer freeze in headlights")
    await pilot.press("2", "j", "j", "3")


async def live(pilot: Pilot[None]) -> None:
    """Follow a run that is being written."""
    await pilot.press("3")
    await until(pilot, lambda: pilot.app.screen.query_one(EventsPane).following)


async def delete(pilot: Pilot[None]) -> None:
    """Ask before a delete of three threads."""
    await pilot.press("j", "v", "j", "j", "v", "d")
    await until(pilot, lambda: len(pilot.app.screen_stack) > 1)


async def failed_run(pilot: Pilot[None]) -> None:
    """Show a run that failed, the cursor on why."""
    await go_to(pilot, "Moss names for deploys")
    await pilot.press("2", "3")


async def overview(pilot: Pilot[None]) -> None:
    """Show a run whose subagent failed, at a glance."""
    await go_to(pilot, "Cron, queue or webhook?")
    await pilot.press("2", "j", "i")
    await until(pilot, lambda: len(pilot.app.screen_stack) > 1)
    pane = pilot.app.screen.query_one(OverviewPane)
    await until(pilot, lambda: pane.count > 30)


async def handoff(pilot: Pilot[None]) -> None:
    """Show what two subagents were asked, did and gave back."""
    await go_to(pilot, "Cron, queue or webhook?")
    await pilot.press("2", "j")
    await go_to_event(pilot, "task(")
    await pilot.press("4", "z")


async def diff(pilot: Pilot[None]) -> None:
    """Show what a run changed in its workspace."""
    await go_to(pilot, "A flaky test in the retry queue")
    await pilot.press("2", "j")
    await go_to_event(pilot, "files changed")
    await pilot.press("4", "z")


async def conversation(pilot: Pilot[None]) -> None:
    """Show a thread as a conversation."""
    await go_to(pilot, "Why deer freeze in headlights")
    await pilot.press("c")
    await until(pilot, lambda: len(pilot.app.screen_stack) > 1)
    pane = pilot.app.screen.query_one(ConversationPane)
    await until(pilot, lambda: bool(pane.border_subtitle))


async def empty(pilot: Pilot[None]) -> None:
    """Show that there is nothing yet."""


async def go_to(pilot: Pilot[None], title: str) -> None:
    """Put the cursor on a thread."""
    pane = pilot.app.screen.query_one(ThreadsPane)
    while pane.chosen[0].title != title:
        await pilot.press("j")


async def go_to_event(pilot: Pilot[None], said: str) -> None:
    """Put the cursor on the first event of which the line says something."""
    pane = pilot.app.screen.query_one(EventsPane)
    await pilot.press("3")
    await pilot.pause(0.5)
    await pilot.press("g")
    while said not in "".join(text for text, _ in pane.draw(pane.cursor, 120)):
        before = pane.cursor
        await pilot.press("j")
        assert pane.cursor > before, f"no event says {said!r}"


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait until something is true, for five seconds at most."""
    async with asyncio.timeout(5):
        while not true():
            await pilot.pause(0.02)


async def take(name: str, base: Path, drive: Drive) -> None:
    """Run the app over a tree, drive it and keep a picture of what it shows then."""
    os.chdir(base.parent)
    app = WhitetailApp(FileSource(TreeLocation(Path(base.name))))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.8)
        await drive(pilot)
        detail = app.screen_stack[0].query_one(DetailPane)
        if drive is not empty:
            await until(pilot, lambda: bool(detail.border_subtitle))
        await pilot.pause(0.5)
        picture = app.export_screenshot(title="whitetail")
    # But for this number, pictures of the same screen are the same, byte by byte.
    picture = re.sub(r"terminal-\d+-", "terminal-", picture)
    (HERE / f"{name}.svg").write_text(picture)


async def take_all() -> None:
    """Take every picture."""
    now = time.time()
    for name, drive in {
        "main": main_screen,
        "live": live,
        "delete": delete,
        "failed": failed_run,
        "overview": overview,
        "handoff": handoff,
        "diff": diff,
        "conversation": conversation,
    }.items():
        with demo_tree(live=False, now=now) as base:
            await take(name, base, drive)
    with tempfile.TemporaryDirectory(prefix="whitetail-demo-") as folder:
        await take("empty", Path(folder) / ".deer-flow", empty)


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    if sys.platform != "win32":
        time.tzset()
    asyncio.run(take_all())
