"""Every row is under its cause, and in the order once, whatever its ids are.

Also covers `trace/calls.py`, which joins results and tasks to calls.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings

from tests.helpers.events import BAD, AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled, subagents
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline


def outline_of(rows: Iterable[AnyEvent]) -> Outline:
    outline = Outline()
    outline.add_placements(ParentResolver().resolve(rows))
    outline.check()
    return outline


def order(run: RunBuilder) -> list[int]:
    return list(outline_of(run.rows).order())


def test_results_are_under_the_reply_that_made_their_calls_in_the_order_of_calls() -> (
    None
):
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"), ("cat", "b"))
    title = run.reply("A title", caller="middleware:title")
    second, first = run.result("b"), run.result("a")
    outline = outline_of(run.rows)
    assert list(outline.order()) == [reply, first, second, title]
    parents = [outline.parent(row) for row in (reply, first, second)]
    assert parents == [None, reply, reply]
    assert [outline.depth(row) for row in outline.order()] == [0, 1, 1, 0]
    assert outline.descendant_count(reply) == 2


def test_rows_that_come_before_earlier_rows_are_moved() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"), ("cat", "b"))
    run.reply("A title", caller="middleware:title")
    run.result("b")
    run.result("a")
    outline = outline_of(run.rows)
    assert [outline.is_moved(row) for row in range(4)] == [False, False, True, True]


def test_a_row_is_not_moved_if_the_earlier_one_behind_it_was_moved_before_it() -> None:
    run = RunBuilder()
    run.launch("b")
    run.reply("1", caller="subagent:scout")
    run.reply("2", caller="subagent:scout")
    step = {"task_id": "b", "kind": "ai", "text": "2"}
    run.add("subagent.step", step, task_id="b")
    outline = outline_of(run.rows)
    assert list(outline.order()) == [0, 1, 2, 3]
    assert [outline.is_moved(row) for row in range(4)] == [False, False, True, False]


def test_a_subagent_that_was_written_before_its_call_is_under_the_call() -> None:
    run = RunBuilder()
    begin = run.add("subagent.start", {"task_id": "t"}, task_id="t")
    step, tool = run.step("t"), run.step("t", "tool")
    end = run.finish("t")
    start, launch = run.add("run.start"), run.launch("t")
    reply = run.reply("Looking", caller="subagent:scout")
    result = run.result("t")
    outline = outline_of(run.rows)
    expected = [start, launch, begin, reply, step, tool, end, result]
    assert list(outline.order()) == expected
    moved = [row for row in expected if outline.is_moved(row)]
    assert moved == [begin, step, tool, end]
    assert all(outline.join_note(row) == "" for row in expected)


def test_rows_of_subagents_that_run_together_are_grouped_by_task() -> None:
    run = RunBuilder()
    launch = run.launch("s", "t")
    rows = [run.step("t"), run.step("s"), run.step("t"), run.step("s")]
    results = [run.result("t"), run.result("s")]
    s_rows = [rows[1], rows[3], results[1]]
    t_rows = [rows[0], rows[2], results[0]]
    assert order(run) == [launch, *s_rows, *t_rows]


def test_a_reply_of_one_of_several_subagents_is_under_their_common_reply() -> None:
    run = RunBuilder()
    launch = run.launch("s", "t")
    reply = run.reply("Hm", caller="subagent:scout")
    outline = outline_of(run.rows)
    assert outline.parent(reply) == launch
    note = "which of 2 subagents wrote it is not known"
    assert outline.join_note(reply) == note


def test_a_reply_of_one_of_several_subagents_without_a_common_reply_has_no_cause() -> (
    None
):
    run = RunBuilder()
    run.launch("s", "t")
    run.launch("u")
    reply = run.reply("Hm", caller="subagent:scout")
    assert outline_of(run.rows).parent(reply) is None


def test_a_reply_while_no_subagent_is_running_stays_in_file_order() -> None:
    run = RunBuilder()
    reply = run.reply("Hm", caller="subagent:scout")
    assert outline_of(run.rows).join_note(reply) == "no subagent was running"


def test_rows_whose_call_is_absent_stay_in_file_order_with_a_note() -> None:
    run = RunBuilder()
    result, step = run.result("x"), run.step("y")
    outline = outline_of([*run.rows, BAD])
    assert outline.join_note(result) == "its call is not in this run"
    assert outline.join_note(step) == "its call is not in this run"
    assert list(outline.order()) == [0, 1, 2]
    assert outline.join_note(2) == ""


def test_a_second_result_of_a_call_stays_in_file_order_with_a_note() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    first, again = run.result("a"), run.result("a")
    outline = outline_of(run.rows)
    assert [outline.parent(row) for row in (first, again)] == [reply, None]
    assert outline.join_note(again) == "it answers the same call as seq 2"


def test_an_id_can_be_used_again_after_its_call_was_answered() -> None:
    run = RunBuilder()
    reply, answer = run.reply("", ("ls", "a")), run.result("a")
    again, second = run.reply("", ("ls", "a")), run.result("a")
    outline = outline_of(run.rows)
    assert [outline.parent(row) for row in (answer, second)] == [reply, again]


def test_a_result_for_two_unanswered_calls_with_one_id_has_no_cause() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    run.reply("", ("ls", "a"))
    answer = run.result("a")
    outline = outline_of(run.rows)
    assert outline.parent(answer) is None
    note = "its call has the same id as a call in seq 1"
    assert outline.join_note(answer) == note


def test_a_call_of_a_subagent_does_not_catch_a_result_of_the_lead_agent() -> None:
    run = RunBuilder()
    run.launch("t")
    run.reply("", ("ls", "a"), caller="subagent:scout")
    run.result("t")
    reply = run.reply("", ("ls", "a"))
    answer = run.result("a")
    assert outline_of(run.rows).parent(answer) == reply


def test_tasks_that_start_each_other_make_no_circle() -> None:
    run = RunBuilder()
    one = run.reply("", ("task", "b"), task_id="a", caller="subagent:scout")
    two = run.reply("", ("task", "a"), task_id="b", caller="subagent:scout")
    outline = outline_of(run.rows)
    assert (outline.parent(one), outline.parent(two)) == (None, one)


def test_no_row_is_deeper_than_32_levels() -> None:
    run = RunBuilder()
    for level in range(100):
        content = {"tool_calls": [{"name": "task", "id": str(level)}]}
        run.add("llm.ai.response", content, task_id=str(level - 1))
    outline = outline_of(run.rows)
    assert max(outline.depth(row) for row in range(100)) == 32


@settings(max_examples=80, deadline=None)
@given(mangled | subagents)
def test_every_row_is_in_the_order_once_however_mangled(rows: list[AnyEvent]) -> None:
    assert sorted(outline_of(rows).order()) == list(range(len(rows)))


@settings(max_examples=80, deadline=None)
@given(mangled | subagents)
def test_a_row_is_moved_if_it_is_placed_twice_or_before_an_earlier_row(
    rows: list[AnyEvent],
) -> None:
    outline, placements = Outline(), ParentResolver().resolve(rows)
    outline.add_placements(placements)
    order = list(outline.order())
    counts = Counter(placement.row for placement in placements)
    for position, row in enumerate(order):
        before_earlier = any(
            each < row and counts[each] == 1 for each in order[position + 1 :]
        )
        nested = outline.parent(row) is not None
        expected = nested and (counts[row] > 1 or before_earlier)
        assert outline.is_moved(row) == expected


@settings(max_examples=80, deadline=None)
@given(mangled | subagents, cuts)
def test_batches_of_rows_give_the_same_order_as_all_at_once(
    rows: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, rows, at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> Any:
    resolver, outline = ParentResolver(), Outline()
    for part in parts:
        outline.add_placements(resolver.resolve(part))
        # Positions are counted lazily: count them between the batches.
        list(outline.order())
    rows = range(len(outline))
    joins = [(outline.parent(row), outline.join_note(row)) for row in rows]
    return list(outline.order()), joins


def test_subagents_of_real_runs_are_under_the_calls_that_started_them() -> None:
    for rows in real_runs().values():
        outline = outline_of(rows)
        for row, event in enumerate(rows):
            task_id = event.metadata.get("task_id")
            if task_id or event.caller.startswith("subagent:"):
                parent = outline.parent(row)
                assert parent is not None
                calls = rows[parent].content["tool_calls"]
                assert [call["name"] for call in calls] == ["task"]
                assert calls[0]["id"] == task_id or task_id is None
            assert outline.join_note(row) == ""


def test_results_of_real_runs_are_under_the_replies_that_made_their_calls() -> None:
    for rows in real_runs().values():
        outline = outline_of(rows)
        for row, event in enumerate(rows):
            if event.event_type == "llm.tool.result":
                parent = outline.parent(row)
                assert parent is not None
                ids = [call["id"] for call in rows[parent].content["tool_calls"]]
                assert event.content["tool_call_id"] in ids


def test_real_runs_have_rows_that_are_moved() -> None:
    moved = 0
    for rows in real_runs().values():
        outline = outline_of(rows)
        moved += sum(map(outline.is_moved, range(len(rows))))
    assert moved >= 3
