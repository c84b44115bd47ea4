"""The errors of the store.

* StoreError
  * InvalidIdError: a thread or run id is not a safe file name
  * CorruptLineError: a line of a run's file is not a run event
  * LogChangedError: the file is not the one that was indexed
  * RestoreConflictError: a deleted run's file exists again
"""

from __future__ import annotations

from pathlib import Path


class StoreError(Exception):
    """Base class of the store's own errors."""


class InvalidIdError(StoreError, ValueError):
    """A thread or run id has characters or a length that DeerFlow's ids cannot have."""

    def __init__(self, kind: str, value: object) -> None:
        super().__init__(f"not a {kind} id: {value!r:.80}")
        self.value = value
        """The value that was given as the id."""


class CorruptLineError(StoreError, ValueError):
    """A line of a run's file is not a run event."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """The fault, in a few words."""


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
