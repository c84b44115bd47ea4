"""The faults of a run's file, as the app lists them. Also covers the findings pane."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.events import line
from tests.helpers.pilot import drawn
from whitetail.panes.findings import FindingsPane


@pytest.fixture
def faulty(tmp_path: Path) -> Disk:
    """Return a tree with one run: an event, a bad line, and an event."""
    disk = Disk(tmp_path)
    path = disk.path("t", "r")
    path.parent.mkdir(parents=True)
    path.write_bytes(line(1) + b"{oops\n" + line(3))
    return disk


async def list_faults(ui: AppDriver) -> FindingsPane:
    """Wait until the status line counts the fault, and list it."""
    await ui.until(lambda: "1 fault" in ui.status.activity)
    await ui.press("exclamation_mark")
    await ui.until(lambda: ui.app.screen.query(FindingsPane))
    pane = ui.app.screen.query_one(FindingsPane)
    await ui.until(lambda: pane.has_focus and any(drawn(pane)))
    return pane


async def test_the_status_line_counts_the_faults_and_a_key_lists_them(
    faulty: Disk,
) -> None:
    async with open_app(faulty) as ui:
        pane = await list_faults(ui)
        assert pane.count == 1
        assert pane.row == 1
        assert drawn(pane)[0].startswith("bad line")


async def test_enter_goes_to_the_row_of_a_fault(faulty: Disk) -> None:
    async with open_app(faulty) as ui:
        await list_faults(ui)
        await ui.press("enter")
        await ui.until(lambda: ui.events.cursor == 1)


async def test_a_file_without_faults_is_reported_and_nothing_is_listed(
    faulty: Disk,
) -> None:
    faulty.path("t", "r").write_bytes(line(1) + line(2))
    async with open_app(faulty) as ui:
        await ui.until(lambda: ui.events.count == 2)
        await ui.press("exclamation_mark")
        await ui.until_notified("no faults")
        assert ui.app.screen is ui.browse
        assert "fault" not in ui.status.activity
