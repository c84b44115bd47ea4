"""The pane of threads. `test_selectable_list.py` has the tests of its cursor."""

from __future__ import annotations

from tests.helpers.events import START
from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes.threads import ThreadsPane
from whitetail.view.lists.entries import ThreadEntry

SIZE = (50, 12)


def now() -> float:
    return START


def thread(key: str, *, runs: int = 1, live: bool = False) -> ThreadEntry:
    return ThreadEntry(key, f"title of {key}", True, runs, START, live)


async def test_a_line_shows_the_title_and_the_number_of_runs() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a", runs=7)])
        await until(pilot, lambda: "title of a" in drawn(pane)[0])
        assert drawn(pane)[0].split()[-2] == "7"


async def test_a_thread_that_is_being_written_has_a_sign() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a", live=True), thread("b")])
        await until(pilot, lambda: "title" in drawn(pane)[1])
        assert [line[0] for line in drawn(pane)[:2]] == ["●", " "]


async def test_the_border_shows_the_number_of_threads() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(1_234)])
        await pilot.pause()
        assert pane.border_subtitle == "1,234"
