"""Also covers `demo.scenario` and `demo.speed`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.demo import call, scenario, task
from whitetail.demo.journal import Event
from whitetail.demo.scenario import Ask, ModelError, Say, Turn
from whitetail.demo.speed import realistic, watchable
from whitetail.demo.writer import Writer


def written(turn: Turn) -> list[Event]:
    _, events = Writer(scenario(turn), "seed").write(turn)
    return events


def of_type(events: list[Event], event_type: str) -> list[Event]:
    return [event for event in events if event.event_type == event_type]


def test_the_same_seed_gives_the_same_ids_and_times() -> None:
    turn = Turn("Count the acorns", (Ask((call("12"),)), Say("Twelve.")))
    assert written(turn) == written(turn)
    writers = [Writer(scenario(turn), seed) for seed in ("a", "a", "b")]
    one, two, other = (writer.thread_id for writer in writers)
    assert one == two != other


def test_events_are_sorted_by_time_and_replies_are_numbered() -> None:
    turn = Turn("Count the acorns", (Ask((call("12"),)), Say("Twelve.")))
    events = written(turn)
    times = [event.at for event in events]
    assert times == sorted(times)
    replies = of_type(events, "llm.ai.response")
    # The second one is the title.
    assert [each.metadata["llm_call_index"] for each in replies] == [1, 2, 3]
    assert replies[1].metadata["caller"] == "middleware:title"


def test_only_the_first_run_of_a_thread_gets_a_title() -> None:
    turns = [Turn(prompt, (Say("Yes."),)) for prompt in ("One?", "Two?")]
    writer = Writer(scenario(*turns), "seed")
    replies = [of_type(writer.write(turn)[1], "llm.ai.response") for turn in turns]
    assert [len(each) for each in replies] == [2, 1]


def test_a_model_error_is_followed_by_a_reply_that_reads_nothing_from_the_cache() -> (
    None
):
    turn = Turn("Count", (Ask((call("12"),)), ModelError("429"), Say("Twelve.")))
    events = written(turn)
    (error,) = of_type(events, "llm.error")
    assert error.content == "429"
    reply = of_type(events, "llm.ai.response")[-1]
    assert reply.at > error.at
    assert reply.metadata["usage"]["input_token_details"]["cache_read"] == 0


def test_a_run_with_an_error_has_no_run_end() -> None:
    events = written(Turn("Count", (Say("Twelve."),), run_error="too many acorns"))
    assert not of_type(events, "run.end")
    assert [each.content for each in of_type(events, "run.error")] == [
        "too many acorns"
    ]


def test_a_guardrail_allows_all_calls_of_a_reply_before_their_results() -> None:
    turn = Turn("Count", (Ask((call("1"), call("2"))), Say("Three.")), guarded=True)
    types = [event.event_type for event in written(turn)]
    first = types.index("middleware:guardrail")
    results = ["llm.tool.result"] * 2
    assert types[first : first + 4] == ["middleware:guardrail"] * 2 + results


def test_a_call_that_is_denied_gets_the_reason_as_its_result() -> None:
    turn = Turn("Count", (Ask((call(denied="not your acorns"),)), Say("Sorry.")))
    events = written(turn)
    (denied,) = of_type(events, "middleware:guardrail")
    assert denied.content["action"] == "deny_tool_call"
    (result,) = of_type(events, "llm.tool.result")
    assert result.content["status"] == "error"
    assert "Reason: not your acorns." in result.content["content"]


@pytest.mark.parametrize(
    ("failure", "timed_out", "status", "result"),
    [
        ("", False, "completed", "Task Succeeded. Result: Twelve."),
        ("eaten", False, "failed", "Task failed. Error: eaten"),
        ("eaten", True, "timed_out", "Task timed out. Error: eaten"),
    ],
)
def test_a_subagent_s_end_agrees_with_the_result_of_its_call(
    failure: str, timed_out: bool, status: str, result: str
) -> None:
    subagent = task(Say("Twelve."), failure=failure, timed_out=timed_out)
    events = written(Turn("Count", (Ask((subagent,)), Say("Done."))))
    (end,) = of_type(events, "subagent.end")
    (message,) = of_type(events, "llm.tool.result")
    assert end.content["status"] == status
    assert message.content["content"] == result
    assert message.content["status"] == ("error" if failure else "success")
    assert message.content["tool_call_id"] == end.metadata["task_id"]


def test_a_subagent_s_steps_are_its_replies_and_results_in_order() -> None:
    subagent = task(Ask((call("7"),), say="Looking."), Say("Seven."))
    events = written(Turn("Count", (Ask((subagent,)), Say("Done."))))
    steps = [event.content for event in of_type(events, "subagent.step")]
    assert [step["message_index"] for step in steps] == [0, 1, 2]
    assert [(step["kind"], step["text"]) for step in steps] == [
        ("ai", "Looking."),
        ("tool", "7"),
        ("ai", "Seven."),
    ]


def test_two_subagents_of_one_reply_run_at_the_same_time() -> None:
    tasks = (task(Say("One.")), task(Say("Two.")))
    events = written(Turn("Count", (Ask(tasks), Say("Done."))))
    starts = of_type(events, "subagent.start")
    ends = of_type(events, "subagent.end")
    assert starts[0].at == starts[1].at
    assert starts[1].at < min(end.at for end in ends)


def test_some_events_of_subagents_are_in_the_file_before_the_call_that_starts_them(
    demo_records: list[dict[str, Any]],
) -> None:
    positions = {
        call["id"]: position
        for position, record in enumerate(demo_records)
        if record["event_type"] == "llm.ai.response"
        for call in record["content"]["tool_calls"]
    }
    starts = [
        (position, record["metadata"]["task_id"])
        for position, record in enumerate(demo_records)
        if record["event_type"] == "subagent.start"
    ]
    assert any(position < positions[task_id] for position, task_id in starts)


def test_cached_tokens_are_part_of_the_input_tokens(
    demo_records: list[dict[str, Any]],
) -> None:
    usages = [
        record["metadata"]["usage"]
        for record in demo_records
        if record["event_type"] == "llm.ai.response"
    ]
    assert usages
    for usage in usages:
        cached = usage.get("input_token_details", {}).get("cache_read", 0)
        assert cached <= usage["input_tokens"]
        total = usage["input_tokens"] + usage["output_tokens"]
        assert usage["total_tokens"] == total


def test_speeds_keep_durations_near_the_typical_ones_or_short() -> None:
    assert [realistic(8.0, chance) for chance in (0.0, 0.5, 1.0)] == [6.0, 8.0, 10.0]
    assert [watchable(8.0, chance) for chance in (0.0, 0.5)] == [0.4, 0.8]
