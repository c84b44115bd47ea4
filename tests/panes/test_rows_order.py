"""The events pane over a telling: causal order, folds, and nothing that jumps."""

from __future__ import annotations

from typing import Any

import pytest
from textual.events import MouseScrollUp
from textual.pilot import Pilot

from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes import rows
from whitetail.panes.events import EventsPane
from whitetail.run.reader import RunReader
from whitetail.trace.order.outline import Folds
from whitetail_store import BadLine

SIZE = (120, 14)


def told(rows: list[AnyEvent], folds: Folds | None = None) -> RunReader:
    telling = RunReader(rows, folds)
    telling.read_ahead(len(rows))
    return telling


def is_read(pane: EventsPane) -> bool:
    """Return whether nothing in sight is still to come."""
    return not any(line.strip() == "·" for line in drawn(pane))


def numbers(pane: EventsPane) -> list[str]:
    """Return the numbers, with their marks, of the lines that are drawn."""
    return [line.split()[0] for line in drawn(pane) if line.strip()]


async def ready(pilot: Pilot[Any], pane: EventsPane) -> None:
    await until(pilot, lambda: not any(line.strip() == "·" for line in drawn(pane)))
    await pilot.pause()


def handoff() -> RunBuilder:
    """Return a run of which the subagent's rows were written first."""
    run = RunBuilder()
    run.step("t")
    run.finish("t")
    run.prompt("Find the deer")
    run.launch("t")
    run.result("t", "It is in the forest")
    run.reply("In the forest")
    return run


async def test_a_subagent_stands_under_its_call_and_says_that_it_moved() -> None:
    pane, run = EventsPane("events"), handoff()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(run.rows, told(run.rows))
        await ready(pilot, pane)
        assert numbers(pane) == ["3", "4", "1⇡", "2⇡", "5", "6"]
        pane.toggle_order()
        await ready(pilot, pane)
        assert [each.rstrip("⇡") for each in numbers(pane)] == list("123456")
        assert pane.border_subtitle == "file order"


async def test_the_cursor_stays_with_its_event_when_the_order_changes() -> None:
    pane, run = EventsPane("events"), handoff()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(run.rows, told(run.rows), cursor=1)
        assert (pane.row, pane.cursor) == (1, 3)
        pane.toggle_order()
        assert (pane.row, pane.cursor) == (1, 1)
        pane.toggle_order()
        assert (pane.row, pane.cursor) == (1, 3)
        await ready(pilot, pane)


async def test_h_and_l_fold_and_climb() -> None:
    pane, run = EventsPane("events"), handoff()
    folds = Folds()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(run.rows, told(run.rows, folds), cursor=1)
        await ready(pilot, pane)
        pane.focus()
        await pilot.press("h")
        assert pane.row == 3
        await pilot.press("h")
        assert numbers(pane) == ["3", "4", "6"]
        assert "+3" in drawn(pane)[1]
        assert folds.closed == {3}
        await pilot.press("h")
        assert pane.row == 3
        await pilot.press("l")
        assert numbers(pane) == ["3", "4", "1⇡", "2⇡", "5", "6"]
        await pilot.press("right")
        assert pane.row == 0
        pane.show(run.rows, told(run.rows, Folds({3})))
        await ready(pilot, pane)
        assert numbers(pane) == ["3", "4", "6"]


async def test_going_to_a_folded_event_unfolds_it() -> None:
    pane, run = EventsPane("events"), handoff()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(run.rows, told(run.rows, Folds({3})))
        pane.go_to(4)
        await ready(pilot, pane)
        assert (pane.row, numbers(pane)[pane.cursor]) == (4, "5")


async def test_what_comes_under_an_earlier_event_does_not_move_the_reader() -> None:
    pane, run = EventsPane("events"), RunBuilder()
    run.reply("", *((f"tool{at}", str(at)) for at in range(3)))
    for _ in range(40):
        run.prompt()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(run.rows, told(run.rows), cursor=20)
        await ready(pilot, pane)
        before, y = numbers(pane), pane.cursor - pane.scroll_offset.y
        for at in range(3):
            run.result(str(at))
        pane.grow()
        await until(pilot, lambda: pane.unseen == 3)
        await ready(pilot, pane)
        assert (pane.row, pane.cursor) == (20, 23)
        assert pane.cursor - pane.scroll_offset.y == y
        # The last line in sight is now that of the mark.
        assert numbers(pane)[:-1] == before[:-1]
        pane.go_to(0)
        await ready(pilot, pane)
        assert numbers(pane)[:5] == ["1", "42⇡", "43⇡", "44⇡", "2"]


