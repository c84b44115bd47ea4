"""The rows of a run that is in a database."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import nan
from pathlib import Path
from time import monotonic
from typing import Any

from whitetail.source.database.connection import Database
from whitetail.source.database.events import raw_row, rows_with, select_with
from whitetail.source.database.statements import (
    ID_OF,
    IDS,
    IDS_AFTER,
    MESSAGES,
    count_events,
    state_of,
)
from whitetail.source.kept_rows import ParsedRows
from whitetail.source.scan import LineFinder, ScannedRow, ScanPiece
from whitetail_store import (
    Fault,
    Finding,
    LogChangedError,
    LogRow,
    RunExaminer,
    RunKey,
    Stamp,
)
from whitetail_store.event import epoch_seconds
from whitetail_store.sql_rows import MAX_SEQ, utc_text

_LATE_SEQS = 1_000
"""So far behind the last `seq`, each refresh looks for events that came late."""
_SHORT_ROWS = 20_000
"""A run with at most this many rows is counted at each refresh: 3 ms."""
_COUNT_INTERVAL_S = 5.0
"""How often a longer run that grows is counted."""
_SCAN_ROWS = 100
"""The number of rows of a piece; a search can stop after each."""


class DatabaseRows(ParsedRows):
    """A `RunRows` over a table: it has the id of each row, and reads rows when asked.

    Rows are in the order of their `seq`. Those that come late, as transactions end in
    any order, follow at the end, so that no row changes its number.
    """

    def __init__(
        self, key: RunKey, database: Database, revisions: Counter[RunKey]
    ) -> None:
        """Read nothing before `refresh`. `revisions` are those of the watcher."""
        self.key = key
        self.generation = 1
        """Rises each time rows are gone."""
        super().__init__(f"{database.name} {'/'.join(key)}", self.generation)
        self.stamp: Stamp | None = None
        self.written_at: float | None = None
        """When the last event was written, in seconds since the epoch."""
        self._database, self._revisions = database, revisions
        self._ids = array("q")
        self._last_seq = -1
        self._counted_at = 0.0
        self._row_was_missing = False
        self._examiner = self._new_examiner()

    def __len__(self) -> int:
        return len(self._ids)

    def refresh(self) -> None:
        """Append what was written since, or start again with another generation.

        Raises:
            DatabaseError: The database refused, or is not reachable.

        """
        key = self.key
        revision = self._revisions[key]
        state = state_of(self._database, key)
        if state is None:
            self._replace(array("q"))
            self.stamp = self.written_at = None
            return
        stamp = state.stamp(self._database.identity, revision)
        if self._ids:
            self._extend()
        else:
            # Those of one statement are all: a count would cost as much again.
            self._counted_at, self._row_was_missing = monotonic(), False
            self._ids.extend(self._all_ids())
        self.stamp = stamp
        self.written_at = stamp.mtime_ns / 1e9 if stamp.mtime_ns else None

    def raw(self, row: int) -> bytes:
        """Return all columns of a row as JSON."""
        found = raw_row(self._database, self._ids[row])
        if found is None:
            raise self._missing()
        return found

    def raws(self, rows: range) -> Iterator[bytes]:
        """Yield rows as a file would have them, a line for each."""
        for first in range(rows.start, rows.stop, _SCAN_ROWS):
            some = range(first, min(first + _SCAN_ROWS, rows.stop))
            ids = [self._ids[row] for row in some]
            found = rows_with(self._database, ids)
            if len(found) < len(ids):
                raise self._missing()
            yield from (found[each].line for each in ids)

    def kinds(self, rows: range) -> list[str]:
        """Return the event types of rows."""
        return [str(kind or "") for kind in self._column("event_type", rows)]

    def count_events(self) -> int:
        """Return the number of events that are there now.

        Raises:
            DatabaseError: The database refused, or is not reachable.

        """
        return count_events(self._database, self.key)

    def row_of(self, seq: int, stop: int) -> int | None:
        """Return the event with a `seq` among the first `stop` rows."""
        if not 0 < seq <= MAX_SEQ:
            return None
        for (found,) in self._database.select(ID_OF, (*self.key, seq)):
            if found in self._ids[:stop]:
                return self._ids.index(found)
        return None

    def times(self, rows: range) -> Iterator[float]:
        """Yield when rows were written, in seconds since the epoch; NaN if unknown."""
        for text in self._column("CAST(created_at AS text)", rows):
            time = epoch_seconds(utc_text(text))
            yield nan if time is None else time

    def messages(self, first: int) -> list[tuple[int, int]]:
        """Return `seq` and row of the rows of category `message`, from a row on."""
        rows = {each: row for row, each in enumerate(self._ids[first:], first)}
        found = self._database.select(MESSAGES, self.key)
        # SQLite keeps any type in any column: a row without a number is no message.
        return sorted(
            (seq, rows[each])
            for seq, each in found
            if isinstance(seq, int) and each in rows
        )

    def examine(self, first: int, stop: int) -> tuple[list[LogRow], list[Finding]]:
        """Return rows and their faults, from the row after the last one examined on.

        With `first` 0 the examination starts again. Rows that came late are no fault.

        Raises:
            StoreError, IndexError: The rows cannot be read.

        """
        if first == 0:
            self._examiner = self._new_examiner()
        rows = self[first:stop]
        faults = [
            replace(fault, location=replace(fault.location, offset=None))
            for row, event in enumerate(rows, first)
            for fault in self._examiner.examine(row, 0, b"", event)
            if fault.kind is not Fault.BACKWARD
        ]
        return rows, faults

    def count_up_to(self, row_id: int) -> int:
        """Return how many rows have an id up to this one."""
        return sum(each <= row_id for each in self._ids)

    def end_faults(self) -> list[Finding]:
        """Return nothing: a row of a table is complete."""
        return []

    def scan(self, may_match: LineFinder | None) -> Iterator[ScanPiece]:
        """Yield the rows that may match, in pieces, up to the last refresh.

        Raises:
            StoreError: The rows cannot be read.

        """
        for first in range(0, len(self._ids), _SCAN_ROWS):
            ids = self._ids[first : first + _SCAN_ROWS]
            stored = rows_with(self._database, ids)
            found: list[ScannedRow] = []
            size = 0
            for row, each in enumerate(ids, first):
                if each not in stored:
                    continue
                line = stored[each].line
                size += len(line)
                if may_match is None or any(True for _ in may_match.candidates(line)):
                    found.append(ScannedRow(row, len(line), stored[each].event))
            yield ScanPiece(iter(found), size)

    def _extend(self) -> None:
        """Append the ids of new rows; compare all of them if the number differs."""
        new = self._new_ids()
        is_due = monotonic() >= self._counted_at + _COUNT_INTERVAL_S
        is_short = len(self._ids) <= _SHORT_ROWS
        if self._row_was_missing or not new or is_due or is_short:
            self._counted_at, self._row_was_missing = monotonic(), False
            if self.count_events() != len(self._ids) + len(new):
                self._compare_all()
                new = []
        self._ids.extend(new)

    def _all_ids(self) -> array[int]:
        found = self._database.select(IDS, self.key)
        if found:
            self._last_seq = max(self._last_seq, _number(found[-1][1]))
        return array("q", [row[0] for row in found])

    def _new_ids(self) -> list[int]:
        """Return the ids of events behind the last one, and of those that came late."""
        after = self._last_seq - _LATE_SEQS
        found = self._database.select(IDS_AFTER, (*self.key, after))
        known = set(self._ids[-4 * _LATE_SEQS :])
        new = [
            row_id
            for row_id, seq in found
            if row_id not in known
            and (_number(seq) > self._last_seq or row_id not in self._ids)
        ]
        if found:
            self._last_seq = max(self._last_seq, _number(found[-1][1]))
        return new

    def _compare_all(self) -> None:
        """Read the ids of all rows: some are gone, or came late."""
        ids = self._all_ids()
        if set(self._ids) - set(ids):
            self._replace(ids)
        else:
            known = set(self._ids)
            self._ids.extend(each for each in ids if each not in known)

    def _replace(self, ids: array[int]) -> None:
        before, self._ids = self._ids, ids
        if before:
            # After the ids: a thread that reads meanwhile must not keep rows of before.
            self.generation += 1
            self._kept.restart(self.generation)
        if not ids:
            self._last_seq = -1

    def _parse(self, rows: list[int]) -> Iterator[tuple[int, int, LogRow]]:
        ids = self._ids
        found = rows_with(self._database, [ids[row] for row in rows])
        for row in rows:
            stored = found.get(ids[row])
            if stored is None:
                raise self._missing()
            yield row, stored.size, stored.event

    def _column(self, column: str, rows: range) -> list[Any]:
        ids = [self._ids[row] for row in rows]
        found = dict(select_with(self._database, f"id, {column}", ids))
        if len(found) < len(ids):
            raise self._missing()
        return [found[each] for each in ids]

    def _missing(self) -> LogChangedError:
        """Return the error for a row that was deleted since the last refresh."""
        self._row_was_missing = True
        return LogChangedError(Path(*self.key))

    def _new_examiner(self) -> RunExaminer:
        return RunExaminer(Path(self.location), key=self.key)


def _number(seq: Any) -> int:
    return seq if isinstance(seq, int) else -1
