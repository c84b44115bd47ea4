from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import BAD, AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import all_relatives, mangled
from whitetail.trace.handoff.handoff import Handoff, Match, compare_texts, handoffs
from whitetail.trace.message import canonical
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail_store import RunEvent


def told(run: RunBuilder, row: int) -> list[Handoff]:
    around = list(all_relatives(run.rows))[row]
    event = run.rows[row]
    assert isinstance(event, RunEvent)
    return list(handoffs(event, around))


def step(
    run: RunBuilder, task: str, text: str = "", at: int | None = None, **more: Any
) -> int:
    content = {"task_id": task, "kind": "ai", "text": text, "tool_calls": []} | more
    return run.add("subagent.step", content, at, task_id=task)


def says(run: RunBuilder, text: str, at: int) -> int:
    content = {"content": text, "usage_metadata": {"input_tokens": 9}}
    return run.add("llm.ai.response", content, at, caller="subagent:scout")


def test_a_reply_tells_of_every_task_that_it_handed_out() -> None:
    run = RunBuilder()
    args = {"subagent_type": "scout", "description": "Look", "prompt": "Look well."}
    calls = [{"name": "task", "id": "a", "args": args}, {"name": "ls", "id": "b"}]
    calls.append({"name": "task", "id": "c", "args": "cut"})
    one, other = told(run, run.reply(tool_calls=calls))
    assert (one.agent, one.description, one.prompt) == ("scout", "Look", "Look well.")
    assert one.match is Match.NO_RESULT
    assert (other.agent, other.description, other.prompt) == ("", "", "")


def test_it_is_found_from_its_result_and_from_the_subagent_s_rows() -> None:
    run = RunBuilder()
    run.launch("a", "b")
    rows = [run.step("a"), run.finish("a", result="Seven"), run.result("a", "Seven")]
    for row in rows:
        (handoff,) = told(run, row)
        assert handoff.end is not None
        assert handoff.end.text == "Seven"
        assert len(handoff.steps) == 1


def test_rows_that_have_nothing_to_do_with_it_tell_of_none() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    for row in (run.prompt(), run.result("b"), run.step("b"), run.add("run.end")):
        assert told(run, row) == []
    event = run.rows[reply]
    assert isinstance(event, RunEvent)
    (handoff,) = handoffs(event, UNKNOWN_RELATIVES)
    assert handoff.match is Match.UNKNOWN
    assert not handoff.final


def test_steps_are_as_exact_as_the_replies_that_they_repeat() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    says(run, "First", 5)
    says(run, "Then", 9)
    step(run, "a", "First", 20)
    step(run, "a", "ok", 20, kind="tool", tool_name="ls")
    step(run, "a", "Then", 20)
    step(run, "a", "ok", 20, kind="tool", tool_name="ls")
    (handoff,) = told(run, reply)
    begun = handoff.called_at
    assert begun is not None
    times = [(round((s.time or 0) - begun), s.exact) for s in handoff.steps]
    # What a tool gave was there before the next reply, or else when it was written.
    assert times == [(4, True), (8, False), (8, True), (19, False)]
    assert [s.usage is not None for s in handoff.steps] == [True, False, True, False]


def test_of_two_tasks_each_reply_goes_to_the_one_that_repeats_it() -> None:
    run = RunBuilder()
    reply = run.launch("a", "b")
    says(run, "I am a", 5)
    says(run, "Both say so", 6)
    says(run, "I am b", 7)
    step(run, "a", "I am a", 20)
    step(run, "a", "Both say so", 20)
    step(run, "b", "Both say so", 20)
    step(run, "b", "I am b", 20)
    one, other = told(run, reply)
    assert [step.exact for step in one.steps] == [True, False]
    assert [step.exact for step in other.steps] == [False, False]


