"""Bindings, footer, help and README: all are generated from the one table of keys."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from whitetail.key_table import (
    CONVERSATION,
    DETAIL,
    DIALOGS,
    EVENTS,
    EVERYWHERE,
    GROUPS,
    KEYS,
    LISTS,
    MOVING,
    OVERVIEW,
    RESULTS,
    Key,
)
from whitetail.keymap import ACTIONS, KeyMap, current, described

__all__ = [
    "ALWAYS_QUIT_ID",
    "CONVERSATION",
    "DETAIL",
    "DIALOGS",
    "EVENTS",
    "EVERYWHERE",
    "FOOTER",
    "FOOTER_RIGHT",
    "GROUPS",
    "KEYS",
    "LISTS",
    "MOVING",
    "OVERVIEW",
    "RESULTS",
    "Key",
    "binding_id",
    "bindings",
    "described_keys",
    "elsewhere",
    "keys_of",
    "markdown_table",
    "textual_keymap",
]

ALWAYS_QUIT_ID = "app always quit"
"""The id of a binding that also quits inside a dialog, whatever the user's keys are."""
_GROUP_OF_SCOPE = {
    "list": MOVING,
    "text": MOVING,
    "selectable": LISTS,
    "shaped": LISTS,
    "events": EVENTS,
    "detail": DETAIL,
    "screen": EVERYWHERE,
    "app": EVERYWHERE,
    "overview": OVERVIEW,
    "overview-screen": OVERVIEW,
    "conversation-screen": CONVERSATION,
    "results": RESULTS,
    "find": DIALOGS,
    "query": DIALOGS,
    "findings": DIALOGS,
    "trash": DIALOGS,
    "bookmarks": DIALOGS,
    "menu": DIALOGS,
    "confirm": DIALOGS,
    "help": DIALOGS,
}

_FOOTER_ACTIONS = (
    *("submit", "leave", "open", "unfold", "toggle_fold"),
    *("zoom_in", "zoom_out", "zoom_all"),
    *("next_pane(1)", "find", "narrow", "filter", "delete", "undo"),
    *("sort_menu", "overview", "follow"),
    *("conversation", "form", "reload", "copy"),
)
_RIGHT_ACTIONS = ("help", "back", "dismiss(None)", "dismiss", "quit")


_WHERE = {
    "screen": "the main screen",
    "selectable": "the lists of threads and runs",
    "shaped": "the lists of threads and runs",
    "events": "the events",
    "detail": "the event in full",
    "overview": "the overview",
    "overview-screen": "the overview",
    "conversation-screen": "the conversation",
    "results": "the results of a search",
    "trash": "the trash",
}
"""Where the keys of a scope work, in words for a sentence; the main screen first."""


def _in_footer(actions: tuple[str, ...]) -> tuple[Key, ...]:
    shown = [key for key in KEYS if key.footer and key.action in actions]
    return tuple(sorted(shown, key=lambda key: actions.index(key.action)))


FOOTER = _in_footer(_FOOTER_ACTIONS)
"""The keys of the footer, the most important first."""
FOOTER_RIGHT = _in_footer(_RIGHT_ACTIONS)
"""The keys that the footer always shows, at the right."""


def bindings(scope: str) -> list[BindingType]:
    """Return the bindings of one kind of widget."""
    return [
        Binding(
            key.keys,
            key.action,
            key.footer or described(key),
            show=bool(key.footer),
            key_display=key.shown.split(" ")[0] or None,
            priority=key.priority,
            id=binding_id(key),
        )
        for key in KEYS
        if key.scope == scope
    ]


def binding_id(key: Key) -> str:
    """Return the id of a key's binding: other widgets may have actions of its name."""
    return f"{key.scope} {key.action}"


def textual_keymap(chosen: KeyMap) -> dict[str, str]:
    """Return the keys of all bindings that changes of keys concern, by their ids.

    The changes must be in use already.
    """
    return {
        binding_id(key): current(key).keys for name in chosen for key in ACTIONS[name]
    }


def elsewhere(name: str) -> str:
    """Return a sentence that says where a key works; empty if it works nowhere.

    `name` is Textual's name of the key.
    """
    for scope, where in _WHERE.items():
        for key in (current(key) for key in KEYS if key.scope == scope and key.help):
            if name in key.keys.split(","):
                shown = key.shown.split()
                symbol = name if name in shown else shown[0]
                does = f"{where}: {described(key)}"
                return f"{symbol} does nothing here. In {does}."
    return ""


def keys_of(group: str) -> list[Key]:
    """Return the keys of a group that users read about, as they are now."""
    return [
        current(key)
        for key in KEYS
        if key.help and (key.group or _GROUP_OF_SCOPE[key.scope]) == group
    ]


def described_keys(group: str) -> list[tuple[str, str]]:
    """Return the keys of a group as they are shown, and what each of them does."""
    return [(key.shown, described(key)) for key in keys_of(group)]


def markdown_table() -> str:
    """Return the README's table of keys."""
    rows = [("key", "does"), ("---", "---")]
    for group in GROUPS:
        rows.append((f"**{group}**", ""))
        for shown, help_text in described_keys(group):
            rows.append((" ".join(f"`{key}`" for key in shown.split()), help_text))
    return "\n".join(
        f"| {keys} | {text} |".replace("|  |", "| |") for keys, text in rows
    )
