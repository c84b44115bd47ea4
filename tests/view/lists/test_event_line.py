"""An event as one line of a list."""

from __future__ import annotations

import re

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
    Stretch,
    duration_header,
    event_line,
    line_context,
)
from whitetail.view.styled import StyledSpan

REPLY = EventSummary("7", "✦", "reply", "scout", "Seven deer", "reply")


def laid_out(context: LineContext = NO_CONTEXT, width: int = 120) -> str:
    return line_text(tuple(event_line(REPLY, context, 4, "14:03:07", width)))


def bars(context: LineContext) -> list[tuple[str, str]]:
    """Return the bars of a line with their tones."""
    spans = event_line(REPLY, context, 4, "14:03:07", 120)
    return [(text, tone) for text, tone in spans if "━" in text]


def outline_of(run: RunBuilder) -> Outline:
    outline = Outline()
    outline.add_placements(ParentResolver().resolve(run.rows))
    return outline


MODEL = Stretch(62.4, slow=True, share=(0.1, 0.8))
TOOL = Stretch(0.1, share=(0.8, 0.8))


@pytest.mark.parametrize("width", [60, 76, 96, 112, 200])
def test_a_line_is_exactly_as_wide_as_requested(width: int) -> None:
    for context in (
        LineContext(depth=2, folded=12, at=0.8, model=MODEL, tool=TOOL),
        LineContext(at=0.8, model=MODEL),
        LineContext(at=0.8, tool=TOOL),
        LineContext(at=0.8),
        NO_CONTEXT,
    ):
        assert cell_len(laid_out(context, width)) == width


def test_columns_that_do_not_fit_are_left_out() -> None:
    context = LineContext(model=Stretch(6.7, share=(0.5, 1.0)))
    assert "━" in laid_out(context, 112) and "━" not in laid_out(context, 111)
    assert "6.7s" in laid_out(context, 76) and "6.7s" not in laid_out(context, 75)


def test_the_times_of_model_and_tool_are_side_by_side() -> None:
    context = LineContext(model=MODEL, tool=TOOL)
    assert laid_out(context).startswith("   7  14:03:07  1m02s   0.1s   ✦ reply")


def test_nothing_moves_when_the_result_of_a_call_arrives() -> None:
    before, after = LineContext(model=MODEL), LineContext(model=MODEL, tool=TOOL)
    assert laid_out(after).replace("0.1s", "    ", 1)[:100] == laid_out(before)[:100]


def test_each_time_has_its_own_bar_in_its_own_tint() -> None:
    context = LineContext(
        model=Stretch(6.0, share=(0.0, 0.5)), tool=Stretch(6.0, share=(0.5, 1.0))
    )
    assert bars(context) == [("━" * 7, "reply"), ("━" * 7, "call")]


def test_a_long_bar_leaves_a_cell_for_the_other_one() -> None:
    assert bars(LineContext(model=MODEL, tool=TOOL)) == [
        (" " + "━" * 10, "warning"),
        ("━", "call"),
    ]
    at_begin = Stretch(0.1, share=(0.0, 0.0))
    at_end = Stretch(0.1, share=(1.0, 1.0))
    assert bars(LineContext(model=at_begin, tool=at_begin))[1] == ("━", "call")
    assert bars(LineContext(model=at_end, tool=at_end))[0] == (" " * 12 + "━", "reply")


def test_only_what_was_slow_is_highlighted() -> None:
    run = RunBuilder()
    launch = run.launch("t")
    content = {"content": "ok", "tool_call_id": "t"}
    result = run.add("llm.tool.result", content, at=41)
    outline = outline_of(run)
    context = line_context(outline, launch, nested=True)
    assert context.model and context.tool
    assert (context.model.slow, context.tool.slow) == (False, True)
    spans = dict(event_line(REPLY, context, 4, "14:03:07", 120))
    assert (spans["  0.5s "], spans["   40s "]) == ("muted", "warning")
    context = line_context(outline, result, nested=True)
    assert context.model is None and context.tool and context.tool.slow


def test_the_names_of_the_columns_are_above_the_times() -> None:
    line, names = laid_out(LineContext(model=MODEL, tool=TOOL)), duration_header(4, 120)
    assert line.index("1m02s") == names.index("model")
    assert line.index("0.1s") == names.index("tool")
    assert duration_header(4, 75) == ""


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
    assert context.depth == 1
    assert context.tool == Stretch(1.0, share=(0.0, 1.0))


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


def subagent_line(width: int, *, failed: bool = False) -> list[StyledSpan]:
    """Return the line of a subagent that asked for 40 s, laid out."""
    run = RunBuilder()
    launch = run.launch("t", description="Count all the deer in the forest")
    run.add("subagent.start", {"task_id": "t"}, task_id="t")
    run.finish("t", "timed_out" if failed else "completed")
    content = {"content": "ok", "tool_call_id": "t"}
    content |= {"status": "error"} if failed else {}
    run.add("llm.tool.result", content, at=41)
    outline = outline_of(run)
    summary = EventSummary("2", "❖", "subagent", "", "started", "subagent")
    context = line_context(outline, launch + 1, nested=True)
    return event_line(summary, context, 4, "14:03:07", width)


def test_a_folded_subagent_is_named_with_its_steps_its_time_and_its_status() -> None:
    text = " ".join(line_text(tuple(subagent_line(150))).split())
    assert "40s ▸ ❖ subagent scout “Count all the deer in the forest” · " in text
    assert " · 0 steps · completed +1 ━" in text


@pytest.mark.parametrize("width", [60, 75, 80, 96, 150])
def test_what_is_cut_of_a_folded_subagent_has_a_sign(width: int) -> None:
    text = line_text(tuple(subagent_line(width, failed=True)))
    assert cell_len(text) == width
    assert "✗ subagent" in text
    shown = r"“.{6,}… · (0 steps( · 40s)?|…)|forest” · 0 steps"
    assert re.search(rf"({shown}) · timed out +\+1", text)
    assert ("40s" in text) == (width > 60)


def test_without_callers_their_column_belongs_to_the_summary() -> None:
    named = laid_out(width=120)
    assert "reply           scout           Seven deer" in named
    spans = event_line(REPLY, NO_CONTEXT, 4, "14:03:07", 120, has_callers=False)
    assert "reply           scout: Seven deer" in line_text(tuple(spans))
    title = EventSummary("7", "∙", "title", "title", "Deer", "trace")
    spans = event_line(title, NO_CONTEXT, 4, "14:03:07", 120, has_callers=False)
    assert "title           Deer" in line_text(tuple(spans))
