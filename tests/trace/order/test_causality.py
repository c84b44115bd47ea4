"""Every row under its cause, and each once, whatever the ids say."""

from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings

from tests.helpers.events import BAD, AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline


def story(rows: Iterable[AnyEvent]) -> Outline:
    outline = Outline()
    outline.add_placements(ParentResolver().resolve(rows))
    outline.check()
    return outline


def order(run: RunBuilder) -> list[int]:
    return list(story(run.rows).order())


def test_a_result_stands_under_the_reply_that_asked() -> None:
    run = RunBuilder()
    asked = run.reply("", ("ls", "a"), ("cat", "b"))
    title = run.reply("A title", caller="middleware:title")
    second, first = run.result("b"), run.result("a")
    told = story(run.rows)
    assert list(told.order()) == [asked, first, second, title]
    assert [told.parent(row) for row in (asked, first, second)] == [None, asked, asked]
    assert [told.depth(row) for row in told.order()] == [0, 1, 1, 0]
    assert told.descendant_count(asked) == 2
    assert [told.is_moved(row) for row in range(4)] == [False, False, True, True]


def test_a_subagent_that_was_written_first_stands_under_its_call() -> None:
    run = RunBuilder()
    begin = run.add("subagent.start", {"task_id": "t"}, task_id="t")
    step, tool = run.step("t"), run.step("t", "tool")
    end = run.finish("t")
    start, launch = run.add("run.start"), run.launch("t")
    voice = run.reply("Looking", caller="subagent:scout")
    result = run.result("t")
    told = story(run.rows)
    expected = [start, launch, begin, voice, step, tool, end, result]
    assert list(told.order()) == expected
    assert [row for row in expected if told.is_moved(row)] == [begin, step, tool, end]
    assert all(told.join_note(row) == "" for row in expected)


def test_rows_of_tasks_at_work_together_stand_with_their_own() -> None:
    run = RunBuilder()
    launch = run.launch("s", "t")
    rows = [run.step("t"), run.step("s"), run.step("t"), run.step("s")]
    done = [run.result("t"), run.result("s")]
    assert order(run) == [launch, rows[1], rows[3], done[1], rows[0], rows[2], done[0]]


def test_who_spoke_is_not_guessed_among_several() -> None:
    run = RunBuilder()
    launch = run.launch("s", "t")
    voice = run.reply("Hm", caller="subagent:scout")
    told = story(run.rows)
    assert told.parent(voice) == launch
    assert told.join_note(voice) == "which of 2 subagents spoke is not known"
    run.launch("u")
    lost = run.reply("Hm", caller="subagent:scout")
    assert story(run.rows).parent(lost) is None


def test_a_reply_without_a_subagent_at_work_stays() -> None:
    run = RunBuilder()
    voice = run.reply("Hm", caller="subagent:scout")
    assert story(run.rows).join_note(voice) == "no subagent was at work"


def test_rows_wait_for_a_call_that_may_never_come() -> None:
    run = RunBuilder()
    lost, step = run.result("x"), run.step("y")
    told = story([*run.rows, BAD])
    assert told.join_note(lost) == told.join_note(step) == "its call is not in this run"
    assert list(told.order()) == [0, 1, 2]
    assert told.join_note(2) == ""


def test_a_second_answer_stays_and_says_so() -> None:
    run = RunBuilder()
    asked = run.reply("", ("ls", "a"))
    first, again = run.result("a"), run.result("a")
    told = story(run.rows)
    assert [told.parent(row) for row in (first, again)] == [asked, None]
    assert told.join_note(again) == "answers the same call as seq 2"


def test_an_id_that_is_used_again_is_no_matter_once_it_was_answered() -> None:
    run = RunBuilder()
    asked, answer = run.reply("", ("ls", "a")), run.result("a")
    again, second = run.reply("", ("ls", "a")), run.result("a")
    told = story(run.rows)
    assert [told.parent(row) for row in (answer, second)] == [asked, again]


def test_an_id_that_two_calls_wait_for_joins_nothing() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    run.reply("", ("ls", "a"))
    answer = run.result("a")
    told = story(run.rows)
    assert told.parent(answer) is None
    assert told.join_note(answer) == "its call's id is also that of one in seq 1"


def test_a_subagent_that_repeats_an_id_takes_no_result_from_the_lead_agent() -> None:
    run = RunBuilder()
    run.launch("t")
    run.reply("", ("ls", "a"), caller="subagent:scout")
    run.result("t")
    asked = run.reply("", ("ls", "a"))
    answer = run.result("a")
    assert story(run.rows).parent(answer) == asked


def test_ids_in_circles_do_no_harm() -> None:
    run = RunBuilder()
    one = run.reply("", ("task", "b"), task_id="a", caller="subagent:scout")
    two = run.reply("", ("task", "a"), task_id="b", caller="subagent:scout")
    told = story(run.rows)
    assert (told.parent(one), told.parent(two)) == (None, one)


def test_no_row_stands_deeper_than_32_levels() -> None:
    run = RunBuilder()
    for level in range(100):
        content = {"tool_calls": [{"name": "task", "id": str(level)}]}
        run.add("llm.ai.response", content, task_id=str(level - 1))
    told = story(run.rows)
    assert max(told.depth(row) for row in range(100)) == 32


@settings(max_examples=80, deadline=None)
@given(mangled, cuts)
def test_every_row_stands_once_however_mangled(
    rows: list[AnyEvent], at: list[int]
) -> None:
    told = story(rows)
    assert sorted(told.order()) == list(range(len(rows)))
    late = {row for row in told.order() if (told.parent(row) or 0) > row}
    for place, row in enumerate(told.order()):
        passed = any(
            each < row and each not in late for each in told.order()[place + 1 :]
        )
        stands = told.parent(row) is not None
        assert told.is_moved(row) == (stands and (row in late or passed))
    assert_batches_agree(_told, rows, at)


def _told(parts: Iterable[Sequence[AnyEvent]]) -> Any:
    teller, told = ParentResolver(), Outline()
    for part in parts:
        told.add_placements(teller.resolve(part))
        list(told.order())
    rows = range(len(told))
    return list(told.order()), [(told.parent(r), told.join_note(r)) for r in rows]


def test_real_subagents_stand_under_the_calls_that_launched_them() -> None:
    for rows in real_runs().values():
        told = story(rows)
        for row, event in enumerate(rows):
            task_id = event.metadata.get("task_id")
            if task_id or event.caller.startswith("subagent:"):
                parent = told.parent(row)
                assert parent is not None
                calls = rows[parent].content["tool_calls"]
                assert [c["name"] for c in calls] == ["task"]
                assert calls[0]["id"] == task_id or task_id is None
            if event.event_type == "llm.tool.result":
                parent = told.parent(row)
                assert parent is not None
                asked = [call["id"] for call in rows[parent].content["tool_calls"]]
                assert event.content["tool_call_id"] in asked
            assert told.join_note(row) == ""


def test_real_runs_hold_rows_that_moved() -> None:
    moved = 0
    for rows in real_runs().values():
        told = story(rows)
        moved += sum(map(told.is_moved, range(len(rows))))
    assert moved >= 3
