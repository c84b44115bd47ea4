"""`DatabaseTrash`: deleted rows of a database, in files from which they are restored.

A file has a line for each row: the event as a file of the run would have it, and in
`row` the columns whose values are not those of the event. Content that is the JSON of
the event's content is `{"json": how it was written}` there.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from whitetail.own_database import own_path
from whitetail.source.database.address import DatabaseAddress
from whitetail.source.database.connection import Database
from whitetail.source.database.whole_rows import BATCH_ROWS, Row, WholeRows
from whitetail.view.brief import first_of, plural
from whitetail_store import CorruptLineError, DatabaseError, Discarded, RunKey
from whitetail_store.event import dump_json, load_json
from whitetail_store.files import sync_folders
from whitetail_store.paths import stamp
from whitetail_store.sql_errors import is_busy
from whitetail_store.sql_rows import record_of
from whitetail_store.trash_files import files_in, folders_in, is_abandoned, new_folder
from whitetail_store.trash_folders import TrashFolders, deleted_at

_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")
_FILE_NAME = re.compile(r"([^.]*)\.([^.]*)\.jsonl")
_UNFINISHED = ".part"
"""The end of the name of a file that is being written."""
_MAX_NAME_BYTES = 240
_CHANGED = "another program has changed or deleted events of the run meanwhile"
_SHARED = ("thread_id", "run_id", "event_type", "category", "content", "seq")
"""The columns that an event has under the same names."""
_JSON_TEXTS: tuple[Callable[[Any], str], ...] = (
    lambda value: dump_json(value).decode(),
    partial(json.dumps, default=str, ensure_ascii=False),
    partial(json.dumps, default=str),
)
"""How the text of content that is JSON may have been written: by us, by DeerFlow.

