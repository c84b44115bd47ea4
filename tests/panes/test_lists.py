from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from textual.content import Content

from tests.helpers.events import START
from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes.line_list import LineList
from whitetail.panes.runs import RunsPane
from whitetail.panes.threads import ThreadsPane
from whitetail.trace.run_summary import RunState
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus, StatusRule
from whitetail.view.lists.entries import (
    STATE_SIGNS,
    STATUS_SIGNS,
    RunEntry,
    ThreadEntry,
)

SIZE = (50, 12)


def now() -> float:
    return START


def thread(key: str, *, runs: int = 1, live: bool = False) -> ThreadEntry:
    return ThreadEntry(key, f"title of {key}", True, runs, START, live)


def threads(keys: str) -> list[ThreadEntry]:
    return [thread(key) for key in keys]


def run(
    name: str,
    state: RunState = RunState.FINISHED,
    *,
    length: float = 75,
    events: int = 12,
) -> RunEntry:
    return RunEntry(
        ("t", name),
        f"prompt of {name}",
        True,
        state,
        START,
        START + length,
        events,
        3_400,
    )


async def test_a_thread_says_its_title_and_how_many_runs_it_has() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a", runs=7)])
        await until(pilot, lambda: "title of a" in drawn(pane)[0])
        assert drawn(pane)[0].split()[-2] == "7"


async def test_a_thread_that_is_written_has_a_mark() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a", live=True), thread("b")])
        await until(pilot, lambda: "title" in drawn(pane)[1])
        assert [line[0] for line in drawn(pane)[:2]] == ["●", " "]


async def test_the_border_says_how_many_there_are() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(1_234)])
        await pilot.pause()
        assert pane.border_subtitle == "1,234"


async def test_the_cursor_stays_with_its_thread_when_a_newer_one_comes() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abc"))
        await pilot.press("j")
        pane.show(threads("xabc"))
        assert pane.key == "b"


async def test_a_newer_thread_says_nothing_of_the_cursor() -> None:
    pane = ThreadsPane("threads", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show(threads("abc"))
        await pilot.press("j")
        await until(pilot, lambda: pane.key == "b")
        said = app.count(LineList.Highlighted)
        pane.show([thread("b", runs=2), *threads("ac")])
        await pilot.pause()
        assert pane.key == "b"
        assert said <= app.count(LineList.Highlighted) <= said + 1


async def test_what_is_in_sight_stays_in_sight_when_newer_threads_come() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(40)])
        await pilot.press(*["j"] * 25)
        before = pane.keys_in_sight
        pane.show([thread(f"new{n}") for n in range(5)] + [*pane._entries])
        await pilot.pause()
        assert pane.keys_in_sight == before


async def test_at_the_top_newer_threads_come_into_sight() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(40)])
        await pilot.pause()
        pane.show([thread("new"), *pane._entries])
        await until(pilot, lambda: "title of new" in drawn(pane)[0])


@pytest.mark.parametrize(
    ("at", "left", "key"),
    [
        pytest.param(1, "acd", "c", id="the next one"),
        pytest.param(3, "abc", "c", id="the last one"),
        pytest.param(1, "ad", "d", id="the next that is left"),
        pytest.param(1, "", None, id="none"),
    ],
)
async def test_when_the_thread_under_the_cursor_goes_its_neighbour_follows(
    at: int, left: str, key: str | None
) -> None:
    pane = ThreadsPane("threads", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press(*["j"] * at)
        app.messages.clear()
        pane.show(threads(left))
        await pilot.pause()
        assert pane.key == key
        assert bool(app.count(LineList.Highlighted)) == bool(left)


async def test_space_selects_and_goes_on() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "j", "space")
        assert [entry.key for entry in pane.chosen] == ["a", "c"]
        assert pane.key == "d"


async def test_space_on_what_is_selected_lets_go_of_it() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "space", "g", "space")
        assert [entry.key for entry in pane.chosen] == ["b"]


async def test_without_a_selection_the_one_under_the_cursor_is_chosen() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("j")
        assert [entry.key for entry in pane.chosen] == ["b"]


