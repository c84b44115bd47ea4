"""Which keys run which action: the user's, else those of the table; and their names.

An action has an id that users write in their settings. Its keys, and what they are
called, change while the program runs, so every text that names a key asks here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import combinations

from whitetail.key_table import KEYS, Key

KeyMap = Mapping[str, tuple[str, ...]]
"""The keys of some actions, by the actions' ids; the names are Textual's."""

_PREFIXES = {
    **dict.fromkeys(("list", "screen", "app"), ""),
    **dict.fromkeys(("selectable", "shaped"), "lists."),
    "events": "events.",
    "detail": "detail.",
    "text": "text.",
    **dict.fromkeys(("overview", "overview-screen"), "overview."),
    "conversation-screen": "conversation.",
}
"""What an id begins with, by scope. Other scopes begin with their own name."""
_FIXED_SCOPES = frozenset({"confirm", "find", "query", "menu"})
"""Where keys cannot be changed: questions, input lines and menus."""
_ALWAYS = frozenset({"escape", "ctrl+c", "ctrl+q"})
"""Keys that keep their actions, so that a mistake never locks the user in."""
_NAMES = {
    **{"move(1)": "next_line", "move(-1)": "previous_line"},
    **{"scroll_by(1)": "next_line", "scroll_by(-1)": "previous_line"},
    **{"page(1)": "next_page", "page(-1)": "previous_page"},
    **{"page(0.5)": "half_page_down", "page(-0.5)": "half_page_up"},
    **{"to_end": "bottom", "dismiss": "close", "dismiss(None)": "close"},
    **{"find_next(1)": "next_match", "find_next(-1)": "previous_match"},
    **{"next_error(1)": "next_error", "next_error(-1)": "previous_error"},
    **{"next_pane(1)": "next_pane", "next_pane(-1)": "previous_pane"},
    **{"remove(False)": "remove", "remove(True)": "empty"},
    **{"resize(-4)": "narrower", "resize(4)": "wider"},
}
"""The names of actions that have arguments, or another name than the user reads."""

CONTEXTS = (
    ("list", "selectable", "shaped", "screen", "app"),
    ("list", "events", "screen", "app"),
    ("detail", "screen", "app"),
    ("list", "overview", "overview-screen", "app"),
    ("text", "conversation-screen", "app"),
    ("list", "selectable", "results", "app"),
    ("list", "findings"),
    ("list", "selectable", "trash"),
    ("list", "selectable", "bookmarks"),
    ("text", "help"),
)
"""The scopes whose keys act at the same time, on each screen."""

_NAMED_KEYS = {
    **{"up": "↑", "down": "↓", "left": "←", "right": "→"},
    **{"pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End"},
    **{"escape": "esc", "enter": "enter", "tab": "tab", "space": "space"},
    **{"insert": "Ins", "delete": "Del", "backspace": "backspace"},
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
}
"""What keys without a character are called."""
_SPELLINGS = {
    **{shown.casefold(): name for name, shown in _NAMED_KEYS.items()},
    **{name: name for name in _NAMED_KEYS},
    **{"page up": "pageup", "page down": "pagedown", "return": "enter"},
}
_TEXTUAL_NAMES = {
    **{"solidus": "slash", "reverse_solidus": "backslash"},
    **{"commercial_at": "at", "hyphen_minus": "minus", "low_line": "underscore"},
    "plus_sign": "plus",
}
"""Textual's own names of characters; the others are those of Unicode."""
_SAME_KEY = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace"}
"""What terminals send for these."""
_MODIFIED = re.compile(r"((?:(?:ctrl|alt|shift)\+)+)(.+)")


def action_id(key: Key) -> str:
    """Return the id of a key's action; empty if its keys cannot be changed.

    The keys of a text that move as those of a list have the list's id.
    """
    if key.scope in _FIXED_SCOPES:
        return ""
    name = _NAMES.get(key.action) or re.sub(r"\W+", "_", _argument(key.action))
    if key.scope in ("detail", "text") and not key.help and name in _LIST_NAMES:
        return name
    return _PREFIXES.get(key.scope, f"{key.scope}.") + name


def _argument(action: str) -> str:
    """Return what is left of an action such as `pane('threads')`: its name."""
    pane = re.fullmatch(r"pane\('(\w+)'\)", action)
    return f"pane_{pane[1]}" if pane else action.rstrip(")").replace("(", "_")


_LIST_NAMES = frozenset(
    _NAMES.get(key.action, key.action) for key in KEYS if key.scope == "list"
)

ACTIONS: dict[str, tuple[Key, ...]] = {}
"""The keys of the table by the ids of their actions; the described one is the first."""
for _key in sorted(KEYS, key=lambda key: not key.help):
    if _id := action_id(_key):
        ACTIONS[_id] = (*ACTIONS.get(_id, ()), _key)


