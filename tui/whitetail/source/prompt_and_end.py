"""Reads as much of a run's file as its line in a list needs."""

from __future__ import annotations

from pathlib import Path

from whitetail.trace.run_summary import summarize_run
from whitetail_store import HeadAndTail, read_head_and_tail

_FEW_ROWS, _MANY_ROWS = 16, 128
"""How many rows to read at the beginning; the second if the first hold no prompt."""
_LONG_HEAD_BYTES = 1 << 24
"""How much of the beginning is read if the first rows are long and hold no prompt."""


def read_prompt_and_end(path: Path) -> HeadAndTail:
    """Return the first rows of a run, up to its prompt, and the last ones.

    Raises:
        OSError: The file is gone or may not be read.

    """
    found = read_head_and_tail(path, _FEW_ROWS)
    if summarize_run(found.head).prompt:
        return found
    if len(found.head) >= _FEW_ROWS:
        # Rows of subagents can precede the prompt, a batch at a time.
        return read_head_and_tail(path, _MANY_ROWS)
    if found.rows is None:
        # The prompt can have images of some megabytes.
        return read_head_and_tail(path, _FEW_ROWS, head_bytes=_LONG_HEAD_BYTES)
    return found
