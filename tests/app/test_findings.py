"""The faults of a run's file, as the app lists them. Also covers the findings pane."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.events import line
from tests.helpers.pilot import until
from whitetail.app import WhitetailApp
from whitetail.panes.events import EventsPane
from whitetail.panes.findings import FindingsPane
from whitetail.panes.status import StatusPane
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource


def faulty(folder: Path) -> Path:
    """Return a tree with one run: an event, a bad line, and an event."""
    base = folder / ".deer-flow"
    runs = base / "threads" / "t" / "runs"
    runs.mkdir(parents=True)
    lines = [line(1), b"{oops\n", line(3)]
    (runs / "r.jsonl").write_bytes(b"".join(lines))
    return base


async def test_the_status_line_counts_the_faults_and_a_key_lists_them(
    tmp_path: Path,
) -> None:
    app = WhitetailApp(FileSource(TreeLocation(faulty(tmp_path))))
    async with app.run_test(size=(120, 40)) as pilot:
        status = app.screen.query_one(StatusPane)
        await until(pilot, lambda: "1 fault" in status.activity)
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        pane = app.screen.query_one(FindingsPane)
        assert [each.location.row for each in pane.findings] == [1]
        assert pane.render_line(0).text.startswith("bad line")


async def test_enter_goes_to_the_row_of_a_fault(tmp_path: Path) -> None:
    app = WhitetailApp(FileSource(TreeLocation(faulty(tmp_path))))
    async with app.run_test(size=(120, 40)) as pilot:
        status = app.screen.query_one(StatusPane)
        await until(pilot, lambda: "1 fault" in status.activity)
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one(EventsPane).cursor == 1)


async def test_a_file_without_faults_is_reported_and_nothing_is_listed(
    tmp_path: Path,
) -> None:
    base = faulty(tmp_path)
    (base / "threads" / "t" / "runs" / "r.jsonl").write_bytes(line(1) + line(2))
    app = WhitetailApp(FileSource(TreeLocation(base)))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.screen.query_one(EventsPane).count == 2)
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: app.screen.query("Toast"))
        assert len(app.screen_stack) == 1
        assert "fault" not in app.screen.query_one(StatusPane).activity
