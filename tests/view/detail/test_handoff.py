"""The hand-off card of a subagent."""

from __future__ import annotations

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

TASK = {"subagent_type": "scout", "description": "Look", "prompt": "Look well.\nNow."}


def launch(run: RunBuilder, *ids: str, **args: str) -> int:
    calls = [{"name": "task", "id": each, "args": TASK | args} for each in ids]
    return run.reply(tool_calls=calls)


def blocks_of(run: RunBuilder, row: int) -> list[Block]:
    relatives = list(all_relatives(run.rows))[row]
    event = run.rows[row]
    assert isinstance(event, RunEvent)
    return list(all_blocks(section_parts(Unshown(event), relatives)))


def lines_of(run: RunBuilder, row: int) -> list[StyledLine]:
    relatives = list(all_relatives(run.rows))[row]
    event = run.rows[row]
    assert isinstance(event, RunEvent)
    return list(unfolded_lines(section_parts(Unshown(event), relatives)))


def received(end: dict[str, Any], result: str) -> str:
    run = RunBuilder()
    reply = launch(run, "a")
    run.finish("a", **end)
    run.result("a", result)
    text = plain_text(lines_of(run, reply))
    return text[text.index("the parent received") :].split("\n")[0]


def test_a_card_says_that_rows_are_written_twice() -> None:
    run = RunBuilder()
    row = launch(run, "a")
    for number in (0, 1, 0, 1):
        content = {"task_id": "a", "kind": "ai", "message_index": number}
        run.add("subagent.step", content, task_id="a", message_index=number)
    assert "did · 2 steps · 2 rows written twice" in plain_text(lines_of(run, row))


def test_the_card_has_the_task_the_steps_the_end_and_the_result() -> None:
    run = RunBuilder()
    reply = launch(run, "a")
    call = {"name": "ls", "args": {"path": "/x"}}
    text = {"task_id": "a", "kind": "ai", "text": "", "tool_calls": [call]}
    run.add("subagent.step", text, task_id="a")
    text = {"task_id": "a", "kind": "tool", "text": "Error: no", "tool_name": "ls"}
    run.add("subagent.step", text, task_id="a")
    run.finish("a", result="Seven", usage={"input_tokens": 1_000, "output_tokens": 9})
    run.result("a", "Task Succeeded. Result: Seven", name="task")
    lines = lines_of(run, reply)
    card_text = plain_text(lines)
    assert "call task to scout “Look” · completed\nasked · " in card_text
    assert (
        "\n  Look well.\n  Now.\ndid · 2 steps · 1 failed · ≤ means not later"
        in card_text
    )
    assert '⇢ ls("/x")\n' in card_text
    assert (
        "ended with · completed · ~3.0s after the call · 1,000 in · 9 out" in card_text
    )
    assert "the parent received · the same text · seq 5 · 4.0s" in card_text
    assert "call id  a" in card_text
    assert any("ls → Error: no" in text for text in texts_in_tone(lines, "error"))


def test_each_task_of_a_reply_has_a_card() -> None:
    run = RunBuilder()
    reply = launch(run, "a", "b")
    run.finish("b", "timed_out", error="900 s")
    headings = [plain_text([block.heading]) for block in blocks_of(run, reply)]
    assert "call task to scout “Look” · no end was written" in headings
    assert "call task to scout “Look” · timed out" in headings


def test_the_result_and_the_start_and_end_of_the_subagent_have_the_card() -> None:
    run = RunBuilder()
    launch(run, "a")
    rows = [run.add("subagent.start", {"description": "Look"}, task_id="a")]
    rows += [run.finish("a", result="Seven"), run.result("a", "Seven", name="task")]
    for row in rows:
        assert "hand-off" in [block.name for block in blocks_of(run, row)]
    assert "hand-off" not in [block.name for block in blocks_of(run, run.step("a"))]


def test_the_card_does_not_repeat_the_text_of_its_event() -> None:
    run = RunBuilder()
    launch(run, "a")
    end = run.finish("a", result="Seven deer")
    result = run.result("a", "Nine deer", name="task")
    assert plain_text(lines_of(run, end)).count("Seven deer") == 1
    assert plain_text(lines_of(run, result)).count("Nine deer") == 1


def test_the_task_is_folded_except_on_the_reply_with_the_call() -> None:
    run = RunBuilder()
    reply = launch(run, "a")
    end = run.finish("a", result="Seven")
    asked = [each.folded for row in (reply, end) for each in blocks_of(run, row)
             if each.name == "asked"]  # fmt: skip
    assert asked == [False, True]


@pytest.mark.parametrize(
    ("end", "result", "text"),
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
            "the same error, unchanged",
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
def test_the_card_compares_the_result_with_the_end_of_the_subagent(
    end: dict[str, Any], result: str, text: str
) -> None:
    assert received(end, result).startswith(f"the parent received · {text} · seq 3")


def test_a_missing_result_and_a_missing_end_are_errors() -> None:
    run = RunBuilder()
    reply = launch(run, "a")
    lines = lines_of(run, reply)
    assert " · nothing: no result was written" in texts_in_tone(lines, "error")
    assert " · no end was written" in texts_in_tone(lines, "error")


def test_long_names_and_descriptions_are_shown_in_full_below() -> None:
    run = RunBuilder()
    description = "Look for the deer " * 20
    reply = launch(run, "a", description=description, subagent_type="s" * 99)
    text = plain_text(lines_of(run, reply))
    assert description in text
    assert "s" * 99 in text


def test_other_arguments_of_the_call_are_fields() -> None:
    run = RunBuilder()
    reply = launch(run, "a", max_turns="seven")
    assert "max_turns  seven" in plain_text(lines_of(run, reply))


@given(mangled)
def test_every_card_is_laid_out_without_an_error(rows: list[AnyEvent]) -> None:
    for row, relatives in zip(rows, all_relatives(rows), strict=True):
        if isinstance(row, RunEvent):
            for each in handoffs(row, relatives):
                assert_well_formed([handoff_block(each, row)])
                assert_well_formed(handoff_parts(each))


def test_real_cards_have_an_end_and_a_result() -> None:
    seen = 0
    for events in real_runs().values():
        rows: list[AnyEvent] = list(events)
        for row, relatives in zip(events, all_relatives(rows), strict=True):
            for each in handoffs(row, relatives):
                text = plain_text(unfolded_lines(handoff_parts(each)))
                assert "the parent received · " in text
                assert "ended with · " in text
                seen += 1
    assert seen > 100


def test_a_card_of_huge_texts_costs_no_more_than_one_of_small_texts() -> None:
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
