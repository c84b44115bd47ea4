"""Decodes a file of settings, key by key: a mistake in one leaves the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import isfinite
from typing import Annotated, Any, Literal

import msgspec

from whitetail.keymap import ACTIONS, accepted, textual_name
from whitetail.settings.definitions import (
    BY_PATH,
    TABLES,
    Kind,
    Setting,
    Settings,
)
from whitetail.settings.lines import lines_of_keys
from whitetail.settings.price_table import currency_of, price_of
from whitetail.settings.problem import Problem
from whitetail.trace.stats.pricing import Prices
from whitetail.view.text import one_line

_MAX_VALUE_CHARS = 40
_MAX_FILTERS, _MAX_NAME_CHARS = 40, 40
_LEAST_LIKENESS = 0.6
_KEY_NAMES = Annotated[list[str], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a file has, as far as it can be used."""

    settings: Settings
    """The file's values, and the defaults of what it does not have."""
    lines: Mapping[str, int]
    """The lines of the settings that the file has, by their paths."""
    problems: tuple[Problem, ...]


class _InvalidError(ValueError):
    """A value cannot be used; the message is the end of a sentence about its path."""


def decode(text: str, last: Settings) -> Decoded:
    """Return the settings in a text. Of a key that is wrong, `last` has the value.

    Raises:
        ValueError: The text is not TOML; the message names the line.
        RecursionError: It is nested too deeply.

    """
    import tomllib

    tables = tomllib.loads(text)
    decoder = _Decoder(lines_of_keys(text), last)
    return decoder.decode(tables)


def decode_text(setting: Setting, text: str) -> Any:
    """Return the value of a setting that an environment variable or argument has.

    Raises:
        ValueError: It is none; the message is the end of a sentence.

    """
    return _value(setting, text)


