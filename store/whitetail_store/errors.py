"""What can go wrong in the store.

* StoreError
  * InvalidIdError: a thread or run id that is no safe file name
  * CorruptLineError: a line of a run's file is not a run event
  * LogChangedError: the file is not the one that was indexed
  * CameBackError: a deleted run's file exists again
"""

from __future__ import annotations

from pathlib import Path


class StoreError(Exception):
    """Base of every error the store raises on purpose."""


class InvalidIdError(StoreError, ValueError):
    """A thread or run id is not one that DeerFlow gives, so it names no file."""

    def __init__(self, what: str, value: object) -> None:
        super().__init__(f"not a {what} id: {value!r:.80}")
        self.value = value
        """What was given."""


class CorruptLineError(StoreError, ValueError):
    """A line of a run's file is not a run event."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """What is wrong with it, in a few words."""


class LogChangedError(StoreError):
    """A run's file was replaced, cut or removed since it was indexed."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} changed while it was read: refresh and read again")
        self.path = path
        """The run's file."""


class RestoreConflictError(StoreError, FileExistsError):
    """A run that was deleted has a file again, so the old one stays where it is."""

    def __init__(self, path: Path, kept: Path) -> None:
        super().__init__(
            f"{path.name} exists again (something still writes it); "
            f"what was deleted is kept in {kept}"
        )
        self.path = path
        """Where the run's file was and is again."""
        self.kept = kept
        """Where the deleted file is."""