def textual_name(text: str) -> str | None:
    """Return Textual's name of a key as users write it; None if it is no key."""
    if len(text) == 1 and text.isprintable() and text != " ":
        return _SPELLINGS.get(text) or _character_name(text)
    name = text.strip().casefold()
    if name in _SPELLINGS:
        return _SPELLINGS[name]
    modified = _MODIFIED.fullmatch(name)
    if modified is None:
        character = _CHARACTERS.get(name)
        return None if character is None else name
    modifiers = sorted(set(modified[1].rstrip("+").split("+")))
    base = _SPELLINGS.get(modified[2], modified[2])
    if base not in _NAMED_KEYS and (
        "shift" in modifiers or not re.fullmatch("[a-z0-9]", base)
    ):
        return None
    name = "+".join((*modifiers, base))
    return _SAME_KEY.get(name, name)


def shown_name(name: str) -> str:
    """Return what a key is called on the screen."""
    modifiers, plus, base = name.rpartition("+")
    shown = _NAMED_KEYS.get(base) or _CHARACTERS.get(base, base)
    return f"{modifiers}{plus}{shown}"


def _character_name(character: str) -> str:
    if character.isalnum():
        return character
    name = unicodedata.name(character, character)
    name = name.lower().replace("-", "_").replace(" ", "_")
    return _TEXTUAL_NAMES.get(name, name)


_CHARACTERS = {_character_name(chr(code)): chr(code) for code in range(0x21, 0x7F)}


def accepted(chosen: KeyMap) -> tuple[KeyMap, dict[str, str]]:
    """Return the changes of keys that can be used, and why the others cannot, by id.

    Of two actions that would have the same key, the one that was chosen later keeps
    its old keys.
    """
    usable, refused = dict(chosen), {}
    for name, keys in chosen.items():
        fixed = next((key for key in keys if key in _ALWAYS), None)
        if fixed is not None and fixed not in _default_keys(name):
            refused[name] = f"{shown_name(fixed)} cannot have another action"
            del usable[name]
    while (conflict := _conflict(usable)) is not None:
        name, other, key = conflict
        refused[name] = f"{shown_name(key)} is already the key of {other}"
        del usable[name]
    return usable, refused


def _conflict(chosen: KeyMap) -> tuple[str, str, str] | None:
    """Return a chosen action, another one with the same key, and the key; or None."""
    order = {name: number for number, name in enumerate(chosen)}
    for context in CONTEXTS:
        names = [
            name
            for name, keys in ACTIONS.items()
            if any(key.scope in context for key in keys)
        ]
        bound = {name: set(_keys_in(name, context, chosen)) for name in names}
        for one, other in combinations(names, 2):
            if one not in chosen and other not in chosen:
                continue
            shared = bound[one] & bound[other]
            # The table has such pairs itself: a list's `/` acts before the screen's.
            shared -= set(_keys_in(one, context, {})) & set(
                _keys_in(other, context, {})
            )
            if shared:
                last, first = sorted((one, other), key=lambda n: order.get(n, -1))[::-1]
                return last, first, min(shared)
    return None


def _keys_in(name: str, context: tuple[str, ...], chosen: KeyMap) -> list[str]:
    return [
        each
        for key in ACTIONS[name]
        if key.scope in context
        for each in _names_of(key, name, chosen)
    ]


def _default_keys(name: str) -> list[str]:
    return [each for key in ACTIONS[name] for each in key.keys.split(",")]


def _names_of(key: Key, name: str, chosen: KeyMap) -> tuple[str, ...]:
    """Return the names of the keys of an entry of the table, changed ones perhaps."""
    own = tuple(key.keys.split(","))
    if name not in chosen:
        return own
    described = ACTIONS[name][0].keys.split(",")
    kept = (each for each in own if each in _ALWAYS or each not in described)
    return tuple(dict.fromkeys((*chosen[name], *kept)))


_current: dict[str, tuple[str, ...]] = {}
"""The changes that the running app uses."""


def use_keys(chosen: KeyMap) -> None:
    """Name these keys from now on, in all texts of the app. They must be `accepted`."""
    _current.clear()
    _current.update(chosen)


def current(key: Key) -> Key:
    """Return an entry of the table with the keys that it has now."""
    name = action_id(key)
    if name not in _current:
        return key
    names = _names_of(key, name, _current)
    shown = " ".join(map(shown_name, names)) if key.shown else ""
    return key._replace(keys=",".join(names), shown=shown)


def shown_key(name: str) -> str:
    """Return what the first key of an action is called now.

    Raises:
        KeyError: There is no action with this id.

    """
    return current(ACTIONS[name][0]).shown.split(" ")[0]


def described(key: Key) -> str:
    """Return what a key does. The id of an action in braces stands for its key."""
    return named_keys(key.help)


def named_keys(text: str) -> str:
    """Return a text in which the ids of actions in braces are the names of keys."""
    return re.sub(r"\{(\w[\w.]*)\}", lambda match: shown_key(match[1]), text)
