"""Panes show values: no module of theirs calls what reads, blocks or starts a thread.

The import contracts see modules; this sees calls.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import whitetail.panes

PANES = sorted(Path(next(iter(whitetail.panes.__path__))).glob("*.py"))
READERS = frozenset({"RunLog", "FileRows", "OpenRun", "JsonlRunEventStore", "Thread"})
CALLS = frozenset({"open", "Path", "sleep", *READERS})
IN_THREADS = {"folded_text.py": 2, "conversation.py": 1}
"""Modules that lay text out in a thread, and in how many calls: no other work."""


def called_name(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else ""


def thread_calls(tree: ast.Module) -> int:
    return sum(
        isinstance(node, ast.Attribute)
        and node.attr in ("to_thread", "run_in_executor", "call_from_thread")
        for node in ast.walk(tree)
    )


def forbidden_calls(tree: ast.Module) -> set[str]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {called_name(call) for call in calls} & CALLS


@pytest.mark.parametrize("path", PANES, ids=lambda path: path.name)
def test_a_pane_calls_nothing_that_reads(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert forbidden_calls(tree) == set()
    assert thread_calls(tree) == IN_THREADS.get(path.name, 0)


def test_the_check_finds_calls_that_read() -> None:
    source = "x = open('a'); Path('b'); asyncio.to_thread(f); RunLog(p); self.open()"
    tree = ast.parse(source)
    assert forbidden_calls(tree) == {"open", "Path", "RunLog"}
    assert thread_calls(tree) == 1
