"""Makes the README's pictures: the real app over the demo's own runs.

    python -m screenshots.take           writes the pictures
    python -m screenshots.take --check   compares them with those in the folder

The clock is fixed, so a picture changes only if the screen does. `--check` prints the
lines that differ and exits with 1 if there are any.
"""

from __future__ import annotations

import asyncio
import difflib
import html
import os
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from unittest.mock import patch

from textual.pilot import Pilot

from whitetail.app import WhitetailApp
from whitetail.demo import demo_tree
from whitetail.panes.conversation import ConversationPane
from whitetail.panes.detail import DetailPane
from whitetail.panes.events import EventsPane
from whitetail.panes.overview import OverviewPane
from whitetail.panes.threads import ThreadsPane
from whitetail.screens.browse import BrowseScreen
from whitetail.screens.results import ResultsScreen
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.trace.verdict.status import RunStatus

HERE = Path(__file__).resolve().parent
SIZE = (150, 42)
NOW = 1_788_516_600.0
"""The time in all pictures, in seconds since the epoch: 4 September 2026, 10:10 UTC."""
SETTLED_S = 0.6
"""A screen that does not change for so long is the picture."""
TIMEOUT_S = 60.0
Drive = Callable[[Pilot[str]], Awaitable[None]]


async def main_screen(pilot: Pilot[str]) -> None:
    """Show a finished run, its answer in full."""
    await go_to(pilot, "Why deer freeze in headlights")
    await pilot.press("2", "j", "j", "3")


async def live(pilot: Pilot[str]) -> None:
    """Follow a run that is being written."""
    await pilot.press("3")
    await until(pilot, lambda: pilot.app.screen.query_one(EventsPane).following)


async def delete(pilot: Pilot[str]) -> None:
    """Ask before a delete of three threads."""
    await pilot.press("j", "v", "j", "j", "v", "d")
    await until(pilot, lambda: len(pilot.app.screen_stack) > 1)


async def failed_run(pilot: Pilot[str]) -> None:
    """Show a run that failed, the cursor on the error."""
    await go_to(pilot, "Moss names for deploys")
    await pilot.press("2", "3")


async def overview(pilot: Pilot[str]) -> None:
    """Show the overview of a run whose subagent failed."""
    await go_to(pilot, "Cron, queue or webhook?")
    await pilot.press("2", "j")
    await run_read(pilot)
    await pilot.press("i")
    await until(pilot, lambda: len(pilot.app.screen_stack) > 1)
    pane = pilot.app.screen.query_one(OverviewPane)
    await until(pilot, lambda: pane.count > 30)


async def handoff(pilot: Pilot[str]) -> None:
    """Show what two subagents were asked, did and returned."""
    await go_to(pilot, "Cron, queue or webhook?")
    await pilot.press("2", "j")
    await go_to_event(pilot, "task(")
    await pilot.press("4", "z")


async def diff(pilot: Pilot[str]) -> None:
    """Show what a run changed in its workspace."""
    await go_to(pilot, "A flaky test in the retry queue")
    await pilot.press("2", "j")
    await go_to_event(pilot, "files changed")
    await pilot.press("4", "z")


async def conversation(pilot: Pilot[str]) -> None:
    """Show a thread as a conversation."""
    await go_to(pilot, "Why deer freeze in headlights")
    await pilot.press("c")
    await until(pilot, lambda: len(pilot.app.screen_stack) > 1)
    pane = pilot.app.screen.query_one(ConversationPane)
    await until(pilot, lambda: bool(pane.border_subtitle))


async def filtered(pilot: Pilot[str]) -> None:
    """Show only some events of a run, with those that they are under."""
    await go_to(pilot, "Cron, queue or webhook?")
    await pilot.press("2", "j")
    await run_read(pilot)
    await pilot.press("3", "ampersand", *"tool:web_fetch,web_search took>1s", "enter")
    pane = pilot.app.screen.query_one(EventsPane)
    await until(pilot, lambda: "took" in str(pane.border_title))
    await until(pilot, lambda: pilot.app.focused is pane)
    await pilot.press("g")


async def search(pilot: Pilot[str]) -> None:
    """Show what a search over all threads has found."""
    await pilot.press("3", "slash", *"queue", "tab", "tab", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ResultsScreen))


async def empty(pilot: Pilot[str]) -> None:
    """Show that there are no runs yet."""


PICTURES: dict[str, Drive] = {
    "main": main_screen,
    "live": live,
    "delete": delete,
    "failed": failed_run,
    "overview": overview,
    "handoff": handoff,
    "diff": diff,
    "conversation": conversation,
    "filter": filtered,
    "search": search,
    "empty": empty,
}


