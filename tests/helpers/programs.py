"""Starts programs that use the store, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.helpers.waiting import WAIT_TIMEOUT_S

Program = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def program() -> Iterator[Program]:
    """Return a function that starts a program; at the end all programs are killed.

    Its text can use the names of `preamble`, and `sys.argv` for the arguments.
    """
    preamble = """
        import asyncio, json, sys
        from pathlib import Path
        from whitetail_store import JsonlRunEventStore, Trash
        def new_event(**changes):
            return {"thread_id": "t", "run_id": "r", "event_type": "x",
                    "category": "message", **changes}
        def answer(value):
            print(json.dumps(value), flush=True)
        """
    started: list[subprocess.Popen[str]] = []

    def start(text: str, *arguments: object) -> subprocess.Popen[str]:
        code = textwrap.dedent(preamble) + textwrap.dedent(text)
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def answer(process: subprocess.Popen[str]) -> Any:
    """Return the next answer of a program."""
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def end(process: subprocess.Popen[str]) -> None:
    """Wait until a program has ended well."""
    out, _ = process.communicate(timeout=WAIT_TIMEOUT_S)
    assert (process.returncode, out) == (0, "")
