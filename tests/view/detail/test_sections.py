"""The sections of an event, by its type.

Also covers `content`, `delivery`, `middleware` and `run_end`.
"""

from __future__ import annotations

from tests.helpers.detail import detail_lines, detail_text, event_of
from tests.helpers.styled import folded_texts, plain_text, texts_in_tone
from whitetail.view.detail.document import event_parts


def test_a_reply_has_sections_for_text_reasoning_and_calls() -> None:
    content = {
        "content": "# Plan\n```py\nx = 1\n```\nsee https://deer.example/a.",
        "additional_kwargs": {"reasoning_content": "first\nthen"},
        "tool_calls": [
            {
                "name": "bash",
                "args": {"description": "Look", "command": "ls\nwc -l"},
                "id": "call_1",
                "type": "tool_call",
            }
        ],
    }
    lines = list(detail_lines(event_of("llm.ai.response", content)))
    assert texts_in_tone(lines, "heading") == [
        "text",
        "reasoning",
        "call bash",
        "fields",
    ]
    assert texts_in_tone(lines, "strong") == ["# Plan"]
    assert texts_in_tone(lines, "code") == ["```py", "x = 1", "```", "ls", "wc -l"]
    assert texts_in_tone(lines, "link") == ["https://deer.example/a."]
    assert "\nLook\n$ ls\n  wc -l\ncall id  call_1" in plain_text(lines)


def test_reasoning_is_folded_under_its_length() -> None:
    thought = {"additional_kwargs": {"reasoning_content": "deer " * 248}}
    given = event_of("llm.ai.response", {"content": "Seven.", **thought})
    folded = folded_texts(event_parts(given))
    assert "▸ reasoning · 1,240 characters" in folded
    assert not any("deer" in line for line in folded)
    opened = folded_texts(event_parts(given), {("reasoning",): True})
    assert "deer deer" in "".join(opened)


def test_the_text_of_a_folded_section_is_not_among_the_fields() -> None:
    given = event_of("llm.ai.response", {"content": "Seven."})
    folded = folded_texts(event_parts(given), {("text",): False})
    assert "▸ text" in folded
    assert not any("Seven." in line for line in folded)


def test_arguments_that_were_truncated_are_shown_as_text() -> None:
    call = {"name": "write_file", "args": '{"path": "/x", "content": "a', "id": ""}
    text = detail_text("subagent.step", {"kind": "ai", "tool_calls": [call]})
    assert '{"path": "/x", "content": "a' in text


def test_to_do_lists_are_shown_as_lists() -> None:
    todos = [
        {"content": "Look", "status": "completed"},
        {"content": "Count", "status": "in_progress"},
    ]
    call = {"name": "write_todos", "args": {"todos": todos}}
    text = detail_text("llm.ai.response", {"tool_calls": [call]})
    assert "todos\n  ✓ Look\n  ▸ Count" in text


def test_a_result_that_is_json_is_laid_out_as_json() -> None:
    lines = list(
        detail_lines(event_of("llm.tool.result", {"content": '[{"url": "x"}, 1.5]'}))
    )
    assert '[\n  {\n    "url": "x"\n  },\n  1.5\n]' in plain_text(lines)
    assert texts_in_tone(lines, "string") == ['"x"']
    assert "[not JSON" in detail_text("llm.tool.result", {"content": "[not JSON"})


def test_a_failed_result_has_the_tone_of_an_error() -> None:
    content = {"content": "403", "status": "error", "name": "task"}
    lines = list(detail_lines(event_of("llm.tool.result", content)))
    assert texts_in_tone(lines, "error") == ["403"]


def test_of_results_only_a_subagents_answer_is_rendered_as_markdown() -> None:
    def result(tool: str) -> list[str]:
        given = event_of("llm.tool.result", {"content": "**deer**", "name": tool})
        return folded_texts(event_parts(given, width=80))

    assert "  **deer**" in result("bash")
    assert "  deer" in result("task")


def test_images_show_their_type_and_size() -> None:
    data = "data:image/png;base64," + "A" * 4_000
    blocks = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": data, "detail": "low"}},
        {"type": "image", "source": {"media_type": "image/webp", "data": "A" * 400}},
        {"type": "image_url", "image_url": "https://deer.example/a.png"},
        {"type": "text", "text": "Seen?", "cache": "kept"},
        {"type": "mystery", "deer": 7},
        {"type": "image", "mime_type": "image/gif", "data": "A" * 4_000}
        | {"source_type": "base64"},
        {"type": "image", "base64": "A" * 4_000},
        {"type": "file", "mime_type": "application/pdf", "base64": "A" * 4_000},
        None,
    ]
    text = detail_text("llm.human.input", {"content": blocks})
    assert "[image/png, 3.0 kB]" in text
    assert "[image/webp, 300 B]" in text
    assert "[image https://deer.example/a.png]" in text
    assert "[image/gif, 3.0 kB]" in text
    assert "[image, 3.0 kB]" in text
    assert "[file, application/pdf, 3.0 kB]" in text
    assert "null" not in text
    assert "low" in text
    assert "kept" in text
    assert '"deer": 7' in text
    assert "AAAA" not in text


