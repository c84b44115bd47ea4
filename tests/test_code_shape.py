"""The code stays small enough to be read: the sizes of functions, classes and modules.

The limits are those of the house: a file far above its neighbours is two things.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path for folder in ("store", "tui") for path in (ROOT / folder).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))

FUNCTION_LINES, CLASS_LINES = 50, 300
MODULE_LINES, TEST_LINES, MEDIAN_LINES = 350, 460, 140


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def too_long(source: str) -> Iterator[str]:
    """Yield the name and the length of each function and class that is too long."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            limit = FUNCTION_LINES
        elif isinstance(node, ast.ClassDef):
            limit = CLASS_LINES
        else:
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > limit:
            yield f"{node.name} has {lines} lines"


def test_no_module_is_too_long() -> None:
    assert [str(path) for path in SOURCES if lines_of(path) > MODULE_LINES] == []


def test_nothing_that_a_module_defines_is_too_long() -> None:
    found = {str(path): [*too_long(path.read_text("utf-8"))] for path in SOURCES}
    assert {path: names for path, names in found.items() if names} == {}


def test_no_test_file_is_too_long() -> None:
    assert [str(path) for path in TESTS if lines_of(path) > TEST_LINES] == []


def test_most_modules_are_short() -> None:
    assert median(map(lines_of, SOURCES)) < MEDIAN_LINES


def test_the_check_finds_a_long_function_and_a_long_class() -> None:
    body = "    x = 1\n" * 300
    assert list(too_long(f"def f():\n{body}")) == ["f has 301 lines"]
    assert list(too_long(f"class C:\n{body}")) == ["C has 301 lines"]
