"""The status line."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes.status import StatusPane


async def test_the_line_shows_the_location_how_it_is_watched_and_the_activity() -> None:
    pane = StatusPane()
    async with Stage(pane).run_test(size=(60, 4)) as pilot:
        pane.location, pane.watching = "/deer", "inotify"
        pane.activity = "● following"
        await until(pilot, lambda: "following" in drawn(pane)[0])
        text = drawn(pane)[0]
        assert text.startswith(" /deer · inotify")


async def test_the_first_problem_and_the_number_of_others_are_shown() -> None:
    pane = StatusPane()
    async with Stage(pane).run_test(size=(80, 4)) as pilot:
        pane.problems = ("a cannot be read", "b cannot be read", "c cannot be read")
        await until(pilot, lambda: "a cannot be read (and 2 more)" in drawn(pane)[0])


async def test_an_activity_in_wide_characters_is_shown_in_full() -> None:
    pane = StatusPane()
    async with Stage(pane).run_test(size=(40, 4)) as pilot:
        pane.location, pane.activity = "/deer" * 40, "/\u9e7f\u9e7f: 1 of 1"
        await until(pilot, lambda: drawn(pane)[0].endswith("/\u9e7f\u9e7f: 1 of 1"))


@pytest.mark.parametrize("width", [20, 33, 60])
async def test_a_long_location_is_cut_and_the_activity_is_shown_in_full(
    width: int,
) -> None:
    pane = StatusPane()
    async with Stage(pane).run_test(size=(width, 4)) as pilot:
        pane.location, pane.problems = "/deer" * 40, ("a" * 90,)
        pane.activity = "searching…"
        await until(pilot, lambda: drawn(pane)[0].endswith("searching…"))
        assert cell_len(pane.render_line(0).text) == width