def test_a_call_that_is_also_a_block_is_shown_once() -> None:
    block = {"type": "tool_use", "id": "c", "name": "ls", "input": {"path": "/deer"}}
    call = {"name": "ls", "id": "c", "args": {"path": "/deer"}}
    text = detail_text("llm.ai.response", {"content": [block], "tool_calls": [call]})
    assert "[calls ls, see below]" in text
    assert text.count("/deer") == 1
    call["args"] = {"path": "/doe"}
    text = detail_text("llm.ai.response", {"content": [block], "tool_calls": [call]})
    assert "/deer" in text
    assert "/doe" in text


def test_the_end_of_a_run_shows_artifacts_and_one_line_per_message() -> None:
    content = {
        "title": "Deer",
        "artifacts": ["/o/a.md"],
        "messages": [
            "content='Count\\nthem' additional_kwargs={} id='1'",
            "content='' additional_kwargs={} tool_calls=[{'name': 'ls', 'args': {}}]",
            {"type": "ai", "content": "Seven.\n" + "x" * 1_000},
        ],
        "thing": 5,
    }
    text = detail_text("run.end", content)
    assert "artifacts (1)\n/o/a.md" in text
    assert "\nCount them\ncalls ls\nai: Seven. xxx" in text
    assert "content.thing  5" in text


def test_changed_files_show_their_diff_in_the_tones_of_a_diff() -> None:
    file = {"path": "/o/a", "status": "modified", "diff": "@@ -1 +1 @@\n-old\n+new"}
    lines = list(
        detail_lines(
            event_of("workspace_changes", "1 file", workspace_changes={"files": [file]})
        )
    )
    assert "modified /o/a" in texts_in_tone(lines, "heading")
    assert texts_in_tone(lines, "added") == ["+new"]
    assert texts_in_tone(lines, "removed") == ["-old"]


def test_a_delivery_shows_files_that_were_made_but_not_presented() -> None:
    content = {
        "presented": 1,
        "paths": ["/o/a", "/u/b", 7],
        "produced_paths": ["/o/a", "/o/c"],
        "matched_paths": ["/o/a"],
        "stage": "presented",
        "satisfied": True,
    }
    text = detail_text("run.delivery", content)
    assert "\npresented 2 files\nthe run presented some of the" in text
    assert "✓ /o/a\n✓ /u/b  presented, but not made by this run\n" in text
    assert "✗ /o/c  made, but not presented\n7\n" in text
    content |= {"paths": ["/o/a", "/o/c"]}
    assert "the run presented all files" in detail_text("run.delivery", content)
    content |= {"paths": [], "stage": "not_started", "satisfied": False}
    lines = list(event_parts(event_of("run.delivery", content)))
    assert "the run made files but presented none of them" in texts_in_tone(
        lines, "error"
    )
    assert "presented nothing" in detail_text(
        "run.delivery", {"presented": 0, "paths": []}
    )


def test_a_decision_shows_its_action_its_tool_and_its_reasons() -> None:
    changes = {"tool_name": "bash", "reason_messages": ["No."], "policy_id": "p"}
    content = {"name": "Guard", "action": "deny_tool_call", "changes": changes}
    lines = list(event_parts(event_of("middleware:guardrail", content)))
    assert "\ndecision deny tool call bash\nNo.\npolicy_id  p\n" in plain_text(lines)
    assert texts_in_tone(lines, "error") == [" deny tool call bash", "No."]
    allowed = {"action": "allow", "changes": {"tool": "ls"}, "hook": "before"}
    text = detail_text("middleware:guardrail", allowed)
    assert "decision allow ls\n" in text
    assert "content.hook  before" in text
    odd = {"action": "deer" * 99, "changes": {"tool": "doe" * 99, "x": 1}}
    text = detail_text("middleware:guardrail", odd)
    assert "deer" * 99 in text
    assert "doe" * 99 in text


def test_the_text_of_an_error_event_has_the_tone_of_an_error() -> None:
    lines = list(event_parts(event_of("run.error", "Out of breath")))
    assert texts_in_tone(lines, "error") == ["Out of breath"]
    assert "error" in texts_in_tone(lines, "heading")


def test_a_text_that_deerflow_truncated_has_a_note() -> None:
    content = {"kind": "tool", "tool_name": "ls", "text": "/a\n/b", "truncated": True}
    assert "/b\n[truncated by DeerFlow after 5 characters]" in detail_text(
        "subagent.step", content
    )
    content = {"result": "Seven", "result_truncated": True}
    assert "Seven\n[truncated by DeerFlow after 5" in detail_text(
        "subagent.end", content
    )
