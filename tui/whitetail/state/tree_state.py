"""Where the user was in a tree: a value, and its form as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whitetail.state.identity import EventIdentity
from whitetail.trace.order.outline import Folds
from whitetail.view.lists.order import SortColumn, SortOrder
from whitetail_store import RunKey

MAX_QUERIES = 100
"""How many queries of each kind are kept."""
_MAX_FOLDED_RUNS = 50
_MAX_CELLS = 1_000
_MAX_ROW = (1 << 63) - 1

_PANES = ("threads", "runs", "events", "detail")
_SORT_COLUMNS = {each.value: each for each in SortColumn}


@dataclass(frozen=True, slots=True)
class TreeState:
    """What was open in a tree, and how it was shown."""

    thread: str = ""
    run: str = ""
    event: EventIdentity | None = None
    """The event under the cursor; None if the newest one was followed."""
    pane: str = "threads"
    """The pane that had the focus."""
    list_cells: int = 0
    """The width of the lists that the user chose; 0 for none."""
    threads_order: SortOrder = field(default_factory=SortOrder)
    runs_order: SortOrder = field(default_factory=SortOrder)
    filter_text: str = ""
    """The query that filters the events; it may not be one."""
    folds: Mapping[RunKey, Folds] = field(default_factory=dict)
    """The rows that the user has folded and unfolded, the last opened run at the end.

    A copy: the folds of an open run change.
    """
    queries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The queries of each kind of input line, the newest last."""

    def to_json(self) -> str:
        """Return the state as JSON. Unlike orjson, `json` writes any Python text."""
        return json.dumps(
            {
                "thread": self.thread,
                "run": self.run,
                "event": None if self.event is None else [*self.event],
                "pane": self.pane,
                "list_cells": self.list_cells,
                "threads_order": _order_json(self.threads_order),
                "runs_order": _order_json(self.runs_order),
                "filter": self.filter_text,
                "folds": [
                    {
                        "run": key,
                        "closed": sorted(folds.closed),
                        "opened": sorted(folds.opened),
                        "subagents": list(folds.subagents.items()),
                    }
                    for key, folds in [*self.folds.items()][-_MAX_FOLDED_RUNS:]
                ],
                "queries": self.queries,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> TreeState:
        """Return the state in a JSON text; defaults for all that is not as expected."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(fields, dict):
            return cls()
        pane = _text(fields.get("pane"))
        cells = _number(fields.get("list_cells"), _MAX_CELLS)
        return cls(
            _text(fields.get("thread")),
            _text(fields.get("run")),
            _event(fields.get("event")),
            pane if pane in _PANES else "threads",
            0 if cells is None else cells,
            _order(fields.get("threads_order")),
            _order(fields.get("runs_order")),
            _text(fields.get("filter")),
            _folds(fields.get("folds")),
            _queries(fields.get("queries")),
        )

    def merged_queries(self, before: TreeState) -> dict[str, tuple[str, ...]]:
        """Return the queries with those of another state, which come first."""
        kinds = dict.fromkeys([*before.queries, *self.queries])
        merged = {}
        for kind in kinds:
            own = self.queries.get(kind, ())
            others = [each for each in before.queries.get(kind, ()) if each not in own]
            merged[kind] = (*others, *own)[-MAX_QUERIES:]
        return merged


def _order_json(order: SortOrder) -> list[Any]:
    return [order.column.value, order.reverse]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object, most: int = _MAX_ROW) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    return None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _event(value: object) -> EventIdentity | None:
    match value:
        case [int(row), str(digest)] if _number(row) is not None:
            return EventIdentity(row, digest)
    return None


def _order(value: object) -> SortOrder:
    match value:
        case [str(column), bool(reverse)] if column in _SORT_COLUMNS:
            return SortOrder(_SORT_COLUMNS[column], reverse)
    return SortOrder()


def _folds(value: object) -> dict[RunKey, Folds]:
    folds: dict[RunKey, Folds] = {}
    for each in _list(value):
        match each:
            case {"run": [str(thread), str(run)]}:
                folds[thread, run] = Folds(
                    _rows(each.get("closed")),
                    _rows(each.get("opened")),
                    _subagents(each.get("subagents")),
                )
    return folds


def _rows(value: object) -> set[int]:
    return {row for row in _list(value) if _number(row) is not None}


def _subagents(value: object) -> dict[int, bool]:
    choices: dict[int, bool] = {}
    for each in _list(value):
        match each:
            case [int(key), bool(opened)] if _number(key) is not None:
                choices[key] = opened
    return choices


def _queries(value: object) -> dict[str, tuple[str, ...]]:
    kinds = value if isinstance(value, dict) else {}
    return {
        kind: tuple(each for each in _list(queries) if isinstance(each, str))
        for kind, queries in kinds.items()
    }
