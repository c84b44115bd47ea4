"""Replies of subagents that ran at the same time are beside the steps that repeat them.

Also covers `StepMatcher` in `trace/handoff/steps.py`, which matches both.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import RunBuilder
from whitetail.trace.handoff.steps import StepMatch, StepMatcher
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline


class Growing:
    """A run of which each event is added to an outline as it is written."""

    def __init__(self) -> None:
        self.run = RunBuilder()
        self.outline = Outline()
        self._resolver = ParentResolver()
        self._added = 0

    def order(self) -> list[int]:
        """Add the new events, and return all rows in causal order."""
        new, self._added = self.run.rows[self._added :], len(self.run.rows)
        self.outline.add_placements(self._resolver.resolve(new))
        self.outline.check()
        return list(self.outline.order())

    def notes(self, *rows: int) -> list[str]:
        return [self.outline.join_note(row) for row in rows]


def start(run: RunBuilder, task: str) -> int:
    return run.add("subagent.start", {"task_id": task}, task_id=task)


def reply(run: RunBuilder, text: str, **args: Any) -> int:
    calls = [{"name": "read", "id": f"c{len(run.rows)}", "args": args}] if args else []
    return run.reply(text, tool_calls=calls, caller="subagent:scout")


def step(run: RunBuilder, task: str, text: str, **args: Any) -> int:
    calls = [{"name": "read", "args": args}] if args else []
    content = {"task_id": task, "kind": "ai", "text": text, "tool_calls": calls}
    return run.add("subagent.step", content, task_id=task)


def tool_step(run: RunBuilder, task: str) -> int:
    content = {"task_id": task, "kind": "tool", "tool_name": "read", "text": "ok"}
    return run.add("subagent.step", content, task_id=task)


def test_replies_are_beside_the_steps_that_are_written_after_them() -> None:
    growing = Growing()
    run = growing.run
    launch, a, b = run.launch("a", "b"), start(run, "a"), start(run, "b")
    replies = [reply(run, text) for text in ("b1", "a1", "a2", "b2")]
    assert growing.order() == [launch, *replies, a, b]
    unknown = "which of 2 subagents wrote it is not known"
    assert growing.notes(*replies) == [unknown] * 4
    steps = {
        (task, text): step(run, task, text)
        for task, text in (("a", "a1"), ("a", "a2"), ("b", "b1"), ("b", "b2"))
    }
    of_a = [a, replies[1], steps["a", "a1"], replies[2], steps["a", "a2"]]
    of_b = [b, replies[0], steps["b", "b1"], replies[3], steps["b", "b2"]]
    assert growing.order() == [launch, *of_a, *of_b]
    assert growing.notes(*replies) == [""] * 4


def test_replies_are_beside_the_steps_that_were_written_before_their_calls() -> None:
    growing = Growing()
    run = growing.run
    of_a = [start(run, "a"), step(run, "a", "", path="x"), tool_step(run, "a")]
    of_b = [start(run, "b"), step(run, "b", "", path="y"), tool_step(run, "b")]
    launch = run.launch("a", "b")
    of_a[1:1] = [reply(run, "", path="x")]
    of_b[1:1] = [reply(run, "", path="y")]
    assert growing.order() == [launch, *of_a, *of_b]
    assert growing.notes(*of_a, *of_b) == [""] * 8


def test_a_reply_of_the_last_subagent_is_beside_its_step_too() -> None:
    growing = Growing()
    run = growing.run
    launch = run.launch("a", "b")
    first = reply(run, "first")
    run.result("b")
    second = reply(run, "second")
    growing.order()
    steps = [step(run, "a", "first"), step(run, "a", "second")]
    expected = [launch, first, steps[0], second, steps[1]]
    assert [row for row in growing.order() if row in expected] == expected


def test_a_reply_without_a_step_does_not_separate_the_others_from_theirs() -> None:
    growing = Growing()
    run = growing.run
    launch, lost, kept = run.launch("a"), reply(run, "lost"), reply(run, "kept")
    growing.order()
    assert growing.order() == [launch, lost, kept]
    repeated = step(run, "a", "kept")
    assert growing.order() == [launch, lost, kept, repeated]


def test_replies_with_the_same_text_go_to_the_steps_in_their_order() -> None:
    growing = Growing()
    run = growing.run
    launch, first, second = run.launch("a", "b"), reply(run, "Hm"), reply(run, "Hm")
    of_a, of_b = step(run, "a", "Hm"), step(run, "b", "Hm")
    assert growing.order() == [launch, first, of_a, second, of_b]


def test_a_reply_of_two_launches_moves_under_the_one_whose_step_repeats_it() -> None:
    growing = Growing()
    run = growing.run
    one, other = run.launch("a"), run.launch("b")
    answer = reply(run, "Hm")
    growing.order()
    assert growing.outline.parent(answer) is None
    repeated = step(run, "b", "Hm")
    assert growing.order() == [one, other, answer, repeated]
    assert growing.outline.parent(answer) == other


def test_a_reply_that_has_rows_under_it_stays_where_it_is() -> None:
    growing = Growing()
    run = growing.run
    launch, answer = run.launch("a", "b"), reply(run, "", path="x")
    result = run.result(f"c{answer}")
    repeated = step(run, "b", "", path="x")
    assert growing.order() == [launch, answer, result, repeated]


@pytest.mark.parametrize("seed", range(5))
def test_the_line_of_each_subagent_counts_its_steps_once(seed: int) -> None:
    """However replies and batches of steps are mixed."""
    growing = Growing()
    run, choose = growing.run, random.Random(seed)
    launch, tasks = run.launch("a", "b", "c"), ("a", "b", "c")
    starts = [start(run, task) for task in tasks]
    unwritten = {
        (kind, task): [f"{number} of {task}" for number in range(6)]
        for kind in ("reply", "step")
        for task in tasks
    }
    while unwritten:
        kind, task = choose.choice(list(unwritten))
        text = unwritten[kind, task].pop(0)
        reply(run, text) if kind == "reply" else step(run, task, text)
        if not unwritten[kind, task]:
            del unwritten[kind, task]
        growing.order()
    for task in tasks:
        run.finish(task)
        run.result(task)
    growing.order()
    subagents = [growing.outline.subagent(row) for row in starts]
    assert [each and each.step_count for each in subagents] == [6, 6, 6]
    assert growing.outline.rows_on_lines(0, 100) == [
        launch,
        *(row for each in zip(starts, range(3), strict=True) for row in _ended(each)),
    ]


def _ended(start_and_task: tuple[int, int]) -> list[int]:
    """Return the rows on the lines of a subagent of the test above."""
    begun, number = start_and_task
    first_end = 4 + 36
    return [begun, first_end + 2 * number + 1]


def test_a_task_that_has_ended_is_forgotten() -> None:
    matcher = StepMatcher()
    assert matcher.add_reply(1, ["a", "b"], 7) is None
    assert matcher.forget("a") == []
    assert matcher.add_step(5, "a", 7) is None
    assert matcher.add_step(6, "b", 7) == StepMatch(1, 6, "b")
    assert matcher.add_reply(2, ["b"], 7) is None
    assert matcher.forget("b") == [2]


def test_a_match_is_not_certain_if_two_subagents_wrote_the_same() -> None:
    matcher = StepMatcher()
    matcher.add_step(1, "a", 7), matcher.add_step(2, "b", 7)
    assert matcher.add_reply(3, ["a", "b"], 7) == StepMatch(3, 1, "a", certain=False)
    assert matcher.add_reply(4, ["a", "b"], 7) == StepMatch(4, 2, "b")


_rows = st.tuples(st.booleans(), st.sampled_from("abc"), st.integers(0, 2))


@given(st.lists(_rows, max_size=40))
def test_no_reply_and_no_step_is_matched_twice(
    rows: list[tuple[bool, str, int]],
) -> None:
    matcher, matches = StepMatcher(), list[StepMatch]()
    for row, (is_step, task, answer) in enumerate(rows):
        match = (
            matcher.add_step(row, task, answer)
            if is_step
            else matcher.add_reply(row, "abc"[: answer + 1], answer)
        )
        if match is not None:
            matches.append(match)
            assert row in (match.step, match.reply)
            assert rows[match.reply][2] == rows[match.step][2]
            assert rows[match.step][1] == match.task_id
    assert len({match.step for match in matches}) == len(matches)
    assert len({match.reply for match in matches}) == len(matches)
