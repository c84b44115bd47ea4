from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whitetail.trace.message import (
    ToolCall,
    Usage,
    canonical,
    finish_reason_of,
    is_error,
    is_failure,
    latency_of,
    model_of,
    prompt_of,
    reasoning_of,
    status_of,
    text_of,
    tool_calls_of,
    usage_of,
)
from whitetail.trace.run_summary import RunState, RunSummary, run_state, summarize_run
from whitetail_store import BadLine, RunEvent

KEYS = [
    *("additional_kwargs", "args", "caller", "content", "deerflow_tool_meta", "id"),
    *("input_tokens", "latency_ms", "model_name", "name", "reasoning_content"),
    *("response_metadata", "status", "text", "title", "tool_calls", "type", "usage"),
    "usage_metadata",
]
TYPES = [
    *("human_message", "llm.ai.response", "llm.error", "llm.human.input"),
    *("llm.tool.result", "mystery", "run.end", "run.error", "run.start"),
    "subagent.end",
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4
        )
    ),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=6), json_values, max_size=4)
events = st.builds(
    RunEvent,
    st.integers(1, 99),
    st.sampled_from(TYPES),
    content=json_values,
    metadata=objects | st.fixed_dictionaries({"caller": json_values}),
    created_at=st.sampled_from(["2026-08-03T12:00:00+00:00", "", "noon"]),
)

T = "2026-08-03T12:00:{:02}+00:00"


def event(kind: str, content: Any = "", second: int = 0, **metadata: Any) -> RunEvent:
    return RunEvent(1, kind, "", content, metadata, T.format(second))


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"content": text, **more}


START = event("run.start", {"chain": "x"}, 1, model_name="doe-3")
PROMPT = event("llm.human.input", {"content": [{"type": "text", "text": "Hi deer"}]}, 2)
TITLE = event("llm.ai.response", said("A Deer"), 3, caller="middleware:title")
END = event("run.end", {"title": "From the end"}, 9, status="success")


def test_a_summary_says_what_the_run_is_about() -> None:
    assert summarize_run([START, PROMPT], [TITLE, END]) == RunSummary(
        title="A Deer",
        prompt="Hi deer",
        started=START.time,
        ended=END.time,
        outcome="finished",
        error="",
        model="doe-3",
    )


def test_a_title_that_nobody_wrote_comes_from_the_end() -> None:
    assert summarize_run([START], [END]).title == "From the end"
    assert summarize_run([START], [event("run.end", {"title": 5})]).title == ""


def test_rows_after_the_end_do_not_reopen_a_run() -> None:
    after = [event("run.delivery", {}, 10), event("workspace_changes", "", 11)]
    summary = summarize_run([START], [END, *after])
    assert summary.outcome == "finished"
    assert summary.ended == after[1].time


def test_an_error_is_the_outcome_even_if_an_end_follows() -> None:
    error = event("run.error", "too deep", 8, error_type="RuntimeError")
    assert summarize_run([START], [error, END]).outcome == "failed"
    assert summarize_run([START], [error]).error == "too deep"
    assert summarize_run([START], [event("run.error", None)]).error == "error"


def test_an_end_that_was_no_success_is_a_failure() -> None:
    summary = summarize_run([START], [event("run.end", {}, 9, status="timeout")])
    assert (summary.outcome, summary.error) == ("failed", "timeout")


def test_steps_written_before_the_start_do_not_make_the_run_older() -> None:
    step = event("subagent.start", {}, 30)
    assert summarize_run([step, START], []).started == START.time
    assert summarize_run([step], []).started == step.time


def test_old_names_of_events_are_understood() -> None:
    old = [event("human_message", "Hello", 1), event("run_end", {}, 2)]
    summary = summarize_run(old, [])
    assert (summary.prompt, summary.outcome) == ("Hello", "finished")


def test_the_prompt_is_what_the_person_wrote() -> None:
    wrapped = "<uploaded_files>\na.md\n</uploaded_files>\n\nRead it"
    assert prompt_of(said(wrapped)) == "Read it"
    kept = {"original_user_content": "Read it"}
    assert prompt_of(said("decorated", additional_kwargs=kept)) == "Read it"


def test_bad_lines_are_passed_over() -> None:
    bad = BadLine(0, 4, "not JSON", b"oops")
    assert summarize_run([bad], [bad]) == RunSummary()


@settings(max_examples=40)
@given(st.lists(events, max_size=3), st.lists(events, max_size=3))
def test_no_json_is_too_strange_for_a_summary(
    head: list[RunEvent], tail: list[RunEvent]
) -> None:
    summary = summarize_run(head, tail)
    assert isinstance(summary.title + summary.prompt + summary.model, str)
    assert run_state(summary, growing=False, now=0.0) in RunState


