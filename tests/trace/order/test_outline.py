"""Folded rows stay folded, and every row has a line or is folded into one.

Also covers `trace/order/row_tree.py`, which `Outline.check` checks.
"""

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.trace_rows import batches, cuts, mangled
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Folds, Outline


def outline_of(rows: Iterable[AnyEvent], folds: Folds | None = None) -> Outline:
    outline = Outline(folds)
    outline.add_placements(ParentResolver().resolve(rows))
    outline.check()
    return outline


def shown(outline: Outline) -> list[int]:
    return outline.rows_on_lines(0, len(outline))


def add_allowed(run: RunBuilder, **more: Any) -> int:
    return run.add("middleware:guardrail", {"action": "allow"}, **more)


def test_folding_a_reply_hides_its_descendants() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"), ("cat", "b"))
    results = [run.result("a"), run.result("b")]
    end = run.reply("Done")
    outline = outline_of(run.rows)
    assert outline.is_open(reply)
    assert outline.fold(reply)
    assert shown(outline) == [reply, end]
    assert (outline.folded_count(reply), outline.is_open(reply)) == (2, False)
    assert {outline.line_of(row) for row in (reply, *results)} == {0}
    outline.check()


def test_unfolding_a_reply_shows_its_descendants() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    result = run.result("a")
    outline = outline_of(run.rows)
    outline.fold(reply)
    assert outline.unfold(reply)
    assert shown(outline) == [reply, result]
    outline.check()


def test_folding_and_unfolding_return_false_if_nothing_changes() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    run.result("a")
    outline = outline_of(run.rows)
    assert not outline.unfold(reply)
    outline.fold(reply)
    assert not outline.fold(reply)


def test_rows_that_come_later_under_a_folded_reply_are_hidden_too() -> None:
    run, outline, resolver = RunBuilder(), Outline(), ParentResolver()
    reply = run.reply("", ("ls", "a"), ("cat", "b"))
    run.result("a")
    outline.add_placements(resolver.resolve(run.rows))
    outline.fold(reply)
    run.result("b")
    outline.add_placements(resolver.resolve(run.rows[2:]))
    assert shown(outline) == [reply]
    assert outline.folded_count(reply) == 2


def test_a_new_outline_with_the_folds_of_another_hides_the_same_rows() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    run.result("a")
    folds = Folds()
    outline_of(run.rows, folds).fold(reply)
    assert shown(outline_of(run.rows, folds)) == [reply]


def test_bookkeeping_right_after_other_bookkeeping_is_one_line() -> None:
    run = RunBuilder()
    run.prompt()
    first = add_allowed(run)
    add_allowed(run)
    run.add("middleware:token_usage", {"total": 9})
    add_allowed(run)
    last = run.reply("Done")
    outline = outline_of(run.rows)
    assert shown(outline) == [0, first, last]
    assert outline.folded_count(first) == 3


def test_a_group_of_bookkeeping_can_be_unfolded_and_folded_again() -> None:
    run = RunBuilder()
    group = [add_allowed(run), add_allowed(run), add_allowed(run)]
    outline = outline_of(run.rows)
    assert outline.unfold(group[0])
    assert shown(outline) == group
    assert outline.fold(group[2])
    assert shown(outline) == group[:1]


def test_a_call_that_a_guardrail_denied_is_not_folded() -> None:
    run = RunBuilder()
    add_allowed(run)
    denied = run.add("middleware:guardrail", {"action": "deny"})
    assert denied in shown(outline_of(run.rows))


def test_bookkeeping_that_was_unfolded_stays_unfolded_as_it_grows() -> None:
    run, outline, resolver = RunBuilder(), Outline(), ParentResolver()
    first = add_allowed(run)
    add_allowed(run)
    outline.add_placements(resolver.resolve(run.rows))
    outline.unfold(first)
    add_allowed(run)
    outline.add_placements(resolver.resolve(run.rows[2:]))
    assert shown(outline) == [0, 1, 2]


def test_revealing_a_row_unfolds_everything_that_hides_it() -> None:
    run = RunBuilder()
    reply = run.launch("t")
    run.step("t")
    first, second = add_allowed(run, task_id="t"), add_allowed(run, task_id="t")
    outline = outline_of(run.rows)
    outline.fold(reply)
    outline.reveal(second)
    assert shown(outline) == [reply, 1, first, second]
    outline.check()


def test_the_position_note_explains_why_a_row_is_where_it_is() -> None:
    run = RunBuilder()
    moved = run.step("t")
    reply = run.launch("t")
    lost = run.result("x")
    outline = outline_of(run.rows)
    assert outline.position_note(reply) == ""
    assert outline.position_note(lost) == "in file order: its call is not in this run"
    assert outline.position_note(moved).startswith("in causal order: below its cause")


folding = st.lists(
    st.tuples(st.sampled_from(["fold", "unfold", "reveal"]), st.integers(0)), max_size=8
)


@settings(max_examples=120, deadline=None)
@given(mangled, cuts, folding)
def test_every_row_has_a_line_or_is_folded_into_one(
    rows: list[AnyEvent], at: list[int], folded: list[tuple[str, int]]
) -> None:
    outline, resolver, left = Outline(), ParentResolver(), list(folded)
    for part in batches(rows, at):
        outline.add_placements(resolver.resolve(part))
        outline.check()
        for method, number in left[: len(left) // 2 + 1] if len(outline) else ():
            getattr(outline, method)(number % len(outline))
            outline.check()
            left = left[1:]
    lines = shown(outline)
    assert len(lines) == outline.line_count
    hidden = sum(outline.folded_count(row) for row in lines)
    nested = sum(
        outline.folded_count(row)
        for row in outline.order()
        if row not in lines and row in outline.folds.closed
    )
    assert len(lines) <= len(rows) <= len(lines) + hidden + nested
    assert shown(outline_of(rows, outline.folds)) == lines
