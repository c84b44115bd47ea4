"""Summaries of events. `entries` has only values; `tests/panes` shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.any_json import EVENT_TYPES, any_json
from tests.helpers.cost import assert_cost_is_flat
from tests.helpers.detail import event_of
from tests.helpers.real_runs import real_events
from whitetail.view.lists.event import EventSummary, summarize
from whitetail.view.text import sanitize
from whitetail_store import BadLine, RunEvent

TONES = {"prompt", "reply", "call", "result", "subagent", "trace", "run", "error"}


KEYS = [
    *("action", "additional_kwargs", "args", "artifacts", "caller", "changes"),
    *("content", "content_sha256", "description", "error", "error_type", "filepaths"),
    *("files", "kind", "messages", "metadata", "name", "path", "paths", "presented"),
    *("reasoning_content", "response_metadata", "result", "status", "text", "todos"),
    *("tool", "tool_calls", "tool_name", "type", "workspace_changes"),
]

json_values = any_json(st.sampled_from(KEYS) | st.text(max_size=4))

events = st.builds(
    RunEvent,
    st.integers(),
    st.sampled_from(EVENT_TYPES) | st.text(max_size=40),
    content=json_values,
    metadata=st.dictionaries(st.sampled_from(KEYS), json_values, max_size=3),
)


def reply(text: Any = "", *calls: tuple[str, Any], **more: Any) -> RunEvent:
    called = [{"name": name, "args": args, "id": "c"} for name, args in calls]
    content = {"content": text, "tool_calls": called, **more}
    return event_of("llm.ai.response", content, caller="lead_agent")


def result(name: str, content: Any, status: str = "success") -> RunEvent:
    text = {"type": "tool", "name": name, "content": content, "status": status}
    return event_of("llm.tool.result", text)


def assert_well_formed(summary: EventSummary) -> None:
    assert cell_len(summary.sign) == 1
    assert 0 < cell_len(summary.kind) <= 28
    assert len(summary.kind) <= 14
    assert summary.summary
    assert all(sanitize(text) == text for text in summary)
    assert summary.tone in TONES


@settings(max_examples=80)
@given(events)
def test_every_event_has_a_summary(event: RunEvent) -> None:
    assert_well_formed(summarize(event))


@settings(max_examples=80)
@given(events)
def test_only_the_summary_differs_if_one_is_given(event: RunEvent) -> None:
    assert summarize(event, "found") == summarize(event)._replace(summary="found")


@pytest.mark.parametrize("key", KEYS)
def test_deep_json_and_huge_numbers_have_a_summary(key: str) -> None:
    deep: Any = 10**5_000
    for _ in range(1_000):
        deep = [deep]
    for kind in EVENT_TYPES:
        assert_well_formed(summarize(RunEvent(7, kind, "", {key: deep}, {key: deep})))
        assert_well_formed(
            summarize(event_of(kind, {key: 10**5_000, "tool_calls": [{key: deep}]}))
        )


def test_summaries_of_real_runs_contain_no_json() -> None:
    events = list(real_events())
    for each in events:
        shown = summarize(each)
        assert_well_formed(shown)
        assert not re.search(r'[{\[]\s*"|no content', shown.summary), shown


@pytest.mark.parametrize(
    ("given", "sign", "kind", "tone", "summary"),
    [
        (
            event_of("llm.human.input", {"content": "\n# How many?\nPlease."}),
            "\u276f",
            "prompt",
            "prompt",
            "How many?",
        ),
        (reply("**Seven** deer.\n\nMore."), "✦", "reply", "reply", "Seven deer."),
        (
            reply("", ("web_search", {"query": "deer in winter"})),
            "⇢",
            "tool call",
            "call",
            'web_search("deer in winter")',
        ),
        (
            result("write_file", "OK"),
            "⇠",
            "result",
            "result",
            "write_file → OK",
        ),
        (
            event_of("subagent.start", {"description": "Count deer"}),
            "❖",
            "subagent",
            "subagent",
            "“Count deer” started",
        ),
        (
            event_of("run.error", "Too deep", error_type="RecursionError"),
            "✗",
            "run error",
            "error",
            "RecursionError: Too deep",
        ),
        (
            event_of(
                "run.start",
                {"chain": "x"},
                agent_name="default",
                model_name="doe-3",
                is_plan_mode=True,
                subagent_enabled=True,
            ),
            "◇",
            "run start",
            "run",
            "default · doe-3 · plan mode · subagents",
        ),
        (
            event_of(
                "run.end", {"messages": [1, 2], "artifacts": [1]}, status="success"
            ),
            "∎",
            "run end",
            "run",
            "success, 2 messages, 1 artifact",
        ),
        (
            event_of(
                "run.delivery", {"paths": ["/o/a.jpg", "/o/b.md"], "presented": 2}
            ),
            "✓",
            "delivery",
            "run",
            "2 files presented: a.jpg, b.md",
        ),
        (
            event_of("run.delivery", {"presented": 0, "paths": []}),
            "∙",
            "delivery",
            "run",
            "nothing presented",
        ),
        (
            event_of("context:memory", {"content_sha256": "e879b492" * 8}),
            "∙",
            "memory",
            "trace",
            "memory e879b492…",
        ),
        (
            event_of(
                "middleware:guardrail", {"action": "allow", "changes": {"tool": "bash"}}
            ),
            "∙",
            "guardrail",
            "trace",
            "allow bash",
        ),
        (
            event_of(
                "workspace_changes",
                "1 file changed +1 -0",
                workspace_changes={"files": [{"path": "/o/note.txt"}]},
            ),
            "✎",
            "files",
            "run",
            "1 file changed +1 -0: note.txt",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) > 3 else "",
)
def test_each_type_has_its_sign_its_tone_and_its_summary(
    given: RunEvent, sign: str, kind: str, tone: str, summary: str
) -> None:
    assert summarize(given) == EventSummary("7", sign, kind, "", summary, tone)


def test_a_caller_is_named_unless_it_is_the_lead_agent() -> None:
    def caller(name: str) -> str:
        return summarize(
            event_of("llm.ai.response", {"content": "x"}, caller=name)
        ).caller

    assert caller("lead_agent") == ""
    assert caller("subagent:general-purpose") == "general-purpose"
    assert caller("middleware:title") == "title"
    assert caller("someone") == "someone"


def test_a_reply_with_calls_shows_the_calls_before_its_text() -> None:
    shown = summarize(
        reply("Let me look.", ("ls", {"path": "/a"}), ("bash", {"command": "w"}))
    )
    assert shown.summary == 'ls("/a") · bash("w") — Let me look.'


def test_a_reply_without_text_shows_its_reasoning_or_that_it_has_no_text() -> None:
    thinking = reply(additional_kwargs={"reasoning_content": "Hm.\nSo."})
    assert summarize(thinking).summary == "thinking: Hm."
    silent = reply(response_metadata={"finish_reason": "stop"})
    assert summarize(silent).summary == "no text (stop)"


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("bash", "", "bash → nothing"),
        ("read_file", "# Deer\n" + "x" * 2_000, "read_file → 2.0 kB: Deer"),
        ("ls", "/m\n/m/a\n/m/b", "ls → 3 paths: m, a, b"),
        (
            "web_search",
            '[{"title": "a", "url": "b"}, {"title": "c", "url": "d"}]',
            "web_search → 2 results, 56 B",
        ),
        ("fetch", '{"ok": true, "rows": [1, 2]}', "fetch → ok: yes · rows: 2 items"),
        (
            "fetch",
            '{"body": "' + "x" * 5_000 + '"}',
            "fetch → 5.0 kB: JSON with body …",
        ),
        (
            "bash",
            "Traceback (most recent call last):\n  File x\nKeyError: 'doe'\nExit: 1"
            + " " * 100,
            "bash → 167 B: KeyError: 'doe'",
        ),
        ("task", "Task Succeeded. Result: Seven.", "task → 6 B: Seven."),
    ],
)
def test_a_result_shows_its_text_and_its_size(
    name: str, content: str, text: str
) -> None:
    assert summarize(result(name, content)).summary == text


def test_a_message_that_is_only_an_image_shows_its_format_and_size() -> None:
    image = {"type": "image", "base64": "A" * 4_000, "mime_type": "image/png"}
    shown = summarize(result("view_image", [image])).summary
    assert shown == "view_image → [image/png, 3.0 kB]"
    assert summarize(reply([image])).summary == "[image/png, 3.0 kB]"


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_content_that_is_null_reads_as_empty(kind: str) -> None:
    for content in (None, {"content": None}):
        shown = summarize(event_of(kind, content)).summary
        assert not re.search("none|null", shown, re.IGNORECASE)


def test_a_failed_result_has_the_tone_of_an_error_and_its_message() -> None:
    shown = summarize(result("task", "Task failed. Error: 403 Forbidden", "error"))
    assert (shown.sign, shown.tone, shown.kind) == (
        "✗",
        "error",
        "result",
    )
    assert shown.summary == "task → error: 403 Forbidden"


def test_steps_of_subagents_show_their_calls_and_results() -> None:
    ai = {
        "kind": "ai",
        "text": "",
        "tool_calls": [{"name": "ls", "args": {"path": "/"}}],
    }
    assert summarize(event_of("subagent.step", ai))[1:5] == ("⇢", "step", "", 'ls("/")')
    tool = {"kind": "tool", "tool_name": "ls", "text": "x" * 7_800}
    assert summarize(event_of("subagent.step", tool)).summary.startswith(
        "ls → 7.8 kB: xxx"
    )
    failed = {"status": "timed_out", "error": "900 s are over"}
    shown = summarize(event_of("subagent.end", failed))
    assert (shown.summary, shown.tone) == (
        "timed out: 900 s are over",
        "error",
    )


def test_an_event_of_an_unknown_type_shows_its_fields() -> None:
    shown = summarize(
        event_of("tool.outcome", {"tool": "bash", "ok": True, "rest": [1] * 9})
    )
    assert shown.kind == "tool.outcome"
    assert shown.summary == "tool: bash · ok: yes · rest: 9 items"
    assert (
        summarize(event_of("middleware:loop_detection", [1] * 9)).kind
        == "loop detection"
    )
    assert summarize(event_of("a_name_that_is_far_too_long")).kind == "a_name_that_i…"
    assert summarize(event_of("mystery", "", reason="none")).summary == "reason: none"


def test_json_is_described_and_never_quoted() -> None:
    text = '[{"title": "A", "url": "B"}]'
    for each in (
        event_of("mystery", text),
        reply(text),
        event_of("llm.human.input", {"content": text + " " * 5_000}),
        result("x", text * 100),
        event_of("subagent.end", {"status": "completed", "result": "Done:\n" + text}),
        event_of("subagent.end", {"status": "completed", "result": "So: [\n  {"}),
    ):
        assert not re.search(r'[{\[]\s*"', summarize(each).summary)
        assert not summarize(each).summary.endswith(("[", "{"))


def test_a_bad_line_shows_its_reason_and_its_offset() -> None:
    shown = summarize(BadLine(1_234, 5, "not JSON: oops\x1b", b"{oops"))
    assert shown == EventSummary(
        "", "?", "bad line", "", "not JSON: oops␛ (5 B at byte 1,234)", "bad"
    )


@pytest.mark.parametrize(
    "given",
    [
        lambda size: result("read_file", "word and " * size),
        lambda size: result("web_search", '[{"url": "x"},' * size),
        lambda size: result("x", [{"type": "text", "text": ""}] * size),
        lambda size: result("x", "鹿" * size),
        lambda size: result("x", "`" * size),
        lambda size: event_of("mystery", list(range(size))),
        lambda size: event_of("mystery", {str(n): n for n in range(size // 10)}),
        lambda size: reply("", *[("ls", {"path": "/"})] * (size // 10)),
        lambda size: event_of(
            "llm.error", "Error code: 429 - {" + "'message': " * size
        ),
    ],
    ids=["words", "json", "blocks", "wide", "ticks", "list", "keys", "calls", "error"],
)
def test_a_huge_event_costs_no_more_than_a_small_one(
    given: Callable[[int], RunEvent],
) -> None:
    assert_cost_is_flat(lambda size: partial(summarize, given(size)))
