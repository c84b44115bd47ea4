from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from hypothesis import given

from tests.helpers.cost import assert_cost_is_flat
from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.styled import (
    all_blocks,
    assert_well_formed,
    plain_text,
    texts_in_tone,
)
from tests.helpers.trace_rows import all_relatives, mangled
from whitetail.trace.handoff.handoff import handoffs
from whitetail.view.detail.handoff import handoff_block, handoff_parts
from whitetail.view.detail.sections import section_parts
from whitetail.view.detail.unshown import Unshown
from whitetail.view.folding import unfolded_lines
from whitetail.view.styled import Block, StyledLine
from whitetail_store import RunEvent

ASKED = {"subagent_type": "scout", "description": "Look", "prompt": "Look well.\nNow."}


def launch(run: RunBuilder, *ids: str, **args: str) -> int:
    calls = [{"name": "task", "id": each, "args": ASKED | args} for each in ids]
    return run.reply(tool_calls=calls)


def shown(run: RunBuilder, row: int) -> list[Block]:
    around = list(all_relatives(run.rows))[row]
    event = run.rows[row]
    assert isinstance(event, RunEvent)
    return list(all_blocks(section_parts(Unshown(event), around)))


def read(run: RunBuilder, row: int) -> list[StyledLine]:
    around = list(all_relatives(run.rows))[row]
    event = run.rows[row]
    assert isinstance(event, RunEvent)
    return list(unfolded_lines(section_parts(Unshown(event), around)))


def received(end: dict[str, Any], result: str) -> str:
    run = RunBuilder()
    reply = launch(run, "a")
    run.finish("a", **end)
    run.result("a", result)
    said = plain_text(read(run, reply))
    return said[said.index("the parent received") :].split("\n")[0]


def test_the_card_says_what_was_asked_done_and_received() -> None:
    run = RunBuilder()
    reply = launch(run, "a")
    call = {"name": "ls", "args": {"path": "/x"}}
    said = {"task_id": "a", "kind": "ai", "text": "", "tool_calls": [call]}
    run.add("subagent.step", said, task_id="a")
    said = {"task_id": "a", "kind": "tool", "text": "Error: no", "tool_name": "ls"}
    run.add("subagent.step", said, task_id="a")
    run.finish("a", result="Seven", usage={"input_tokens": 1_000, "output_tokens": 9})
    run.result("a", "Task Succeeded. Result: Seven", name="task")
    lines = read(run, reply)
    told = plain_text(lines)
    assert "call task to scout “Look” · completed\nasked · " in told
    assert (
        "\n  Look well.\n  Now.\ndid · 2 steps · 1 failed · ≤ means not later" in told
    )
    assert '⇢ ls("/x")\n' in told
    assert "ended with · completed · ~3.0s after the call · 1,000 in · 9 out" in told
    assert "the parent received · the same text · seq 5 · 4.0s" in told
    assert "call id  a" in told
    assert any("ls → Error: no" in said for said in texts_in_tone(lines, "error"))


def test_each_task_of_a_reply_has_its_card() -> None:
    run = RunBuilder()
    reply = launch(run, "a", "b")
    run.finish("b", "timed_out", error="900 s")
    headings = [plain_text([block.heading]) for block in shown(run, reply)]
    assert "call task to scout “Look” · no end was written" in headings
    assert "call task to scout “Look” · timed out" in headings


def test_the_card_stands_on_the_result_and_on_both_ends_of_the_subagent() -> None:
    run = RunBuilder()
    launch(run, "a")
    rows = [run.add("subagent.start", {"description": "Look"}, task_id="a")]
    rows += [run.finish("a", result="Seven"), run.result("a", "Seven", name="task")]
    for row in rows:
        assert "hand-off" in [block.name for block in shown(run, row)]
    assert "hand-off" not in [block.name for block in shown(run, run.step("a"))]


def test_what_a_row_says_itself_its_card_does_not_repeat() -> None:
    run = RunBuilder()
    launch(run, "a")
    end = run.finish("a", result="Seven deer")
    result = run.result("a", "Nine deer", name="task")
    assert plain_text(read(run, end)).count("Seven deer") == 1
    assert plain_text(read(run, result)).count("Nine deer") == 1


