"""A subagent's rows: one line for each reply, and one for a subagent that has ended.

Also covers `trace/order/subagent_summary.py` and `trace/order/sort_keys.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.trace_rows import batches, cuts, mangled, subagents
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Folds, Outline


class Growing:
    """A run of which each event is added to an outline as it is written."""

    def __init__(self, folds: Folds | None = None) -> None:
        self.run = RunBuilder()
        self.outline = Outline(folds)
        self._resolver = ParentResolver()
        self._added = 0

    def update(self) -> list[int]:
        """Add the new events; return the rows that have a line."""
        new, self._added = self.run.rows[self._added :], len(self.run.rows)
        self.outline.add_placements(self._resolver.resolve(new))
        self.outline.check()
        return shown(self.outline)


def outline_of(rows: Iterable[AnyEvent], folds: Folds | None = None) -> Outline:
    outline = Outline(folds)
    outline.add_placements(ParentResolver().resolve(rows))
    outline.check()
    return outline


def shown(outline: Outline) -> list[int]:
    return outline.rows_on_lines(0, len(outline))


def start(run: RunBuilder, task: str) -> int:
    content = {"task_id": task, "description": "Look"}
    return run.add("subagent.start", content, task_id=task)


def reply(run: RunBuilder, text: str, *tools: str) -> int:
    calls = [(tool, f"{tool}{len(run.rows)}") for tool in tools]
    return run.reply(text, *calls, caller="subagent:scout")


def step(run: RunBuilder, task: str, text: str, *tools: str, **more: Any) -> int:
    """Add the step that repeats a reply."""
    calls = [{"name": tool, "args": {}} for tool in tools]
    fields = {"task_id": task, "kind": "ai", "text": text, "tool_calls": calls}
    return run.add("subagent.step", fields, task_id=task, **more)


def tool_step(run: RunBuilder, task: str, **more: Any) -> int:
    fields = {"task_id": task, "kind": "tool", "tool_name": "ls", "text": "a b"}
    return run.add("subagent.step", fields, task_id=task, **more)


def handoff(run: RunBuilder, task: str = "t") -> list[int]:
    """Add a subagent that has ended, in the order in which DeerFlow writes it."""
    return [
        run.launch(task),
        reply(run, "", "ls"),
        start(run, task),
        step(run, task, "", "ls"),
        tool_step(run, task),
        step(run, task, "Two deer"),
        reply(run, "Two deer"),
        run.finish(task),
        run.result(task, "Two deer"),
    ]


def test_a_step_that_repeats_a_reply_has_no_line() -> None:
    growing = Growing()
    run = growing.run
    launch, asked = run.launch("t"), reply(run, "", "ls")
    begun, repeated = start(run, "t"), step(run, "t", "", "ls")
    answered = tool_step(run, "t")
    assert growing.update() == [launch, begun, asked, answered]
    assert growing.outline.folded_count(asked) == 1
    assert growing.outline.unfold(asked)
    assert shown(growing.outline) == [launch, begun, asked, repeated, answered]
    assert growing.outline.fold(asked)
    assert growing.update() == [launch, begun, asked, answered]


def test_a_reply_that_is_written_after_its_step_gets_the_line() -> None:
    growing = Growing()
    run = growing.run
    launch, repeated = run.launch("t"), step(run, "t", "Deer")
    assert growing.update() == [launch, repeated]
    late = reply(run, "Deer")
    assert growing.update() == [launch, late]
    growing.outline.reveal(repeated)
    assert shown(growing.outline) == [launch, late, repeated]


def test_a_step_that_differs_from_the_reply_has_its_own_line() -> None:
    growing = Growing()
    run = growing.run
    launch, first, other = run.launch("t"), reply(run, "Deer"), step(run, "t", "Elk")
    second, tool = reply(run, "", "ls"), step(run, "t", "", "cat")
    assert growing.update() == [launch, first, other, second, tool]


def test_two_replies_with_the_same_text_have_a_line_each() -> None:
    growing = Growing()
    run = growing.run
    launch, first, second = run.launch("t"), reply(run, "Deer"), reply(run, "Deer")
    assert growing.update() == [launch, first, second]
    step(run, "t", "Deer"), step(run, "t", "Deer")
    assert growing.update() == [launch, first, second]


def test_a_batch_that_was_written_twice_repeats_the_same_replies() -> None:
    growing = Growing()
    run = growing.run
    launch, first = run.launch("t"), reply(run, "Deer")
    for _ in range(2):
        step(run, "t", "Deer", message_index=0)
    second = reply(run, "Elk")
    step(run, "t", "Elk", message_index=1)
    assert growing.update() == [launch, first, second]
    assert growing.outline.folded_count(first) == 2


def test_a_subagent_that_has_ended_is_one_line() -> None:
    run = RunBuilder()
    launch, _, begun, *_, result = handoff(run)
    outline = outline_of(run.rows)
    assert shown(outline) == [launch, begun, result]
    assert outline.folded_count(begun) == 6
    assert {outline.line_of(row) for row in range(1, 8)} == {1}


def test_the_line_of_a_subagent_has_its_name_its_steps_and_its_status() -> None:
    run = RunBuilder()
    _, _, begun, *_, result = handoff(run)
    outline = outline_of(run.rows)
    subagent = outline.subagent(begun)
    assert subagent is not None and outline.subagent(result) is None
    assert (subagent.agent, subagent.description) == ("scout", "Look")
    assert (subagent.step_count, subagent.status) == (3, "completed")
    assert subagent.ended == outline.times.time(result)
    assert not subagent.failed


def test_a_running_subagent_is_open_until_it_ends() -> None:
    growing = Growing()
    run = growing.run
    launch, begun = run.launch("t"), start(run, "t")
    first, tool = reply(run, "", "ls"), tool_step(run, "t")
    assert growing.update() == [launch, begun, first, tool]
    run.finish("t", "timed_out")
    assert growing.update() == [launch, begun]
    subagent = growing.outline.subagent(begun)
    assert subagent is not None and subagent.status == "timed_out"


def test_a_result_ends_a_subagent_that_has_no_end() -> None:
    growing = Growing()
    run = growing.run
    launch, begun, _ = run.launch("t"), start(run, "t"), tool_step(run, "t")
    growing.update()
    result = run.result("t", status="error")
    assert growing.update() == [launch, begun, result]
    subagent = growing.outline.subagent(begun)
    assert subagent is not None and (subagent.status, subagent.failed) == (
        "failed",
        True,
    )


def test_a_row_that_comes_after_the_end_is_folded_too() -> None:
    growing = Growing()
    run = growing.run
    launch, begun, _ = run.launch("t"), start(run, "t"), run.finish("t")
    growing.update()
    reply(run, "Deer")
    assert growing.update() == [launch, begun]


def test_a_start_that_comes_last_gets_the_line() -> None:
    growing = Growing()
    run = growing.run
    launch, first, _ = run.launch("t"), tool_step(run, "t"), run.finish("t")
    assert growing.update() == [launch, first]
    begun = start(run, "t")
    assert growing.update() == [launch, begun]


def test_an_unfolded_subagent_stays_unfolded() -> None:
    folds = Folds()
    growing = Growing(folds)
    run = growing.run
    launch, begun, tool = run.launch("t"), start(run, "t"), tool_step(run, "t")
    end = run.finish("t")
    growing.update()
    assert growing.outline.unfold(begun)
    assert shown(growing.outline) == [launch, begun, tool, end]
    late = tool_step(run, "t")
    assert growing.update() == [launch, begun, tool, late, end]
    assert shown(outline_of(run.rows, folds)) == [launch, begun, tool, late, end]


def test_a_subagent_that_was_folded_and_unfolded_does_not_fold_when_it_ends() -> None:
    growing = Growing()
    run = growing.run
    launch, begun, tool = run.launch("t"), start(run, "t"), tool_step(run, "t")
    growing.update()
    assert growing.outline.fold(begun)
    assert shown(growing.outline) == [launch, begun]
    assert growing.outline.unfold(begun)
    end = run.finish("t")
    assert growing.update() == [launch, begun, tool, end]


def test_subagents_of_one_reply_have_a_line_each() -> None:
    run = RunBuilder()
    launch = run.launch("a", "b")
    starts = [start(run, "a"), start(run, "b")]
    for task in ("b", "a"):
        tool_step(run, task)
        run.finish(task)
    results = [run.result("a"), run.result("b")]
    outline = outline_of(run.rows)
    assert shown(outline) == [launch, starts[0], results[0], starts[1], results[1]]
    outline.unfold(starts[1])
    assert len(shown(outline)) == 7


def test_revealing_a_row_of_a_subagent_unfolds_that_subagent_only() -> None:
    run = RunBuilder()
    rows, other = handoff(run, "a"), handoff(run, "b")
    outline = outline_of(run.rows)
    outline.fold(rows[0])
    outline.reveal(rows[3])
    assert rows[3] in shown(outline) and other[3] not in shown(outline)
    outline.check()


def test_above_a_row_of_a_subagent_is_the_line_of_the_subagent() -> None:
    run = RunBuilder()
    launch, asked, begun, *_, result = handoff(run)
    outline = outline_of(run.rows)
    assert [outline.outer(row) for row in (asked, begun, result)] == [
        begun,
        launch,
        launch,
    ]
    assert outline.parent(asked) == launch


@settings(max_examples=100, deadline=None)
@given(mangled | subagents, cuts, st.integers(0))
def test_revealed_rows_have_a_line_whatever_the_run_is(
    rows: list[AnyEvent], at: list[int], number: int
) -> None:
    outline, resolver = Outline(), ParentResolver()
    for part in batches(rows, at):
        outline.add_placements(resolver.resolve(part))
        outline.check()
    if rows:
        row = number % len(rows)
        outline.reveal(row)
        outline.check()
        assert row in shown(outline)
