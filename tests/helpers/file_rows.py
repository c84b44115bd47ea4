"""Runs whose rows are read from a file."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.lines import append, run_file
from whitetail.source.file_rows import FileRows


def log_of(folder: Path, *lines: bytes) -> FileRows:
    """Write lines to the file of a run, and return its rows."""
    path = run_file(folder)
    append(path, b"".join(lines))
    log = FileRows(("t", "r"), path)
    log.refresh()
    return log
