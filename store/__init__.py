"""Run events on disk: append, read by seq, follow, delete."""

from .errors import (
    CameBackError,
    CorruptLineError,
    InvalidIdError,
    LogChangedError,
    StoreError,
)
from .event import BadLine, RunEvent

__all__ = [
    "BadLine",
    "CameBackError",
    "CorruptLineError",
    "InvalidIdError",
    "LogChangedError",
    "RunEvent",
    "StoreError",
]