async def test_in_an_empty_list_nothing_is_chosen() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await pilot.press("space", "v", "j", "v")
        assert pane.chosen == []


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["j", "v", "j", "j", "v"], "bcd"),
        (["G", "v", "k", "v"], "de"),
        (["v", "j", "j", "k", "v"], "ab"),
        (["v", "j", "v", "j", "j"], "ab"),
        (["G", "space", "g", "v", "j", "v"], "abe"),
    ],
)
async def test_v_selects_a_range(keys: list[str], chosen: str) -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcde"))
        await pilot.press(*keys)
        assert "".join(entry.key for entry in pane.chosen) == chosen


async def test_a_range_begins_where_it_began_though_newer_threads_come() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcde"))
        await pilot.press("j", "v", "j")
        pane.show(threads("xyabcde"))
        await pilot.press("j", "v")
        assert "".join(entry.key for entry in pane.chosen) == "bcd"


async def test_what_goes_is_selected_no_longer() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "space")
        pane.show(threads("bcd"))
        pane.show(threads("abcd"))
        assert [entry.key for entry in pane.chosen] == ["b"]


async def test_a_cleared_selection_is_empty() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "space")
        assert pane.clear_selection()
        assert not pane.clear_selection()
        assert pane.selected == set()


async def test_what_is_selected_looks_different() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "j")
        styles = [next(iter(pane.render_line(y))).style for y in range(4)]
        papers = [style.bgcolor for style in styles if style is not None]
        assert papers[0] != papers[1] == papers[3] != papers[2] != papers[0]


async def test_a_thousand_newer_threads_cost_one_message() -> None:
    pane = ThreadsPane("threads", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(1_000)])
        await pilot.pause()
        app.messages.clear()
        pane.show([thread(f"t{n}") for n in range(2_000)])
        await pilot.pause()
        assert app.count(LineList.VisibleRowsChanged) == 1


async def test_a_run_says_what_was_asked_and_how_it_stands() -> None:
    pane = RunsPane("runs", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([run(state.name, state) for state in RunState])
        await until(pilot, lambda: "prompt" in drawn(pane)[0])
        for line, state in zip(drawn(pane), RunState, strict=False):
            assert line.startswith(f"{STATE_SIGNS[state]} prompt of {state.name}")


def test_every_sign_of_a_run_takes_one_cell() -> None:
    signs = [*STATE_SIGNS.values(), *(sign for sign, _ in STATUS_SIGNS.values())]
    assert {cell_len(sign) for sign in signs} == {1}
    assert set(STATUS_SIGNS) == set(RunStatus)


def figures(**changes: Any) -> RunMetrics:
    status_rule = StatusRule(RunStatus.ANSWERED, START, False, False)
    told = RunMetrics(12, Total(12_400), Total(1.2), 31, 2, status_rule)
    return replace(told, **changes)


@asynccontextmanager
async def shown(
    *entries: RunEntry, width: int = 150, currency: str = "$"
) -> AsyncIterator[RunsPane]:
    """Show some runs, and give their pane once they are drawn."""
    pane = RunsPane("runs", now)
    async with Stage(pane).run_test(size=(width, 12)) as pilot:
        pane.show_costs(currency)
        pane.show(entries)
        await until(pilot, lambda: "prompt" in drawn(pane)[0])
        await pilot.pause()
        yield pane


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (25, ""),
        (31, "clock"),
        (40, "clock 12.4k"),
        (46, "clock 1m15s 12.4k"),
        (53, "clock 1m15s 12.4k 2"),
        (61, "clock 1m15s 12.4k $1.20 2"),
        (67, "clock 1m15s 12.4k $1.20 31 2"),
        (76, "clock 1m15s 12.4k $1.20 31 2 answered"),
        (83, "clock 1m15s 12.4k $1.20 31 2 12 answered"),
        (91, "clock 1m15s 12.4k $1.20 31 2 12 3.4 kB answered"),
    ],
)
async def test_a_wider_pane_tells_more_of_a_run(width: int, told: str) -> None:
    entry = replace(run("a"), metrics=figures(), status=RunStatus.ANSWERED)
    async with shown(entry, width=width) as pane:
        numbers = drawn(pane)[0].partition("prompt of a")[2].split()
        numbers[:1] = ["clock"] * len(numbers[:1])
        assert " ".join(numbers) == told


@pytest.mark.parametrize("width", range(24, 150, 7))
async def test_the_prompt_keeps_its_room(width: int) -> None:
    entry = replace(run("a" * 40), metrics=figures(), status=RunStatus.ANSWERED)
    async with shown(entry, width=width) as pane:
        assert "prompt of aaaaaaa" in drawn(pane)[0]


