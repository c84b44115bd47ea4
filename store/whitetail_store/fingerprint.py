"""`Fingerprint`: recognizes a run's file that was indexed before.

Keeps the part of promise 8 that a file may be replaced at any time.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from whitetail_store.files import read
from whitetail_store.paths import Stamp

# Bytes at each end that are compared to recognize a file.
_FINGERPRINT_BYTES = 256


class Fingerprint(NamedTuple):
    """The stamp and the bytes by which a file is recognized."""

    stamp: Stamp
    head: bytes
    """The first bytes of the file, up to 256."""
    tail: bytes
    """The last bytes before `end`, up to 256."""
    end: int
    """The number of bytes that were indexed."""


def read_fingerprint(file: int, stamp: Stamp, end: int) -> Fingerprint:
    """Return the fingerprint of the first `end` bytes of an open file."""
    last = max(0, end - _FINGERPRINT_BYTES)
    return Fingerprint(
        stamp, read(file, 0, min(_FINGERPRINT_BYTES, end)), read(file, last, end), end
    )


def is_unchanged(file: int, fingerprint: Fingerprint) -> bool:
    """Return whether the indexed bytes of an open file are those of the fingerprint."""
    stamp = Stamp.of(os.fstat(file))
    return stamp == fingerprint.stamp or is_same_file(file, stamp, fingerprint)


def is_same_file(file: int, stamp: Stamp, fingerprint: Fingerprint) -> bool:
    """Return whether a file is that of the fingerprint, perhaps with more bytes."""
    same_inode = stamp[:2] == fingerprint.stamp[:2] and stamp.size >= fingerprint.end
    return (
        same_inode
        and read_fingerprint(file, fingerprint.stamp, fingerprint.end) == fingerprint
    )
