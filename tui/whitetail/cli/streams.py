"""The standard streams while something is wrong with them."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def to_stderr(text: str) -> None:
    """Write to stderr; if that is impossible, nothing is left but the exit code."""
    try:
        print(text, end="", file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def discard_stdout() -> None:
    """Drop what could not be written, so that the interpreter does not try again."""
    _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, stream.fileno())
    os.close(sink)


def to_stdout(text: str) -> bool:
    """Write to stdout; return whether that was possible, after a sentence if not."""
    try:
        print(text, end="", flush=True)
    except OSError as error:
        discard_stdout()
        if not isinstance(error, BrokenPipeError):
            reason = (error.strerror or str(error)).lower()
            to_stderr(f"whitetail: cannot write: {reason}\n")
            return False
    return True