@settings(max_examples=60)
@given(events)
def test_no_json_is_too_strange_for_a_message(event: RunEvent) -> None:
    content = event.content
    for text in (text_of(content), reasoning_of(content), prompt_of(content)):
        assert isinstance(text, str)
    for text in (finish_reason_of(content), status_of(content), model_of(event)):
        assert isinstance(text, str)
    assert all(isinstance(call, ToolCall) for call in tool_calls_of(content))
    assert isinstance(usage_of(event), Usage | None)
    assert latency_of(event) is None or latency_of(event)
    assert isinstance(is_failure(event), bool)


@pytest.mark.parametrize(
    ("outcome", "growing", "age", "expected"),
    [
        ("finished", True, 0, RunState.FINISHED),
        ("failed", True, 0, RunState.FAILED),
        ("", True, 10_000, RunState.RUNNING),
        ("", False, 299, RunState.RUNNING),
        ("", False, 301, RunState.CUT_OFF),
    ],
)
def test_the_last_row_decides_and_silence_only_where_there_is_none(
    outcome: str, growing: bool, age: float, expected: RunState
) -> None:
    summary = RunSummary(ended=1_000.0, outcome=outcome)
    assert run_state(summary, growing=growing, now=1_000.0 + age) is expected


def test_a_run_without_any_time_is_not_running() -> None:
    assert run_state(RunSummary(), growing=False, now=0.0) is RunState.CUT_OFF


def test_text_comes_from_strings_and_from_blocks() -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "one"},
        "two",
        {"type": "image_url", "image_url": {"url": "data:…"}},
    ]
    assert text_of("bare") == "bare"
    assert text_of({"content": blocks}) == "one\ntwo"
    assert reasoning_of({"content": blocks}) == "hm"
    assert reasoning_of(said("", additional_kwargs={"reasoning_content": "so"})) == "so"


def test_calls_carry_their_arguments_and_their_faults() -> None:
    content = {
        "tool_calls": [{"name": "ls", "args": {"path": "/"}, "id": "c1"}, 7],
        "invalid_tool_calls": [{"name": "ls", "args": "{", "error": "no JSON"}],
    }
    assert tool_calls_of(content) == [
        ToolCall("ls", {"path": "/"}, "c1"),
        ToolCall("ls", "{", "", "no JSON"),
    ]
    assert len(tool_calls_of(content, 1)) == 1
    openai = {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]}
    assert tool_calls_of(openai) == [ToolCall("f", "{}", "c")]


def test_cached_tokens_are_part_of_what_was_read() -> None:
    counts = {
        "input_tokens": 100,
        "output_tokens": 20,
        "total_tokens": 120,
        "input_token_details": {"cache_read": 60},
        "output_token_details": {"reasoning": None},
    }
    expected = Usage(100, 20, 120, 60)
    assert usage_of(event("llm.ai.response", {}, usage=counts)) == expected
    assert usage_of(event("llm.ai.response", {"usage_metadata": counts})) == expected
    assert usage_of(event("subagent.end", {"usage": counts})) == expected
    assert usage_of(event("llm.ai.response", {}, usage={})) is None


def test_an_error_is_known_by_its_type_alone() -> None:
    assert is_error("llm.error")
    assert is_error("run_error")
    assert not is_error("run.end")
    assert canonical("run_error") == "run.error"
    assert canonical("mystery") == "mystery"


@pytest.mark.parametrize(
    ("kind", "content", "failed"),
    [
        ("run.error", "x", True),
        ("llm.tool.result", said("fine", status="error"), True),
        ("llm.tool.result", said("Error: no such file", status="success"), True),
        ("llm.tool.result", said("An Error: in the text", status="success"), False),
        (
            "llm.tool.result",
            said(
                "Error: quoted from a log",
                additional_kwargs={"deerflow_tool_meta": {"status": "success"}},
            ),
            False,
        ),
        ("llm.human.input", said("Error: help"), False),
        ("subagent.end", {"status": "timed_out"}, True),
        ("subagent.end", {"status": "completed"}, False),
        ("llm.ai.response", said("Error: is what I say"), False),
        (
            "llm.ai.response",
            said("Sorry", additional_kwargs={"deerflow_error_fallback": True}),
            True,
        ),
        ("llm.ai.response", {"invalid_tool_calls": [{"name": "x"}]}, True),
    ],
)
def test_a_failure_is_what_went_wrong_not_what_speaks_of_errors(
    kind: str, content: Any, failed: bool
) -> None:
    assert is_failure(event(kind, content)) is failed
