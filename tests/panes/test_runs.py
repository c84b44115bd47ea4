"""The pane of a thread's runs. `test_selectable_list.py` tests cursor and selection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from textual.content import Content

from tests.helpers.events import START
from tests.helpers.pilot import Stage, drawn, press, until
from whitetail.panes.line_list import LineList
from whitetail.panes.runs import RunsPane
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus, StatusFacts
from whitetail.view.lists.entries import STATUS_SIGNS, RunEntry

SIZE = (50, 12)


def now() -> float:
    return START


def run(
    name: str,
    status: RunStatus = RunStatus.ANSWERED,
    *,
    length: float = 75,
    events: int = 12,
) -> RunEntry:
    """Return a run of `length` seconds that has not been read in full."""
    return RunEntry(
        ("t", name),
        f"prompt of {name}",
        True,
        status,
        START,
        START + length,
        events,
        3_400,
    )


def metrics(**changes: Any) -> RunMetrics:
    facts = StatusFacts(RunStatus.ANSWERED, ended=True, latest_time=START)
    defaults = RunMetrics(12, Total(12_400), Total(1.2), 31, 2, facts)
    return replace(defaults, **changes)


@asynccontextmanager
async def opened(
    *entries: RunEntry, width: int = 150, currency: str = "$"
) -> AsyncIterator[RunsPane]:
    """Show some runs, and yield their pane once they are drawn."""
    pane = RunsPane("runs", now)
    async with Stage(pane).run_test(size=(width, 12)) as pilot:
        pane.show_costs(currency)
        pane.show(entries)
        await until(pilot, lambda: "prompt" in drawn(pane)[0])
        await pilot.pause()
        yield pane


async def test_a_line_shows_the_sign_of_the_status_and_the_prompt() -> None:
    pane = RunsPane("runs", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([run(status.name, status) for status in RunStatus])
        await until(pilot, lambda: "prompt" in drawn(pane)[0])
        for line, status in zip(drawn(pane), RunStatus, strict=False):
            assert line.startswith(f"{STATUS_SIGNS[status][0]} prompt of {status.name}")


def test_every_sign_of_a_run_is_one_cell_wide() -> None:
    signs = [sign for sign, _ in STATUS_SIGNS.values()]
    assert {cell_len(sign) for sign in signs} == {1}
    assert set(STATUS_SIGNS) == set(RunStatus)


@pytest.mark.parametrize(
    ("width", "numbers"),
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
async def test_a_wider_pane_shows_more_columns(width: int, numbers: str) -> None:
    entry = replace(run("a"), metrics=metrics(), status=RunStatus.ANSWERED)
    async with opened(entry, width=width) as pane:
        shown = drawn(pane)[0].partition("prompt of a")[2].split()
        # The time of the day depends on the time zone.
        shown[:1] = ["clock"] * len(shown[:1])
        assert " ".join(shown) == numbers


@pytest.mark.parametrize("width", range(24, 150, 7))
async def test_the_prompt_has_its_minimum_width_in_every_pane(width: int) -> None:
    entry = replace(run("a" * 40), metrics=metrics(), status=RunStatus.ANSWERED)
    async with opened(entry, width=width) as pane:
        assert "prompt of aaaaaaa" in drawn(pane)[0]


async def test_the_border_names_each_column_above_its_end() -> None:
    entry = replace(run("a"), metrics=metrics(), status=RunStatus.ANSWERED)
    async with opened(entry) as pane:
        # The title starts after the corner, a line and a space.
        header = "   " + Content.from_markup(pane.border_title or "").plain
        line = " " + drawn(pane)[0]
        for name, number in [
            *[("took", "1m15s"), ("tokens", "12.4k"), ("cost", "$1.20")],
            *[("tools", "31"), ("errors", " 2"), ("verdict", "answered")],
        ]:
            assert header.index(name) + len(name) == line.index(number) + len(number)


async def test_a_number_that_is_not_read_yet_is_blank_and_moves_no_column() -> None:
    known = replace(run("a"), metrics=metrics(), status=RunStatus.ANSWERED)
    async with opened(run("b"), known) as pane:
        unread, read = drawn(pane)[:2]
        assert "12.4k" not in unread and "$" not in unread
        for same in ("1m15s", "3.4 kB"):
            assert unread.index(same) == read.index(same)


@pytest.mark.parametrize(
    ("changes", "text"),
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
async def test_a_number_shows_whether_it_is_complete(
    changes: dict[str, Any], text: str
) -> None:
    entry = replace(run("a"), metrics=metrics(**changes))
    async with opened(entry, run("b")) as pane:
        assert text in drawn(pane)[0].split()
        assert drawn(pane)[0].index("3.4 kB") == drawn(pane)[1].index("3.4 kB")


async def test_without_a_currency_there_is_no_column_of_costs() -> None:
    async with opened(replace(run("a"), metrics=metrics()), currency="") as pane:
        assert "cost" not in Content.from_markup(pane.border_title or "").plain
        assert "1.20" not in drawn(pane)[0]


async def test_only_a_number_of_errors_above_zero_has_the_color_of_errors() -> None:
    entries = [replace(run("a"), metrics=metrics(errors=n)) for n in (7, 0)]
    async with opened(*entries) as pane:
        some, none = (
            next(tone for text, tone in pane.draw(line, 140) if text.split() == [n])
            for line, n in enumerate("70")
        )
        assert (some, none) == ("error", "muted")


@pytest.mark.parametrize("status", RunStatus)
async def test_the_verdict_replaces_the_state(status: RunStatus) -> None:
    async with opened(replace(run("a"), status=status)) as pane:
        line = drawn(pane)[0]
        assert line.startswith(f"{STATUS_SIGNS[status][0]} prompt")
        assert line.endswith(f" {status}")


async def test_the_length_of_a_running_run_grows_with_the_clock() -> None:
    time = START + 60
    pane = RunsPane("runs", lambda: time)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([run("a", RunStatus.RUNNING, length=5)])
        await until(pilot, lambda: "1m00s" in drawn(pane)[0])
        time += 30
        assert "1m30s" in drawn(pane)[0]


async def test_the_length_of_a_finished_run_ends_with_its_last_event() -> None:
    pane = RunsPane("runs", lambda: START + 600)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([run("a", length=5)])
        await until(pilot, lambda: "5.0s" in drawn(pane)[0])


async def test_a_run_that_changed_is_drawn_again_without_a_message() -> None:
    pane = RunsPane("runs", now)
    app = Stage(pane)
    async with app.run_test(size=(100, 12)) as pilot:
        pane.show([run("a"), run("b")])
        await pilot.pause()
        app.messages.clear()
        pane.show([run("a"), run("b", events=99)])
        await until(pilot, lambda: " 99" in drawn(pane)[1])
        assert app.messages == []


async def test_the_runs_of_another_thread_are_shown_with_the_cursor_on_the_first() -> (
    None
):
    pane = RunsPane("runs", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show([run(name) for name in "abc"])
        await press(pilot, "j", "j")
        app.messages.clear()
        pane.show([run(name) for name in "xyz"])
        await until(pilot, lambda: app.count(LineList.Highlighted))
        assert pane.key == ("t", "x")
