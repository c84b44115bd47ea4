"""A SQLite file of whitetail's own: shared by several processes, and never required.

The journal is SQLite's own (`DELETE`), not a write-ahead log: that one needs memory
which all processes share, so it fails in a home folder on the network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from stat import S_ISREG
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Literal, TypeVar
from zlib import crc32

from whitetail.view.brief import reason
from whitetail.view.text import one_line
from whitetail_store.file_lock import lock_file

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

BUSY_TIMEOUT_S = 5.0
"""How long a call waits for the transactions of other processes."""
_BUSY_STEP_S = 0.02
"""How long SQLite waits, before the call begins again. SQLite asks ever less often:
among processes that write all the time, one got no turn for two seconds."""
_SQLITE_ERROR, _SQLITE_BUSY, _SQLITE_CORRUPT, _SQLITE_CANTOPEN = 1, 5, 11, 14
_SQLITE_NOTADB, _SQLITE_READONLY_DBMOVED = 26, 1032
_ATTEMPTS = 4
"""How often a call begins again because the file is another one by now."""
_COLUMNS = (
    "SELECT tables.name, columns.name FROM sqlite_master AS tables "
    "JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
)


class _BrokenError(Exception):
    """The file is not a database of ours, or damaged; the message is the reason."""


class _MovedError(OSError):
    """Another process has set the file aside, or the user has removed it."""


def own_path(
    kind: Literal["state", "cache"], name: str, environment: Mapping[str, str]
) -> Path | None:
    """Return the path of a file in the platform's folder for state or for caches.

    `WHITETAIL_STATE_DIR` and `WHITETAIL_CACHE_DIR` name other folders; None if the one
    for `kind` is empty, so nothing is kept. Not absolute if there is no home folder.
    """
    folder = environment.get(f"WHITETAIL_{kind.upper()}_DIR")
    if folder is None:
        # Imported here, so that the first screen does not wait for it.
        import platformdirs

        find = {
            "state": platformdirs.user_state_path,
            "cache": platformdirs.user_cache_path,
        }
        return find[kind]("whitetail", appauthor=False) / name
    return Path(folder).absolute() / name if folder else None


class OwnDatabase:
    """Calls functions with a connection to a SQLite file, each in a transaction.

    Its methods wait for the disk and for other processes, so they are never called on
    the event loop. Any number of threads and processes may call them. A file that is
    damaged, newer or not ours is renamed, never deleted, and another one is begun. If
    no file can be used, reads return their default and writes nothing.
    """

    def __init__(
        self,
        path: Path | None,
        contents: str,
        steps: Sequence[str],
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        """Open nothing before the first call.

        `path` is None if nothing shall be kept. `contents` is the subject of messages,
        a plural such as "bookmarks". Each of `steps` is a script that leads from a
        version (its index) to the next one; steps are only appended. A semicolon ends
        a statement, also in quotes. `busy_timeout_s` is how long a call waits for the
        transactions of other processes.
        """
        self.path = path
        self._contents = contents
        self._steps = steps
        self._busy_timeout_s = busy_timeout_s
        name = path.name if path is not None else ""
        self._application_id = crc32(f"whitetail {name}".encode()) >> 1
        self._columns: set[tuple[str, str]] = set()
        self._checked: tuple[int, int] | None = None
        """Device and inode of the file whose structure was checked."""
        self._lock = Lock()
        self._reported: set[str] = set()
        self._problems: list[str] = []

    def new_problems(self) -> list[str]:
        """Return the sentences for the user since the last call, each of them once."""
        problems, self._problems = self._problems, []
        return problems

    def read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Return the result of a function that reads.

        `otherwise` if there is no file yet or none can be used. The function is called
        again, with an empty database, if the file turns out to be damaged.
        """
        return self._call(work, otherwise, writes=False)

    def write(self, work: Callable[[sqlite3.Connection], object]) -> bool:
        """Call a function that writes, and return whether its changes are on the disk.

        The function can be called again, also with an empty database.
        """

        def and_done(connection: sqlite3.Connection) -> bool:
            work(connection)
            return True

        return self._call(and_done, False, writes=True)

    def _call(
        self, work: Callable[[sqlite3.Connection], T], otherwise: T, *, writes: bool
    ) -> T:
        path = self.path
        if path is None:
            return otherwise
        verb = "saved" if writes else "read"
        with self._lock:
            try:
                if not path.is_absolute():
                    raise FileNotFoundError("there is no home folder")
                if not writes and not _has_content(path):
                    return otherwise
                return self._repeated(path, work, writes=writes)
            except ImportError:
                why = "this Python has no sqlite3"
            except OSError as error:
                why = reason(error)
            except _BrokenError as error:
                why = str(error)
            except _sqlite_error() as error:
                if getattr(error, "sqlite_errorcode", 0) == _SQLITE_ERROR:
                    raise
                why = str(error)
        where = f" ({path})" if path.is_absolute() else ""
        self._report(f"{self._contents} cannot be {verb}: {why}{where}")
        return otherwise

    def _repeated(
        self, path: Path, work: Callable[[sqlite3.Connection], T], *, writes: bool
    ) -> T:
        """Return the result of the first call that no other process has disturbed."""
        import sqlite3

        end, attempts = monotonic() + self._busy_timeout_s, _ATTEMPTS
        while True:
            try:
                _create(path)
                found = path.stat()
                return self._connected(path, work, writes=writes)
            except (_BrokenError, _MovedError, FileNotFoundError) as error:
                attempts -= 1
                if not attempts:
                    raise
                if isinstance(error, _BrokenError):
                    self._set_aside(path, found, str(error))
            except sqlite3.OperationalError as error:
                busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == _SQLITE_BUSY
                if not busy or monotonic() > end:
                    raise
                # Processes that wait equally long would meet again.
                sleep((1 + os.getpid() % 8) / 1_000)

    def _connected(
        self, path: Path, work: Callable[[sqlite3.Connection], T], *, writes: bool
    ) -> T:
        """Return the result of a function that is called in a transaction.

        Raises:
            _BrokenError: The file is damaged, newer or not ours.
            _MovedError: The file is no longer there.
            OSError, sqlite3.Error: The file cannot be used.

        """
        import sqlite3

        # Opened with `mode=rw`, SQLite creates no file, which others could read.
        # Without an isolation level, `sqlite3` begins no transactions itself.
        name = f"{path.as_uri()}?mode=rw"
        try:
            connection = sqlite3.connect(name, timeout=_BUSY_STEP_S, uri=True)
            connection.isolation_level = None
            with closing(connection):
                connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
                if self._version(connection) < len(self._steps):
                    if not writes:
                        connection.execute("ROLLBACK")
                        connection.execute("BEGIN IMMEDIATE")
                    self._upgrade(connection)
                self._check_columns(connection)
                self._check_pages(connection, path)
                result = work(connection)
                connection.execute("COMMIT")
                return result
        except sqlite3.DatabaseError as error:
            # An error of the module itself has no code: a text that is not UTF-8.
            code = getattr(error, "sqlite_errorcode", _SQLITE_CORRUPT)
            gone = code & 0xFF == _SQLITE_CANTOPEN and not path.exists()
            if code == _SQLITE_READONLY_DBMOVED or gone:
                raise _MovedError("it was removed meanwhile") from error
            damaged = code & 0xFF in (_SQLITE_CORRUPT, _SQLITE_NOTADB)
            if damaged and not isinstance(error, sqlite3.ProgrammingError):
                raise _BrokenError(str(error)) from error
            raise

    def _version(self, connection: sqlite3.Connection) -> int:
        """Return the version of a file, which is 0 if it is new."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (owner,) = connection.execute("PRAGMA application_id").fetchone()
        if owner != self._application_id:
            content = connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            if owner or version or content:
                raise _BrokenError("it belongs to another program")
        if version > len(self._steps):
            raise _BrokenError("it was written by a newer whitetail")
        return int(version)

    def _upgrade(self, connection: sqlite3.Connection) -> None:
        """Bring a file to the version of this program, inside of a transaction."""
        version = self._version(connection)
        for step in self._steps[version:]:
            _run_script(connection, step)
        connection.execute(f"PRAGMA application_id = {self._application_id}")
        connection.execute(f"PRAGMA user_version = {len(self._steps)}")

    def _check_columns(self, connection: sqlite3.Connection) -> None:
        import sqlite3

        if not self._columns:
            with closing(sqlite3.connect(":memory:")) as memory:
                for step in self._steps:
                    _run_script(memory, step)
                self._columns = set(memory.execute(_COLUMNS))
        if self._columns - set(connection.execute(_COLUMNS)):
            raise _BrokenError("it has other tables")

    def _check_pages(self, connection: sqlite3.Connection, path: Path) -> None:
        """Check all of a file, once: SQLite reads what was cut off as zeros."""
        status = path.stat()
        if self._checked == (status.st_dev, status.st_ino):
            return
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise _BrokenError("database disk image is malformed")
        self._checked = status.st_dev, status.st_ino

    def _set_aside(self, path: Path, broken: os.stat_result, why: str) -> None:
        """Rename the file that is broken, unless another process has done so.

        Raises:
            OSError: It cannot be renamed.

        """
        with suppress(FileNotFoundError), path.open("rb") as file:
            if sys.platform != "win32":
                # The others that found it broken wait here, and then find it renamed.
                # Windows renames no open file, so there the first rename decides.
                lock_file(file.fileno())
            if not os.path.samestat(broken, path.stat()):
                return
            if sys.platform == "win32":
                file.close()
            aside = _free_name(path)
            # A journal that stayed would be played back into the file that comes next.
            for suffix in ("-journal", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
            path.rename(aside)
            self._report(
                f"{self._contents} are begun anew, because their file could not be "
                f"used ({why}): it is now {aside}"
            )

    def _report(self, sentence: str) -> None:
        text = one_line(f"{sentence[0].upper()}{sentence[1:]}.", 400)
        if text not in self._reported:
            self._reported.add(text)
            self._problems.append(text)


def _sqlite_error() -> type[Exception]:
    import sqlite3

    return sqlite3.Error


def _has_content(path: Path) -> bool:
    """Return whether there is a file that is not empty.

    Raises:
        OSError: There is something else, or the folder cannot be read.

    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not S_ISREG(status.st_mode):
        raise OSError("it is not a file")
    return status.st_size > 0


def _create(path: Path) -> None:
    """Create an empty file that only the user can read, if there is none."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    _has_content(path)


def _run_script(connection: sqlite3.Connection, script: str) -> None:
    for statement in script.split(";"):
        if statement.strip():
            connection.execute(statement)


def _free_name(path: Path) -> Path:
    name = f"{path.name}.set-aside-{datetime.now():%Y%m%d-%H%M%S}"
    aside, number = path.with_name(name), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{name}-{number}")
    return aside
