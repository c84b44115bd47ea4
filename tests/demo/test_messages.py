from __future__ import annotations

from typing import Any

import pytest

from whitetail.demo import messages
from whitetail.demo.scenario import Change

OUTPUT = "/mnt/user-data/outputs/acorns.md"
CREATED = Change(OUTPUT, None, "one\ntwo\n")


def test_line_counts_are_those_of_the_diff(demo_records: list[dict[str, Any]]) -> None:
    files = [
        file
        for record in demo_records
        if record["event_type"] == "workspace_changes"
        for file in record["metadata"]["workspace_changes"]["files"]
    ]
    assert files
    for file in files:
        lines = file["diff"].splitlines()[2:]
        assert file["additions"] == sum(line[0] == "+" for line in lines)
        assert file["deletions"] == sum(line[0] == "-" for line in lines)


@pytest.mark.parametrize(
    ("before", "after", "status", "text"),
    [
        (None, "one\ntwo\n", "created", "1 file changed +2 -0"),
        ("one\n", "two\n", "modified", "1 file changed +1 -1"),
        ("one\n", None, "deleted", "1 file changed +0 -1"),
    ],
)
def test_a_change_is_counted_by_its_status(
    before: str | None, after: str | None, status: str, text: str
) -> None:
    found, details = messages.workspace_changes([Change("/a", before, after)])
    assert found == text
    assert details["summary"][status] == 1
    assert details["files"][0]["status"] == status


@pytest.mark.parametrize(
    ("presented", "stage"),
    [
        ([OUTPUT], "presented"),
        (["/mnt/user-data/outputs/other.md"], "mismatched"),
        ([], "not_started"),
    ],
)
def test_a_delivery_compares_files_presented_and_produced(
    presented: list[str], stage: str
) -> None:
    content = messages.delivery_content([CREATED], presented)
    assert content["stage"] == stage
    assert content["satisfied"] == (stage == "presented")


def test_a_delivery_without_produced_files_has_no_verification() -> None:
    content = messages.delivery_content([Change("/elsewhere", None, "x")], [])
    assert content == {"presented": 0, "paths": [], "by_tool": {}}


def test_a_message_in_run_end_is_a_list_of_its_attributes() -> None:
    message = messages.tool_message("bash", "call_1", "it's fine", "m", ok=True)
    assert messages.message_repr(message) == (
        """content="it's fine" name='bash' id='m' tool_call_id='call_1'"""
    )


def test_a_prompt_is_plain_text_or_a_list_of_blocks() -> None:
    plain = messages.human_message("Hello", "m", blocks=False)
    blocks = messages.human_message("Hello", "m", blocks=True)
    assert plain["content"] == "Hello"
    assert blocks["content"] == [{"type": "text", "text": "Hello"}]
