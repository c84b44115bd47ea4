"""Quitting at any moment is clean: no error, no crash report."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import InlineExecutor
from whitetail.app import WhitetailApp
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource

# Turns of the event loop after the app is ready. Without the care for the end, 10 of
# these 64 quits failed; of the quits in the 128 turns that follow, 3 more.
_MOMENTS = range(32)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    disk = Disk(tmp_path)
    disk.write_run("old", "r1", "an old question", "an old answer", age=9_000)
    disk.write_run("new", "r1", "a first question", "a first answer", age=4_000)
    disk.write_run("new", "r2", "a second question", age=1, ended=False)
    for number in range(30):
        disk.add_reply("new", "r2", f"answer {number}")
    return disk


@pytest.mark.parametrize("turns", _MOMENTS)
async def test_the_app_can_be_asked_to_end_at_any_moment(
    disk: Disk, turns: int
) -> None:
    asyncio.get_running_loop().set_default_executor(InlineExecutor())
    app = WhitetailApp(FileSource(TreeLocation(disk.base)))
    async with app.run_test(size=(150, 40)):
        for _ in range(turns):
            await asyncio.sleep(0)
        app.exit()
        while app.is_running:
            await asyncio.sleep(0)
    assert app.crash is None
    assert app.return_code == 0


@pytest.mark.parametrize("turns", _MOMENTS)
async def test_panes_can_be_removed_at_any_moment(disk: Disk, turns: int) -> None:
    """The app is shut down while its workers run, which is harder than `exit`."""
    asyncio.get_running_loop().set_default_executor(InlineExecutor())
    app = WhitetailApp(FileSource(TreeLocation(disk.base)))
    async with app.run_test(size=(150, 40)):
        for _ in range(turns):
            await asyncio.sleep(0)
    assert app.crash is None


async def test_lists_without_their_panes_are_not_filled(disk: Disk) -> None:
    async with open_app(disk) as ui:
        await ui.runs.remove()
        # As work that ends while the app does.
        ui.browse.lists.fill()
        assert ui.app.is_running
