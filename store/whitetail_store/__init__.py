"""The public names of the store: append, read, follow, check and delete run events.

`DbRunEventStore` needs the extra `whitetail[db]`, and is imported when it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whitetail_store.errors import (
    ColumnLimitError,
    CorruptLineError,
    DatabaseBusyError,
    DatabaseError,
    EventTooLargeError,
    InvalidIdError,
    LockTimeoutError,
    LockUnsupportedError,
    LockVersionError,
    LogChangedError,
    RestoreConflictError,
    SeqLimitError,
    StoreError,
    UnsettledFilesError,
)
from whitetail_store.event import BadLine, RunEvent
from whitetail_store.head_and_tail import HeadAndTail, read_head_and_tail
from whitetail_store.log import RunLog
from whitetail_store.paths import RunKey, Stamp
from whitetail_store.rows import LogRow

if TYPE_CHECKING:
    from whitetail_store.base import NewEvent, RunEventStore
    from whitetail_store.check import (
        Fault,
        FaultLocation,
        Finding,
        RunExaminer,
        check_run,
        check_tree,
    )
    from whitetail_store.copying import CopyReport, copy
    from whitetail_store.jsonl import JsonlRunEventStore
    from whitetail_store.sql import DbRunEventStore
    from whitetail_store.trash import Trash
    from whitetail_store.trash_folders import Discarded
__all__ = [
    "BadLine",
    "ColumnLimitError",
    "CopyReport",
    "CorruptLineError",
    "DatabaseBusyError",
    "DatabaseError",
    "DbRunEventStore",
    "Discarded",
    "EventTooLargeError",
    "Fault",
    "FaultLocation",
    "Finding",
    "HeadAndTail",
    "InvalidIdError",
    "JsonlRunEventStore",
    "LockTimeoutError",
    "LockUnsupportedError",
    "LockVersionError",
    "LogChangedError",
    "LogRow",
    "NewEvent",
    "RestoreConflictError",
    "RunEvent",
    "RunEventStore",
    "RunExaminer",
    "RunKey",
    "RunLog",
    "SeqLimitError",
    "Stamp",
    "StoreError",
    "Trash",
    "UnsettledFilesError",
    "check_run",
    "check_tree",
    "copy",
    "read_head_and_tail",
]

_IMPORTED_ON_USE = {
    "base": ("NewEvent", "RunEventStore"),
    "check": (
        "Fault",
        "FaultLocation",
        "Finding",
        "RunExaminer",
        "check_run",
        "check_tree",
    ),
    "copying": ("CopyReport", "copy"),
    "jsonl": ("JsonlRunEventStore",),
    "sql": ("DbRunEventStore",),
    "trash": ("Trash",),
    "trash_folders": ("Discarded",),
}
"""Modules that a program that only reads events need not wait for."""


def __getattr__(name: str) -> Any:
    """Import a name when it is first used."""
    from importlib import import_module

    for module, names in _IMPORTED_ON_USE.items():
        if name in names:
            try:
                value = getattr(import_module(f"whitetail_store.{module}"), name)
            except ModuleNotFoundError as error:
                if module != "sql":
                    raise
                message = f"{error}: pip install 'whitetail[db]' installs it"
                raise ImportError(message) from error
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
