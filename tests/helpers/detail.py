"""Builds events by their content and lays them out; a text without an end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from tests.helpers.events import event
from tests.helpers.styled import plain_text
from whitetail.view.detail.document import event_parts
from whitetail.view.folding import unfolded_lines
from whitetail.view.styled import StyledLine
from whitetail_store import BadLine, RunEvent

NOON_TIME = "2026-08-03T12:00:00.123456+00:00"
"""The `created_at` of `event_of`."""


def event_of(kind: str, content: Any = "", **metadata: Any) -> RunEvent:
    """Return an event with seq 7, of a type and with a content and metadata."""
    changes = {"content": content, "metadata": metadata, "created_at": NOON_TIME}
    return event(7, kind, **changes)


def detail_lines(shown: RunEvent | BadLine) -> Iterator[StyledLine]:
    """Yield the lines of an event in full, with every block open."""
    return unfolded_lines(event_parts(shown))


def detail_text(kind: str, content: Any = "", **metadata: Any) -> str:
    """Return the text of `detail_lines` for an event."""
    return plain_text(detail_lines(event_of(kind, content, **metadata)))


class Endless:
    """An endless text. `made` is the number of lines that were read from it."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, width: int) -> Iterator[StyledLine]:
        for self.made in count(1):
            yield ((f"line {self.made}", "plain"),)
