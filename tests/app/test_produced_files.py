"""Files that a run produced, and other programs that want the terminal."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import HeldExecutor, InlineExecutor
from whitetail.panes.menu import MenuPane


def opening(ui: AppDriver) -> bool:
    """Return whether an event is on its way to the pager."""
    return any(each.group == "open" and not each.is_finished for each in ui.app.workers)


async def test_a_second_program_is_not_started_while_a_file_is_on_its_way_to_the_first(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path)
    disk.write_run("t", "r", "a question", "an answer")
    outputs = disk.threads / "t" / "user-data" / "outputs"
    outputs.mkdir(parents=True)
    (outputs / "a.md").write_text("# Deer\n")
    async with open_app(disk) as ui:
        await ui.until_shown("events", "an answer")
        await ui.press("3")
        ui.browse.offer_file("/mnt/user-data/outputs/a.md", None)
        await ui.until(lambda: ui.app.screen.query(MenuPane))
        loop, held = asyncio.get_running_loop(), HeldExecutor(free=0)
        loop.set_default_executor(held)
        await ui.press("o")
        await ui.until(lambda: held.held and ui.app.screen is ui.browse)
        await ui.until_letters_act()
        await ui.press("o")
        await ui.pilot.pause()
        assert not opening(ui)
        loop.set_default_executor(InlineExecutor())