async def test_who_follows_is_taken_to_the_newest_event_wherever_it_stands() -> None:
    pane, run = EventsPane("events"), RunBuilder()
    run.launch("s", "t")
    run.step("t")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(run.rows, told(run.rows), following=True)
        run.step("s")
        pane.grow()
        await until(pilot, lambda: pane.row == 2)
        assert (pane.cursor, pane.following) == (1, True)
        await pilot.press("j")
        assert not pane.following
        await pilot.press("G")
        assert (pane.row, pane.following) == (2, True)


BAD = BadLine(0, 4, "not JSON", b"oops")


async def test_a_longer_run_is_in_file_order_until_all_of_it_was_read() -> None:
    pane, run = EventsPane("events"), handoff()
    long = run.rows + [BAD] * 3_000
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(long, RunReader(long), cursor=0)
        assert "until all is read" in str(pane.border_subtitle)
        assert (pane.row, pane.cursor) == (0, 0)
        await until(pilot, lambda: pane.order.outline is not None)
        assert (pane.row, pane.cursor) == (0, 2)
        assert pane.border_subtitle == "causal order"


async def test_what_comes_while_a_run_is_being_read_is_told_of() -> None:
    pane = EventsPane("events")
    long: list[AnyEvent] = [BAD] * 3_000
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(long, RunReader(long), cursor=5)
        await ready(pilot, pane)
        assert pane.order.outline is None
        # Before anybody says so, as when the file is looked at while it is read.
        long += [BAD] * 2
        await until(pilot, lambda: pane.order.outline is not None)
        assert (pane.order.row_count, pane.unseen) == (3_002, 2)


async def test_a_run_that_could_not_be_read_is_read_when_somebody_asks() -> None:
    pane, run = EventsPane("events"), handoff()
    rows = Refusing(run.rows + [BAD] * 3_000)
    async with (app := Stage(pane)).run_test(size=SIZE) as pilot:
        pane.show(rows, RunReader(rows), cursor=0)
        rows.refuses = True
        await until(pilot, lambda: not pane.reading)
        assert app.count(EventsPane.Failed)
        assert pane.border_subtitle == "file order · s reads it all for causal order"
        rows.refuses = False
        pane.toggle_order()
        await until(pilot, lambda: pane.border_subtitle == "causal order")


async def test_who_scrolls_back_from_the_newest_event_sees_what_is_there() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = RunBuilder()
        for number in range(200):
            run.add("mystery", f"text {number}")
        pane.show(run.rows, told(run.rows), following=True)
        await ready(pilot, pane)
        for _ in range(20):
            await pilot._post_mouse_events([MouseScrollUp], pane, offset=(5, 5))
        assert not pane.following
        assert pane.cursor == 199
        await until(pilot, lambda: is_read(pane))
        assert pane.scroll_offset.y < 180


class Refusing(list[AnyEvent]):
    """Rows of a file that can't be read for a while."""

    refuses = False

    def __getitem__(self, at: Any) -> Any:
        if self.refuses:
            raise PermissionError("no")
        return super().__getitem__(at)


async def test_a_very_long_run_is_read_when_somebody_asks_for_its_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "_LONG", 1_000)
    pane, run = EventsPane("events"), handoff()
    long = run.rows + [BAD] * 3_000
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(long, RunReader(long), cursor=0)
        assert pane.border_subtitle == "file order · s reads it all for causal order"
        await pilot.pause(0.5)
        assert (pane.order.outline, pane.cursor) == (None, 0)
        pane.toggle_order()
        await until(pilot, lambda: pane.border_subtitle == "causal order")
        assert (pane.row, pane.cursor) == (0, 2)
        pane.toggle_order()
        assert (pane.border_subtitle, pane.cursor) == ("file order", 0)


@pytest.mark.parametrize(("width", "cells"), [(120, "━"), (85, "2.0s"), (60, "+1")])
async def test_as_much_is_told_as_there_is_room_for(width: int, cells: str) -> None:
    pane, run = EventsPane("events"), RunBuilder()
    run.reply("", ("ls", "a"))
    run.second += 1
    run.result("a")
    async with Stage(pane).run_test(size=(width, 10)) as pilot:
        pane.show(run.rows, told(run.rows))
        await ready(pilot, pane)
        pane.focus()
        if cells == "+1":
            await pilot.press("g", "h")
        assert cells in "\n".join(drawn(pane))
