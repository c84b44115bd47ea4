"""Reads the rows of a run, and keeps those that were parsed last."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock
from typing import overload

from whitetail_store import LogRow

_KEPT_BYTES = 1 << 20
"""How many bytes of rows may be kept parsed.

It holds a run of ordinary size whole, and the newest rows of a long one.
"""


class KeptRows:
    """The rows that were parsed last. For any number of threads."""

    def __init__(self, generation: int) -> None:
        """Keep rows of a generation of the run's rows."""
        self._generation = generation
        self._kept: OrderedDict[int, tuple[int, LogRow]] = OrderedDict()
        """Rows with the size of their lines, the one used last at the end."""
        self._kept_bytes = 0
        self._lock = Lock()
        self._parsed = Condition(self._lock)
        self._being_parsed: set[int] = set()

    @property
    def generation(self) -> int:
        """The generation of the rows that are kept."""
        return self._generation

    def restart(self, generation: int) -> None:
        """Drop all rows if they are of another generation."""
        with self._lock:
            if generation != self._generation:
                self._generation = generation
                self._kept.clear()
                self._kept_bytes = 0

    @contextmanager
    def claimed(self, rows: range) -> Iterator[dict[int, LogRow]]:
        """Return those of the rows that are kept, and keep them for longer.

        The caller parses the others. Until then, other threads that ask for them wait,
        so that no row is parsed twice.
        """
        found = {}
        with self._parsed:
            self._parsed.wait_for(
                lambda: not any(row in rows for row in self._being_parsed)
            )
            for row in rows if len(rows) < len(self._kept) else list(self._kept):
                if row in rows and (each := self._kept.get(row)) is not None:
                    self._kept.move_to_end(row)
                    found[row] = each[1]
            claimed = [row for row in rows if row not in found]
            self._being_parsed.update(claimed)
        try:
            yield found
        finally:
            with self._parsed:
                self._being_parsed.difference_update(claimed)
                self._parsed.notify_all()

    def keep(self, row: int, size: int, parsed: LogRow, generation: int) -> None:
        """Keep a row of this size in bytes, and drop those used longest ago."""
        if size > _KEPT_BYTES // 4:
            return
        with self._lock:
            if generation != self._generation:
                return
            if row not in self._kept:
                self._kept_bytes += size
            self._kept[row] = size, parsed
            self._kept.move_to_end(row)
            while self._kept_bytes > _KEPT_BYTES:
                self._kept_bytes -= self._kept.popitem(last=False)[1][0]


class ParsedRows(ABC):
    """Rows by their numbers, parsed when they are asked for. For several threads."""

    def __init__(self, location: str, generation: int) -> None:
        """Keep rows of a generation of a run's rows; `location` is where they are."""
        self.location = location
        self._kept = KeptRows(generation)

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of rows."""

    @abstractmethod
    def _parse(self, rows: list[int]) -> Iterator[tuple[int, int, LogRow]]:
        """Yield the numbers of these rows, their sizes in bytes, and what they have."""

    @overload
    def __getitem__(self, at: int) -> LogRow: ...
    @overload
    def __getitem__(self, at: slice) -> list[LogRow]: ...
    def __getitem__(self, at: int | slice) -> LogRow | list[LogRow]:
        """Return parsed rows.

        Raises:
            StoreError, OSError, IndexError: The rows cannot be read.

        """
        rows = range(len(self))[at]
        if isinstance(rows, int):
            return self._read(range(rows, rows + 1))[0]
        if rows.step != 1:
            return [self[row] for row in rows]
        return self._read(rows)

    def _read(self, rows: range) -> list[LogRow]:
        # Before `_parse`: rows of a newer generation are not kept as older ones.
        generation = self._kept.generation
        with self._kept.claimed(rows) as kept:
            for row, size, parsed in self._parse([r for r in rows if r not in kept]):
                kept[row] = parsed
                self._kept.keep(row, size, parsed, generation)
        if len(kept) < len(rows):
            raise IndexError(f"{self.location} has fewer rows by now")
        return [kept[row] for row in rows]
