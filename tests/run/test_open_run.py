from __future__ import annotations

from dataclasses import replace

from tests.helpers.events import BAD, RunBuilder
from tests.helpers.list_rows import ListRows, Recorder, opened
from whitetail.run.open_run import OpenRun
from whitetail.run.read_limits import LIMITS


def run_of(replies: int) -> RunBuilder:
    run = RunBuilder()
    run.prompt()
    for _ in range(replies):
        run.reply("Seven")
    return run


async def test_an_open_run_has_its_rows_in_order_and_its_faults() -> None:
    run = await opened([*run_of(3).rows, BAD])
    assert (run.row_count, run.rows_read, run.read_whole) == (5, 5, True)
    assert [fault.kind for fault in run.faults] == ["bad line"]
    assert run.failed_rows() == {4}


async def test_growth_is_published_with_its_placements_and_read_once() -> None:
    builder = run_of(2)
    rows = ListRows(builder.rows)
    run = await opened(rows)
    recorder = Recorder(run)
    builder.reply("Eight")
    run.touch()
    await recorder.wait_until(lambda: "rows 4" in recorder.heard)
    assert recorder.heard[:3] == ["changing", "changed", "rows 4"]
    assert rows.reads.count(3) == 1
    assert run.outline is not None
    assert list(run.outline.order()) == [0, 1, 2, 3]


async def test_a_replaced_run_is_published_anew() -> None:
    rows = ListRows(run_of(5).rows)
    run = await opened(rows)
    recorder = Recorder(run)
    rows.replace(run_of(1).rows)
    run.touch()
    await recorder.wait_until(lambda: "opened" in recorder.heard)
    assert (run.row_count, run.rows_read) == (2, 2)


async def test_a_failure_is_published_and_reading_goes_on_after_the_next_change() -> (
    None
):
    rows = ListRows([BAD] * 3_000)
    run = await opened(rows, limits=replace(LIMITS, first_slice_s=0, slice_s=0))
    recorder = Recorder(run)
    rows.error = PermissionError("no")
    await recorder.wait_until(lambda: recorder.errors)
    assert not run.read_whole
    rows.error = None
    run.read_all()
    await recorder.wait_until(lambda: run.read_whole)


async def test_a_mistake_of_the_program_is_published_as_one() -> None:
    rows = ListRows([BAD] * 3_000)
    run = await opened(rows, limits=replace(LIMITS, first_slice_s=0, slice_s=0))
    recorder = Recorder(run)
    rows.error = ZeroDivisionError("by zero")
    await recorder.wait_until(lambda: recorder.errors)
    [error] = recorder.errors
    assert "ZeroDivisionError: by zero" in str(error)
    assert "please report it" in str(error)
    rows.error = None
    run.read_all()
    await recorder.wait_until(lambda: run.read_whole)


async def test_a_closed_run_says_so_and_publishes_nothing_more() -> None:
    rows = ListRows(run_of(1).rows)
    run = OpenRun(rows)
    recorder = Recorder(run)
    unsubscribe = run.subscribe(recorder)
    run.start()
    await recorder.wait_until(lambda: "opened" in recorder.heard)
    run.close()
    assert recorder.heard[-1] == "closed"
    unsubscribe()
    unsubscribe()
