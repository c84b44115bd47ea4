"""Menus: what chooses an item, what closes a menu, and what is drawn of hostile texts.

Also covers the pane.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.cells import cell_len
from textual.binding import Binding
from textual.content import Content
from textual.events import Key
from textual.widgets import Static

from tests.helpers.pilot import drawn, handled, press, until
from whitetail.panes.menu import MenuItem, MenuPane
from whitetail.screens.menu import MenuScreen
from whitetail.screens.typed_text import GuardedApp, TypedTextGuard

ITEMS = [
    MenuItem("a", "arguments", 1, note="3 of them"),
    MenuItem("r", "result", 2, enabled=False, note="no call"),
    MenuItem("", "the third argument", 3),
]
HOSTILE = "[red]x[/red]\x1b[2J\x1b]0;t\x07\u202eabc\n" + "界" * 300


class Below(TypedTextGuard[None]):
    """A screen with a key that opens a menu, and one that must not act by chance."""

    BINDINGS = [  # noqa: RUF012
        Binding("y", "menu"),
        Binding("d", "count"),
    ]

    def __init__(self, title: str, items: Sequence[MenuItem[int]]) -> None:
        super().__init__()
        self._menu = title, items
        self.counted = 0
        self.returned: list[int | None] = []

    async def action_menu(self) -> None:
        await self.app.push_screen(MenuScreen(*self._menu), self.returned.append)

    def action_count(self) -> None:
        self.counted += 1


class MenuApp(GuardedApp[None]):
    """An app with that screen."""

    def __init__(
        self, title: str = "Copy", items: Sequence[MenuItem[int]] = ITEMS
    ) -> None:
        super().__init__()
        self.below = Below(title, items)

    def get_default_screen(self) -> Below:
        return self.below

    @property
    def pane(self) -> MenuPane[int]:
        return self.screen.query_one(MenuPane)


async def returned(*keys: str) -> list[int | None]:
    """Press keys, and return what menus have returned."""
    app = MenuApp()
    async with app.run_test() as pilot:
        await press(pilot, *keys)
        await pilot.pause()
        return app.below.returned


async def typed(text: str, opener: str = "") -> Below:
    """Type letters, all at one time, into a menu. Return the screen below.

    `opener`: the letter that opens the menu, if it is one of them.
    """
    app = MenuApp()
    async with app.run_test() as pilot:
        if not opener:
            await press(pilot, "y")
            await until(pilot, lambda: isinstance(app.screen, MenuScreen))
        text = opener + text
        letters = [Key(each, each) for each in text]
        for letter in letters:
            letter.time = letters[0].time
            app.post_message(letter)
        await handled(pilot)
        return app.below


async def test_the_key_of_an_item_chooses_it() -> None:
    assert await returned("y", "a") == [1]


async def test_enter_chooses_the_item_under_the_cursor() -> None:
    assert await returned("y", "j", "j", "enter") == [3]
    assert await returned("y", "j", "j", "k", "k", "k", "enter") == [1]


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_a_menu_closes_without_a_value(key: str) -> None:
    assert await returned("y", key) == [None]


async def test_an_item_that_is_not_enabled_cannot_be_chosen() -> None:
    assert await returned("y", "r", "j", "enter") == []


async def test_the_last_line_shows_why_an_item_cannot_be_chosen() -> None:
    app = MenuApp()
    async with app.run_test() as pilot:
        for keys in (("r",), ("j", "enter")):
            await press(pilot, "y", *keys)
            await pilot.pause()
            assert drawn(app.screen.query_one(Static)) == ["result: no call"]
            await press(pilot, "escape")


@pytest.mark.parametrize(("key", "hint"), [("a", "or its key "), ("", "")])
async def test_the_last_line_names_keys_of_items_if_there_are_any(
    key: str, hint: str
) -> None:
    app = MenuApp("Copy", [MenuItem(key, "arguments", 1)])
    async with app.run_test() as pilot:
        await press(pilot, "y")
        await pilot.pause()
        shown = drawn(app.screen.query_one(Static))
        assert shown == [f"enter {hint}chooses    esc closes"]


async def test_two_keys_of_items_choose_once() -> None:
    assert await returned("y", "a", "a") == [1]


async def test_a_text_typed_into_a_menu_chooses_nothing() -> None:
    assert (await typed("wa")).returned == []


async def test_letters_right_behind_a_choice_do_not_reach_the_screen_below() -> None:
    below = await typed("ad")
    assert below.returned == [1]
    assert below.counted == 0


async def test_letters_in_one_burst_with_the_one_that_opens_a_menu_are_its_own() -> (
    None
):
    assert (await typed("a", opener="y")).returned == [1]
    assert (await typed("wa", opener="y")).returned == []
    below = await typed("ad", opener="y")
    assert below.returned == [1]
    assert below.counted == 0


async def test_a_letter_right_behind_a_key_that_cannot_be_chosen_acts() -> None:
    app = MenuApp()
    async with app.run_test() as pilot:
        await press(pilot, "y")
        refused, letter = Key("r", "r"), Key("d", "d")
        letter.time = refused.time
        app.post_message(refused)
        await pilot.pause()
        await press(pilot, "escape")
        app.post_message(letter)
        await until(pilot, lambda: app.below.counted)


@pytest.mark.parametrize("size", [(60, 15), (20, 6), (150, 42)])
async def test_hostile_texts_are_drawn_as_text_and_fit(size: tuple[int, int]) -> None:
    items = [MenuItem("a", HOSTILE, 1, note=HOSTILE), MenuItem("b", "b" * 500, 2)]
    app = MenuApp(HOSTILE, items)
    async with app.run_test(size=size) as pilot:
        await press(pilot, "y")
        await pilot.pause()
        region = app.pane.region
        assert region.right <= size[0]
        assert region.bottom <= size[1]
        for text in drawn(app.pane):
            assert text.isprintable()
            assert cell_len(text) <= region.width
        if size[0] > 60:
            title = str(app.pane.border_title)
            assert "[red]x[/red]␛[2J" in drawn(app.pane)[0]
            assert "[red]x[/red]␛[2J" in Content.from_markup(title).plain


async def test_a_long_menu_is_scrolled_in_a_small_terminal() -> None:
    items = [MenuItem("", f"item {number}", number) for number in range(100)]
    app = MenuApp("Copy", items)
    async with app.run_test(size=(60, 15)) as pilot:
        await press(pilot, "y", "G")
        await until(pilot, lambda: any("item 99" in each for each in drawn(app.pane)))
        assert app.pane.region.bottom < 15
        await press(pilot, "enter")
        await until(pilot, lambda: app.below.returned == [99])


async def test_columns_in_labels_stay_aligned() -> None:
    app = MenuApp("Calls", [MenuItem("", " 45s  task    11:04", 1)])
    async with app.run_test() as pilot:
        await press(pilot, "y")
        await pilot.pause()
        assert "  45s  task    11:04" in drawn(app.pane)[0]


async def test_a_note_stays_visible_beside_a_long_label() -> None:
    app = MenuApp("Copy", [MenuItem("a", "label " * 40, 1, note="no call")])
    async with app.run_test(size=(60, 15)) as pilot:
        await press(pilot, "y")
        await until(pilot, lambda: "no call" in drawn(app.pane)[0])


async def test_a_long_note_does_not_crop_a_short_label() -> None:
    app = MenuApp("Copy", [MenuItem("a", "a short label", 1, note="note " * 40)])
    async with app.run_test(size=(60, 15)) as pilot:
        await press(pilot, "y")
        await until(pilot, lambda: " a short label  note" in drawn(app.pane)[0])


@pytest.mark.parametrize("keys", ["aa", "j", "q", "ak"])
def test_keys_that_menus_use_or_that_repeat_are_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="reserved or used twice"):
        MenuScreen("Copy", [MenuItem(key, "an item", 1) for key in keys])
