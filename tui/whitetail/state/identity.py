"""Which row of a run an event has now: the row it had, if its line is still there.

A run grows, is deleted and restored, or loses lines; so a row alone names no event. A
mark is found by its row and a hash of the row's line. If that row has another line, all
lines of the run are searched for the hash. A mark is never found at another line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple, Protocol, TypeVar

from whitetail.source.protocols import RunRows
from whitetail_store import StoreError

_DIGEST_BYTES = 16


class EventIdentity(NamedTuple):
    """The row that an event had, and the hash of its line."""

    row: int
    digest: str


class Identified(Protocol):
    """What belongs to an event."""

    @property
    def identity(self) -> EventIdentity:
        """The event."""
        ...


M = TypeVar("M", bound=Identified)


def digest_of(line: bytes) -> str:
    """Return the hash of a line, the same with and without its line break."""
    return blake2b(line.rstrip(b"\r\n"), digest_size=_DIGEST_BYTES).hexdigest()


def identity_of(rows: RunRows, row: int) -> EventIdentity:
    """Return the identity of a row. Waits for the disk.

    Raises:
        StoreError, OSError, IndexError: The row cannot be read.

    """
    return EventIdentity(row, digest_of(rows.raw(row)))


def row_of(rows: RunRows, identity: EventIdentity) -> int | None:
    """Return the row that an event had, if its line is still there. Waits for the disk.

    None if there is another line, no such row, or the row cannot be read.
    """
    row = identity.row
    try:
        known = row < len(rows) and digest_of(rows.raw(row)) == identity.digest
    except (StoreError, OSError, IndexError):
        # The reader of the run shows why it cannot be read.
        return None
    return row if known else None


def rows_of(rows: RunRows, marks: Iterable[M]) -> dict[int, M]:
    """Return the marks by the row that each has now. Waits for the disk.

    Those whose line is no longer in the run are left out. All lines are read if one is
    not at its row. Of equal lines it is the one at that row, else the nearest one.

    Raises:
        StoreError, OSError, IndexError: The rows cannot be read.

    """
    found: dict[int, M] = {}
    moved: list[M] = []
    for mark in marks:
        row, digest = mark.identity
        here = row < len(rows) and digest_of(rows.raw(row)) == digest
        if here and row not in found:
            found[row] = mark
        else:
            moved.append(mark)
    if moved:
        candidates = _rows_by_digest(rows, {mark.identity.digest for mark in moved})
        for mark in moved:
            row, digest = mark.identity
            free = [each for each in candidates[digest] if each not in found]
            if free:
                found[min(free, key=lambda each: abs(each - row))] = mark
    return found


def _rows_by_digest(rows: RunRows, wanted: set[str]) -> dict[str, Sequence[int]]:
    found: dict[str, list[int]] = {digest: [] for digest in wanted}
    for row, line in enumerate(rows.raws(range(len(rows)))):
        if (digest := digest_of(line)) in found:
            found[digest].append(row)
    return dict(found)
