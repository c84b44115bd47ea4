from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import overload

import pytest
from textual.pilot import Pilot

from tests.helpers.events import START, event
from tests.helpers.list_rows import FILE_ORDER, ListRows, grow, opened, show
from tests.helpers.pilot import Stage, drawn, handled, press, until
from whitetail.panes.events import EventsPane
from whitetail.run.run_lines import RunLines
from whitetail.view.lists.event_time import TimeFormat
from whitetail_store import BadLine, LogChangedError, RunEvent

Row = RunEvent | BadLine
SIZE = (100, 12)
IN_SIGHT = 10


class Made(Sequence[Row]):
    """Events that are made when they are asked for."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        rows = range(self.length)[at]
        if isinstance(rows, range):
            return [event(row) for row in rows]
        return event(rows)


def is_read(pane: EventsPane) -> bool:
    """Return whether every visible line was read."""
    return all(line.strip() != "·" for line in drawn(pane))


def is_visible(pane: EventsPane, text: str) -> bool:
    return any(text in line for line in drawn(pane))


@asynccontextmanager
async def with_a_new_event() -> AsyncIterator[tuple[Pilot[None], EventsPane]]:
    """Show 50 events from the 20th on, and yield the pane once there is one more."""
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await show(pane, events, row=20)
        events.append(event(50))
        await grow(pilot, pane, run, len(events))
        await until(pilot, lambda: pane.unseen == 1)
        yield pilot, pane


async def test_the_newest_event_is_at_the_bottom_and_under_the_cursor() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [event(n) for n in range(50)], following=True)
        await until(pilot, lambda: "text 49" in drawn(pane)[-1])
        assert pane.cursor == 49


async def test_events_shown_without_following_begin_at_the_given_row() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [event(n) for n in range(50)], row=47)
        await until(pilot, lambda: "text 49" in drawn(pane)[-1])
        assert pane.cursor == 47
        assert not pane.following


async def test_events_shown_in_a_hidden_pane_have_the_same_lines_visible_later() -> (
    None
):
    pane = EventsPane("events")
    pane.display = False
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [event(n) for n in range(50)], row=47)
        pane.display = True
        await until(pilot, lambda: is_visible(pane, "text 49"))
        assert pane.cursor == 47


async def test_following_shows_new_events() -> None:
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await show(pane, events, following=True)
        await until(pilot, lambda: "text 49" in drawn(pane)[-1])
        events += [event(n) for n in range(50, 53)]
        await grow(pilot, pane, run, len(events))
        await until(pilot, lambda: "text 52" in drawn(pane)[-1])
        assert pane.cursor == 52


async def test_the_first_event_of_a_run_is_shown_when_it_is_written() -> None:
    pane = EventsPane("events")
    events: list[Row] = []
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await show(pane, events, following=True)
        await pilot.pause()
        events.append(event(1))
        await grow(pilot, pane, run, len(events))
        await until(pilot, lambda: "text 1" in drawn(pane)[0])


async def test_new_events_move_nothing_without_following() -> None:
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await show(pane, events, row=20)
        await until(pilot, lambda: is_read(pane))
        before = drawn(pane)
        events += [event(n) for n in range(50, 53)]
        await grow(pilot, pane, run, len(events))
        await until(pilot, lambda: pane.count == 53)
        assert pane.cursor == 20
        assert drawn(pane)[:-1] == before[:-1]


async def test_a_mark_counts_the_new_events() -> None:
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await show(pane, events, row=20)
        for n in range(3):
            events.append(event(50 + n))
            await grow(pilot, pane, run, len(events))
            await until(pilot, lambda: pane.count == len(events))
        await until(pilot, lambda: "3 new · G follows" in drawn(pane)[-1])


async def test_a_mark_is_below_the_events_of_a_run_that_is_shorter_than_the_pane() -> (
    None
):
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(3)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await show(pane, events, row=1)
        events.append(event(3))
        await grow(pilot, pane, run, len(events))
        await until(pilot, lambda: "1 new · G follows" in drawn(pane)[-1])
        await until(pilot, lambda: "text 3" in drawn(pane)[3])
        pane.next_run = True
        await until(pilot, lambda: "new run · G" in drawn(pane)[-1])


async def test_g_follows_again_and_removes_the_mark() -> None:
    async with with_a_new_event() as (pilot, pane):
        await press(pilot, "G")
        await until(pilot, lambda: "text 50" in drawn(pane)[-1])
        assert pane.following
        assert pane.unseen == 0


async def test_a_click_on_the_mark_follows() -> None:
    async with with_a_new_event() as (pilot, pane):
        await pilot.click(pane, offset=(5, IN_SIGHT))
        await until(pilot, lambda: pane.following)


@pytest.mark.parametrize("key", ["k", "up", "pageup", "ctrl+u", "g"])
async def test_moving_up_stops_following(key: str) -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [event(n) for n in range(50)], following=True)
        await press(pilot, key)
        await until(pilot, lambda: not pane.following)


async def test_moving_down_at_the_end_goes_on_following() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [event(n) for n in range(50)], following=True)
        await press(pilot, "j")
        await handled(pilot)
        assert pane.following


async def test_the_mark_never_hides_the_event_under_the_cursor() -> None:
    async with with_a_new_event() as (pilot, pane):
        for line in (45, 50):
            pane.go_to(line)
            await until(pilot, lambda: is_read(pane))
            assert any(f"text {pane.cursor}" in each for each in drawn(pane))


async def test_events_that_were_not_read_yet_are_dots() -> None:
    pane, rows = EventsPane("events"), ListRows([event(n) for n in range(50)])
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await opened(rows)
        rows.gate.clear()
        pane.show(RunLines(run))
        assert [line.strip() for line in drawn(pane)] == ["·"] * IN_SIGHT
        rows.gate.set()
        await until(pilot, lambda: "text 9" in drawn(pane)[-1])


async def test_keys_work_while_events_are_being_read() -> None:
    pane, rows = EventsPane("events"), ListRows([event(n) for n in range(50)])
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await opened(rows)
        rows.gate.clear()
        pane.show(RunLines(run), row=49)
        await press(pilot, "k", "k")
        await until(pilot, lambda: pane.cursor == 47)
        rows.gate.set()


async def test_of_a_million_events_those_around_are_read() -> None:
    pane = EventsPane("events")
    events = ListRows(Made(1_000_000))
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, events, following=True)
        await until(pilot, lambda: "text 999999" in drawn(pane)[-1])
        await press(pilot, "g")
        await until(pilot, lambda: "text 0" in drawn(pane)[0])
        assert len(events.reads) < 2_000


async def test_events_that_were_just_read_are_not_read_again() -> None:
    pane = EventsPane("events")
    events = ListRows(Made(1_000))
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, events, row=500, limits=FILE_ORDER)
        await until(pilot, lambda: is_read(pane))
        await press(pilot, "pagedown", "pagedown")
        await until(pilot, lambda: is_read(pane))
        events.reads.clear()
        await press(pilot, "pageup", "pageup", "j", "k")
        await until(pilot, lambda: is_read(pane))
        assert events.reads == []


async def test_only_events_near_the_view_are_kept() -> None:
    pane = EventsPane("events")
    events = ListRows(Made(100_000))
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, events, row=0, limits=FILE_ORDER)
        for line in range(0, 30_000, 2_000):
            pane.go_to(line)
            await until(pilot, lambda: is_read(pane))
        events.reads.clear()
        pane.go_to(0)
        await until(pilot, lambda: "text 0" in drawn(pane)[0])
        assert events.reads


async def test_events_shown_later_replace_those_still_being_read() -> None:
    pane, stuck = EventsPane("events"), ListRows([event(n) for n in range(50)])
    async with Stage(pane).run_test(size=SIZE) as pilot:
        run = await opened(stuck)
        stuck.gate.clear()
        pane.show(RunLines(run))
        await show(pane, [event(n, content="another run") for n in range(30)])
        stuck.gate.set()
        await until(pilot, lambda: "another run" in drawn(pane)[0])
        assert all("another run" in line for line in drawn(pane))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (LogChangedError(Path(__file__)), "changed"),
        (ZeroDivisionError("by zero"), "by zero, a bug in whitetail"),
    ],
)
async def test_a_failure_to_read_events_is_posted(error: Exception, text: str) -> None:
    pane, rows = EventsPane("events"), ListRows([event(n) for n in range(50)])
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        run = await opened(rows)
        rows.error = error
        pane.show(RunLines(run))
        await until(pilot, lambda: app.count(EventsPane.Failed))
        assert any(
            text in str(each.error)
            for each in app.messages
            if isinstance(each, EventsPane.Failed)
        )


async def test_a_failure_to_read_events_that_were_shown_before_is_not_posted() -> None:
    pane, rows = EventsPane("events"), ListRows([event(n) for n in range(50)])
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        run = await opened(rows)
        rows.gate.clear()
        rows.error = LogChangedError(Path(__file__))
        pane.show(RunLines(run))
        await show(pane, [event(n) for n in range(30)])
        rows.gate.set()
        await until(pilot, lambda: "text 9" in drawn(pane)[-1])
        assert app.count(EventsPane.Failed) == 0


async def test_a_bad_line_is_listed_among_the_events() -> None:
    pane = EventsPane("events")
    bad = BadLine(700, 12, "not JSON", b"{half a line")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [event(1), bad, event(3)])
        await until(pilot, lambda: "bad line" in drawn(pane)[1])
        assert "not JSON" in drawn(pane)[1]


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        (TimeFormat.SINCE_START, ["+0.0s", "+5.0s", "+2m05s"]),
        (TimeFormat.SINCE_PREVIOUS, ["+0.0s", "+5.0s", "+2m00s"]),
    ],
)
async def test_times_are_shown_in_the_chosen_format(
    times: TimeFormat, shown: list[str]
) -> None:
    pane = EventsPane("events")
    moments = [START, START + 4, START + 123]
    events = [event(n, at=at) for n, at in enumerate(moments)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, events)
        await until(pilot, lambda: is_read(pane))
        pane.times = times
        await until(
            pilot, lambda: [line.split()[1] for line in drawn(pane)[:3]] == shown
        )


async def test_since_start_counts_from_the_first_event_even_if_it_is_not_visible() -> (
    None
):
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [event(n) for n in range(1_000)], following=True)
        pane.times = TimeFormat.SINCE_START
        await until(pilot, lambda: "+16m39s" in drawn(pane)[-1])


async def test_an_event_without_a_time_has_dashes() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [event(1), event(2, created_at="soon")])
        await until(pilot, lambda: "--:--:--" in drawn(pane)[1])


@pytest.mark.parametrize("width", [120, 60])
async def test_the_caller_is_shown_at_any_width(width: int) -> None:
    pane = EventsPane("events")
    spoken = event(1, metadata={"caller": "subagent:scout"})
    async with Stage(pane).run_test(size=(width, 12)) as pilot:
        await show(pane, [spoken])
        await until(pilot, lambda: "text 1" in drawn(pane)[0])
        assert "scout" in drawn(pane)[0]


async def test_numbers_are_aligned() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await show(pane, [event(n) for n in range(997, 1003)])
        await until(pilot, lambda: is_read(pane))
        lines = drawn(pane)[:6]
        assert len({line.index("text") for line in lines}) == 1
