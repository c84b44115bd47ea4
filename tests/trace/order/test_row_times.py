"""The durations of a row: that of the model, and that of the tools."""

import pytest

from tests.helpers.events import NOON, RunBuilder, event
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.row_times import RowTimes


def times_of(run: RunBuilder) -> RowTimes:
    times = RowTimes()
    for placement in ParentResolver().resolve(run.rows):
        times.add(placement)
    return times


def add_result(run: RunBuilder, call_id: str, seconds: int) -> int:
    """Add a result some seconds after the event before."""
    content = {"content": "ok", "tool_call_id": call_id}
    return run.add("llm.tool.result", content, at=run.second + seconds)


def test_a_reply_has_the_time_of_its_model_and_that_of_its_tool() -> None:
    run = RunBuilder()
    reply = run.reply("", ("write_file", "a"))
    run.result("a")
    times = times_of(run)
    assert times.model_time(reply) == (NOON + 0.5, 0.5)
    assert times.tool_time(reply) == (NOON + 1, 1.0)


def test_a_result_has_the_time_of_the_tool_only() -> None:
    run = RunBuilder()
    run.reply("", ("write_file", "a"))
    result = run.result("a")
    times = times_of(run)
    assert times.model_time(result) is None
    assert times.tool_time(result) == (NOON + 1, 1.0)


def test_several_tools_of_a_reply_last_until_the_last_result() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"), ("cat", "b"), ("rm", "c"))
    results = [run.result("b"), add_result(run, "c", 6), run.result("a")]
    times = times_of(run)
    assert times.tool_time(reply) == (NOON + 1, 8.0)
    assert [times.tool_time(row) for row in results] == [
        (NOON + 1, 1.0),
        (NOON + 1, 7.0),
        (NOON + 1, 8.0),
    ]


def test_calls_without_a_result_and_replies_without_calls_have_no_tool_time() -> None:
    run = RunBuilder()
    waiting, last = run.reply("", ("ls", "a")), run.reply("Done")
    times = times_of(run)
    assert times.tool_time(waiting) is None
    assert times.tool_time(last) is None


def test_a_reply_of_a_subagent_is_not_the_end_of_the_tool_that_started_it() -> None:
    run = RunBuilder()
    launch = run.launch("t")
    reply = run.reply("Deer", caller="subagent:scout")
    times = times_of(run)
    assert times.model_time(reply) == (NOON + 1.5, 0.5)
    assert times.tool_time(launch) is None


def test_a_row_without_a_time_has_no_durations() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    run.rows[reply] = event(
        1, content={"tool_calls": [{"name": "ls", "id": "a"}]}, created_at=""
    )
    result = run.result("a")
    times = times_of(run)
    assert times.model_time(reply) is times.tool_time(reply) is None
    assert times.tool_time(result) is None


@pytest.mark.parametrize(("seconds", "slow"), [(9, False), (10, True)])
def test_a_call_is_slow_from_ten_seconds_on(seconds: int, slow: bool) -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    add_result(run, "a", seconds)
    assert times_of(run).is_slow(seconds) == slow


def test_a_call_is_slow_from_a_tenth_of_the_run_on() -> None:
    run = RunBuilder()
    run.prompt()
    run.add("run.end", at=201)
    times = times_of(run)
    assert times.end - times.start == 200.0
    assert (times.is_slow(19.9), times.is_slow(20.0)) == (False, True)
