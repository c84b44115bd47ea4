"""Reads, deletes and inserts rows of the table with all of their columns.

A row is `{column: value}` with values that JSON has, from which the same row can be
inserted again. Columns that the database computes are left out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, ClassVar

from whitetail_store import DatabaseError, RunKey
from whitetail_store.event import dump_json

Row = dict[str, Any]
RunStatement = Callable[[str, Sequence[Any]], Any]
"""Runs a statement, with `%s` for each value, and returns its cursor."""
BATCH_ROWS = 200
"""The number of rows of one statement."""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext(CAST(%s AS text))::bigint)"
"""The lock that DeerFlow's store acquires before it numbers the events of a thread."""
_POSTGRES_COLUMNS = """
SELECT attname, format_type(atttypid, -1) FROM pg_attribute
WHERE attrelid = to_regclass('run_events') AND attnum > 0 AND NOT attisdropped
AND attgenerated = '' ORDER BY attnum
"""


class WholeRows(ABC):
    """The table, on a connection that may write."""

    _begin: ClassVar[str]
    _values: ClassVar[str] = "VALUES"

    def __init__(self, run: RunStatement) -> None:
        """Read which columns the table has. `run` runs a statement.

        Raises:
            DatabaseError: There is no table.

        """
        self._run = run
        self._types = self._columns()
        """The types of its columns, by their names."""
        if not self._types:
            raise DatabaseError("it has no table `run_events`")

    def begin(self, threads: Iterable[str]) -> None:
        """Begin a transaction in which no other program writes to these threads."""
        self._run(self._begin, ())
        # In one order, so that two transactions cannot wait for each other.
        for thread_id in sorted(set(threads)):
            self._lock(thread_id)

    def commit(self) -> None:
        """End the transaction; its changes are kept."""
        self._run("COMMIT", ())

    def ids(self, key: RunKey, user_id: str | None) -> list[int]:
        """Return the ids of the rows of a run, in the order of `seq`.

        Those of a user; of None, those of all users.
        """
        of_user = "" if user_id is None else "AND user_id = %s "
        statement = (
            "SELECT id FROM run_events WHERE thread_id = %s AND run_id = %s "
            f"{of_user}ORDER BY seq"
        )
        values = key if user_id is None else (*key, user_id)
        return [row[0] for row in self._run(statement, values).fetchall()]

    def read(self, ids: Sequence[int]) -> list[Row]:
        """Return the rows with these ids, at most `BATCH_ROWS`, in order of `seq`."""
        return self._select(f"id IN ({_marks(ids)})", ids)

    def delete(self, key: RunKey, ids: Sequence[int]) -> int:
        """Delete the rows of a run with these ids; return how many there were."""
        deleted = 0
        for first in range(0, len(ids), BATCH_ROWS):
            some = ids[first : first + BATCH_ROWS]
            # Of terms, databases do not use an index: that of the ids is the fast one.
            statement = (
                f"DELETE FROM run_events WHERE id IN ({_marks(some)}) "
                "AND thread_id || '' = %s AND run_id || '' = %s"
            )
            deleted += self._run(statement, (*some, *key)).rowcount
        return deleted

    def insert_missing(self, key: RunKey, rows: Sequence[Row]) -> tuple[int, list[str]]:
        """Insert rows of a run that are not there; return how many, and taken `seq`s.

        Inserts nothing if a `seq` is taken.

        `rows` are at most `BATCH_ROWS`. A row is there if one with the same columns is,
        whatever its id is. A `seq` is taken if another row of the thread has it.

        Raises:
            DatabaseError: The table no longer has a column of the rows.

        """
        names = {name: None for row in rows for name in row}
        if missing := [name for name in names if name not in self._types]:
            raise DatabaseError(f"the table has no column {missing[0]!r:.80} any more")
        seqs = [self._bound(row["seq"]) for row in rows]
        found = self._select(
            f"thread_id = %s AND seq IN ({_marks(seqs)})", [key[0], *seqs]
        )
        there = {_without_id(row, names): str(row["seq"]) for row in found}
        wanted = [_without_id(row, names) for row in rows]
        all_wanted = set(wanted)
        taken = [seq for values, seq in there.items() if values not in all_wanted]
        new = [
            row for row, values in zip(rows, wanted, strict=True) if values not in there
        ]
        if new and not taken:
            self._insert(new)
        return len(new), taken

    @abstractmethod
    def _lock(self, thread_id: str) -> None:
        """Lock a thread until the transaction ends."""

    @abstractmethod
    def _columns(self) -> dict[str, str]:
        """Return the types of the columns that can be written, by their names."""

    @abstractmethod
    def _read_as(self, name: str) -> str:
        """Return the expression that reads a column."""

    @abstractmethod
    def _written_as(self, name: str, value: Any) -> str:
        """Return the expression that a value of a column is written with."""

    def _quoted(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def _value(self, value: Any) -> Any:
        """Return a value of the driver as JSON has it."""
        return value

    def _bound(self, value: Any) -> Any:
        """Return a value of JSON as the driver expects it."""
        return value

    def _select(self, condition: str, values: Sequence[Any]) -> list[Row]:
        columns = ", ".join(map(self._read_as, self._types))
        statement = f"SELECT {columns} FROM run_events WHERE {condition} ORDER BY seq"
        return [
            dict(zip(self._types, map(self._value, row), strict=True))
            for row in self._run(statement, values).fetchall()
        ]

    def _insert(self, rows: Sequence[Row]) -> None:
        """Insert rows. One whose id another row has gets a new id."""
        ids = [self._bound(row["id"]) for row in rows]
        used = {
            row[0]
            for row in self._run(
                f"SELECT {self._read_as('id')} FROM run_events "
                f"WHERE id IN ({_marks(ids)})",
                ids,
            ).fetchall()
        }
        own = [row for row in rows if self._bound(row["id"]) not in used]
        others = [
            {name: value for name, value in row.items() if name != "id"}
            for row in rows
            if self._bound(row["id"]) in used
        ]
        # First those that keep their ids: a new id could be one of them.
        for names, some in groupby([*own, *others], key=tuple):
            self._insert_alike(names, list(some))

    def _insert_alike(self, names: tuple[str, ...], rows: Sequence[Row]) -> None:
        """Insert rows that have the same columns."""
        lines = ", ".join(
            f"({', '.join(self._written_as(name, row[name]) for name in names)})"
            for row in rows
        )
        columns = ", ".join(map(self._quoted, names))
        values = [self._bound(value) for row in rows for value in row.values()]
        self._run(f"INSERT INTO run_events ({columns}) {self._values} {lines}", values)


class SqliteRows(WholeRows):
    """The table in a file of SQLite, whose columns can hold values of any type.

    The connection decodes texts with `surrogateescape`, so that those that are no UTF-8
    stay what they are.
    """

    _begin = "BEGIN IMMEDIATE"

    def _lock(self, thread_id: str) -> None:
        """Do nothing: the transaction is the only writer."""

    def _columns(self) -> dict[str, str]:
        found = self._run("PRAGMA table_xinfo(run_events)", ()).fetchall()
        return {row[1]: row[2] for row in found if not row[6]}

    def _read_as(self, name: str) -> str:
        return self._quoted(name)

    def _written_as(self, name: str, value: Any) -> str:
        is_text = isinstance(value, str) and not _is_utf8(value)
        return "CAST(%s AS TEXT)" if is_text else "%s"

    def _value(self, value: Any) -> Any:
        return {"hex": value.hex()} if isinstance(value, bytes) else value

    def _bound(self, value: Any) -> Any:
        if isinstance(value, dict):
            return bytes.fromhex(value["hex"])
        if isinstance(value, str) and not _is_utf8(value):
            return value.encode("utf-8", "surrogateescape")
        return value


class PostgresRows(WholeRows):
    """The table on a server. Values are the texts from which it reads them again."""

    _begin = "BEGIN"
    _values = "OVERRIDING SYSTEM VALUE VALUES"

    def _lock(self, thread_id: str) -> None:
        self._run(_LOCK, (thread_id,))

    def _columns(self) -> dict[str, str]:
        return dict(self._run(_POSTGRES_COLUMNS, ()).fetchall())

    def _quoted(self, name: str) -> str:
        return super()._quoted(name).replace("%", "%%")

    def _read_as(self, name: str) -> str:
        return f"CAST({self._quoted(name)} AS text)"

    def _written_as(self, name: str, value: Any) -> str:
        return f"CAST(%s AS {self._types[name]})"


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _without_id(row: Row, names: Iterable[str]) -> bytes:
    """Return the values of columns as bytes that can be compared."""
    return dump_json([row.get(name) for name in names if name != "id"])


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
