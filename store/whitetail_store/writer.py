"""`ThreadWriter`: numbers, appends and removes events of a thread, under its lock.

Keeps promises 5 (a failed write leaves no trace), 6 (durable writes) and 7 (no seq is
given twice, and writers without the lock are noticed).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from whitetail_store.errors import EventTooLargeError, LogChangedError, SeqLimitError
from whitetail_store.event import MAX_LINE_BYTES, MAX_SEQ
from whitetail_store.files import AppendedFile, open_to_read, read
from whitetail_store.lock import LOCK_NAME, ThreadLock
from whitetail_store.log import RunLog
from whitetail_store.note import REMOVAL, Note, Pending
from whitetail_store.paths import Stamp, check_run_file, run_path, runs_folder
from whitetail_store.run_stamps import RunStamps

EventWithoutSeq = tuple[str, bytes, bytes]
"""The id of a run, and the bytes of a line before and after the digits of its seq."""

_CHECKED_BYTES = 1024

_logger = logging.getLogger(__name__)


class ThreadWriter:
    """Writes to the runs of a thread. Each method needs the lock of the thread.

    The note in the lock file has the highest seq and a digest of the stamps of all
    run files. If the files still have those stamps, the next seq is known without
    reading any of them. If not, a program that does not use the lock has written, or
    a writer was killed: all runs are read before the next seq is given.
    """

    def __init__(self, threads: Path, thread_id: str, *, durable: bool = False) -> None:
        """Create the writer of a thread; no file is opened yet.

        `threads` is the folder of all threads. With `durable`, writes wait for the
        disk.
        """
        self.shared = False
        """Whether a program that does not use the lock has written to the thread."""
        self.folder = runs_folder(threads, thread_id)
        self.lock_path = self.folder / LOCK_NAME
        self._threads = threads
        self._thread_id = thread_id
        self._durable = durable
        self._runs = RunStamps(threads, thread_id)
        self._paths: dict[str, Path] = {}
        self._last_seqs: dict[str, tuple[Stamp, int]] = {}

    def append(
        self,
        lock: ThreadLock,
        events: Sequence[EventWithoutSeq],
        *,
        seqs: Sequence[int] | None = None,
        at_once: bool = False,
    ) -> int:
        """Write events to their runs, all or none; return the seq of the first one.

        `seqs`: the seqs of the events, if they have some; else the next ones are given.
        `at_once`: the lock was acquired just now, and nothing was done since. If the
        process is killed in between, some runs can have all of their lines and the
        others none.

        Raises:
            SeqLimitError, EventTooLargeError: Nothing was written.
            LogChangedError: A file changed before the first write; nothing was written.
            OSError: A write failed; the files are as before.

        """
        folder = lock.folder_stamp(at_once=at_once)
        last = self._last_given_seq(lock, folder)
        if seqs is None:
            seqs = range(last + 1, last + 1 + len(events))
        newest = max(last, *seqs)
        if newest > MAX_SEQ:
            raise SeqLimitError(self.folder, MAX_SEQ)
        files: dict[str, AppendedFile] = {}
        try:
            for run_id, lines in _lines_by_run(events, seqs).items():
                files[run_id] = self._open(run_id, lines)
            self._write(lock, last, newest, files)
            self._keep(files)
        finally:
            for file in files.values():
                file.close()
        return seqs[0]

    def remove(
        self,
        lock: ThreadLock,
        run_ids: Iterable[str],
        remove: Callable[[Path], None],
        *,
        remember: bool = True,
    ) -> None:
        """Remove the files of runs with `remove`; their seqs are not given again.

        With `remember`, the files are read first if the note does not fit, so that
        seqs of writers without the lock are not given again either.

        Raises:
            OSError: A file cannot be removed.

        """
        self._runs.refresh(lock.folder_stamp(), lock.written_ns)
        stamps = self._runs.stamps
        note = lock.read_note()
        removed = {run_id: stamps[run_id] for run_id in run_ids if run_id in stamps}
        rest = None
        if note is not None and self._fits(note):
            rest = Note(note.seq, self._runs.digest_without(removed))
            pending = (
                Pending(run_id, stamp.size, REMOVAL)
                for run_id, stamp in removed.items()
            )
            lock.write_note(
                rest._replace(pending=tuple(pending)), durable=self._durable
            )
        elif remember or note is not None:
            last = self._read_last_seq(removed, skip_unreadable=True)[0]
            lock.write_note(Note(max(last, note.seq if note else 0), None))
        for run_id in removed:
            remove(self._path(run_id))
            self._last_seqs.pop(run_id, None)
        if rest is not None:
            lock.try_write_note(rest)

    def _path(self, run_id: str) -> Path:
        path = self._paths.get(run_id)
        if path is None:
            path = run_path(self._threads, self._thread_id, run_id)
            self._paths[run_id] = path
        return path

    def _open(self, run_id: str, lines: bytes) -> AppendedFile:
        """Open the file of a run, which must still have its stamp."""
        stamp = self._runs.stamps.get(run_id)
        path = self._path(run_id)
        if stamp is None:
            check_run_file(path)
        file = AppendedFile(path, lines, self._runs.appended_file(run_id))
        if file.before != stamp:
            file.close()
            raise LogChangedError(path)
        return file

    def _keep(self, files: dict[str, AppendedFile]) -> None:
        """Keep the file of the run that was appended to last open for the next call."""
        run_id = next(reversed(files), None)
        file = None if run_id is None else files[run_id].detach()
        if run_id is not None and file is not None:
            self._runs.keep_appended(run_id, file)

    def _write(
        self,
        lock: ThreadLock,
        last: int,
        newest: int,
        files: Mapping[str, AppendedFile],
    ) -> None:
        """Append to the open files, between the notes of the intent and the result.

        `last` and `newest`: the highest seq of the thread before and afterwards.
        """
        pending = (
            Pending(run_id, file.size_before, len(file.data), _checksum(file.data))
            for run_id, file in files.items()
        )
        others = self._runs.digest_without(files)
        intent = Note(newest, others, tuple(pending))
        try:
            lock.write_note(intent, durable=self._durable)
            for file in files.values():
                file.write()
            if self._durable:
                for file in files.values():
                    file.sync()
        except BaseException:
            for file in files.values():
                file.undo()
            with suppress(OSError):
                for run_id, stamp in _stamps_after(files, undone=True).items():
                    self._runs.set(run_id, stamp)
                lock.write_note(Note(last, self._runs.digest))
            raise
        for run_id, stamp in _stamps_after(files).items():
            known = self._last_seqs.pop(run_id, None)
            if (known[0] if known else None) == self._runs.stamps.get(run_id):
                self._last_seqs[run_id] = stamp, newest
            self._runs.set(run_id, stamp)
        lock.try_write_note(Note(newest, self._runs.digest))

    def _last_given_seq(self, lock: ThreadLock, folder: Stamp) -> int:
        """Return the highest seq ever given; the stamps are those it is for."""
        self._runs.refresh(folder, lock.written_ns)
        note = lock.read_note()
        if note is not None and self._fits(note):
            return note.seq
        last, stamps = self._read_last_seq(self._runs.stamps)
        for run_id in self._runs.stamps.keys() - stamps.keys():
            self._runs.drop(run_id)
        for run_id, stamp in stamps.items():
            self._runs.set(run_id, stamp)
        return max(last, note.seq if note else 0)

    def _read_last_seq(
        self, stamps: Mapping[str, Stamp], *, skip_unreadable: bool = False
    ) -> tuple[int, dict[str, Stamp]]:
        """Return the highest seq in the files of runs, and the stamps it is for.

        A file that changed is read as a whole: its growth alone does not show that a
        seq before it was changed, too.

        Raises:
            LogChangedError: A file changed meanwhile.
            OSError: A file cannot be read, unless they are to be skipped.

        """
        for run_id, stamp in stamps.items():
            known = self._last_seqs.get(run_id)
            if known is None or known[0] != stamp:
                self._last_seqs.pop(run_id, None)
                log = RunLog(self._path(run_id), envelopes=True)
                try:
                    log.refresh()
                    if log.stamp is not None:
                        last = log.envelopes().last_seq
                        self._last_seqs[run_id] = log.stamp, last
                except OSError as error:
                    if not skip_unreadable:
                        raise
                    _logger.warning("cannot read the seqs in %s: %s", log.path, error)
        found = {
            run_id: self._last_seqs[run_id]
            for run_id in stamps
            if run_id in self._last_seqs
        }
        return (
            max((last for _, last in found.values()), default=0),
            {run_id: stamp for run_id, (stamp, _) in found.items()},
        )

    def _fits(self, note: Note) -> bool:
        """Return whether the files are as the note has them; warn of other writers.

        After an intent, what became of it is unknown: then the note does not fit.
        """
        if note.digest is None:
            return False
        if not note.pending and note.digest == self._runs.digest:
            return True
        others = self._runs.digest_without(each.run_id for each in note.pending)
        unchanged = bool(note.pending) and others == note.digest
        by_us = unchanged and all(map(self._is_begun, note.pending))
        if not by_us and not self.shared:
            self.shared = True
            _logger.warning(
                "another program writes to thread %s without using the lock; "
                "its events may get the same seqs",
                self._thread_id,
            )
        return False

    def _is_begun(self, pending: Pending) -> bool:
        """Return whether a file is as a writer that was killed can have left it."""
        stamp = self._runs.stamps.get(pending.run_id)
        size = stamp.size if stamp else 0
        if pending.added == REMOVAL or size == pending.before:
            return stamp is None or size == pending.before
        if not pending.before < size <= pending.before + pending.added:
            return False
        try:
            file = open_to_read(self._path(pending.run_id))
        except OSError:
            return False
        try:
            appended = read(file, pending.before, size)
        finally:
            os.close(file)
        if len(appended) < pending.added:
            # A kill cuts a line, except at its very end.
            return not appended.endswith(b"\n")
        return _checksum(appended) == pending.checksum


def _checksum(appended: bytes) -> int:
    """Return the checksum by which appended bytes are recognized, given their size.

    The end of the last line has its seq and time, which no other line has.
    """
    return crc32(appended[-_CHECKED_BYTES:])


def _lines_by_run(
    events: Iterable[EventWithoutSeq], seqs: Iterable[int]
) -> dict[str, bytes]:
    """Return the lines of each run, with the seqs of the events."""
    parts: dict[str, list[bytes]] = {}
    for seq, (run_id, before, after) in zip(seqs, events, strict=True):
        line = b"%s%d%s" % (before, seq, after)
        if len(line) > MAX_LINE_BYTES:
            raise EventTooLargeError(len(line), MAX_LINE_BYTES)
        parts.setdefault(run_id, []).append(line)
    return {run_id: b"".join(lines) for run_id, lines in parts.items()}


def _stamps_after(
    files: Mapping[str, AppendedFile], *, undone: bool = False
) -> dict[str, Stamp]:
    """Return the stamps of files after a write, or after it was undone.

    The size is computed, not measured: if another program has added bytes meanwhile,
    the stamp does not fit, so that they are noticed.
    """
    found = {}
    for run_id, file in files.items():
        stamp = file.stamp()
        if stamp is not None:
            size = file.size_before + (0 if undone else len(file.data))
            found[run_id] = stamp if stamp.size == size else stamp._replace(size=size)
    return found
