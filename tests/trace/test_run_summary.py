"""Title, prompt, model and status of a run from its first and last events."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import BAD, NOON, event
from tests.helpers.trace_rows import events_with_any_json
from whitetail.trace.run_summary import (
    RunSummary,
    final_answer,
    rows_after_conclusion,
    summarize_run,
)
from whitetail.trace.verdict.status import RunStatus, StatusFacts, status_at
from whitetail.trace.verdict.verdict import VerdictBuilder
from whitetail_store import RunEvent


def event_at(second: int, kind: str, content: Any = "", **metadata: Any) -> RunEvent:
    return event(second, kind, at=NOON, content=content, metadata=metadata)


START = event_at(1, "run.start", {"chain": "x"}, model_name="doe-3")
PROMPT_BLOCKS = [{"type": "text", "text": "Hi deer"}]
PROMPT = event_at(2, "llm.human.input", {"content": PROMPT_BLOCKS})
TITLE = event_at(3, "llm.ai.response", {"content": "A Deer"}, caller="middleware:title")
END = event_at(9, "run.end", {"title": "From the end"}, status="success")


def test_a_summary_has_title_prompt_times_outcome_and_model() -> None:
    assert summarize_run([START, PROMPT], [TITLE, END]) == RunSummary(
        title="A Deer",
        prompt="Hi deer",
        started=START.time,
        ended=END.time,
        facts=StatusFacts(ended=True, latest_time=END.time),
        error="",
        model="doe-3",
    )


def test_the_title_of_the_end_is_used_if_there_is_no_other() -> None:
    assert summarize_run([START], [END]).title == "From the end"


def test_a_title_that_is_not_a_string_is_ignored() -> None:
    assert summarize_run([START], [event_at(9, "run.end", {"title": 5})]).title == ""


def test_events_after_the_end_do_not_change_the_outcome() -> None:
    after = [event_at(10, "run.delivery", {}), event_at(11, "workspace_changes")]
    summary = summarize_run([START], [END, *after])
    assert summary.facts.ended
    assert summary.ended == after[1].time


def test_a_run_with_an_error_failed_even_if_an_end_with_success_follows() -> None:
    error = event_at(8, "run.error", "too deep", error_type="RuntimeError")
    summary = summarize_run([START], [error, END])
    assert (summary.facts.final, summary.error) == (RunStatus.FAILED, "too deep")


def test_an_error_without_a_text_has_a_default_text() -> None:
    assert summarize_run([START], [event_at(8, "run.error", None)]).error == "error"


@pytest.mark.parametrize("status", ["timeout", "cancelled", "failure", "interrupted"])
def test_a_run_that_ends_with_another_status_than_success_failed(status: str) -> None:
    end = event_at(9, "run.end", {}, status=status)
    summary = summarize_run([START], [end])
    assert (summary.facts.final, summary.error) == (RunStatus.FAILED, status)
    # All rows give the same fact as the first and the last ones.
    verdict = VerdictBuilder()
    verdict.feed([START, end])
    assert verdict.status_facts().final is RunStatus.FAILED


def test_a_run_starts_with_run_start_even_if_other_events_were_written_before() -> None:
    step = event_at(30, "subagent.start", {})
    assert summarize_run([step, START], []).started == START.time
    assert summarize_run([step], []).started == step.time


def test_legacy_event_types_are_read() -> None:
    legacy = [event_at(1, "human_message", "Hello"), event_at(2, "run_end", {})]
    summary = summarize_run(legacy, [])
    assert (summary.prompt, summary.facts.ended) == ("Hello", True)


def test_lines_that_are_not_events_are_ignored() -> None:
    facts = StatusFacts(empty=True, torn=True)
    assert summarize_run([BAD], [BAD]) == RunSummary(facts=facts)


@settings(max_examples=40)
@given(
    st.lists(events_with_any_json, max_size=3),
    st.lists(events_with_any_json, max_size=3),
)
def test_events_with_any_json_have_a_summary_and_a_status(
    head: list[RunEvent], tail: list[RunEvent]
) -> None:
    summary = summarize_run(head, tail)
    assert isinstance(summary.title + summary.prompt + summary.model, str)
    assert status_at(summary.facts, 0.0, growing=False) in RunStatus


def test_copied_turns_without_start_and_end_are_inherited() -> None:
    seeds = [
        event_at(1, "llm.human.input", {"content": "Hello"}, branch_seed=True),
        event_at(1, "llm.ai.response", {}, checkpoint_history_seed=True),
    ]
    assert summarize_run(seeds).facts.inherited
    assert not summarize_run([*seeds, PROMPT]).facts.inherited
    assert not summarize_run([*seeds, END]).facts.inherited
    assert not summarize_run([]).facts.inherited


def test_the_conclusion_is_the_last_reply_of_the_lead_agent_with_a_text() -> None:
    reply = event_at(4, "llm.ai.response", {"content": "Seven"}, caller="lead_agent")
    assert rows_after_conclusion([PROMPT, reply, TITLE, END]) == 2


def test_the_conclusion_of_a_run_with_an_error_is_the_error() -> None:
    reply = event_at(4, "llm.ai.response", {"content": "Seven"}, caller="lead_agent")
    error = event_at(5, "run.error", "too deep")
    assert rows_after_conclusion([error, reply, END]) == 2


def test_the_conclusion_of_a_run_without_an_answer_is_the_last_row() -> None:
    assert rows_after_conclusion([PROMPT, TITLE, END]) == 0


def answering(text: str, **more: Any) -> RunEvent:
    return event_at(
        5, "llm.ai.response", {"content": text, **more}, caller="lead_agent"
    )


CALLS = [{"name": "bash", "id": "c1", "args": {}}]
QUESTION = event_at(
    6, "llm.tool.result", {"name": "ask_clarification", "content": "Which deer?"}
)
FALLBACK = {"deerflow_error_fallback": True}


@pytest.mark.parametrize(
    ("tail", "answer"),
    [
        ([answering("first"), answering("last"), END], "last"),
        ([answering("text"), answering("", tool_calls=CALLS), END], ""),
        ([answering("", tool_calls=CALLS), QUESTION, END], "Which deer?"),
        ([answering("text"), TITLE, BAD], "text"),
        ([answering("text"), answering("sorry", additional_kwargs=FALLBACK)], ""),
        ([answering("text"), answering("  ")], "text"),
        ([START, PROMPT, END], None),
        ([], None),
    ],
)
def test_the_final_answer_is_the_last_reply_without_calls_or_a_question(
    tail: list[Any], answer: str | None
) -> None:
    assert final_answer(tail) == answer