async def go_to(pilot: Pilot[str], title: str) -> None:
    """Put the cursor on a thread."""
    pane = pilot.app.screen.query_one(ThreadsPane)
    await until(pilot, lambda: any(title == each.title for each in pane.all_entries))
    while pane.chosen[0].title != title:
        await pilot.press("j")


async def go_to_event(pilot: Pilot[str], text: str) -> None:
    """Put the cursor on the first event whose line contains a text."""
    await run_read(pilot)
    pane = pilot.app.screen.query_one(EventsPane)
    await pilot.press("3", "g")
    while text not in "".join(part for part, _ in pane.draw(pane.cursor, 120)):
        before = pane.cursor
        await pilot.press("j")
        assert pane.cursor > before, f"no event has {text!r}"


async def run_read(pilot: Pilot[str]) -> None:
    """Wait until the run under the cursor is open and read."""
    screen = pilot.app.screen
    assert isinstance(screen, BrowseScreen)

    def read() -> bool:
        run = screen.run.run
        return run is not None and run.read_whole and run.key == screen.lists.runs.key

    await until(pilot, read)


async def until(pilot: Pilot[str], condition: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    async with asyncio.timeout(TIMEOUT_S):
        while not condition():
            await pilot.pause(0.02)


async def settled(pilot: Pilot[str]) -> str:
    """Return the picture of the screen once it does not change any more."""
    picture, since = "", time.monotonic()
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            await pilot.pause(0.05)
            now = pilot.app.export_screenshot(title="whitetail")
            # Without this number, pictures of the same screen are the same bytes.
            now = re.sub(r"terminal-\d+-", "terminal-", now)
            if now != picture:
                picture, since = now, time.monotonic()
            elif time.monotonic() - since > SETTLED_S:
                return picture


async def picture_of(drive: Drive, base: Path) -> str:
    """Run the app over a tree, drive it, and return a picture of what it shows."""
    os.chdir(base.parent)
    source = FileSource(TreeLocation(Path(base.name)))
    app = WhitetailApp(source)

    def statuses_known() -> bool:
        entries = source.catalog.thread_entries()
        return all(entry.status is not RunStatus.UNKNOWN for entry in entries)

    async with app.run_test(size=SIZE) as pilot:
        if drive is not empty:
            detail = app.screen.query_one(DetailPane)
            await until(pilot, lambda: bool(detail.border_subtitle))
            await until(pilot, statuses_known)
        await drive(pilot)
        return await settled(pilot)


async def pictures() -> dict[str, str]:
    """Return every picture by its name."""
    result: dict[str, str] = {}
    for name, drive in PICTURES.items():
        if drive is empty:
            with tempfile.TemporaryDirectory(prefix="whitetail-demo-") as folder:
                result[name] = await picture_of(drive, Path(folder) / ".deer-flow")
        else:
            with demo_tree(live=False, now=NOW) as base:
                result[name] = await picture_of(drive, base)
    return result


def texts_of(picture: str) -> list[str]:
    """Return the texts of a picture, a line for each line of the screen."""
    found: dict[str, str] = {}
    for y, text in re.findall(r'<text [^>]*y="([\d.]+)"[^>]*>([^<]*)</text>', picture):
        found[y] = found.get(y, "") + html.unescape(text).replace("\xa0", " ")
    return [text.rstrip() for text in found.values()]


def differences(name: str, before: str, after: str) -> Iterator[str]:
    """Yield what is different in a picture; nothing if it is the same."""
    if before == after:
        return
    yield f"{name}.svg has changed"
    changed = difflib.unified_diff(
        texts_of(before), texts_of(after), "before", "after", n=0, lineterm=""
    )
    yield from list(changed) or ["only colours or positions differ"]


def check(folder: Path) -> int:
    """Compare the pictures with those in a folder; return the exit code."""
    failures = 0
    for name, after in asyncio.run(pictures()).items():
        path = folder / f"{name}.svg"
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        for line in differences(name, before, after):
            print(line)
            failures += 1
    return 1 if failures else 0


def main() -> int:
    """Write or check the pictures; return the exit code."""
    os.environ["TZ"] = "UTC"
    if sys.platform != "win32":
        time.tzset()
    # The app, the demo and the watcher ask this clock. None of them needs it to run.
    time.time = lambda: NOW
    # And the search this one, for how long it lasts.
    patch("whitetail.run.search_all.monotonic", return_value=0.0).start()
    if sys.argv[1:2] == ["--check"]:
        return check(Path(sys.argv[2]) if len(sys.argv) > 2 else HERE)
    for name, picture in asyncio.run(pictures()).items():
        (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
