"""An event as one line of a list."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.helpers.events import RunBuilder
from tests.helpers.styled import line_text
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline
from whitetail.view.lists.event import EventSummary
from whitetail.view.lists.event_line import (
    MOVED_SIGN,
    NO_CAUSE_SIGN,
    NO_CONTEXT,
    LineContext,
    event_line,
    line_context,
)

REPLY = EventSummary("7", "✦", "reply", "scout", "Seven deer", "reply")


def laid_out(context: LineContext = NO_CONTEXT, width: int = 120) -> str:
    return line_text(tuple(event_line(REPLY, context, 4, "14:03:07", width)))


def outline_of(run: RunBuilder) -> Outline:
    outline = Outline()
    outline.add_placements(ParentResolver().resolve(run.rows))
    return outline


@pytest.mark.parametrize("width", [60, 76, 96, 112, 200])
def test_a_line_is_exactly_as_wide_as_requested(width: int) -> None:
    context = LineContext(depth=2, folded=12, duration_s=6.7, time_share=(0.5, 1.0))
    assert cell_len(laid_out(context, width)) == width


def test_columns_that_do_not_fit_are_left_out() -> None:
    context = LineContext(duration_s=6.7, time_share=(0.5, 1.0))
    assert "━" in laid_out(context, 112) and "━" not in laid_out(context, 111)
    assert "6.7s" in laid_out(context, 76) and "6.7s" not in laid_out(context, 75)


def test_without_its_column_the_caller_is_before_the_summary() -> None:
    assert "scout: Seven deer" in laid_out(width=95)
    assert "scout           Seven deer" in laid_out(width=96)


def test_a_folded_line_ends_with_the_number_of_its_events() -> None:
    assert "▸ ✦ reply" in laid_out(LineContext(folded=12))
    assert laid_out(LineContext(folded=12), 100).endswith(" +12")
    assert "▾ ✦ reply" in laid_out(LineContext(open=True))


def test_the_mark_is_behind_the_seq() -> None:
    assert laid_out(LineContext(mark=MOVED_SIGN)).startswith("   7⇡")
    assert laid_out(LineContext(mark=NO_CAUSE_SIGN)).startswith("   7?")


def test_a_nested_row_has_its_depth_and_its_duration() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    result = run.result("a")
    outline = outline_of(run)
    assert line_context(outline, reply, nested=True).open
    context = line_context(outline, result, nested=True)
    assert (context.depth, context.duration_s) == (1, 1.0)
    assert context.time_share == (0.0, 1.0)


def test_in_file_order_no_row_has_a_depth() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    result = run.result("a")
    outline = outline_of(run)
    assert not line_context(outline, reply, nested=False).open
    assert line_context(outline, result, nested=False).depth == 0


def test_a_result_without_its_call_has_the_mark_of_an_unknown_cause() -> None:
    run = RunBuilder()
    result = run.result("b")
    outline = outline_of(run)
    assert line_context(outline, result, nested=True).mark == NO_CAUSE_SIGN


def test_only_causal_order_marks_a_row_that_is_elsewhere_in_the_file() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    run.prompt()
    result = run.result("a")
    outline = outline_of(run)
    assert line_context(outline, result, nested=True).mark == MOVED_SIGN
    assert line_context(outline, result, nested=False).mark == ""
