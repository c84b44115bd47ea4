"""Run events on disk: append, read by seq, follow, delete."""

from .base import RunEventStore
from .check import Fault, Finding, Place, check_run, check_tree
from .ends import Ends, read_ends
from .errors import (
    CameBackError,
    CorruptLineError,
    InvalidIdError,
    LogChangedError,
    StoreError,
)
from .event import BadLine, RunEvent
from .jsonl import JsonlRunEventStore
from .log import Row, RunLog
from .paths import Stamp
from .trash import Discarded, Trash

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
