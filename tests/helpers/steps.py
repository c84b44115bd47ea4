"""Runs a writer of the store step by step, so that another one acts in between.

A step is a call of the operating system by which the store changes or looks at files.
Before a chosen step, a test acts as another program, or the writer is killed. That
gives every interleaving of two writers once, without a race.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

_CALLS = (
    *("open", "write", "ftruncate", "unlink", "rename", "mkdir", "fsync"),
    *("fstat", "lstat", "scandir", "pread", "pwrite"),
)


class Killed(BaseException):
    """The writer is dead: none of its further calls does anything."""


@dataclass
class Steps:
    """The steps of a writer."""

    names: list[str] = field(default_factory=list[str])
    """The names of the calls that were made, in order."""
    acted: bool = False
    """Whether the chosen step was reached."""


@contextmanager
def before_step(
    number: int | None = None,
    act: Callable[[], None] = lambda: None,
    *,
    kill: bool = False,
) -> Iterator[Steps]:
    """Call `act` before a step of the store's writers, by its number from 0.

    With `kill`, the writer makes neither this step nor a later one. Its descriptors
    are closed, so the lock is free, as after the death of a process.
    """
    steps = Steps()
    acting = False

    def stepped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            nonlocal acting
            of_writer = threading.current_thread().name == "whitetail-writer"
            if not of_writer or acting:
                return real(*args, **keywords)
            if kill and steps.acted:
                raise Killed
            if len(steps.names) == number:
                steps.acted = acting = True
                try:
                    act()
                finally:
                    acting = False
                if kill:
                    raise Killed
            steps.names.append(name)
            return real(*args, **keywords)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in _CALLS:
            patch.setattr(os, name, stepped(name, getattr(os, name)))
        yield steps
