"""Workers begin their work: if they never run, no coroutine waits to be awaited."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "tui").rglob("*.py"))


def begun_too_early(source: str) -> Iterator[int]:
    """Yield the lines in which a worker gets a coroutine instead of a function."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if getattr(node.func, "attr", "") != "run_worker":
            continue
        work = node.args[0]
        if isinstance(work, ast.Call) and getattr(work.func, "id", "") != "partial":
            yield node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_worker_gets_a_function(path: Path) -> None:
    assert list(begun_too_early(path.read_text(encoding="utf-8"))) == []


def test_the_check_finds_a_coroutine() -> None:
    assert list(begun_too_early("self.run_worker(self.work(1))")) == [1]
    assert list(begun_too_early("self.run_worker(partial(self.work, 1))")) == []
    assert list(begun_too_early("app.run_worker(work, group='x')")) == []
