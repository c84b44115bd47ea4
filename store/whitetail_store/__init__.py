"""The public names of the store: append, read, follow, check and delete run events."""

from whitetail_store.base import NewEvent, RunEventStore
from whitetail_store.check import (
    Fault,
    FaultLocation,
    Finding,
    RunExaminer,
    check_run,
    check_tree,
)
from whitetail_store.errors import (
    CorruptLineError,
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
from whitetail_store.jsonl import JsonlRunEventStore
from whitetail_store.log import RunLog
from whitetail_store.paths import RunKey, Stamp
from whitetail_store.rows import LogRow
from whitetail_store.trash import Discarded, Trash

__all__ = [
    "BadLine",
    "CorruptLineError",
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
    "read_head_and_tail",
]
