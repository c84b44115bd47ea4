"""The runs that `whitetail rm` deletes, one line each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whitetail.cli.output import Output
from whitetail.cli.tree import unique_length
from whitetail.view.brief import plural
from whitetail.view.json_fields import iso_time, status_word
from whitetail.view.lists.entries import STATUS_SIGNS, RunEntry
from whitetail.view.styled import StyledSpan
from whitetail.view.units import count, date_and_clock, size
from whitetail_store import RunKey

_MAX_LINES = 200
"""A question is not asked below more lines than these."""
_WIDTHS = (11, 15, -6, -7)


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run that a delete would remove."""

    entry: RunEntry
    events: int | None
    """The number of its events; None if it cannot be read."""
    record: dict[str, Any]
    """The run as an object. Once it is deleted, its file cannot be asked any more."""

    @property
    def key(self) -> RunKey:
        """The run."""
        return self.entry.key

    @property
    def may_be_written(self) -> bool:
        """Whether more events may come."""
        return self.entry.status.may_be_written


def print_exactly(output: Output, runs: Sequence[PlannedRun]) -> None:
    """Print a line for each run, with tabs between exact values."""
    for each in runs:
        entry = each.entry
        cells = [
            "/".join(each.key),
            status_word(entry.status),
            iso_time(entry.started) or "",
            "" if each.events is None else str(each.events),
            "" if entry.size is None else str(entry.size),
            entry.title or entry.prompt,
        ]
        output.row([(cell, "plain") for cell in cells], (0,) * (len(cells) - 1))


def print_plan(
    output: Output,
    runs: Sequence[PlannedRun],
    threads: Mapping[str, str],
    *,
    whole: bool,
) -> None:
    """Print a line for each run, for a person on a terminal.

    `threads` are the titles of those that were chosen, by id. Without `whole` only the
    first lines are printed, and how many more there are.
    """
    now, cells = time.time(), unique_length({each.key[1] for each in runs})
    shown = runs if whole else runs[:_MAX_LINES]
    titled: set[str] = set()
    for each in shown:
        thread, run = each.key
        if thread in threads and thread not in titled:
            titled.add(thread)
            output.line([(threads[thread], "heading")])
        entry = each.entry
        sign, tone = STATUS_SIGNS[entry.status]
        row: list[StyledSpan] = [
            (run[:cells], "strong"),
            (f"{sign} {entry.status}", tone),
            (date_and_clock(entry.started, now), "muted"),
            ("" if each.events is None else count(each.events), "plain"),
            ("" if entry.size is None else size(entry.size), "plain"),
            (entry.prompt, "plain"),
        ]
        output.row(row, (cells, *_WIDTHS))
    if more := len(runs) - len(shown):
        output.text(
            f"… and {plural(more, 'more run', 'more runs')}; --dry-run lists all"
        )
