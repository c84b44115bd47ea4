"""The table of keys: it matches the widgets, the help and the README."""

from __future__ import annotations

import string
from collections import Counter
from inspect import signature
from pathlib import Path

import pytest
from textual.actions import parse
from textual.app import App
from textual.dom import DOMNode
from textual.events import Key
from textual.keys import REPLACED_KEYS, Keys, key_to_character

from tests.helpers.pilot import press, until
from whitetail.app import WhitetailApp
from whitetail.keys import GROUPS, KEYS, described_keys, markdown_table
from whitetail.panes.detail import DetailPane
from whitetail.panes.events import EventsPane
from whitetail.panes.line_list import LineList
from whitetail.panes.overview import OverviewPane
from whitetail.panes.query_prompt import QueryInput
from whitetail.panes.selectable_list import SelectableList
from whitetail.panes.shaped_list import ShapedList
from whitetail.panes.text_view import TextView
from whitetail.screens.bookmarks import BookmarksScreen
from whitetail.screens.browse import BrowseScreen
from whitetail.screens.confirm import Confirm
from whitetail.screens.conversation import ConversationScreen
from whitetail.screens.find import FindBar
from whitetail.screens.findings import FindingsScreen
from whitetail.screens.help import HelpScreen
from whitetail.screens.menu import MenuScreen
from whitetail.screens.overview import OverviewScreen
from whitetail.screens.results import ResultsScreen
from whitetail.screens.trash import TrashScreen

OWNERS: dict[str, type[DOMNode]] = {
    "list": LineList,
    "selectable": SelectableList,
    "shaped": ShapedList,
    "events": EventsPane,
    "text": TextView,
    "detail": DetailPane,
    "overview": OverviewPane,
    "overview-screen": OverviewScreen,
    "conversation-screen": ConversationScreen,
    "results": ResultsScreen,
    "find": FindBar,
    "query": QueryInput,
    "findings": FindingsScreen,
    "trash": TrashScreen,
    "bookmarks": BookmarksScreen,
    "menu": MenuScreen,
    "confirm": Confirm,
    "help": HelpScreen,
    "screen": BrowseScreen,
    "app": WhitetailApp,
}
EVERYWHERE = ("screen", "app")
KITTY_KEYS = {"ctrl+space"}
"""What terminals with the kitty protocol send, where others send `ctrl+@`."""
README = Path(__file__).parents[2] / "README.md"


def keys(*scopes: str) -> list[str]:
    return [each for key in KEYS if key.scope in scopes for each in key.keys.split(",")]


def test_every_scope_has_a_widget_and_every_widget_has_keys() -> None:
    assert {key.scope for key in KEYS} == set(OWNERS)


@pytest.mark.parametrize(
    "pane", [("list", "selectable"), ("list", "events"), ("text",), ("detail",)]
)
def test_no_key_has_two_actions_in_one_pane(pane: tuple[str, ...]) -> None:
    bound = Counter(keys(*pane, *EVERYWHERE))
    assert [key for key, times in bound.items() if times > 1] == []


def character_of(key: str) -> str | None:
    """Return the character of a key, which Textual may know by another name."""
    return key_to_character(REPLACED_KEYS.get(key, key))


class PressedKeys(App[None]):
    """An app that records the names of the keys that are pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []

    def on_key(self, event: Key) -> None:
        self.pressed.append(event.key)


async def test_every_key_has_a_name_of_textual() -> None:
    named = sorted(set(keys(*OWNERS)) - {key.value for key in Keys} - KITTY_KEYS)
    characters = [character_of(key) or key for key in named]
    app = PressedKeys()
    async with app.run_test() as pilot:
        await press(pilot, *characters)
        await until(pilot, lambda: len(app.pressed) == len(named))
    assert app.pressed == named
    assert set(characters) <= set(string.printable)


def test_every_action_is_a_method_of_its_widget() -> None:
    for key in KEYS:
        _, name, arguments = parse(key.action)
        owner = OWNERS[key.scope]
        parameters = signature(getattr(owner, f"action_{name}"))
        parameters.bind(owner, *arguments)


def test_only_d_asks_to_delete() -> None:
    deleting = {key.keys for key in KEYS if key.action == "delete"}
    assert deleting == {"d"}
    assert "backspace" not in keys(*OWNERS)
    assert "delete" not in keys(*OWNERS)


def test_escape_never_quits() -> None:
    quitting = [key.keys.split(",") for key in KEYS if key.action == "quit"]
    assert quitting
    assert not any("escape" in each for each in quitting)


def test_the_table_has_a_line_for_every_described_key() -> None:
    lines = markdown_table().splitlines()
    described = [each for group in GROUPS for each in described_keys(group)]
    assert len(lines) == len(described) + len(GROUPS) + 2
    assert "| `j` `↓` | next line |" in lines


def test_the_readme_contains_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    if "<!-- keys -->" not in text:
        pytest.skip("the README has no table yet")
    table = text.split("<!-- keys -->")[1].split("<!-- /keys -->")[0]
    assert table.strip() == markdown_table()
