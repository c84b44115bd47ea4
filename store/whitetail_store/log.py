"""One run's file, as a lazy sequence of rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple, TypeVar, overload

from whitetail_store.envelope import Envelopes
from whitetail_store.errors import CorruptLineError, LogChangedError
from whitetail_store.event import BadLine, RunEvent, decode
from whitetail_store.files import open_to_read, read
from whitetail_store.index import MAX_LINE_BYTES, LineIndex
from whitetail_store.paths import Stamp

# A thread that waits for the interpreter gets it in two ways: when a read lets go of
# it for longer than a waiting thread needs to wake up, or 5 ms after the last time
# that it was let go of. Reads of 128 KiB were too short for the first and too
# frequent for the second: they kept the event loop out for up to 0.4 s. With these it
# was at most 19 ms, as with 512 KiB and in the same total time.
_CHUNK_BYTES = 1 << 20
_EDGE_BYTES = 4096
_FINGERPRINT_BYTES = 256
_MAX_ATTEMPTS = 5
_RAW_BYTES = 1 << 20

T = TypeVar("T")

LogRow = RunEvent | BadLine
"""One row of a run's file: an event, or a line that is none."""


@dataclass(frozen=True, slots=True)
class _Generation:
    """What the log knows of one generation of the file."""

    index: LineIndex
    envelopes: Envelopes


class _Fingerprint(NamedTuple):
    """By what a file is known again."""

    stamp: Stamp
    head: bytes
    """Its first bytes."""
    tail: bytes
    """The last ones before `end`."""
    end: int