async def test_the_border_names_the_numbers_where_they_end() -> None:
    entry = replace(run("a"), metrics=figures(), status=RunStatus.ANSWERED)
    async with shown(entry) as pane:
        # The title begins behind the corner, a line and a blank.
        head = "   " + Content.from_markup(pane.border_title or "").plain
        line = " " + drawn(pane)[0]
        for name, number in [
            *[("took", "1m15s"), ("tokens", "12.4k"), ("cost", "$1.20")],
            *[("tools", "31"), ("errors", " 2"), ("verdict", "answered")],
        ]:
            assert head.index(name) + len(name) == line.index(number) + len(number)


async def test_what_is_not_known_yet_stays_empty_and_nothing_jumps() -> None:
    known = replace(run("a"), metrics=figures(), status=RunStatus.ANSWERED)
    async with shown(run("b"), known) as pane:
        unread, read = drawn(pane)[:2]
        assert "12.4k" not in unread and "$" not in unread
        for same in ("1m15s", "3.4 kB"):
            assert unread.index(same) == read.index(same)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tokens": None}, "\u2013"),
        ({"tokens": Total(0)}, "0"),
        ({"tokens": Total(1_000, complete=False)}, "1.00k+"),
        ({"cost": None}, "\u2013"),
        ({"cost": Total(99.99, complete=False)}, "$99.99+"),
        ({"cost": Total(0.00001, complete=False)}, "<$.001+"),
        ({"errors": 0}, "0"),
    ],
)
async def test_a_number_says_how_far_it_is_known(
    changes: dict[str, Any], said: str
) -> None:
    entry = replace(run("a"), metrics=figures(**changes))
    async with shown(entry, run("b")) as pane:
        assert said in drawn(pane)[0].split()
        assert drawn(pane)[0].index("3.4 kB") == drawn(pane)[1].index("3.4 kB")


async def test_without_prices_there_are_no_costs() -> None:
    async with shown(replace(run("a"), metrics=figures()), currency="") as pane:
        assert "cost" not in Content.from_markup(pane.border_title or "").plain
        assert "1.20" not in drawn(pane)[0]


async def test_errors_are_loud_and_their_absence_is_not() -> None:
    entries = [replace(run("a"), metrics=figures(errors=n)) for n in (7, 0)]
    async with shown(*entries) as pane:
        loud, quiet = (
            next(tone for text, tone in pane.draw(line, 140) if text.split() == [n])
            for line, n in enumerate("70")
        )
        assert (loud, quiet) == ("error", "muted")


@pytest.mark.parametrize("standing", RunStatus)
async def test_the_verdict_takes_the_place_of_the_state(standing: RunStatus) -> None:
    async with shown(replace(run("a"), status=standing)) as pane:
        line = drawn(pane)[0]
        assert line.startswith(f"{STATUS_SIGNS[standing][0]} prompt")
        assert line.endswith(f" {standing}")


async def test_a_running_run_grows_older_by_itself() -> None:
    time = START + 60
    pane = RunsPane("runs", lambda: time)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([run("a", RunState.RUNNING, length=5)])
        await until(pilot, lambda: "1m00s" in drawn(pane)[0])
        time += 30
        assert "1m30s" in drawn(pane)[0]


async def test_a_finished_run_is_as_old_as_it_was() -> None:
    pane = RunsPane("runs", lambda: START + 600)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([run("a", length=5)])
        await until(pilot, lambda: "5.0s" in drawn(pane)[0])


async def test_a_run_that_changed_is_drawn_anew_and_nothing_else_is_said() -> None:
    pane = RunsPane("runs", now)
    app = Stage(pane)
    async with app.run_test(size=(100, 12)) as pilot:
        pane.show([run("a"), run("b")])
        await pilot.pause()
        app.messages.clear()
        pane.show([run("a"), run("b", events=99)])
        await until(pilot, lambda: " 99" in drawn(pane)[1])
        assert app.messages == []


async def test_runs_of_another_thread_put_the_cursor_on_the_first() -> None:
    pane = RunsPane("runs", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show([run(name) for name in "abc"])
        await pilot.press("j", "j")
        app.messages.clear()
        pane.show([run(name) for name in "xyz"])
        await until(pilot, lambda: app.count(LineList.Highlighted))
        assert pane.key == ("t", "x")