Files of the trash have the numbers of these: others are added at the end.
"""


def trash_folder(
    address: DatabaseAddress, environment: Mapping[str, str]
) -> Path | None:
    """Return the folder of the trash of a database; None if there is none.

    That of a file of SQLite is beside it: SQLite itself can delete only where it can
    write a journal beside it. That of a server is in the platform's folder for state.
    """
    if address.path is not None:
        path = address.path.resolve()
        return path.with_name(f"{path.name}.whitetail-trash")
    folder = own_path("state", "trash", environment)
    if folder is None or not folder.is_absolute():
        return None
    mark = blake2b(address.name.encode(), digest_size=8).hexdigest()
    return folder / f"{_UNSAFE.sub('_', address.name)[:80]}-{mark}"


class _Written(NamedTuple):
    """A run that was written to the trash, and whose rows are not deleted yet."""

    discarded: Discarded
    ids: list[int]
    digest: bytes
    """The digest of its rows."""


class DatabaseTrash(TrashFolders):
    """The runs that were deleted in a database, by this session and by all others.

    The rows are on the disk before the transaction that deletes them begins. So a crash
    between both leaves a run in the trash whose rows are still in the database;
    `restore` inserts only rows that are not there.
    """

    def __init__(self, root: Path, database: Database) -> None:
        """Use the trash in the folder `root`, which the first `discard` creates."""
        super().__init__((root,))
        self._database = database

    def discard(self, keys: Iterable[RunKey]) -> int:
        """Move the rows of runs to the trash; return how many. All of them or none.

        If only the rows of a user are read, those of other users stay, and so do rows
        that arrive meanwhile. If the commit fails otherwise than by a lock, it can have
        been done: the runs are in the trash then, and perhaps in the database, too.

        Raises:
            DatabaseError: The database refused, or another program has changed or
                deleted rows of the runs meanwhile.
            OSError: The files of the trash cannot be written.

        """
        written: list[_Written] = []
        committing = False
        with self._database.writing() as table:
            try:
                for key in keys:
                    if ids := table.ids(key, self._database.user_id):
                        written.append(self._write(table, key, ids))
                self.kept += [each.discarded for each in written]
                table.begin(each.discarded.thread_id for each in written)
                for each in written:
                    _delete(table, each)
                committing = True
                table.commit()
            except BaseException as error:
                if not committing or is_busy(error):
                    for each in written:
                        self.purge(each.discarded)
                raise
        return sum(len(each.ids) for each in written)

    def restore(self, discarded: Discarded) -> None:
        """Insert the rows of a run that are missing, with their ids and `seq`s.

        A row whose id is another row's by now gets a new id.

        Raises:
            FileNotFoundError: It is no longer in the trash.
            DatabaseError: The database refused, a `seq` is taken by another event, or
                all rows are there already. Nothing was inserted, and the run stays in
                the trash.
            OSError, CorruptLineError: The file cannot be read.

        """
        self._require(discarded)
        key = discarded[:2]
        inserted, taken = 0, list[str]()
        with self._database.writing() as table, discarded.kept.open("rb") as lines:
            table.begin([key[0]])
            rows = map(_row, lines)
            while some := [*islice(rows, BATCH_ROWS)]:
                new, more = table.insert_missing(key, some)
                inserted += new
                taken += more
            if taken:
                seqs = "seq" if len(taken) == 1 else "seqs"
                raise DatabaseError(
                    f"other events of thread {key[0]} have the {seqs} "
                    f"{first_of(taken, ', ')} of run {key[1]} now; nothing of it was "
                    "inserted"
                )
            if not inserted:
                raise DatabaseError(
                    f"all events of run {key[1]} of thread {key[0]} are in the "
                    "database already"
                )
            table.commit()
        self.purge(discarded)

    def clean(self, keep_s: float, max_bytes: float, now: float) -> list[Discarded]:
        """Remove old runs for good, and return them; see `TrashFolders`.

        Also removes files that a crash left unfinished: their rows were not deleted.

        Raises:
            OSError: The trash cannot be read, or a file cannot be removed.

        """
        for session in filter(is_abandoned, folders_in(self._roots[0])):
            for path in files_in(session):
                if path.suffix == _UNFINISHED:
                    path.unlink(missing_ok=True)
                    self._remove_empty_folders(path.parent)
        return super().clean(keep_s, max_bytes, now)

    def _write(self, table: WholeRows, key: RunKey, ids: list[int]) -> _Written:
        """Write rows to a file of the trash, and wait until they are on the disk."""
        name = f"{_escaped(key[0])}.{_escaped(key[1])}.jsonl"
        if len(name) > _MAX_NAME_BYTES:
            raise DatabaseError(f"{'/'.join(key)}: its ids are too long for a file")
        (root,) = self._roots
        _make_folders(root.parent)
        session = self._start_session(root)
        folder = new_folder(session)
        kept, unfinished = folder / name, folder / f"{name}{_UNFINISHED}"
        digest = blake2b()
        try:
            with unfinished.open("wb") as file:
                for rows in _batches(table, key, ids):
                    digest.update(dump_json(rows))
                    file.writelines(map(_line, rows))
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(kept)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            self._remove_empty_folders(folder)
            raise
        sync_folders(folder, session, root)
        discarded = self._describe(kept)
        assert discarded is not None, "it was written just now"
        return _Written(discarded, ids, digest.digest())

    def _describe(self, kept: Path) -> Discarded | None:
        match = _FILE_NAME.fullmatch(kept.name)
        found = stamp(kept) if match else None
        if match is None or found is None:
            return None
        thread, run = unquote(match[1]), unquote(match[2])
        before, when = Path(self._database.name), deleted_at(kept, found)
        return Discarded(thread, run, kept, before, when, found.size)


def _batches(table: WholeRows, key: RunKey, ids: Sequence[int]) -> Iterator[list[Row]]:
    """Yield the rows with these ids, which all have to be there."""
    for first in range(0, len(ids), BATCH_ROWS):
        some = ids[first : first + BATCH_ROWS]
        rows = table.read(some)
        if len(rows) != len(some):
            raise DatabaseError(f"{'/'.join(key)}: {_CHANGED}")
        yield rows


def _delete(table: WholeRows, written: _Written) -> None:
    """Delete the rows that are in a file of the trash, if they are still the same.

    An id can be that of another row by now, and DeerFlow sets users later.
    """
    key, digest = written.discarded[:2], blake2b()
    for rows in _batches(table, key, written.ids):
        digest.update(dump_json(rows))
    if digest.digest() != written.digest:
        raise DatabaseError(f"{'/'.join(key)}: {_CHANGED}")
    deleted, total = table.delete(key, written.ids), len(written.ids)
    if deleted != total:
        raise DatabaseError(
            f"{'/'.join(key)}: the database lets only {deleted:,} of "
            f"{plural(total, 'event')} be deleted"
        )


def _line(row: Row) -> bytes:
    """Return a row as a line of a run's file, from which it can be restored."""
    texts = {name: _text(value) for name, value in row.items()}
    names = ("thread_id", "run_id", "event_type", "category")
    record = record_of(
        (
            *(texts.get(name) or "" for name in names),
            texts.get("content"),
            texts.get("event_metadata"),
            _number(row["seq"]),
            texts.get("created_at"),
        )
    )
    rest = {name: value for name, value in row.items() if not _has(record, name, value)}
    content = record["content"]
    for number, text_of in enumerate(_JSON_TEXTS):
        if not isinstance(content, str) and text_of(content) == row["content"]:
            # Most content is JSON: a file would be twice as long with its text, too.
            short = {**record, "row": {**rest, "content": {"json": number}}}
            line = dump_json(short) + b"\n"
            if _row(line) == row:
                return line
    return dump_json({**record, "row": rest}) + b"\n"


def _row(line: bytes) -> Row:
    """Return the row from which `_line` made a line.

    Raises:
        CorruptLineError: It made no such line.

    """
    record = load_json(line)
    try:
        rest = record["row"]
        row: Row = {name: record[name] for name in _SHARED if name not in rest} | rest
        if isinstance(content := row["content"], dict) and "json" in content:
            row["content"] = _JSON_TEXTS[content["json"]](record["content"])
        if not row.keys() >= {"id", "seq"}:
            raise KeyError("id or seq")
        for value in row.values():
            if isinstance(value, dict):
                bytes.fromhex(value["hex"])
    except (LookupError, TypeError, ValueError) as error:
        raise CorruptLineError(
            "a line of the file in the trash is no row of a table"
        ) from error
    return row


def _has(record: Mapping[str, Any], name: str, value: Any) -> bool:
    """Return whether an event has the value of a column under the same name."""
    if name not in _SHARED:
        return False
    return type(record[name]) is type(value) and record[name] == value


def _number(seq: Any) -> Any:
    """Return the `seq` of an event; Postgres returns it as a text."""
    return int(seq) if isinstance(seq, str) and seq.isdecimal() else seq


def _text(value: Any) -> str | None:
    return value if isinstance(value, str | None) else str(value)


def _make_folders(folder: Path) -> None:
    """Create a folder and those above it, so that they survive a power cut."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    sync_folders(*(each.parent for each in missing))


def _escaped(text: str) -> str:
    """Return an id as a part of the name of a file; usual ids stay what they are."""
    return quote(text, safe="").replace(".", "%2E")
