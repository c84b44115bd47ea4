"""The pane of threads. `test_selectable_list.py` has the tests of its cursor."""

from __future__ import annotations

from datetime import datetime

import pytest
from textual.content import Content

from tests.helpers.events import START
from tests.helpers.pilot import Stage, drawn, press, until
from whitetail.panes.threads import ThreadsPane
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.entries import STATUS_SIGNS, ThreadEntry
from whitetail.view.lists.numbers import Numbers

SIZE = (50, 12)


def now() -> float:
    return START


def thread(
    key: str,
    *,
    runs: int = 1,
    status: RunStatus = RunStatus.ANSWERED,
    older_failed: bool = False,
) -> ThreadEntry:
    title = f"title of {key}"
    numbers = Numbers(runs, size=1_000, unread=runs)
    return ThreadEntry(key, title, True, runs, START, status, older_failed, numbers)


async def test_a_line_shows_the_title_and_the_number_of_runs() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a", runs=7)])
        await until(pilot, lambda: "title of a" in drawn(pane)[0])
        assert drawn(pane)[0].split()[-2] == "7"


@pytest.mark.parametrize("status", RunStatus)
async def test_a_line_begins_with_the_status_of_the_newest_run(
    status: RunStatus,
) -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a", status=status)])
        await until(pilot, lambda: "title of a" in drawn(pane)[0])
        assert drawn(pane)[0].startswith(f"{STATUS_SIGNS[status][0]}  title of a")


async def test_an_older_run_that_failed_has_a_second_sign() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a", older_failed=True)])
        await until(pilot, lambda: "title of a" in drawn(pane)[0])
        assert drawn(pane)[0].startswith("✓✗ title of a")


async def test_the_border_shows_the_number_of_threads() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(1_234)])
        await pilot.pause()
        assert pane.border_subtitle == "1,234 threads · 1,234 runs"


@pytest.mark.parametrize(("width", "shown"), [(50, "%b %d"), (80, "%b %d %H:%M")])
async def test_a_wide_pane_shows_the_time_of_day_of_other_days(
    width: int, shown: str
) -> None:
    pane = ThreadsPane("threads", lambda: START + 86_400)
    async with Stage(pane).run_test(size=(width, 12)) as pilot:
        pane.show([thread("a", runs=7)])
        await until(pilot, lambda: "title of a" in drawn(pane)[0])
        when = f"{datetime.fromtimestamp(START):{shown}}"
        assert drawn(pane)[0].endswith(f" {when}")


async def test_the_columns_have_heads() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a")])
        await until(pilot, lambda: "title of a" in drawn(pane)[0])
        title = Content.from_markup(pane.border_title or "").plain
        assert title.split()[-2:] == ["errors", "last▼"]


async def test_the_border_counts_the_selected_threads() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(9)])
        pane.focus()
        await press(pilot, "space", "space", "space")
        assert pane.border_subtitle == "3 selected · 3.0 kB · 9 threads"
        pane.clear_selection()
        assert pane.border_subtitle == "9 threads · 9 runs"
