from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import pytest

from tests.helpers.events import START, event
from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes.events import EventsPane, TimeFormat
from whitetail_store import BadLine, LogChangedError, RunEvent

Row = RunEvent | BadLine
SIZE = (100, 12)
IN_SIGHT = 10


class Recorded(Sequence[Row]):
    """Events made as they are read, and a record of which were."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.reads: list[int] = []

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        rows = range(self.length)[at]
        if isinstance(rows, range):
            return [self.read(row) for row in rows]
        return self.read(rows)

    def read(self, row: int) -> Row:
        self.reads.append(row)
        return event(row)


class Stuck(Recorded):
    """Events that can't be read before somebody lets go."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.let_go = threading.Event()

    def read(self, row: int) -> Row:
        assert self.let_go.wait(10)
        return super().read(row)


class Broken(Recorded):
    """Events of a file that was replaced."""

    def read(self, row: int) -> Row:
        raise LogChangedError(Path(__file__))


def is_read(pane: EventsPane) -> bool:
    """Return whether nothing in sight is still to come."""
    return all(line.strip() != "·" for line in drawn(pane))


async def test_the_newest_event_is_at_the_bottom_and_under_the_cursor() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([event(n) for n in range(50)], following=True)
        await until(pilot, lambda: "text 49" in drawn(pane)[-1])
        assert pane.cursor == 49


async def test_events_shown_without_following_begin_where_they_are_told_to() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([event(n) for n in range(50)], cursor=47)
        await until(pilot, lambda: "text 49" in drawn(pane)[-1])
        assert pane.cursor == 47
        assert not pane.following


async def test_who_follows_sees_what_is_added() -> None:
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, following=True)
        await until(pilot, lambda: "text 49" in drawn(pane)[-1])
        events += [event(n) for n in range(50, 53)]
        pane.grow()
        await until(pilot, lambda: "text 52" in drawn(pane)[-1])
        assert pane.cursor == 52


async def test_the_first_event_of_all_shows_when_it_comes() -> None:
    pane = EventsPane("events")
    events: list[Row] = []
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, following=True)
        await pilot.pause()
        events.append(event(1))
        pane.grow()
        await until(pilot, lambda: "text 1" in drawn(pane)[0])


async def test_what_is_added_moves_nothing_for_who_does_not_follow() -> None:
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, cursor=20)
        await until(pilot, lambda: is_read(pane))
        before = drawn(pane)
        events += [event(n) for n in range(50, 53)]
        pane.grow()
        await until(pilot, lambda: pane.count == 53)
        assert pane.cursor == 20
        assert drawn(pane)[:-1] == before[:-1]


async def test_a_mark_says_how_much_was_added_since() -> None:
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, cursor=20)
        for n in range(3):
            events.append(event(50 + n))
            pane.grow()
            await until(pilot, lambda: pane.count == len(events))
        assert "3 new · G follows" in drawn(pane)[-1]


async def test_g_follows_again_and_the_mark_goes() -> None:
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, cursor=20)
        events.append(event(50))
        pane.grow()
        await until(pilot, lambda: pane.unseen == 1)
        await pilot.press("G")
        await until(pilot, lambda: "text 50" in drawn(pane)[-1])
        assert pane.following
        assert pane.unseen == 0


async def test_a_click_on_the_mark_follows() -> None:
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, cursor=20)
        events.append(event(50))
        pane.grow()
        await until(pilot, lambda: pane.unseen == 1)
        await pilot.click(pane, offset=(5, IN_SIGHT))
        assert pane.following


@pytest.mark.parametrize("key", ["k", "up", "pageup", "ctrl+u", "g"])
async def test_moving_up_stops_following(key: str) -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([event(n) for n in range(50)], following=True)
        await pilot.press(key)
        assert not pane.following


async def test_moving_down_at_the_end_goes_on_following() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([event(n) for n in range(50)], following=True)
        await pilot.press("j")
        assert pane.following


async def test_the_mark_never_hides_the_event_under_the_cursor() -> None:
    pane = EventsPane("events")
    events: list[Row] = [event(n) for n in range(50)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, cursor=20)
        events.append(event(50))
        pane.grow()
        await until(pilot, lambda: pane.unseen == 1)
        for line in (45, 50):
            pane.go_to(line)
            await until(pilot, lambda: is_read(pane))
            assert any(f"text {pane.cursor}" in each for each in drawn(pane))


async def test_events_that_were_not_read_yet_are_dots() -> None:
    pane = EventsPane("events")
    events = Stuck(50)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events)
        await pilot.pause()
        assert [line.strip() for line in drawn(pane)] == ["·"] * IN_SIGHT
        events.let_go.set()
        await until(pilot, lambda: "text 9" in drawn(pane)[-1])