class _Decoder:
    def __init__(self, lines: dict[tuple[str, ...], int], last: Settings) -> None:
        self._all_lines = lines
        self._last = last
        self._problems: list[Problem] = []
        self._lines: dict[str, int] = {}

    def decode(self, tables: dict[str, Any]) -> Decoded:
        values: dict[str, Any] = {}
        for name, table in tables.items():
            if name not in TABLES:
                self._report_unknown((name,))
            elif not isinstance(table, dict):
                self._report((name,), f"has to be a table, [{name}]")
            elif name == "keys":
                values["keys"] = self._keys(table)
            elif name == "filters":
                values["filters"] = self._filters(table)
            elif name == "prices":
                values["prices"] = self._prices(table)
            else:
                values.update(self._section(name, table))
        return Decoded(
            replace(Settings(), **values), self._lines, tuple(self._problems)
        )

    def _section(self, name: str, table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, value in table.items():
            setting = BY_PATH.get(f"{name}.{key}")
            if setting is None:
                self._report_unknown((name, key))
                continue
            try:
                yield setting.name, _value(setting, value)
                self._note((name, key))
            except _InvalidError as error:
                self._report((name, key), str(error))
                yield setting.name, self._last.value(setting)

    def _keys(self, table: dict[str, Any]) -> Mapping[str, tuple[str, ...]]:
        chosen: dict[str, tuple[str, ...]] = {}
        for path, value in _flat(table):
            action = ".".join(path)
            if action not in ACTIONS:
                self._report_unknown(("keys", *path))
                continue
            try:
                chosen[action] = tuple(_key_names(value))
                self._note(("keys", *path))
            except _InvalidError as error:
                self._report(("keys", *path), str(error))
                if action in self._last.keys:
                    chosen[action] = self._last.keys[action]
        usable, refused = accepted(chosen)
        for action, why in refused.items():
            self._report(("keys", *action.split(".")), f"is not used: {why}")
        return usable

    def _filters(self, table: dict[str, Any]) -> dict[str, str]:
        filters: dict[str, str] = {}
        for name, value in table.items():
            if not isinstance(value, str) or not value.strip():
                why = f"has to be a query in quotes; it is {_shown(value)}"
                self._report(("filters", name), why)
                if name in self._last.filters:
                    filters[name] = self._last.filters[name]
            elif len(name) > _MAX_NAME_CHARS or len(filters) == _MAX_FILTERS:
                why = f"is too much: {_MAX_FILTERS} filters with names of at most "
                self._report(("filters", name), f"{why}{_MAX_NAME_CHARS} characters")
            else:
                filters[name] = value.strip()
                self._note(("filters", name))
        return filters

    def _prices(self, table: dict[str, Any]) -> Prices:
        models, currency = {}, "$"
        for name, value in table.items():
            try:
                if name == "currency":
                    currency = currency_of(value)
                else:
                    models[name] = price_of(name, value)
                self._note(("prices", name))
            except ValueError as error:
                self._report(("prices", name), f"is not used: {error}")
                if name == "currency":
                    currency = self._last.prices.currency
                elif name in self._last.prices.models:
                    models[name] = self._last.prices.models[name]
        return Prices(models, currency)

    def _note(self, path: tuple[str, ...]) -> None:
        line = self._line(path)
        if line is not None:
            self._lines[".".join(path)] = line

    def _line(self, path: tuple[str, ...]) -> int | None:
        """Return the line of a key, else that of the table or value it is in."""
        inner = (path[:length] for length in range(len(path), 0, -1))
        return next((self._all_lines[p] for p in inner if p in self._all_lines), None)

    def _report(self, path: tuple[str, ...], text: str) -> None:
        dotted = one_line(".".join(path), _MAX_VALUE_CHARS)
        self._problems.append(Problem(f"{dotted} {text}", dotted, self._line(path)))

    def _report_unknown(self, path: tuple[str, ...]) -> None:
        near = _nearest_path(path)
        self._report(path, f"is no setting{f'; the nearest is {near}' if near else ''}")


def nearest(text: str, known: Iterable[str]) -> str:
    """Return the most similar of some words; empty if none is."""
    return next(iter(get_close_matches(text, list(known), 1, _LEAST_LIKENESS)), "")


def _nearest_path(path: tuple[str, ...]) -> str:
    """Return the setting that an unknown path was meant to be; empty for none."""
    if len(path) == 1:
        return nearest(path[0], TABLES)
    known = [*BY_PATH, *(f"keys.{action}" for action in ACTIONS)]
    beside = [each for each in known if each.startswith(f"{path[0]}.")]
    near = nearest(".".join(path), beside)
    if near and nearest(near.rpartition(".")[2], [path[-1]]):
        return near
    names = {each.rpartition(".")[2]: each for each in known}
    return names.get(nearest(path[-1], names), "")


def _flat(
    table: dict[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, (*above, key))
        else:
            yield (*above, key), value


def _value(setting: Setting, value: Any) -> Any:
    try:
        decoded = msgspec.convert(value, _type(setting))
        if setting.kind is Kind.SIZE:
            # Half of the time until the settings are read, and seldom needed.
            from whitetail.trace.query.amounts import size

            return size(decoded.replace(" ", ""))
        if isinstance(decoded, float) and not isfinite(decoded):
            raise ValueError
    except ValueError as error:
        # msgspec's own errors are of this kind, too.
        near = ""
        if setting.choices and isinstance(value, str):
            near = nearest(value, setting.choices)
        hint = f"; the nearest is {near}" if near else ""
        text = f"has to be {setting.expected}; it is {_shown(value)}{hint}"
        raise _InvalidError(text) from error
    return decoded


def _type(setting: Setting) -> Any:
    most = setting.most or None
    match setting.kind:
        case Kind.CHOICE:
            return Literal[setting.choices]
        case Kind.FLAG:
            return bool
        case Kind.SIZE:
            return str
        case Kind.INTEGER:
            return Annotated[int, msgspec.Meta(ge=setting.least, le=most)]
    return Annotated[float, msgspec.Meta(ge=setting.least, le=most)]


def _key_names(value: Any) -> Iterator[str]:
    try:
        texts = msgspec.convert(
            [value] if isinstance(value, str) else value, _KEY_NAMES
        )
    except msgspec.ValidationError as error:
        text = f'has to be a key such as "n", or several; it is {_shown(value)}'
        raise _InvalidError(text) from error
    for text in texts:
        name = textual_name(text)
        if name is None:
            raise _InvalidError(
                f'has to be a key such as "n", "ctrl+n", "F5" or "PgDn"; it is '
                f"{_shown(text)}"
            )
        yield name


def _shown(value: Any) -> str:
    """Return a value as a sentence quotes it, shortened and sanitized."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return one_line(text, _MAX_VALUE_CHARS)
