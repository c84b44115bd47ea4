"""The documentation of all settings, and a file to begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator

from whitetail.key_table import KEYS, Key
from whitetail.keymap import ACTIONS, action_id, described, shown_name
from whitetail.settings.definitions import SETTINGS, TABLES, Kind, Setting

_EXAMPLES = {
    "keys": ('next_match = "n"', 'events.fold = ["h", "left"]'),
    "filters": ('"failed commands" = "tool:bash has:error"',),
    "prices": ("# [prices.doe-3]", "# input = 2.00", "# output = 8.00"),
}


def settings_table() -> str:
    """Return the table of settings for `docs/config.md`."""
    rows = [("setting", "values", "default", "does"), ("---",) * 4]
    for setting in SETTINGS:
        variable = f"; `{setting.variable}` wins" if setting.variable else ""
        help_text = setting.help + variable
        default = f"`{_toml(setting.default)}`"
        rows.append((f"`{setting.path}`", _values(setting), default, help_text))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def actions_table() -> str:
    """Return the table of the actions whose keys can be changed."""
    rows = [("action", "keys", "does"), ("---",) * 3]
    for name, key in described_actions():
        names = " ".join(f"`{each}`" for each in shown_keys(key))
        rows.append((f"`{name}`", names, described(key)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def described_actions() -> Iterator[tuple[str, Key]]:
    """Yield the actions that users read about, in the order of the table of keys."""
    for key in KEYS:
        name = action_id(key)
        if name and key.help and ACTIONS[name][0] is key:
            yield name, key


def shown_keys(key: Key) -> list[str]:
    """Return what the keys of an entry of the table are called."""
    return [shown_name(name) for name in key.keys.split(",")]


def template() -> str:
    """Return a file with all settings, as comments with their defaults."""
    lines = [
        "# Settings of whitetail. They apply as soon as this file is saved.",
        "# `whitetail config check` finds mistakes in it.",
    ]
    for table, purpose in TABLES.items():
        lines += ["", f"# {purpose}", f"[{table}]"]
        for setting in SETTINGS:
            name, _, key = setting.path.partition(".")
            if name == table:
                lines.append(f"# {setting.help}: {_comment(setting)}")
                lines.append(f"# {key} = {_toml(setting.default)}")
        lines += [f"# {each.removeprefix('# ')}" for each in _EXAMPLES.get(table, ())]
    return "\n".join(lines) + "\n"


def _values(setting: Setting) -> str:
    if setting.kind is Kind.CHOICE:
        return ", ".join(f"`{choice}`" for choice in setting.choices)
    return setting.expected


def _comment(setting: Setting) -> str:
    return setting.expected.removeprefix("one of ")


def _toml(value: object) -> str:
    # A TOML value of these types is written as in JSON.
    return json.dumps(value, ensure_ascii=False)