class RunLog(Sequence[LogRow]):
    """A run's rows, read from disk as they are asked for.

    A log is a sequence: `len(log)` rows, `log[0]` the first. It holds no rows
    itself, only where each begins, and no open file. `refresh` takes in what
    writers have appended since, or begins anew when the file is another one.
    One thread at a time may refresh; any number may read meanwhile.
    """

    def __init__(self, path: Path) -> None:
        """Read nothing yet: a new log is empty until its first `refresh`."""
        self.path = path
        self.run_id = path.stem
        thread_id = path.parent.parent.name
        self._head = f'{{"thread_id": "{thread_id}", "run_id": "'.encode()
        self._lock = Lock()
        self.generation = 0
        """How many times the file turned out to be another than before."""
        self._reset()

    def __len__(self) -> int:
        return len(self._current.index)

    @overload
    def __getitem__(self, at: int) -> LogRow: ...
    @overload
    def __getitem__(self, at: slice) -> list[LogRow]: ...
    def __getitem__(self, at: int | slice) -> LogRow | list[LogRow]:
        seen = self._current
        rows = range(len(seen.index))[at]
        if isinstance(rows, int):
            with self._file(seen) as file:
                return _read_row(file, seen.index, rows)
        if not rows:
            return []
        with self._file(seen) as file:
            if rows.step == 1:
                return list(_read_rows(file, seen.index, rows.start, rows.stop))
            return [_read_row(file, seen.index, row) for row in rows]

    @property
    def stamp(self) -> Stamp | None:
        """The file's stamp at the last refresh; None when there was no file."""
        return self._fingerprint.stamp if self._fingerprint else None

    @property
    def torn_bytes(self) -> int:
        """How many bytes at the file's end are no event, or not yet."""
        return self._current.index.torn_bytes

    @property
    def offset(self) -> int:
        """How many bytes of the file have been seen."""
        return self._current.index.fed

    def refresh(self) -> int:
        """Take in what has been appended and return how many rows that is.

        The rows known so far stay as they are, unless the file was cut, replaced
        or removed: then the log begins anew and `generation` rises.

        Raises:
            OSError: The file may not be read.

        """
        with self._lock:
            try:
                file = open_to_read(self.path)
            except (FileNotFoundError, NotADirectoryError):
                if self._fingerprint is not None:
                    self._reset()
                return 0
            try:
                return self._index_new_bytes(file)
            finally:
                os.close(file)

    def line(self, row: int) -> bytes:
        """Return a row's bytes as they stand in the file."""
        seen = self._current
        start, end = seen.index.span(range(len(seen.index))[row])
        with self._file(seen) as file:
            return read(file, start, end)

    def lines(self, rows: range) -> Iterator[bytes]:
        """Yield the bytes of some rows, in the order of the range."""
        seen = self._current
        if not rows:
            return
        with self._file(seen) as file:
            for row in rows:
                yield read(file, *seen.index.span(row))

    def read(
        self, first: int, stop: int, known: Mapping[int, LogRow] | None = None
    ) -> list[tuple[bytes, LogRow]]:
        """Return the bytes and the parsed form of rows, read from the file once.

        Rows that are `known` are not parsed again. Of a row that is no event, as many
        bytes as `BadLine.raw` keeps may be returned.

        Raises:
            LogChangedError, OSError: The file changed or may not be read.

        """
        seen = self._current
        rows = range(len(seen.index))[first:stop]
        if not rows:
            return []
        with self._file(seen) as file:
            index, known = seen.index, known or {}
            return list(_read_lines_and_rows(file, index, rows.start, rows.stop, known))

    def envelopes(self) -> Envelopes:
        """Return number and kind of every row, read as far as the index goes.

        The first call costs a pass over the file, a later one what has grown.
        """
        with self._lock:
            seen = self._current
            if len(seen.envelopes) < len(seen.index):
                with self._file(seen) as file:
                    _read_envelopes(file, seen.index, seen.envelopes)
            return seen.envelopes

    def assert_sound(self) -> None:
        """Assert that the index describes the file. For tests; O(n)."""
        index = self._current.index
        index.assert_sound()
        whole = self.path.read_bytes() if self.path.exists() else b""
        spans = [index.span(row) for row in range(len(self))]
        assert b"".join(whole[start:end] for start, end in spans) == (
            whole[: spans[-1][1]] if spans else b""
        )
        assert self.offset == len(whole)
        for row, (start, end) in zip(self, spans, strict=True):
            if isinstance(row, BadLine):
                assert (row.offset, row.size) == (start, end - start)
                assert whole[start:end].startswith(row.raw)
            else:
                assert row == RunEvent.of(decode(whole[start:end]))

    def _reset(self) -> None:
        prefix = self._head + f'{self.run_id}", '.encode()
        self._current = _Generation(
            LineIndex(self._head), Envelopes(self.run_id, prefix)
        )
        self._fingerprint: _Fingerprint | None = None
        self.generation += 1

    def _index_new_bytes(self, file: int) -> int:
        """Feed the index up to the size that the stamp says, and no further.

        What comes later changes the stamp again, so nothing is missed; and a
        changed stamp without growth means that bytes were replaced.
        """
        stamp, mark = Stamp.of(os.fstat(file)), self._fingerprint
        if mark is not None:
            if stamp == mark.stamp:
                return 0
            if stamp.size <= mark.stamp.size or not _is_same_file(file, stamp, mark):
                self._reset()
        index = self._current.index
        before = len(index)
        while chunk := read(file, index.fed, min(index.fed + _CHUNK_BYTES, stamp.size)):
            index.feed(chunk)
        index.settle()
        self._fingerprint = _read_fingerprint(file, stamp, index.fed)
        return len(index) - before

    @contextmanager
    def _file(self, seen: _Generation) -> Iterator[int]:
        """Open the file of a generation.

        Raises:
            LogChangedError: It is another file now, or shorter.

        """
        mark = self._fingerprint
        try:
            file = open_to_read(self.path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise LogChangedError(self.path) from error
        try:
            now = Stamp.of(os.fstat(file))
            if mark is None or (
                now != mark.stamp and not _is_same_file(file, now, mark)
            ):
                raise LogChangedError(self.path)
            yield file
            if self._current is not seen:
                raise LogChangedError(self.path)
        finally:
            os.close(file)


def _read_fingerprint(file: int, stamp: Stamp, end: int) -> _Fingerprint:
    last = max(0, end - _FINGERPRINT_BYTES)
    return _Fingerprint(
        stamp, read(file, 0, min(_FINGERPRINT_BYTES, end)), read(file, last, end), end
    )


def _is_same_file(file: int, stamp: Stamp, mark: _Fingerprint) -> bool:
    """Tell whether a file is the marked one, perhaps with more at its end."""
    known = stamp[:2] == mark.stamp[:2] and stamp.size >= mark.end
    return known and _read_fingerprint(file, mark.stamp, mark.end) == mark


def _read_row(file: int, index: LineIndex, row: int) -> LogRow:
    return _read_line_and_row(file, index, row)[1]


def _read_line_and_row(file: int, index: LineIndex, row: int) -> tuple[bytes, LogRow]:
    start, end = index.span(row)
    if end - start > MAX_LINE_BYTES:
        reason = f"a line of more than {MAX_LINE_BYTES >> 20} MiB is not parsed"
        raw = read(file, start, start + _RAW_BYTES)
        return raw, BadLine(start, end - start, reason, raw)
    line = read(file, start, end)
    return line, _parse_row(line, start)


def _read_rows(file: int, index: LineIndex, row: int, stop: int) -> Iterator[LogRow]:
    """Yield consecutive rows, many of them read at once."""
    return (parsed for _, parsed in _read_lines_and_rows(file, index, row, stop, {}))


def _read_lines_and_rows(
    file: int, index: LineIndex, row: int, stop: int, known: Mapping[int, LogRow]
) -> Iterator[tuple[bytes, LogRow]]:
    """Yield consecutive rows with their bytes, many of them read at once."""
    while row < stop:
        begin = at = index.span(row)[0]
        ends = index.ends(row, _CHUNK_BYTES)[: stop - row]
        if not ends:
            yield _read_line_and_row(file, index, row)
            row += 1
            continue
        data = read(file, begin, ends[-1])
        for each, end in enumerate(ends, row):
            line = data[at - begin : end - begin]
            yield line, known.get(each) or _parse_row(line, at)
            at = end
        row += len(ends)


def _parse_row(line: bytes, offset: int) -> LogRow:
    try:
        return RunEvent.of(decode(line))
    except CorruptLineError as error:
        return BadLine(offset, len(line), error.reason, line[:_RAW_BYTES])


def retry_on_change(work: Callable[[], T]) -> T:
    """Do something that reads files, again if one of them is replaced meanwhile.

    Raises:
        LogChangedError: It is replaced faster than it can be read.

    """
    for _ in range(_MAX_ATTEMPTS - 1):
        try:
            return work()
        except LogChangedError:
            continue
    return work()


def _read_envelopes(file: int, index: LineIndex, envelopes: Envelopes) -> None:
    """Add what is missing, reading many rows at once and only the ends of huge ones."""
    count = len(index)
    while (row := len(envelopes)) < count:
        begin, end = index.span(row)
        ends = index.ends(row, _CHUNK_BYTES)
        if ends:
            envelopes.add_rows(read(file, begin, ends[-1]), [at - begin for at in ends])
        elif end - begin > MAX_LINE_BYTES:
            envelopes.add_bad_row()
        else:
            both = read(file, begin, begin + _EDGE_BYTES) + read(
                file, end - _EDGE_BYTES, end
            )
            if not envelopes.add_by_edges(both):
                envelopes.add_rows(read(file, begin, end), [end - begin])
