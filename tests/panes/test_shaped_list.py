"""A list that is narrowed and sorted: its borders, and the cursor in it."""

from __future__ import annotations

import pytest
from textual.geometry import Region

from tests.helpers.events import START
from tests.helpers.pilot import Stage, drawn
from whitetail.panes.threads import ThreadsPane
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.entries import ThreadEntry
from whitetail.view.lists.narrow import Narrowing
from whitetail.view.lists.numbers import Numbers
from whitetail.view.lists.order import SortColumn


def thread(key: str, tokens: float, *, unread: int = 0) -> ThreadEntry:
    total = Total(tokens, complete=not unread)
    numbers = Numbers(2, 1, 1_000, unread, tokens=total)
    title = f"title of {key}"
    status = RunStatus.ANSWERED
    return ThreadEntry(key, title, True, 2, START, status, numbers=numbers)


def border(pane: ThreadsPane, y: int) -> str:
    """Return the text in the top border (0) or the bottom border (-1)."""
    size = pane.outer_size
    lines = pane.render_lines(Region(0, y % size.height, size.width, 1))
    return lines[0].text.strip("╭─╮╰╯ ")


THREADS = [thread("deer", 50), thread("fox", 7_000), thread("owl", 300)]


async def test_the_border_names_the_text_the_count_and_the_order() -> None:
    pane = ThreadsPane("threads", lambda: START)
    async with Stage(pane).run_test(size=(70, 9)) as pilot:
        pane.show(THREADS)
        pane.narrow(Narrowing("deer"))
        pane.sort_by(SortColumn.TOKENS)
        await pilot.pause()
        assert border(pane, 0).startswith("1 Threads [deer] ─")
        assert "tokens▼" in border(pane, 0)
        assert border(pane, -1) == "1 of 3 · 2 runs · 50 tokens · 1 failed"


@pytest.mark.parametrize("column", SortColumn)
@pytest.mark.parametrize("width", [28, 40, 70, 150])
async def test_the_order_is_visible_in_every_width(
    width: int, column: SortColumn
) -> None:
    pane = ThreadsPane("threads", lambda: START)
    async with Stage(pane).run_test(size=(width, 9)) as pilot:
        pane.show(THREADS)
        pane.sort_by(column)
        await pilot.pause()
        arrow = "▲" if column in (SortColumn.STATUS, SortColumn.NAME) else "▼"
        assert arrow in border(pane, 0)


async def test_a_hint_stands_behind_totals_that_are_not_complete() -> None:
    pane = ThreadsPane("threads", lambda: START)
    async with Stage(pane).run_test(size=(70, 9)) as pilot:
        pane.show([*THREADS, thread("elk", 1, unread=1)])
        pane.hint_at_unread("S o reads long runs")
        await pilot.pause()
        foot = "4 threads · 7.35k+ tokens · 4+ failed · S o reads long runs"
        assert border(pane, -1) == foot
        pane.show(THREADS)
        await pilot.pause()
        assert border(pane, -1) == "3 threads · 6 runs · 7.35k tokens · 3 failed"


async def test_without_room_for_the_hint_the_totals_stay() -> None:
    pane = ThreadsPane("threads", lambda: START)
    async with Stage(pane).run_test(size=(40, 9)) as pilot:
        pane.show([thread("elk", 1, unread=1)])
        pane.hint_at_unread("S o reads long runs")
        await pilot.pause()
        assert border(pane, -1) == "1 thread · 1+ tokens · 1+ failed"


async def test_the_cursor_stays_on_its_thread_while_others_are_hidden() -> None:
    pane = ThreadsPane("threads", lambda: START)
    async with Stage(pane).run_test(size=(70, 9)) as pilot:
        pane.show(THREADS)
        pane.go_to("owl")
        pane.narrow(Narrowing("owl"))
        assert (pane.count, pane.key) == (1, "owl")
        pane.show([thread("new", 1), *THREADS])
        assert (pane.count, pane.key) == (1, "owl")
        pane.narrow(None)
        assert (pane.count, pane.key) == (4, "owl")
        await pilot.pause()
        assert "title of owl" in drawn(pane)[pane.cursor]


async def test_to_reveal_a_hidden_thread_ends_the_narrowing() -> None:
    pane = ThreadsPane("threads", lambda: START)
    async with Stage(pane).run_test(size=(70, 9)):
        pane.show(THREADS)
        pane.narrow(Narrowing("owl"))
        pane.reveal("nothing")
        assert pane.count == 1
        pane.reveal("fox")
        assert (pane.count, pane.key) == (3, "fox")
