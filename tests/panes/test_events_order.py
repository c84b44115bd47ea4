"""The events pane in causal order: folds, growth, and a view that stays in place.

Also covers whitetail.run.run_lines, which is the source of its lines.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.events import MouseScrollUp
from textual.pilot import Pilot

from tests.helpers.events import RunBuilder, handoff
from tests.helpers.list_rows import ListRows, grow, opened, show
from tests.helpers.pilot import Stage, drawn, handled, press, until
from whitetail.panes.events import EventsPane
from whitetail.run.protocols import RowOrderState
from whitetail.run.read_limits import LIMITS
from whitetail.run.run_lines import RunLines
from whitetail.trace.order.outline import Folds
from whitetail_store import BadLine

SIZE = (120, 14)


def is_read(pane: EventsPane) -> bool:
    """Return whether every visible line was read."""
    return not any(line.strip() == "·" for line in drawn(pane))


def numbers(pane: EventsPane) -> list[str]:
    """Return the numbers, with their marks, of the lines that are drawn."""
    return [line.split()[0] for line in drawn(pane) if line.strip()]


async def ready(pilot: Pilot[Any], pane: EventsPane) -> None:
    await until(pilot, lambda: not any(line.strip() == "·" for line in drawn(pane)))
    await pilot.pause()


async def test_subagent_rows_are_under_their_call_and_marked_as_moved() -> None:
    pane, run = EventsPane("events"), handoff()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, run.rows)
        await ready(pilot, pane)
        assert numbers(pane) == ["3", "4", "1⇡", "5", "6"]
        assert "“Look” · 1 step · completed" in drawn(pane)[2]
        pane.toggle_order()
        await ready(pilot, pane)
        assert [each.rstrip("⇡") for each in numbers(pane)] == list("123456")
        assert pane.border_subtitle == "file order"


async def test_the_cursor_stays_at_its_event_when_the_order_changes() -> None:
    pane, run = EventsPane("events"), handoff()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, run.rows, row=1)
        assert (pane.row, pane.cursor) == (0, 2)
        pane.toggle_order()
        assert (pane.row, pane.cursor) == (0, 0)
        pane.move_to(1)
        pane.toggle_order()
        assert (pane.row, pane.cursor) == (1, 3)
        await ready(pilot, pane)


async def test_h_and_l_fold_unfold_and_move_in_the_tree() -> None:
    pane, run = EventsPane("events"), handoff()
    folds = Folds()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, run.rows, folds=folds, row=1)
        await ready(pilot, pane)
        pane.focus()
        await press(pilot, "h")
        await until(pilot, lambda: pane.row == 3)
        await press(pilot, "h")
        await until(pilot, lambda: numbers(pane) == ["3", "4", "6"])
        await until(pilot, lambda: "+3" in drawn(pane)[1])
        assert folds.closed == {3}
        await press(pilot, "h")
        await handled(pilot)
        assert pane.row == 3
        await press(pilot, "l")
        await until(pilot, lambda: numbers(pane) == ["3", "4", "1⇡", "5", "6"])
        await press(pilot, "right")
        await until(pilot, lambda: pane.row == 0)
        await press(pilot, "l")
        unfolded = ["3", "4", "1⇡", "2⇡", "5", "6"]
        await until(pilot, lambda: numbers(pane) == unfolded)
        await press(pilot, "l")
        await until(pilot, lambda: pane.row == 1)
        await press(pilot, "h")
        await until(pilot, lambda: pane.row == 0)
        await press(pilot, "h")
        await until(pilot, lambda: numbers(pane) == ["3", "4", "1⇡", "5", "6"])
        await show(pane, run.rows, folds=Folds({3}))
        await ready(pilot, pane)
        assert numbers(pane) == ["3", "4", "6"]


async def test_a_run_without_events_has_nothing_to_fold() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [])
        await press(pilot, "l", "h", "right", "left", "enter")
        assert pane.cursor == 0


async def test_going_to_a_folded_event_unfolds_it() -> None:
    pane, run = EventsPane("events"), handoff()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, run.rows, folds=Folds({3}))
        pane.go_to(4)
        await ready(pilot, pane)
        assert (pane.row, numbers(pane)[pane.cursor]) == (4, "5")


async def test_rows_added_under_an_earlier_event_do_not_move_the_view() -> None:
    pane, run = EventsPane("events"), RunBuilder()
    run.reply("", *((f"tool{at}", str(at)) for at in range(3)))
    for _ in range(40):
        run.prompt()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        shown = await show(pane, run.rows, row=20)
        await ready(pilot, pane)
        before, y = numbers(pane), pane.cursor - pane.scroll_offset.y
        for at in range(3):
            run.result(str(at))
        await grow(pilot, pane, shown, len(run.rows))
        await until(pilot, lambda: pane.unseen == 3)
        await ready(pilot, pane)
        assert (pane.row, pane.cursor) == (20, 23)
        assert pane.cursor - pane.scroll_offset.y == y
        # The last visible line is now that of the mark.
        assert numbers(pane)[:-1] == before[:-1]
        pane.go_to(0)
        await ready(pilot, pane)
        assert numbers(pane)[:5] == ["1", "42⇡", "43⇡", "44⇡", "2"]


async def test_following_goes_to_the_newest_event_wherever_it_is_listed() -> None:
    pane, run = EventsPane("events"), RunBuilder()
    run.launch("s", "t")
    run.step("t")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        shown = await show(pane, run.rows, following=True)
        run.step("s")
        await grow(pilot, pane, shown, 3)
        await until(pilot, lambda: pane.row == 2)
        assert (pane.cursor, pane.following) == (1, True)
        await press(pilot, "j")
        await until(pilot, lambda: not pane.following)
        await press(pilot, "G")
        await until(pilot, lambda: (pane.row, pane.following) == (2, True))


BAD = BadLine(0, 4, "not JSON", b"oops")
STEP_BY_STEP = replace(LIMITS, first_slice_s=0, slice_s=0, step_rows=10)
"""Limits with which a run is read ten rows at a time."""


async def test_a_longer_run_is_in_file_order_until_all_of_it_was_read() -> None:
    pane, rows = EventsPane("events"), ListRows(handoff().rows + [BAD] * 3_000)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await opened(rows, limits=STEP_BY_STEP)
        rows.gate.clear()
        lines = RunLines(run)
        pane.show(lines, row=0)
        assert "until the run is read" in str(pane.border_subtitle)
        assert (pane.row, pane.cursor) == (0, 0)
        rows.gate.set()
        await until(pilot, lambda: lines.order_state is RowOrderState.CAUSAL)
        assert (pane.row, pane.cursor) == (0, 2)
        assert pane.border_subtitle == "causal order"


async def test_rows_that_are_written_while_a_run_is_read_are_counted_as_new() -> None:
    pane, rows = EventsPane("events"), ListRows([BAD] * 3_000)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await opened(rows, limits=STEP_BY_STEP)
        rows.gate.clear()
        lines = RunLines(run)
        pane.show(lines, row=5)
        rows.rows = [BAD] * 3_002
        run.touch()
        rows.gate.set()
        await until(pilot, lambda: lines.order_state is RowOrderState.CAUSAL)
        await until(pilot, lambda: pane.row_count == 3_002)
        assert pane.unseen == 2


async def test_a_run_that_could_not_be_read_is_read_when_the_user_asks_again() -> None:
    pane, rows = EventsPane("events"), ListRows(handoff().rows + [BAD] * 3_000)
    async with (app := Stage(pane)).run_test(size=SIZE) as pilot:
        run = await opened(rows, limits=STEP_BY_STEP)
        pane.show(RunLines(run), row=0)
        rows.error = PermissionError("no")
        await until(pilot, lambda: app.count(EventsPane.Failed))
        label = "file order · s reads the whole run for causal order"
        await until(pilot, lambda: pane.border_subtitle == label)
        rows.error = None
        pane.toggle_order()
        await until(pilot, lambda: pane.border_subtitle == "causal order")


async def test_scrolling_back_from_the_newest_event_shows_events() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = RunBuilder()
        for number in range(200):
            run.add("mystery", f"text {number}")
        await show(pane, run.rows, following=True)
        await ready(pilot, pane)
        for _ in range(20):
            x, y = pane.content_region.offset
            wheel = MouseScrollUp(pane, x, y, 0, 0, 0, False, False, False)
            pilot.app.post_message(wheel)
            await pilot.pause()
        assert not pane.following
        assert pane.cursor == 199
        await until(pilot, lambda: is_read(pane))
        assert pane.scroll_offset.y < 180


async def test_a_very_long_run_is_read_when_the_user_asks_for_its_order() -> None:
    pane, rows = EventsPane("events"), ListRows(handoff().rows + [BAD] * 3_000)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await show(pane, rows, limits=replace(LIMITS, long_rows=1_000))
        assert (
            pane.border_subtitle
            == "file order · s reads the whole run for causal order"
        )
        await ready(pilot, pane)
        assert (run.rows_read, pane.cursor) == (0, 0)
        pane.toggle_order()
        await until(pilot, lambda: pane.border_subtitle == "causal order")
        assert (pane.row, pane.cursor) == (0, 2)
        pane.toggle_order()
        assert (pane.border_subtitle, pane.cursor) == ("file order", 0)


@pytest.mark.parametrize(("width", "cells"), [(120, "━"), (85, "2.0s"), (60, "+1")])
async def test_a_line_shows_as_much_as_it_has_room_for(width: int, cells: str) -> None:
    pane, run = EventsPane("events"), RunBuilder()
    run.reply("", ("ls", "a"))
    run.second += 1
    run.result("a")
    async with Stage(pane).run_test(size=(width, 10)) as pilot:
        await show(pane, run.rows)
        await ready(pilot, pane)
        pane.focus()
        if cells == "+1":
            await press(pilot, "g", "h")
        await until(pilot, lambda: cells in "\n".join(drawn(pane)))
