from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.keys import REPLACED_KEYS, key_to_character

from whitetail.key_table import KEYS
from whitetail.keymap import (
    ACTIONS,
    CONTEXTS,
    accepted,
    action_id,
    current,
    described,
    shown_key,
    shown_name,
    textual_name,
    use_keys,
)

PACKAGE = Path(__file__).parents[2] / "tui" / "whitetail"
FIXED = {"confirm", "find", "query", "menu"}
"""The scopes whose keys cannot be changed."""


@pytest.fixture(autouse=True)
def keys_of_the_table() -> Iterator[None]:
    yield
    use_keys({})


def test_each_action_has_an_id_of_its_own_or_that_of_a_list() -> None:
    for name, keys in ACTIONS.items():
        described_keys = [key for key in keys if key.help]
        assert len(described_keys) <= 1, name
    assert {action_id(key) for key in KEYS if key.scope in FIXED} == {""}


def test_ids_are_bare_keys_of_toml() -> None:
    assert [each for each in ACTIONS if not re.fullmatch(r"[\w-]+(\.\w+)?", each)] == []


def test_each_scope_acts_in_some_context() -> None:
    scopes = {key.scope for key in KEYS} - FIXED
    assert scopes == {scope for context in CONTEXTS for scope in context}


@pytest.mark.parametrize("character", [*string.punctuation, *string.ascii_letters])
def test_a_character_has_the_name_that_textual_has_for_it(character: str) -> None:
    name = textual_name(character)
    assert name is not None
    assert key_to_character(REPLACED_KEYS.get(name, name)) == character
    assert shown_name(name) == character


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("PgDn", "pagedown"),
        ("Esc", "escape"),
        ("↓", "down"),
        ("F5", "f5"),
        ("ctrl+F", "ctrl+f"),
        ("shift+ctrl+Up", "ctrl+shift+up"),
        ("slash", "slash"),
        ("ctrl+i", "tab"),
        ("ctrl+nonsense", None),
        ("shift+a", None),
        ("", None),
        (" ", None),
        ("words", None),
    ],
)
def test_keys_are_written_as_users_write_them(text: str, name: str | None) -> None:
    assert textual_name(text) == name


def test_each_key_of_the_table_can_be_written_in_the_settings() -> None:
    for keys in ACTIONS.values():
        for name in keys[0].keys.split(","):
            assert textual_name(shown_name(name)) == name


def test_a_key_that_another_action_has_is_refused() -> None:
    usable, refused = accepted({"next_match": ("e",), "follow": ("f7",)})
    assert usable == {"follow": ("f7",)}
    assert refused == {"next_match": "e is already the key of next_error"}


def test_two_actions_can_exchange_their_keys() -> None:
    chosen = {"next_match": ("e",), "next_error": ("n",)}
    assert accepted(chosen) == (chosen, {})


def test_of_two_actions_with_the_same_key_the_first_has_it() -> None:
    usable, refused = accepted({"follow": ("f7",), "order": ("f7",)})
    assert usable == {"follow": ("f7",)}
    assert refused == {"order": "F7 is already the key of follow"}


def test_a_refused_change_can_make_another_one_impossible() -> None:
    chosen = {"next_error": ("n",), "next_match": ("f",)}
    usable, refused = accepted(chosen)
    assert usable == {}
    assert set(refused) == set(chosen)


def test_actions_of_different_screens_can_have_the_same_key() -> None:
    chosen = {"overview.zoom_in": ("n",)}
    assert accepted(chosen) == (chosen, {})


@pytest.mark.parametrize("key", ["escape", "ctrl+c", "ctrl+q"])
def test_the_keys_that_lead_out_keep_their_actions(key: str) -> None:
    usable, refused = accepted({"follow": (key,)})
    assert (usable, list(refused)) == ({}, ["follow"])
    use_keys({"quit": ("Z",), "back": ("b",)})
    by_action = {current(each).action: current(each).keys for each in KEYS}
    assert by_action["quit"] == "Z,ctrl+c,ctrl+q"
    assert {"b", "escape"} == set(
        next(current(e).keys for e in ACTIONS["back"]).split(",")
    )


def test_the_keys_of_a_list_are_those_of_a_text() -> None:
    use_keys({"next_page": ("x",)})
    keys = {key.scope: current(key).keys for key in ACTIONS["next_page"]}
    assert keys == {"list": "x", "detail": "x,space", "text": "x,space"}


def test_a_changed_key_is_named_everywhere() -> None:
    assert shown_key("undo") == "u"
    use_keys({"undo": ("f5", "x"), "open": ("o",)})
    assert shown_key("undo") == "F5"
    undo = next(key for key in KEYS if action_id(key) == "undo")
    assert current(undo).shown == "F5 x"
    [faults] = [key for key in KEYS if key.scope == "findings"]
    assert described(faults) == "faults: close; o goes to the row"


_NAMED_KEY = re.compile(
    r"(?:^|[\s(·:])(?:ctrl\+[a-z]\b|esc\b|[A-Za-z&/!?:<>+*~-]) "
    r"(?:\w+s (?:it|them|one|the|what)\b|tries again|follows|stops|quits|zoom)"
)
_OF_FIXED_KEYS = {
    # Keys of input lines, which cannot be changed.
    "screens/narrow.py": ["ctrl+space lists fields and values · esc shows all"],
    "panes/query_prompt.py": ["ctrl+space lists fields and values"],
}


def test_no_text_has_a_key_that_can_be_changed() -> None:
    found = {}
    for folder in ("screens", "panes", "view", "run", "source"):
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            documents = {
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            }
            texts = [
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node not in documents
                and _NAMED_KEY.search(node.value)
            ]
            name = path.relative_to(PACKAGE).as_posix()
            texts = [each for each in texts if each not in _OF_FIXED_KEYS.get(name, [])]
            if texts:
                found[name] = texts
    assert found == {}
