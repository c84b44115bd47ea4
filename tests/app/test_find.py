"""Search in a run."""

from __future__ import annotations

from tests.helpers.app import open_app
from tests.helpers.disk import Disk


async def test_slash_goes_to_a_match_and_n_and_shift_n_to_the_next_and_previous(
    live: Disk,
) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await ui.press("3", "slash", *"answer 1", "enter")
        await ui.until(lambda: "answer 1" in ui.status.activity)
        await ui.until(lambda: not ui.events.following)
        first = ui.events.cursor
        await ui.press("n")
        await ui.until(lambda: ui.events.cursor != first)
        await ui.press("N")
        await ui.until(lambda: ui.events.cursor == first)


async def test_keys_only_type_while_the_search_line_is_open(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("slash", *"dy1qu")
        assert ui.app.screen is ui.browse
        assert ui.app.is_running
        await ui.press("escape")
        assert tree.path("new", "r2").exists()


async def test_a_text_that_is_not_in_the_run_is_reported(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("slash", *"wolf", "enter")
        await ui.until(lambda: "none in this run" in ui.status.activity)
