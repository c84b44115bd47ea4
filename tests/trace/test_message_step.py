"""The content of a subagent's step is read in all shapes."""

from __future__ import annotations

from typing import Any

import pytest

from whitetail.trace.message_step import StepContent, is_tool_step, parse_step


def test_the_step_of_a_tool_has_its_name_and_its_text() -> None:
    content = {"kind": "tool", "tool_name": "ls", "text": "a.md", "truncated": True}
    assert parse_step(content) == StepContent(True, "ls", "a.md", True)
    assert is_tool_step(content)


def test_the_step_of_a_reply_has_no_tool() -> None:
    assert parse_step({"kind": "ai", "text": "Yes"}) == StepContent(
        False, "", "Yes", False
    )


@pytest.mark.parametrize(
    ("kind", "text", "failed"),
    [
        ("tool", "Error: no such file", True),
        ("tool", "Guardrail denied: bash", True),
        ("tool", "No Error: in it", False),
        ("ai", "Error: is what I write", False),
    ],
)
def test_a_failed_step_is_one_of_a_tool_whose_text_begins_like_a_failure(
    kind: str, text: str, failed: bool
) -> None:
    assert parse_step({"kind": kind, "text": text}).failed is failed


@pytest.mark.parametrize(
    "content", [None, "text", 7, [], {"kind": ["tool"], "text": 7, "truncated": 1}]
)
def test_fields_of_a_wrong_type_are_empty(content: Any) -> None:
    assert parse_step(content) == StepContent(False, "", "", False)
