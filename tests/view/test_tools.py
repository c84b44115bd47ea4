"""One-line summaries of tool calls. `lists/test_event.py` covers those of results."""

from __future__ import annotations

from typing import Any

import pytest

from whitetail.trace.message import ToolCall
from whitetail.view import tools


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("read_file", {"description": "Look", "path": "/x"}, 'read_file("/x")'),
        ("task", {"prompt": "Long", "description": "Short"}, 'task("Short")'),
        (
            "present_files",
            {"filepaths": ["/o/a.md", "/b.md"]},
            "present_files(a.md, b.md)",
        ),
        ("mystery", {"n": 3, "deep": {"a": 1}}, "mystery(n: 3 · deep: 1 field)"),
        ("mystery", {"description": "Only this"}, 'mystery("Only this")'),
        ("mystery", {}, "mystery()"),
        ("mystery", None, "mystery()"),
        ("bash", {"command": 'echo "hi"\\\n  there'}, 'bash(“echo "hi" there”)'),
        ("write_file", '{"path": "/x", "content": "cut he', 'write_file("/x")'),
        (
            "write_todos",
            {
                "todos": [
                    {"content": "a", "status": "completed"},
                    {"content": "b", "status": "in_progress"},
                ]
            },
            "write_todos(1 of 2 done: b)",
        ),
    ],
)
def test_a_call_shows_the_argument_that_describes_it_best(
    name: str, args: Any, text: str
) -> None:
    assert tools.call(ToolCall(name, args)) == text
