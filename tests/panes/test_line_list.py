"""The list with a cursor. Also covers `panes/base.py` and `panes/palette.py`."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.cells import cell_len
from textual.color import Color

from tests.helpers.pilot import Stage, drawn, press, until
from whitetail.panes.line_list import Cell, LineList


class Numbers(LineList):
    """Lines with their numbers. `draws` are the lines that were drawn, in order."""

    def __init__(self, count: int, text: str = "line {}") -> None:
        super().__init__("numbers")
        self._count = count
        self._text = text
        self.draws: list[int] = []

    @property
    def count(self) -> int:
        return self._count

    def draw(self, line: int, width: int) -> Sequence[Cell]:
        self.draws.append(line)
        return [(self._text.format(line), "plain")]

    def grow_to(self, count: int) -> None:
        self._count = count
        self.resize_to(count)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["j"], 1),
        (["down", "down"], 2),
        (["j", "j", "k"], 1),
        (["up"], 0),
        (["G"], 99),
        (["end", "j"], 99),
        (["G", "g"], 0),
        (["end", "home"], 0),
        (["pagedown"], 9),
        (["pagedown", "pageup"], 0),
        (["ctrl+d"], 4),
        (["ctrl+d", "ctrl+d", "ctrl+u"], 4),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], line: int) -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await press(pilot, *keys)
        assert pane.cursor == line


async def test_the_cursor_is_always_visible() -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        for key in ("j",) * 12 + ("G", "k", "pageup", "pageup", "g", "pagedown"):
            await press(pilot, key)
            assert pane.cursor in pane.visible_lines
            assert f"line {pane.cursor}" in drawn(pane)


async def test_the_list_scrolls_no_farther_than_needed() -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await press(pilot, *"jjjjjjjjj")
        assert pane.visible_lines == range(10)
        await press(pilot, "j")
        assert pane.visible_lines == range(1, 11)
        await press(pilot, *"kkkkkkkkk")
        assert pane.visible_lines == range(1, 11)


async def test_only_visible_lines_of_ten_million_are_drawn() -> None:
    pane = Numbers(10_000_000)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await press(pilot, "G")
        assert drawn(pane)[-1] == "line 9999999"
        assert set(pane.draws) <= {*range(10), *range(9_999_990, 10_000_000)}


async def test_a_move_without_scrolling_draws_two_lines() -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await press(pilot, "j", "j")
        pane.draws.clear()
        await press(pilot, "j")
        assert set(pane.draws) == {2, 3}


async def test_an_idle_list_draws_nothing() -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        pane.draws.clear()
        for _ in range(5):
            await pilot.pause()
        assert pane.draws == []


async def test_a_click_moves_the_cursor_to_its_line() -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await press(pilot, "G")
        await pilot.click(pane, offset=(3, 5))
        assert pane.cursor == 94


async def test_a_click_below_the_last_line_does_not_move_the_cursor() -> None:
    pane = Numbers(3)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await press(pilot, "j")
        await pilot.click(pane, offset=(3, 8))
        assert pane.cursor == 1


async def test_a_double_click_opens_its_line() -> None:
    pane = Numbers(100)
    app = Stage(pane)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.double_click(pane, offset=(3, 5))
        await until(pilot, lambda: app.count(LineList.Opened))
        assert pane.cursor == 4


async def test_enter_opens_the_line_of_the_cursor() -> None:
    pane = Numbers(100)
    app = Stage(pane)
    async with app.run_test(size=(40, 12)) as pilot:
        await press(pilot, "j", "enter")
        await until(pilot, lambda: app.count(LineList.Opened) == 1)


async def test_an_empty_list_accepts_every_key_and_posts_no_message() -> None:
    pane = Numbers(0)
    app = Stage(pane)
    async with app.run_test(size=(40, 12)) as pilot:
        await press(pilot, *"jkgG", "pagedown", "pageup", "ctrl+d", "ctrl+u", "enter")
        await pilot.click(pane, offset=(3, 5))
        assert pane.cursor == 0
        assert app.count(LineList.Opened) == app.count(LineList.Highlighted) == 0


async def test_many_moves_at_once_post_few_messages() -> None:
    pane = Numbers(1_000)
    app = Stage(pane)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.messages.clear()
        for line in range(500):
            pane.cursor = line % 10
        await until(pilot, lambda: app.count(LineList.Highlighted))
        assert app.count(LineList.Highlighted) < 10
        assert pane.cursor == 9


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 200, id="narrow"),
        pytest.param("鹿" * 100, id="wide"),
        pytest.param("x" + "鹿" * 100, id="wide after narrow"),
        pytest.param("", id="empty"),
    ],
)
async def test_a_line_is_exactly_as_wide_as_the_pane(text: str) -> None:
    pane = Numbers(100, text)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await until(pilot, lambda: pane.show_vertical_scrollbar)
        strip = pane.render_line(0)
        assert strip.cell_length == cell_len(strip.text) == 37


async def test_the_cursor_stays_visible_when_the_pane_shrinks() -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await press(pilot, *"jjjjjjjjj")
        await pilot.resize_terminal(40, 6)
        await until(pilot, lambda: len(pane.visible_lines) == 4)
        assert pane.cursor == 9
        assert pane.cursor in pane.visible_lines


async def test_added_lines_can_be_scrolled_to() -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        pane.grow_to(200)
        assert pane.vertical_scrollbar.window_virtual_size == 200
        await press(pilot, "G")
        assert drawn(pane)[-1] == "line 199"


async def test_adding_a_line_out_of_sight_draws_nothing() -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        pane.draws.clear()
        pane.grow_to(101)
        await pilot.pause()
        assert pane.draws == []


async def test_the_scrollbar_is_shown_only_if_lines_do_not_fit() -> None:
    pane = Numbers(5)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        assert not pane.show_vertical_scrollbar
        pane.grow_to(50)
        await until(pilot, lambda: pane.show_vertical_scrollbar)
        pane.grow_to(5)
        await until(pilot, lambda: not pane.show_vertical_scrollbar)


async def test_a_list_that_shrinks_scrolls_back_to_its_last_lines() -> None:
    pane = Numbers(100)
    async with Stage(pane).run_test(size=(40, 12)) as pilot:
        await press(pilot, "G")
        pane.grow_to(20)
        await until(pilot, lambda: pane.visible_lines == range(10, 20))


async def test_another_theme_draws_in_other_colors() -> None:
    pane = Numbers(100)
    app = Stage(pane)

    def text_color() -> Color:
        style = next(iter(pane.render_line(3))).style
        assert style is not None and style.color is not None
        return Color.from_rich_color(style.color)

    async with app.run_test(size=(40, 12)) as pilot:
        dark = text_color()
        app.theme = "textual-light"
        await until(pilot, lambda: text_color() != dark)
