"""In which order a run's events reach its file, and as which lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

EVERY = 20
"""Rows after which DeerFlow's journal writes."""
_STEPS = 25


@dataclass(frozen=True, slots=True)
class Happening:
    """An event before it is numbered."""

    at: float
    """Seconds since its run began."""
    event_type: str
    category: str
    content: Any
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are written at once."""

    at: float
    """Seconds since the run began."""
    rows: tuple[Happening, ...]


class Journal:
    """Numbers the events of a thread."""

    def __init__(self, thread_id: str) -> None:
        self.thread_id = thread_id
        self._seq = 0

    def lines(self, run_id: str, batch: Batch, began: float) -> bytes:
        """Return a batch as lines, numbered; `began` is in seconds since the epoch."""
        return b"".join(self._line(run_id, row, began) for row in batch.rows)

    def _line(self, run_id: str, row: Happening, began: float) -> bytes:
        self._seq += 1
        moment = datetime.fromtimestamp(began + row.at, UTC)
        record = {
            "thread_id": self.thread_id,
            "run_id": run_id,
            "event_type": row.event_type,
            "category": row.category,
            "content": row.content,
            "metadata": row.metadata,
            "seq": self._seq,
            "created_at": moment.isoformat(timespec="microseconds"),
        }
        # To the space as DeerFlow's writer has it.
        return json.dumps(record, default=str, ensure_ascii=False).encode() + b"\n"


def batches(
    happenings: Iterable[Happening], *, every: int = EVERY, died: bool = False
) -> Iterator[Batch]:
    """Yield what is written, in order; `happenings` come in order of time.

    A subagent's rows are kept back until there are 25 or it is done, and then
    carry the time of that moment. All others wait for `every` of them, or for
    the end, which a process that `died` does not see.
    """
    journal: list[Happening] = []
    steps: list[Happening] = []
    for row in happenings:
        if row.category == "subagent":
            steps.append(row)
            if len(steps) == _STEPS or row.event_type == "subagent.end":
                yield Batch(row.at, tuple(replace(step, at=row.at) for step in steps))
                steps.clear()
        else:
            journal.append(row)
            if len(journal) == every:
                yield Batch(row.at, tuple(journal))
                journal.clear()
    if journal and not died:
        yield Batch(journal[-1].at, tuple(journal))
