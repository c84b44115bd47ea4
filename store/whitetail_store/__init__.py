"""Run events on disk: append, read by seq, follow, delete."""

from whitetail_store.base import RunEventStore
from whitetail_store.check import Fault, Finding, Place, check_run, check_tree
from whitetail_store.errors import (
    CameBackError,
    CorruptLineError,
    InvalidIdError,
    LogChangedError,
    StoreError,
)
from whitetail_store.event import BadLine, RunEvent
from whitetail_store.head_and_tail import Ends, read_ends
from whitetail_store.jsonl import JsonlRunEventStore
from whitetail_store.log import Row, RunLog
from whitetail_store.paths import Stamp
from whitetail_store.trash import Discarded, Trash

__all__ = [
    "BadLine",
    "CameBackError",
    "CorruptLineError",
    "Discarded",
    "Ends",
    "Fault",
    "Finding",
    "InvalidIdError",
    "JsonlRunEventStore",
    "LogChangedError",
    "Place",
    "Row",
    "RunEvent",
    "RunEventStore",
    "RunLog",
    "Stamp",
    "StoreError",
    "Trash",
    "check_run",
    "check_tree",
    "read_ends",
]
