"""Tests use what a module offers: none reads or replaces a private name.

A test of a private name fails when the code is rearranged, and passes when what the
user sees is wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tests").rglob("*.py"))

OF_NAMED_TUPLES = frozenset({"_asdict", "_fields", "_make", "_replace"})
"""Public, though they begin with an underscore."""
BY_NAME = frozenset({"delattr", "getattr", "hasattr", "patch", "object", "setattr"})
"""Functions that get the name of an attribute as a text."""


def is_private(dotted: str) -> bool:
    """Return whether a name, or a part of a dotted one, is private."""
    return any(
        name.startswith("_") and not name.endswith("__") and name not in OF_NAMED_TUPLES
        for name in dotted.split(".")
    )


def is_own(owner: ast.expr) -> bool:
    """Return whether an attribute belongs to the object whose code this is."""
    return isinstance(owner, ast.Name) and owner.id in ("self", "cls")


def names_of(node: ast.AST) -> list[str]:
    """Return the names of others that a node uses."""
    match node:
        case ast.Attribute(value=owner, attr=name):
            return [] if is_own(owner) else [name]
        case ast.ImportFrom(module=module, names=aliases):
            return [f"{module or ''}.{alias.name}" for alias in aliases]
        case ast.Import(names=aliases):
            return [alias.name for alias in aliases]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
            texts = [each.value for each in args if isinstance(each, ast.Constant)]
            if name in BY_NAME:
                return [each for each in texts if isinstance(each, str)]
    return []


def private_names(source: str) -> Iterator[str]:
    """Yield the line and the name of each use of a private name."""
    for node in ast.walk(ast.parse(source)):
        for name in filter(is_private, names_of(node)):
            yield f"{getattr(node, 'lineno', 0)}: {name}"


def test_no_test_uses_a_private_name() -> None:
    found = {str(path): [*private_names(path.read_text("utf-8"))] for path in FILES}
    assert {path: names for path, names in found.items() if names} == {}
    assert found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("pane._entries", "1: _entries"),
        ("pane._entries = []", "1: _entries"),
        ("super()._count", "1: _count"),
        ("self.pane._entries", "1: _entries"),
        ("from textual.keys import _character_to_key", "1: textual.keys._character_to"),
        ("from textual._wait import sleep", "1: textual._wait.sleep"),
        ("import textual._wait", "1: textual._wait"),
        ("getattr(pane, '_entries')", "1: _entries"),
        ("monkeypatch.setattr('whitetail.app._now', 1)", "1: whitetail.app._now"),
    ],
)
def test_the_check_finds_a_private_name(source: str, found: str) -> None:
    [use] = private_names(source)
    assert use.startswith(found)


@pytest.mark.parametrize(
    "source",
    [
        "self._count",
        "RunLog.__init__",
        "relatives._replace(under=[])",
        "from __future__ import annotations",
        "monkeypatch.setattr(RunLog, '__init__', begin)",
        "for _ in range(3): _count = 1",
    ],
)
def test_the_check_leaves_other_names_alone(source: str) -> None:
    assert list(private_names(source)) == []
