"""Copies events from one store to another, with their numbers and times.

Running it again adds what is missing: an event is known by all that it has except its
number.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple, Protocol

from whitetail_store.base import Record
from whitetail_store.paths import RunKey

_BATCH = 500
_KEPT_SENTENCES = 100


class Batch(NamedTuple):
    """Consecutive events of a run, in the order in which its store keeps them."""

    records: list[Record]
    bad_lines: int = 0
    """How many lines between them are no events."""


class CopySide(Protocol):
    """What a store offers to a copy."""

    async def run_keys(self) -> list[RunKey]:
        """Return the runs of the store, in any order."""
        ...

    def batches(self, key: RunKey) -> AsyncIterator[Batch]:
        """Yield the events of a run. Each has the eight keys of a record, at least."""
        ...

    def as_stored(self, record: Record) -> Record:
        """Return an event as this store would read it back. Called in a thread.

        Raises:
            ValueError, TypeError: It cannot be stored.

        """
        ...

    async def write(self, thread_id: str, records: Sequence[Record]) -> None:
        """Write events of a thread with the numbers that they have, all or none."""
        ...


class Copyable(Protocol):
    """A store that can be copied from and to."""

    @property
    def copy_side(self) -> CopySide:
        """What the store offers to a copy."""
        ...


@dataclass
class CopyReport:
    """What a copy has done so far."""

    runs: int = 0
    """Runs that were read to their end."""
    copied: int = 0
    """Events that were written."""
    present: int = 0
    """Events that the target had already."""
    bad_lines: int = 0
    """Lines that are no events; they were not copied."""
    renumbered: int = 0
    """Events with a number that another event had, which got one after the last."""
    left_out: int = 0
    """Events that were not copied, for the reasons below."""
    reasons: list[str] = field(default_factory=list[str])
    """Why events were left out or got another number, the first 100 of them."""

    def note(self, record: Record, sentence: str) -> None:
        """Record what became of an event."""
        if len(self.reasons) < _KEPT_SENTENCES:
            thread_id, run_id, seq = (
                record[key] for key in ("thread_id", "run_id", "seq")
            )
            self.reasons.append(f"{thread_id}/{run_id}:{seq} {sentence}")


async def copy(
    source: Copyable,
    target: Copyable,
    *,
    runs: Iterable[RunKey] | None = None,
    skip_repeated: bool = False,
    progress: Callable[[CopyReport], None] | None = None,
) -> CopyReport:
    """Copy runs, or all runs, from one store to another.

    Numbers that a thread has twice, as the files of two writers without a lock can
    have, are unique in a table: the later event gets a number after the last one, or
    is left out with `skip_repeated`. `progress` is called after each batch.

    Raises:
        StoreError, OSError: The source cannot be read, or the target not be written;
            what was copied until then stays.

    """
    report = CopyReport()
    wanted = await source.copy_side.run_keys() if runs is None else list(runs)
    there = await target.copy_side.run_keys()
    threads: dict[str, list[RunKey]] = {}
    for key in sorted(wanted):
        threads.setdefault(key[0], []).append(key)
    for thread_id, keys in threads.items():
        thread = _Thread(thread_id, target.copy_side, report, skip_repeated)
        await thread.look_at(key for key in there if key[0] == thread_id)
        for key in keys:
            async for batch in source.copy_side.batches(key):
                await thread.add(batch)
                if progress is not None:
                    progress(report)
            report.runs += 1
        await thread.renumber()
        if progress is not None:
            progress(report)
    return report


class _Thread:
    """A thread of the target, and what of the source it lacks."""

    def __init__(
        self, thread_id: str, target: CopySide, report: CopyReport, skip_repeated: bool
    ) -> None:
        self._thread_id = thread_id
        self._target = target
        self._report = report
        self._skip_repeated = skip_repeated
        self._present: Counter[bytes] = Counter()
        self._seqs: set[int] = set()
        self._repeated: list[Record] = []

    async def look_at(self, keys: Iterable[RunKey]) -> None:
        """Read what the target has of the thread."""
        for key in keys:
            async for batch in self._target.batches(key):
                digests = await asyncio.to_thread(
                    lambda records: [*map(_digest, records)], batch.records
                )
                self._present.update(digests)
                self._seqs.update(record["seq"] for record in batch.records)

    async def add(self, batch: Batch) -> None:
        """Write the events of a batch that the target lacks."""
        self._report.bad_lines += batch.bad_lines
        missing = await asyncio.to_thread(self._missing, batch.records)
        await self._target.write(self._thread_id, missing)
        self._report.copied += len(missing)

    async def renumber(self) -> None:
        """Write the events whose numbers others have, with numbers after the last."""
        last = max(self._seqs, default=0)
        for start in range(0, len(self._repeated), _BATCH):
            records = self._repeated[start : start + _BATCH]
            for record in records:
                last += 1
                self._report.note(record, f"has a number twice: it is {last} now")
                record["seq"] = last
            await self._target.write(self._thread_id, records)
            self._report.copied += len(records)
            self._report.renumbered += len(records)

    def _missing(self, records: Iterable[Record]) -> list[Record]:
        missing: list[Record] = []
        for record in records:
            try:
                digest = _digest(self._target.as_stored(record))
            except (TypeError, ValueError) as error:
                self._report.left_out += 1
                self._report.note(record, f"is left out: {error}")
                continue
            if self._present[digest] > 0:
                self._present[digest] -= 1
                self._report.present += 1
            elif record["seq"] not in self._seqs:
                self._seqs.add(record["seq"])
                missing.append(record)
            elif self._skip_repeated:
                self._report.left_out += 1
                self._report.note(record, "is left out: its number is there twice")
            else:
                self._repeated.append(record)
        return missing


def _digest(record: Record) -> bytes:
    """Return what an event is known by: all that it has, except its number."""
    values = [record[key] for key in sorted(record) if key != "seq"]
    text = json.dumps(values, sort_keys=True, ensure_ascii=True)
    return blake2b(text.encode(), digest_size=16).digest()
