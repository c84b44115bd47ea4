"""Names the encoding of a run's file that is not UTF-8, which DeerFlow writes."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from whitetail_store import Fault, Finding, RunLog, StoreError
from whitetail_store.files import open_to_read, read

_BEGINNINGS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"{\0": "UTF-16LE",
    b"\0{": "UTF-16BE",
}
"""How files in other encodings begin: with a byte order mark, or with a brace."""
_NOT_UTF8 = "not UTF-8"
"""The reason of a bad line begins so."""
_MAX_TAIL_BYTES = 1 << 20


class EncodingError(StoreError, ValueError):
    """A run's file has an encoding in which no line of it can be read."""

    def __init__(self, encoding: str) -> None:
        super().__init__(
            f"the file is {encoding}, not UTF-8; "
            f"convert it with iconv -f {encoding} -t UTF-8"
        )
        self.encoding = encoding
        """The name of the encoding, as iconv has it."""


def check_encoding(path: Path) -> None:
    """Raise an error if a file begins as one in UTF-16 or UTF-32 does.

    Raises:
        OSError: The file cannot be read.
        EncodingError: It has such an encoding.

    """
    beginning = _read(path, 0, 4)
    for mark, encoding in _BEGINNINGS.items():
        if beginning.startswith(mark):
            raise EncodingError(encoding)


def explain(finding: Finding, line: bytes) -> Finding:
    """Return a finding of a line; one of a line in Latin-1 names that encoding."""
    if finding.kind is not Fault.BAD_LINE or not finding.reason.startswith(_NOT_UTF8):
        return finding
    reason = f"{_NOT_UTF8}, in an unknown encoding"
    try:
        json.loads(line.decode("cp1252"))
    except (ValueError, RecursionError):
        pass
    else:
        reason = f"Latin-1, {_NOT_UTF8} (iconv -f CP1252 converts it)"
    return replace(finding, kind=Fault.ENCODING, reason=reason)


def torn_zeros(path: Path, log: RunLog) -> int:
    """Return how many of the bytes after the last row are zero; of many, the last.

    Raises:
        OSError: The file cannot be read.

    """
    end, torn = log.offset, log.torn_bytes
    return (
        _read(path, max(end - torn, end - _MAX_TAIL_BYTES), end).count(0) if torn else 0
    )


def _read(path: Path, start: int, end: int) -> bytes:
    try:
        file = open_to_read(path)
    except FileNotFoundError:
        # It was deleted a moment ago: the next refresh notices that.
        return b""
    try:
        return read(file, start, end)
    finally:
        os.close(file)
