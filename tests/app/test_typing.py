"""The lines for a text at the bottom of the main screen: one at a time."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.helpers.app import open_app
from tests.helpers.disk import Disk


@pytest.mark.parametrize("first", ["colon", "slash", "ampersand"])
@pytest.mark.parametrize("second", ["colon", "slash", "ampersand"])
async def test_a_line_that_lost_the_focus_gets_it_back_instead_of_a_second_line(
    tree: Disk, first: str, second: str
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("3", first, *"seco")
        [line] = ui.browse.query(Input)
        await ui.pilot.click("#events", offset=(10, 2))
        await ui.until(lambda: ui.focused_id == "events")
        await ui.press(second)
        assert list(ui.browse.query(Input)) == [line]
        assert ui.browse.focused is line
        assert line.value == "seco"


async def test_the_line_that_narrows_a_list_gets_the_focus_back(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("threads", "an old question")
        await ui.press("1", "slash", *"old")
        [line] = ui.browse.query(Input)
        await ui.pilot.click("#threads", offset=(10, 1))
        await ui.until(lambda: ui.focused_id == "threads")
        await ui.press("slash")
        assert list(ui.browse.query(Input)) == [line]
        assert ui.browse.focused is line


async def test_a_line_opens_right_behind_the_key_that_closes_one(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("3", *(["colon", "escape"] * 20), "colon")
        await ui.until(lambda: len(ui.browse.query(Input)) == 1)
        assert isinstance(ui.browse.focused, Input)
        assert ui.browse.focused.value == ""