def test_what_was_asked_is_folded_but_on_the_reply_that_asked_it() -> None:
    run = RunBuilder()
    reply = launch(run, "a")
    end = run.finish("a", result="Seven")
    asked = [each.folded for row in (reply, end) for each in shown(run, row)
             if each.name == "asked"]  # fmt: skip
    assert asked == [False, True]


@pytest.mark.parametrize(
    ("end", "result", "said"),
    [
        ({"result": "x" * 9_341}, "x" * 2_000, "the first 2,000 of 9,341 characters"),
        (
            {"result": "x" * 8_192, "result_truncated": True},
            "x" * 9_341,
            "all 9,341 characters; the text above has only the first 8,192",
        ),
        (
            {"result": "x" * 8_192, "result_truncated": True},
            "x" * 8_192,
            "the first 8,192 of more than 8,192 characters",
        ),
        (
            {"error": "403", "status": "failed"},
            "Task failed. Error: 403",
            "an error: the same text",
        ),
        (
            {"error": "900 s", "status": "timed_out"},
            "Task timed out. Error: 403",
            "an error with a different text: 403",
        ),
        ({"result": "Seven"}, "", "nothing: the result is empty"),
        (
            {"result": "Seven"},
            "Nine deer",
            "a different text: 9 characters, not 5",
        ),
        ({}, "Nine deer", "9 B; the end of the subagent has no text"),
        (
            {"result": "x" * 50 + "y" * 50},
            "x" * 50 + "[left out]",
            "the first 50 of 100 characters, then a different text"
            " (60 characters in total)",
        ),
    ],
)
def test_the_card_compares_what_came_with_what_was_sent(
    end: dict[str, Any], result: str, said: str
) -> None:
    assert received(end, result).startswith(f"the parent received · {said} · seq 3")


def test_a_call_without_a_result_says_so() -> None:
    run = RunBuilder()
    reply = launch(run, "a")
    lines = read(run, reply)
    assert " · nothing: no result was written" in texts_in_tone(lines, "error")
    assert " · no end was written" in texts_in_tone(lines, "error")


def test_long_names_and_purposes_are_shown_whole_below() -> None:
    run = RunBuilder()
    purpose = "Look for the deer " * 20
    reply = launch(run, "a", description=purpose, subagent_type="s" * 99)
    said = plain_text(read(run, reply))
    assert purpose in said
    assert "s" * 99 in said


def test_what_the_card_has_no_place_for_stands_as_a_field() -> None:
    run = RunBuilder()
    reply = launch(run, "a", max_turns="seven")
    assert "max_turns  seven" in plain_text(read(run, reply))


@given(mangled)
def test_no_card_is_too_strange_to_read(rows: list[AnyEvent]) -> None:
    for row, around in zip(rows, all_relatives(rows), strict=True):
        if isinstance(row, RunEvent):
            for each in handoffs(row, around):
                assert_well_formed([handoff_block(each, row)])
                assert_well_formed(handoff_parts(each))


def test_real_cards_read_well() -> None:
    seen = 0
    for events in real_runs().values():
        rows: list[AnyEvent] = list(events)
        for row, around in zip(events, all_relatives(rows), strict=True):
            for each in handoffs(row, around):
                said = plain_text(unfolded_lines(handoff_parts(each)))
                assert "the parent received · " in said
                assert "ended with · " in said
                seen += 1
    assert seen > 100


def test_a_card_of_huge_texts_comes_at_once() -> None:
    def prepare(size: int) -> Callable[[], object]:
        run = RunBuilder()
        huge = "deer\n" * size
        reply = launch(run, "a", prompt=huge)
        run.finish("a", result=huge)
        run.result("a", "Task Succeeded. Result: " + huge)
        event = run.rows[reply]
        assert isinstance(event, RunEvent)

        def first_lines() -> None:
            (handoff,) = handoffs(event, list(all_relatives(run.rows))[reply])
            list(islice(unfolded_lines(handoff_parts(handoff)), 50))

        return first_lines

    assert_cost_is_flat(prepare, scans=8)
