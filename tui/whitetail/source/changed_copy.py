"""A copy of a run whose lines are changed, such as a redacted one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import mkstemp
from typing import TypeAlias

from whitetail.source.file_rows import FileRows
from whitetail.source.protocols import RunRows

LineChange: TypeAlias = Callable[[Iterator[bytes]], Iterable[bytes]]
"""Maps the lines of a run to as many other lines; each ends with a line break."""


def changed_copy(rows: RunRows, change: LineChange, folder: Path) -> FileRows:
    """Write a changed copy of a run to a new file in a folder; return its rows.

    The copy has the same rows and the same time of writing. Blocks.

    Raises:
        StoreError, OSError: The run cannot be read, or the copy not be written.

    """
    descriptor, name = mkstemp(".jsonl", dir=folder)
    with open(descriptor, "wb") as file:  # noqa: PTH123
        file.writelines(change(_lines(rows)))
    if (written := rows.written_at) is not None:
        os.utime(name, (written, written))
    copy = FileRows(rows.key, Path(name))
    copy.refresh()
    return copy


def _lines(rows: RunRows) -> Iterator[bytes]:
    """Yield each row as a line of its own."""
    for line in rows.raws(range(len(rows))):
        yield line if line.endswith(b"\n") else line + b"\n"
