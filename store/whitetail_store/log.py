"""`RunLog`: the file of a run as a lazy sequence of rows.

Keeps promises 8 (files may change at any time), 9 (short reads) and 10 (a page costs
the page, a grown file its growth) for one file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar, overload

from whitetail_store.envelope import EnvelopeIndex, Envelopes
from whitetail_store.errors import LogChangedError
from whitetail_store.event import BadLine, RunEvent, decode
from whitetail_store.files import open_to_read, read
from whitetail_store.fingerprint import (
    Fingerprint,
    is_same_file,
    is_unchanged,
    read_fingerprint,
)
from whitetail_store.index import LineIndex
from whitetail_store.paths import Stamp, check_folder
from whitetail_store.rows import (
    CHUNK_BYTES,
    LogRow,
    read_envelopes,
    read_lines,
    read_lines_and_rows,
    read_row,
    read_rows,
)

_RETRY_S = 30.0
_MAX_PAUSE_S = 0.005

T = TypeVar("T")


@dataclass(slots=True)
class _Generation:
    """Index and envelopes of one generation of the file."""

    index: LineIndex
    envelope_index: EnvelopeIndex
    envelopes: Envelopes
    """The envelopes at the last refresh that read them."""
    fingerprint: Fingerprint | None = None
    """None before the first refresh, and without a file."""


class RunLog(Sequence[LogRow]):
    """The rows of a run, read from its file on demand.

    A log is a sequence: `len(log)` is the number of rows, `log[0]` the first one.
    It keeps the offsets of the rows, not the rows, and no open file. `refresh` adds
    the rows that were appended since, or starts again if the file was replaced.
    Any number of threads may read while one of them refreshes: none waits for it,
    and none gets rows of two generations. Links, fifos and devices are not opened.
    """

    def __init__(self, path: Path, *, envelopes: bool = False) -> None:
        """Create a log of the file at `path`. It is empty until the first `refresh`.

        With `envelopes`, `refresh` reads them together with the index, in one pass.
        """
        self.path = path
        self._with_envelopes = envelopes
        self.run_id = path.stem
        thread_id = path.parent.parent.name
        self._head = f'{{"thread_id": "{thread_id}"'.encode()
        self._lock = Lock()
        self.generation = 0
        """Rises whenever the file was replaced, truncated or removed."""
        self._reset()

    def __len__(self) -> int:
        return len(self._current.index)

    @overload
    def __getitem__(self, row: int) -> LogRow: ...
    @overload
    def __getitem__(self, row: slice) -> list[LogRow]: ...
    def __getitem__(self, row: int | slice) -> LogRow | list[LogRow]:
        generation = self._current
        rows = range(len(generation.index))[row]
        if isinstance(rows, int):
            with self._file(generation) as file:
                return read_row(file, generation.index, rows)
        if not rows:
            return []
        with self._file(generation) as file:
            if rows.step == 1:
                return list(read_rows(file, generation.index, rows.start, rows.stop))
            return [read_row(file, generation.index, row) for row in rows]

    @property
    def stamp(self) -> Stamp | None:
        """The stamp of the file at the last refresh; None if there was no file."""
        fingerprint = self._current.fingerprint
        return fingerprint.stamp if fingerprint else None

    @property
    def torn_bytes(self) -> int:
        """The number of bytes after the last row: a line cut off or being written."""
        return self._current.index.torn_bytes

    @property
    def offset(self) -> int:
        """The number of bytes of the file that are indexed."""
        return self._current.index.fed

    def refresh(self) -> int:
        """Index the bytes that were appended; return the number of new rows.

        Existing rows do not change, unless the file was truncated, replaced or
        removed: then the log starts again and `generation` rises.

        Raises:
            OSError: The file cannot be read.

        """
        with self._lock:
            try:
                file = _open(self.path)
            except FileNotFoundError:
                if self._current.fingerprint is not None:
                    self._reset()
                return 0
            try:
                return self._index_new_bytes(file)
            finally:
                os.close(file)

    def line(self, row: int) -> bytes:
        """Return the bytes of a row, its newline included.

        Raises:
            IndexError: There is no such row.
            LogChangedError, OSError: The file changed or cannot be read.

        """
        generation = self._current
        start, end = generation.index.span(range(len(generation.index))[row])
        with self._file(generation) as file:
            return read(file, start, end)

    def lines(self, rows: range) -> Iterator[bytes]:
        """Yield the bytes of each row of a range, in its order.

        Raises:
            LogChangedError, OSError: The file changed or cannot be read.

        """
        generation = self._current
        if not rows:
            return
        with self._file(generation) as file:
            if rows.step == 1:
                yield from read_lines(file, generation.index, rows.start, rows.stop)
                return
            for row in rows:
                yield read(file, *generation.index.span(row))

    def read(
        self, first: int, stop: int, known: Mapping[int, LogRow] | None = None
    ) -> list[tuple[bytes, LogRow]]:
        """Return the bytes and the parsed form of the rows from `first` up to `stop`.

        `known` are parsed rows by their index, which are not parsed again. Of a line
        that is too long to parse, only the bytes of `BadLine.raw` are returned.

        Raises:
            LogChangedError, OSError: The file changed or cannot be read.

        """
        generation = self._current
        rows = range(len(generation.index))[first:stop]
        if not rows:
            return []
        with self._file(generation) as file:
            index, known = generation.index, known or {}
            return list(read_lines_and_rows(file, index, rows.start, rows.stop, known))

    def envelopes(self) -> Envelopes:
        """Return the `seq` and kind of each row of the index.

        A log without `envelopes` reads the file once more, later the bytes added.

        Raises:
            LogChangedError, OSError: The file changed or cannot be read.

        """
        if self._with_envelopes:
            return self._current.envelopes
        with self._lock:
            generation = self._current
            if len(generation.envelope_index) < len(generation.index):
                with self._file(generation) as file:
                    read_envelopes(file, generation.index, generation.envelope_index)
            return generation.envelope_index.envelopes()

    def assert_sound(self) -> None:
        """Assert that index and rows agree with the file. For tests; O(n)."""
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
                # As text, since NaN does not equal itself.
                assert repr(row) == repr(RunEvent.of(decode(whole[start:end])))

    def _reset(self) -> None:
        prefix = self._head + f', "run_id": "{self.run_id}", '.encode()
        envelopes = EnvelopeIndex(self.run_id, prefix)
        added = envelopes.add_rows if self._with_envelopes else None
        index = LineIndex(self._head, added)
        self._current = _Generation(index, envelopes, envelopes.envelopes())
        self.generation += 1

    def _index_new_bytes(self, file: int) -> int:
        """Index the bytes up to the size in the stamp; return the number of new rows.

        Bytes after that size change the stamp again, so the next refresh finds them.
        A new stamp without growth means that bytes were replaced.
        """
        stamp, fingerprint = Stamp.of(os.fstat(file)), self._current.fingerprint
        if fingerprint is not None:
            if stamp == fingerprint.stamp:
                return 0
            if stamp.size <= fingerprint.stamp.size or not is_same_file(
                file, stamp, fingerprint
            ):
                self._reset()
        before = len(self)
        _feed(file, self._current.index, stamp.size)
        if self._current.index.outdated:
            self._reset()
            before = 0
            _feed(file, self._current.index, stamp.size)
        generation = self._current
        generation.fingerprint = read_fingerprint(file, stamp, generation.index.fed)
        if self._with_envelopes:
            generation.envelopes = generation.envelope_index.envelopes()
        return len(generation.index) - before

    @contextmanager
    def _file(self, generation: _Generation) -> Iterator[int]:
        """Open the file of a generation, and check again when the caller is done.

        Raises:
            LogChangedError: The file was replaced, truncated or removed.

        """
        fingerprint = generation.fingerprint
        try:
            file = _open(self.path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise LogChangedError(self.path) from error
        try:
            if fingerprint is None or not is_unchanged(file, fingerprint):
                raise LogChangedError(self.path)
            yield file
            unchanged = is_unchanged(file, fingerprint)
            if not unchanged or self._current is not generation:
                raise LogChangedError(self.path)
        finally:
            os.close(file)


def _open(path: Path) -> int:
    """Return a descriptor of a run's file, open for reading.

    Raises:
        OSError: The file is missing or cannot be read. Or it is a link, fifo, device
            or folder, or its folder `runs` is a link or no folder: nothing is opened.

    """
    if path.parent.name == "runs":
        check_folder(path.parent)
    return open_to_read(path)


def _feed(file: int, index: LineIndex, size: int) -> None:
    while chunk := read(file, index.fed, min(index.fed + CHUNK_BYTES, size)):
        index.feed(chunk)
    index.settle()


def retry_on_change(work: Callable[[], T], deadline: float | None = None) -> T:
    """Return the result of `work`, called again while a file changes under it.

    `deadline`, by `time.monotonic`, is when the attempts end; `work` is called at
    least once. By default they end after 30 s. The pauses between them grow up to
    5 ms, so that a file that never rests does not keep a processor busy.

    Raises:
        LogChangedError: A file changed during the last attempt before the deadline.

    """
    if deadline is None:
        deadline = time.monotonic() + _RETRY_S
    pause = 0.0
    while True:
        try:
            return work()
        except LogChangedError:
            left = deadline - time.monotonic()
            if left <= 0:
                raise
            time.sleep(min(pause, left))
            pause = min(pause * 2 + 0.001, _MAX_PAUSE_S)
