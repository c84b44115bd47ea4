"""Subagents in the pane of events: what ends while the user looks at it stays open."""

from __future__ import annotations

from tests.helpers.events import RunBuilder
from tests.helpers.list_rows import grow, show
from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes.events import EventsPane

SIZE = (120, 14)


def running() -> RunBuilder:
    run = RunBuilder()
    run.launch("t")
    run.add("subagent.start", {"task_id": "t", "description": "Look"}, task_id="t")
    run.step("t", "tool")
    return run


async def test_a_subagent_under_the_cursor_stays_open_when_it_ends() -> None:
    pane, run = EventsPane("events"), running()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        shown = await show(pane, run.rows, row=2)
        run.finish("t")
        await grow(pilot, pane, shown, len(run.rows))
        await until(pilot, lambda: pane.count == 4)
        assert (pane.row, pane.cursor) == (2, 2)


async def test_a_subagent_that_ends_elsewhere_becomes_one_line() -> None:
    pane, run = EventsPane("events"), running()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        shown = await show(pane, run.rows, row=0)
        run.finish("t")
        run.result("t")
        await grow(pilot, pane, shown, len(run.rows))
        await until(pilot, lambda: pane.count == 3)
        assert (pane.row, pane.cursor) == (0, 0)
        await until(pilot, lambda: "completed +2" in " ".join(drawn(pane)[1].split()))


async def test_while_following_the_subagent_that_ended_becomes_one_line() -> None:
    pane, run = EventsPane("events"), running()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        shown = await show(pane, run.rows, following=True)
        run.finish("t")
        await grow(pilot, pane, shown, len(run.rows))
        await until(pilot, lambda: pane.count == 2)
        assert pane.cursor == 1 and pane.following
