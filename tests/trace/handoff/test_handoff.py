"""A hand-off has all that the rows contain about a task, and claims no more.

Also covers `trace/handoff/steps.py` and `trace/relatives.py`.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import BAD, NOON, AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import all_relatives, mangled
from whitetail.trace.handoff.handoff import Handoff, Match, compare_texts, handoffs
from whitetail.trace.message import canonical
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail_store import RunEvent


def event_at(run: RunBuilder, row: int) -> RunEvent:
    event = run.rows[row]
    assert isinstance(event, RunEvent)
    return event


def handoffs_at(run: RunBuilder, row: int) -> list[Handoff]:
    relatives = list(all_relatives(run.rows))[row]
    return list(handoffs(event_at(run, row), relatives))


def add_step(
    run: RunBuilder, task: str, text: str = "", at: int | None = None, **more: Any
) -> int:
    content = {"task_id": task, "kind": "ai", "text": text, "tool_calls": []} | more
    return run.add("subagent.step", content, at, task_id=task)


def add_reply(run: RunBuilder, text: str, at: int) -> int:
    content = {"content": text, "usage_metadata": {"input_tokens": 9}}
    return run.add("llm.ai.response", content, at, caller="subagent:scout")


def test_a_reply_has_a_hand_off_for_every_task_that_it_started() -> None:
    run = RunBuilder()
    args = {"subagent_type": "scout", "description": "Look", "prompt": "Look well."}
    calls = [{"name": "task", "id": "a", "args": args}, {"name": "ls", "id": "b"}]
    calls.append({"name": "task", "id": "c", "args": "truncated"})
    one, other = handoffs_at(run, run.reply(tool_calls=calls))
    assert (one.agent, one.description, one.prompt) == ("scout", "Look", "Look well.")
    assert one.match is Match.NO_RESULT
    assert (other.agent, other.description, other.prompt) == ("", "", "")


def test_steps_of_a_batch_that_was_written_twice_count_once() -> None:
    run = RunBuilder()
    launch = run.launch("a")
    for number in range(3):
        add_reply(run, f"text {number}", at=10 + number)
    add_reply(run, "the last, without a step", at=20)
    for _ in range(2):
        for number in range(3):
            add_step(run, "a", f"text {number}", at=30, message_index=number)
    (handoff,) = handoffs_at(run, launch)
    times = [NOON + second for second in (10, 11, 12, 20)]
    assert sorted(step.time or 0 for step in handoff.steps) == times
    assert all(step.exact for step in handoff.steps)
    assert handoff.repeated_rows == 3


def test_steps_of_two_tasks_with_the_same_number_are_not_repeated() -> None:
    run = RunBuilder()
    launch = run.launch("a", "b")
    for task in ("a", "b"):
        add_step(run, task, "text", message_index=0)
    for handoff in handoffs_at(run, launch):
        assert (len(handoff.steps), handoff.repeated_rows) == (1, 0)


def test_the_result_and_the_rows_of_a_subagent_have_its_hand_off() -> None:
    run = RunBuilder()
    run.launch("a", "b")
    rows = [run.step("a"), run.finish("a", result="Seven"), run.result("a", "Seven")]
    for row in rows:
        (handoff,) = handoffs_at(run, row)
        assert handoff.end is not None
        assert handoff.end.text == "Seven"
        assert len(handoff.steps) == 1


def test_rows_of_no_known_task_have_no_hand_off() -> None:
    run = RunBuilder()
    run.launch("a")
    for row in (run.prompt(), run.result("b"), run.step("b"), run.add("run.end")):
        assert handoffs_at(run, row) == []


def test_a_hand_off_without_known_relatives_is_not_final() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    (handoff,) = handoffs(event_at(run, reply), UNKNOWN_RELATIVES)
    assert handoff.match is Match.UNKNOWN
    assert not handoff.final


def test_a_step_has_the_time_and_the_tokens_of_the_reply_that_it_repeats() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    add_reply(run, "First", 5)
    add_reply(run, "Then", 9)
    add_step(run, "a", "First", 20)
    add_step(run, "a", "ok", 20, kind="tool", tool_name="ls")
    add_step(run, "a", "Then", 20)
    add_step(run, "a", "ok", 20, kind="tool", tool_name="ls")
    (handoff,) = handoffs_at(run, reply)
    called_at = handoff.called_at
    assert called_at is not None
    times = [
        (round((step.time or 0) - called_at), step.exact) for step in handoff.steps
    ]
    # The result of a tool was there before the next reply, or else when it was written.
    assert times == [(4, True), (8, False), (8, True), (19, False)]
    counted = [step.usage is not None for step in handoff.steps]
    assert counted == [True, False, True, False]


def test_a_reply_of_one_of_two_tasks_is_matched_to_the_step_that_repeats_it() -> None:
    run = RunBuilder()
    reply = run.launch("a", "b")
    add_reply(run, "I am a", 5)
    add_reply(run, "Both say so", 6)
    add_reply(run, "I am b", 7)
    add_step(run, "a", "I am a", 20)
    add_step(run, "a", "Both say so", 20)
    add_step(run, "b", "Both say so", 20)
    add_step(run, "b", "I am b", 20)
    one, other = handoffs_at(run, reply)
    assert [step.exact for step in one.steps] == [True, False]
    assert [step.exact for step in other.steps] == [False, True]


def test_a_truncated_step_repeats_the_reply_that_begins_with_its_text() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    # DeerFlow keeps 8,192 characters of a text, and of arguments as JSON.
    args = {"path": "Rehwild.md", "content": 'Das "Böcklein"\n' * 1_000}
    calls = [{"name": "write_file", "args": args}]
    run.reply("Long words " * 1_000, tool_calls=calls, caller="subagent:scout")
    args_start = json.dumps(args, ensure_ascii=False)[:8_192]
    truncated = [{"name": "write_file", "args": args_start, "args_truncated": True}]
    text = ("Long words " * 1_000)[:8_192]
    add_step(run, "a", text, truncated=True, tool_calls=truncated)
    (handoff,) = handoffs_at(run, reply)
    assert [step.exact for step in handoff.steps] == [True]


def test_a_reply_whose_step_was_not_written_is_a_step() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    add_reply(run, "First", 5)
    add_reply(run, "Then", 6)
    add_step(run, "a", "First", 20)
    (handoff,) = handoffs_at(run, reply)
    assert len(handoff.steps) == 2


def test_a_reply_that_any_of_two_tasks_can_have_written_is_a_step_of_neither() -> None:
    run = RunBuilder()
    reply = run.launch("b", "c")
    add_reply(run, "Whose?", 30)
    assert [len(each.steps) for each in handoffs_at(run, reply)] == [0, 0]


def test_only_the_result_of_a_tool_can_be_a_failed_step_by_its_text() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    add_step(run, "a", "Error: I mean, no.", kind="ai")
    add_step(run, "a", "Error: 403", kind="tool")
    (handoff,) = handoffs_at(run, reply)
    assert [step.failed for step in handoff.steps] == [False, True]


@pytest.mark.parametrize(
    ("end", "result", "match", "common_chars"),
    [
        ({"result": "Seven"}, "Task Succeeded. Result: Seven", Match.SAME, 5),
        ({"result": "Seven"}, "Seven", Match.SAME, 5),
        ({"result": "Seven deer"}, "Seven", Match.TRUNCATED, 5),
        ({"result": "Sev", "result_truncated": True}, "Seven", Match.LONGER, 3),
        ({"result": "Sev", "result_truncated": True}, "Sev", Match.TRUNCATED, 3),
        ({"result": "Seven"}, "Sever it", Match.DIFFERENT, 4),
        ({"result": "Sev"}, "Seven", Match.DIFFERENT, 3),
        ({"result": "Seven"}, "", Match.DIFFERENT, 0),
        (
            {"error": "403", "status": "failed"},
            "Task failed. Error: 403",
            Match.SAME,
            3,
        ),
        (
            {"error": "900 s", "status": "timed_out"},
            "Task timed out. Error: 900 s",
            Match.SAME,
            5,
        ),
        (
            {"result": "Half"},
            "Task Succeeded (capped: token budget). Result: Half",
            Match.SAME,
            4,
        ),
    ],
)
def test_the_returned_result_is_compared_with_the_end_of_the_subagent(
    end: dict[str, Any], result: str, match: Match, common_chars: int
) -> None:
    run = RunBuilder()
    reply = run.launch("a")
    run.finish("a", **end)
    run.result("a", result)
    (handoff,) = handoffs_at(run, reply)
    assert (handoff.match, handoff.common_chars) == (match, common_chars)


def test_a_missing_end_is_reported_if_all_rows_were_read() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    run.result("a", "Seven")
    (handoff,) = handoffs_at(run, reply)
    assert handoff.match is Match.NO_END


def test_a_missing_end_is_not_reported_if_rows_were_left_out() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    run.result("a", "Seven")
    relatives = Relatives(None, run.rows[1:], omitted=3)
    (handoff,) = handoffs(event_at(run, reply), relatives)
    assert handoff.match is Match.UNKNOWN


@given(st.text("ab", max_size=9), st.text("ab", max_size=9), st.booleans())
def test_the_common_beginning_reaches_to_the_first_difference(
    one: str, other: str, truncated: bool
) -> None:
    _, common = compare_texts(one, other, truncated=truncated)
    assert one[:common] == other[:common]
    assert common == min(len(one), len(other)) or one[common] != other[common]


def test_texts_of_ten_million_characters_can_be_compared() -> None:
    text = "deer" * 2_500_000
    shorter = compare_texts(text, text[:-1], truncated=False)
    assert shorter == (Match.TRUNCATED, len(text) - 1)
    longer = compare_texts(text, text + "!", truncated=True)
    assert longer == (Match.LONGER, len(text))


@given(mangled)
def test_inexact_times_of_steps_are_in_order_however_mangled_the_rows(
    rows: list[AnyEvent],
) -> None:
    for row, relatives in zip(rows, all_relatives(rows), strict=True):
        if isinstance(row, RunEvent):
            with_bad_line = relatives._replace(under=[*relatives.under, BAD])
            for handoff in handoffs(row, with_bad_line):
                times = [step.time for step in handoff.steps if not step.exact]
                known = [time for time in times if time is not None]
                assert known == sorted(known)


def test_hand_offs_of_real_runs_are_complete() -> None:
    found: dict[str, list[str]] = {}
    for name, events in real_runs().items():
        rows: list[AnyEvent] = list(events)
        for event, relatives in zip(events, all_relatives(rows), strict=True):
            for handoff in handoffs(event, relatives):
                assert handoff.agent == "general-purpose"
                assert handoff.returned is not None
                assert handoff.end is not None
                exact = [step.event.content for step in handoff.steps if step.exact]
                assert {content.get("kind") for content in exact} == {"ai"}
                if canonical(event.event_type) == "llm.ai.response":
                    outcome = f"{handoff.end.status} {handoff.match.value}"
                    found.setdefault(name, []).append(outcome)
    assert found == {
        "1193f3a2": ["completed same"] * 3,
        "6c4982b4": ["completed same"],
        "725e84d3": ["failed same"],
        "896e058c": ["completed same", "timed_out different"],
        "d709985f": ["failed same"],
    }