async def test_keys_work_while_events_are_being_read() -> None:
    pane = EventsPane("events")
    events = Stuck(50)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, cursor=49)
        await pilot.press("k", "k")
        assert pane.cursor == 47
        events.let_go.set()


async def test_of_a_million_events_those_around_are_read() -> None:
    pane = EventsPane("events")
    events = Recorded(1_000_000)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, following=True)
        await until(pilot, lambda: "text 999999" in drawn(pane)[-1])
        await pilot.press("g")
        await until(pilot, lambda: "text 0" in drawn(pane)[0])
        assert len(events.reads) < 2_000


async def test_what_was_just_read_is_not_read_again() -> None:
    pane = EventsPane("events")
    events = Recorded(1_000)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, cursor=500)
        await until(pilot, lambda: is_read(pane))
        await pilot.press("pagedown", "pagedown")
        await until(pilot, lambda: is_read(pane))
        events.reads.clear()
        await pilot.press("pageup", "pageup", "j", "k")
        await until(pilot, lambda: is_read(pane))
        assert events.reads == []


async def test_only_what_is_near_is_kept() -> None:
    pane = EventsPane("events")
    events = Recorded(100_000)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events, cursor=0)
        for line in range(0, 30_000, 2_000):
            pane.go_to(line)
            await until(pilot, lambda: is_read(pane))
        events.reads.clear()
        pane.go_to(0)
        await until(pilot, lambda: "text 0" in drawn(pane)[0])
        assert events.reads


async def test_events_shown_later_replace_those_still_being_read() -> None:
    pane = EventsPane("events")
    stuck = Stuck(50)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(stuck)
        await pilot.pause()
        pane.show([event(n, content="another run") for n in range(30)])
        stuck.let_go.set()
        await until(pilot, lambda: "another run" in drawn(pane)[0])
        assert all("another run" in line for line in drawn(pane))


async def test_events_that_can_t_be_read_are_told_of() -> None:
    pane = EventsPane("events")
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show(Broken(50))
        await until(pilot, lambda: app.count(EventsPane.Failed))


async def test_a_failure_to_read_what_was_shown_before_is_nobodys_business() -> None:
    class StuckAndBroken(Stuck):
        def read(self, row: int) -> Row:
            super().read(row)
            raise LogChangedError(Path(__file__))

    pane = EventsPane("events")
    app = Stage(pane)
    stuck = StuckAndBroken(50)
    async with app.run_test(size=SIZE) as pilot:
        pane.show(stuck)
        await pilot.pause()
        pane.show([event(n) for n in range(30)])
        stuck.let_go.set()
        await until(pilot, lambda: "text 9" in drawn(pane)[-1])
        assert app.count(EventsPane.Failed) == 0


async def test_a_bad_line_stands_among_the_events() -> None:
    pane = EventsPane("events")
    bad = BadLine(700, 12, "not JSON", b"{half a line")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([event(1), bad, event(3)])
        await until(pilot, lambda: "bad line" in drawn(pane)[1])
        assert "not JSON" in drawn(pane)[1]


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        (TimeFormat.SINCE_START, ["+0.0s", "+5.0s", "+2m05s"]),
        (TimeFormat.SINCE_PREVIOUS, ["+0.0s", "+5.0s", "+2m00s"]),
    ],
)
async def test_times_are_told_as_asked(times: str, shown: list[str]) -> None:
    pane = EventsPane("events")
    moments = [START, START + 4, START + 123]
    events = [event(n, at=at) for n, at in enumerate(moments)]
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(events)
        await until(pilot, lambda: is_read(pane))
        pane.times = times
        await pilot.pause()
        assert [line.split()[1] for line in drawn(pane)[:3]] == shown


async def test_since_start_counts_from_the_first_event_though_it_is_out_of_sight() -> (
    None
):
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([event(n) for n in range(1_000)], following=True)
        pane.times = TimeFormat.SINCE_START
        await until(pilot, lambda: "+16m39s" in drawn(pane)[-1])


async def test_an_event_without_a_time_has_dashes() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([event(1), event(2, created_at="soon")])
        await until(pilot, lambda: "--:--:--" in drawn(pane)[1])


@pytest.mark.parametrize("width", [120, 60])
async def test_who_spoke_is_said_at_any_width(width: int) -> None:
    pane = EventsPane("events")
    said = event(1, metadata={"caller": "subagent:scout"})
    async with Stage(pane).run_test(size=(width, 12)) as pilot:
        pane.show([said])
        await until(pilot, lambda: "text 1" in drawn(pane)[0])
        assert "scout" in drawn(pane)[0]


async def test_numbers_of_the_thread_stand_below_each_other() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([event(n) for n in range(997, 1003)])
        await until(pilot, lambda: is_read(pane))
        lines = drawn(pane)[:6]
        assert len({line.index("text") for line in lines}) == 1
