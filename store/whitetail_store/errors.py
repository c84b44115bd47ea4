"""The errors of the store.

* StoreError
  * InvalidIdError: a thread or run id is not a safe file name
  * CorruptLineError: a line of a run's file is not a run event
  * EventTooLargeError: the line of an event would be too long to be read back
  * SeqLimitError: a thread has no number left for an event
  * LogChangedError: the file is not the one that was indexed
  * UnsettledFilesError: the files of a thread changed again and again
  * LockTimeoutError: another process held the lock of a thread for too long
  * LockUnsupportedError: the file system has no locks
  * LockVersionError: the lock file is of a later version of the store
  * RestoreConflictError: a deleted run's file exists again
  * ColumnLimitError: a value is too long for its column in a database
  * DatabaseError: a database refused, or is not reachable
    * DatabaseBusyError: another program held a lock in the database for too long
"""

from __future__ import annotations

from pathlib import Path


class StoreError(Exception):
    """Base class of the store's own errors."""


class InvalidIdError(StoreError, ValueError):
    """A thread or run id has characters or a length that DeerFlow's ids cannot have."""

    def __init__(self, kind: str, value: object) -> None:
        super().__init__(f"Invalid {kind}_id: {value!r:.80}")
        self.value = value
        """The value that was given as the id."""


class CorruptLineError(StoreError, ValueError):
    """A line of a run's file is not a run event."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """The fault, in a few words."""


class EventTooLargeError(StoreError, ValueError):
    """The line of an event is longer than readers accept. Nothing was written."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"the line of the event has {size} bytes, more than the limit of "
            f"{limit >> 20} MiB"
        )
        self.size = size
        """The length of the line, in bytes."""


class SeqLimitError(StoreError, OverflowError):
    """The next seq of a thread would be above the limit. Nothing was written."""

    def __init__(self, thread: Path | str, limit: int) -> None:
        super().__init__(f"no seq up to {limit} is left for the runs in {thread}")
        self.thread = thread
        """The folder of the thread's runs, or the thread in its database."""


class UnsettledFilesError(StoreError, TimeoutError):
    """The files of a thread changed during each attempt, until the time was over."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(
            f"{path} changed again and again for {seconds:g} s while it was read"
        )
        self.path = path
        """The file that changed during the last attempt."""


class LockTimeoutError(StoreError, TimeoutError):
    """Another process held the lock of a thread for too long. Nothing was written."""

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__(f"another process has held the lock {path} for {seconds:g} s")
        self.path = path
        """The lock file."""


class LockUnsupportedError(StoreError, OSError):
    """The file system of a thread does not support locks. Nothing was written."""

    def __init__(self, path: Path, cause: OSError) -> None:
        super().__init__(
            cause.errno, f"its file system does not support locks: {cause}", str(path)
        )
        self.path = path
        """The lock file."""


class LockVersionError(StoreError):
    """The lock file is of a later version of the store. Nothing was written."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"the lock file has a note of version {version}, which needs a later "
            "version of this store"
        )
        self.version = version
        """The version of the note."""


class LogChangedError(StoreError):
    """A run's file was replaced, truncated or removed since it was indexed."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} changed while it was read: refresh and read again")
        self.path = path
        """The run's file."""


class RestoreConflictError(StoreError, FileExistsError):
    """A deleted run cannot be restored: a file with its name exists again."""

    def __init__(self, path: Path, kept: Path) -> None:
        super().__init__(
            f"{path.name} exists again (another program still writes it); "
            f"the deleted file is kept as {kept}"
        )
        self.path = path
        """The path of the run's file, which exists again."""
        self.kept = kept
        """The path of the deleted file."""


class ColumnLimitError(StoreError, ValueError):
    """A value is longer than its column in the database. Nothing was written."""

    def __init__(self, column: str, length: int, limit: int) -> None:
        super().__init__(
            f"{column} has {length} characters, and its column in the database has "
            f"{limit}"
        )
        self.column = column
        """The name of the column."""


class DatabaseError(StoreError):
    """A database refused what it was asked for, or is not reachable."""


class DatabaseBusyError(DatabaseError, TimeoutError):
    """Another program held a lock in the database for too long."""
