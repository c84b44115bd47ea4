"""What is folded stays folded, and every row has its line or is folded into one."""

from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.trace_rows import batches, cuts, mangled
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Folds, Outline, RowOrder


def outline(rows: Iterable[AnyEvent], folds: Folds | None = None) -> Outline:
    told = Outline(folds)
    told.add_placements(ParentResolver().resolve(rows))
    told.check()
    return told


def shown(told: Outline) -> list[int]:
    return told.rows_on_lines(0, len(told))


def allow(run: RunBuilder, **more: Any) -> int:
    return run.add("middleware:guardrail", {"action": "allow"}, **more)


def test_a_folded_reply_hides_what_stands_under_it() -> None:
    run = RunBuilder()
    asked = run.reply("", ("ls", "a"), ("cat", "b"))
    run.result("a")
    run.result("b")
    end = run.reply("Done")
    told = outline(run.rows)
    assert told.is_open(asked)
    assert told.fold(asked)
    assert shown(told) == [asked, end]
    assert (told.folded_count(asked), told.is_open(asked)) == (2, False)
    assert told.line_of(1) == told.line_of(2) == told.line_of(asked) == 0
    assert not told.fold(asked)
    assert told.unfold(asked)
    assert shown(told) == [0, 1, 2, 3]
    assert not told.unfold(asked)
    told.check()


def test_what_comes_under_a_folded_reply_is_folded_too() -> None:
    run, told, story = RunBuilder(), Outline(), ParentResolver()
    asked = run.reply("", ("ls", "a"), ("cat", "b"))
    run.result("a")
    told.add_placements(story.resolve(run.rows))
    told.fold(asked)
    run.result("b")
    told.add_placements(story.resolve(run.rows[2:]))
    assert shown(told) == [asked]
    assert told.folded_count(asked) == 2


def test_folds_are_those_of_the_last_time() -> None:
    run = RunBuilder()
    asked = run.reply("", ("ls", "a"))
    run.result("a")
    folds = Folds()
    outline(run.rows, folds).fold(asked)
    assert shown(outline(run.rows, folds)) == [asked]


def test_bookkeeping_right_behind_other_bookkeeping_is_one_line() -> None:
    run = RunBuilder()
    run.prompt()
    first = allow(run)
    more = [allow(run), run.add("middleware:token_usage", {"total": 9}), allow(run)]
    last = run.reply("Done")
    told = outline(run.rows)
    assert shown(told) == [0, first, last]
    assert told.folded_count(first) == 3
    assert told.unfold(first)
    assert shown(told) == [0, first, *more, last]
    assert told.fold(more[1])
    assert shown(told) == [0, first, last]
    denied = run.add("middleware:guardrail", {"action": "deny"})
    assert denied in shown(outline(run.rows))


def test_bookkeeping_that_was_opened_stays_open_as_it_grows() -> None:
    run, told, story = RunBuilder(), Outline(), ParentResolver()
    first = allow(run)
    allow(run)
    told.add_placements(story.resolve(run.rows))
    told.unfold(first)
    allow(run)
    told.add_placements(story.resolve(run.rows[2:]))
    assert shown(told) == [0, 1, 2]


def test_a_row_that_is_folded_away_can_be_revealed() -> None:
    run = RunBuilder()
    asked = run.launch("t")
    run.step("t")
    first, second = allow(run, task_id="t"), allow(run, task_id="t")
    told = outline(run.rows)
    told.fold(asked)
    told.reveal(second)
    assert shown(told) == [asked, 1, first, second]
    told.check()


def test_how_long_a_call_took_is_from_the_reply_to_its_result() -> None:
    run = RunBuilder()
    asked = run.reply("", ("ls", "a"))
    answer = run.result("a")
    slow = run.reply("", ("cat", "b"))
    late = run.add(
        "llm.tool.result", {"content": "ok", "tool_call_id": "b"}, at=run.second + 40
    )
    told = outline(run.rows)
    assert (told.duration(asked), told.duration(answer), told.duration(late)) == (
        0.5,
        1.0,
        40.0,
    )
    assert [told.is_slow(row) for row in (asked, answer, slow, late)] == [
        *(False, False, False),
        True,
    ]
    assert told.end - told.start == 42.0


folding = st.lists(
    st.tuples(st.sampled_from(["fold", "unfold", "reveal"]), st.integers(0)), max_size=8
)


@settings(max_examples=120, deadline=None)
@given(mangled, cuts, folding)
def test_every_row_has_a_line_or_is_folded_into_one(
    rows: list[AnyEvent], at: list[int], folded: list[tuple[str, int]]
) -> None:
    told, story, left = Outline(), ParentResolver(), list(folded)
    for part in batches(rows, at):
        told.add_placements(story.resolve(part))
        told.check()
        for does, number in left[: len(left) // 2 + 1] if len(told) else ():
            getattr(told, does)(number % len(told))
            told.check()
            left = left[1:]
    lines = shown(told)
    assert len(lines) == told.line_count
    hidden = sum(told.folded_count(row) for row in lines)
    nested = sum(
        told.folded_count(row)
        for row in told.order()
        if row not in lines and row in told.folds.closed
    )
    assert len(lines) <= len(rows) <= len(lines) + hidden + nested
    again = outline(rows, told.folds)
    assert shown(again) == lines


def test_an_order_is_that_of_the_file_until_more_is_known() -> None:
    run = RunBuilder()
    run.step("t")
    launch = run.launch("t")
    order = RowOrder(len(run.rows))
    assert [*order.rows_on_lines(0, 2)] == [*order.all_rows()] == [0, 1]
    order.outline = outline(run.rows)
    assert [*order.rows_on_lines(0, 2)] == [*order.all_rows()] == [launch, 0]
    assert (order.line_of(0), order.position_of(0), order.row_on_line(0)) == (
        1,
        1,
        launch,
    )
    order.causal = False
    assert [*order.rows_on_lines(0, 2)] == [*order.all_rows()] == [0, 1]
