"""Run events on disk: append, read by seq, follow, delete."""

from .base import RunEventStore
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
    "InvalidIdError",
    "JsonlRunEventStore",
    "LogChangedError",
    "Row",
    "RunEvent",
    "RunEventStore",
    "RunLog",
    "Stamp",
    "StoreError",
    "Trash",
    "read_ends",
]