def test_a_reply_that_a_step_holds_only_in_part_is_the_same() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    calls = [{"name": "write_file", "args": {"content": "x" * 20}}]
    run.reply("Long words", tool_calls=calls, caller="subagent:scout")
    cut = [{"name": "write_file", "args": '{"content": "xx'}]
    step(run, "a", "Long", truncated=True, tool_calls=cut)
    (handoff,) = told(run, reply)
    assert [step.exact for step in handoff.steps] == [True]


def test_replies_whose_steps_were_never_written_are_steps() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    says(run, "First", 5)
    says(run, "Then", 6)
    step(run, "a", "First", 20)
    (handoff,) = told(run, reply)
    assert len(handoff.steps) == 2
    two = run.launch("b", "c")
    says(run, "Whose?", 30)
    assert [len(each.steps) for each in told(run, two)] == [0, 0]


def test_a_tool_that_failed_is_a_step_that_failed() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    step(run, "a", "Error: I mean, no.", kind="ai")
    step(run, "a", "Error: 403", kind="tool")
    (handoff,) = told(run, reply)
    assert [step.failed for step in handoff.steps] == [False, True]


@pytest.mark.parametrize(
    ("end", "result", "match", "alike"),
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
def test_what_was_received_is_compared_with_what_it_ended_with(
    end: dict[str, Any], result: str, match: Match, alike: int
) -> None:
    run = RunBuilder()
    reply = run.launch("a")
    run.finish("a", **end)
    run.result("a", result)
    (handoff,) = told(run, reply)
    assert (handoff.match, handoff.common_chars) == (match, alike)


def test_what_nobody_wrote_is_missing_only_where_all_rows_are_known() -> None:
    run = RunBuilder()
    reply = run.launch("a")
    run.result("a", "Seven")
    (handoff,) = told(run, reply)
    assert handoff.match is Match.NO_END
    event = run.rows[reply]
    assert isinstance(event, RunEvent)
    (handoff,) = handoffs(event, Relatives(None, run.rows[1:], omitted=3))
    assert handoff.match is Match.UNKNOWN


@given(st.text("ab", max_size=9), st.text("ab", max_size=9), st.booleans())
def test_texts_are_alike_up_to_their_first_difference(
    one: str, other: str, cut: bool
) -> None:
    _, alike = compare_texts(one, other, cut=cut)
    assert one[:alike] == other[:alike]
    assert alike == min(len(one), len(other)) or one[alike] != other[alike]


def test_comparing_long_texts_takes_no_time() -> None:
    text = "deer" * 2_500_000
    assert compare_texts(text, text[:-1], cut=False) == (Match.TRUNCATED, len(text) - 1)
    assert compare_texts(text, text + "!", cut=True) == (Match.LONGER, len(text))


@given(mangled)
def test_no_rows_are_too_strange(rows: list[AnyEvent]) -> None:
    for row, around in zip(rows, all_relatives(rows), strict=True):
        if isinstance(row, RunEvent):
            for handoff in handoffs(row, around._replace(under=[*around.under, BAD])):
                times = [step.time for step in handoff.steps if not step.exact]
                known = [time for time in times if time is not None]
                assert known == sorted(known)


def test_real_hand_offs_are_told_whole() -> None:
    seen: dict[str, list[str]] = {}
    for name, events in real_runs().items():
        rows: list[AnyEvent] = list(events)
        for row, around in zip(events, all_relatives(rows), strict=True):
            for handoff in handoffs(row, around):
                assert handoff.agent == "general-purpose"
                assert handoff.returned is not None
                assert handoff.end is not None
                said = [s.event.content for s in handoff.steps if s.exact]
                kinds = {content.get("kind") for content in said}
                assert kinds == {"ai"}
                if canonical(row.event_type) == "llm.ai.response":
                    told = f"{handoff.end.status} {handoff.match.value}"
                    seen.setdefault(name, []).append(told)
    assert seen == {
        "1193f3a2": ["completed same"] * 3,
        "6c4982b4": ["completed same"],
        "725e84d3": ["failed same"],
        "896e058c": ["completed same", "timed_out other"],
        "d709985f": ["failed same"],
    }
