"""Lays out an event as one line: seq, time, durations, depth, type and summary."""

from __future__ import annotations

from math import isfinite, isnan, nan
from typing import NamedTuple

from whitetail.trace.order.outline import Outline
from whitetail.trace.order.row_times import RowTimes
from whitetail.trace.order.subagent_summary import SubagentSummary
from whitetail.view.brief import plural
from whitetail.view.folding import FOLDED_SIGN, OPEN_SIGN
from whitetail.view.lists.event import EventSummary
from whitetail.view.lists.mark import BOOKMARK_SIGN, NO_MARK, EventMark, with_note
from whitetail.view.styled import StyledSpan
from whitetail.view.text import fit, one_line
from whitetail.view.time_bar import joined_bars, time_bar
from whitetail.view.units import count, duration

_CALLER_CELLS = 15
_KIND_CELLS = 11
_TIME_CELLS = 9
_DURATION_CELLS = 6
_BAR_CELLS = 14
_MIN_NAME_CELLS = 8
_MAX_INDENT_LEVELS = 2
_MIN_WIDTH_FOR_DURATIONS = 76
_MIN_WIDTH_FOR_CALLER = 96
_MIN_WIDTH_FOR_BAR = 112

_MODEL_TONE, _TOOL_TONE = "reply", "call"
"""The tints of bars are those of the timeline."""
MOVED_SIGN, NO_CAUSE_SIGN = "⇡", "?"
EVENT_SIGNS = {
    MOVED_SIGN: "an event that is at another position in the file",
    NO_CAUSE_SIGN: "an event whose cause is unknown",
    OPEN_SIGN: "an event with events below it",
    FOLDED_SIGN: "the events below it are folded; the line ends with their number",
    "model": "how long the model needed for the reply",
    "tool": "how long the tools that it called ran, until the last result",
}
"""The signs and the durations of an event, and their meanings, for the help screen."""


class Stretch(NamedTuple):
    """The time of a call of a model, or of the calls of tools."""

    seconds: float
    slow: bool = False
    """Whether it is to be highlighted: it lasted a large part of the run."""
    share: tuple[float, float] | None = None
    """Begin and end as fractions of the run's time. None if they are unknown."""


class LineContext(NamedTuple):
    """The position of an event in the run's tree and in its time."""

    depth: int = 0
    """Number of ancestors."""
    folded: int = 0
    """Number of descendants that are folded into the line."""
    open: bool = False
    """Whether its children are shown below it."""
    mark: str = ""
    """`MOVED_SIGN`, `NO_CAUSE_SIGN` or empty."""
    at: float | None = None
    """When the event was written, as a fraction of the run's time; None if unknown."""
    model: Stretch | None = None
    """The model call that ended with the event."""
    tool: Stretch | None = None
    """The tool call that the event answers, or all those that it made.

    For the first event of a subagent that has ended, the whole subagent.
    """
    subagent: SubagentSummary | None = None
    """Set if a whole subagent is folded into the line."""


NO_CONTEXT = LineContext()
"""The context of an event whose position is unknown."""


def event_line(
    event: EventSummary,
    context: LineContext,
    digits: int,
    time_text: str,
    width: int,
    mark: EventMark = NO_MARK,
    *,
    has_callers: bool = True,
) -> list[StyledSpan]:
    """Return the spans of an event's line, with the columns that fit into `width`.

    `digits` is the width of the column of seqs, `time_text` the formatted time,
    `has_callers` whether any line has a caller, which then gets a column.
    """
    if context.subagent is not None:
        event = _subagent_event(event, context.subagent)
    seq, sign, kind, caller, summary, tone = event
    wide, indent_step = (True, 2) if width >= _MIN_WIDTH_FOR_CALLER else (False, 1)
    indent = min(context.depth, _MAX_INDENT_LEVELS) * indent_step
    kind_cells = _KIND_CELLS + indent_step * _MAX_INDENT_LEVELS - indent
    fold = FOLDED_SIGN if context.folded else OPEN_SIGN if context.open else " "
    head = [
        (BOOKMARK_SIGN if mark.bookmarked else " ", "accent"),
        _number(seq, context.mark, digits - 1),
        (f"{time_text:>{_TIME_CELLS}} ", "muted"),
    ]
    if width >= _MIN_WIDTH_FOR_DURATIONS:
        head += [_duration(context.model), _duration(context.tool)]
    head += [
        (" " * indent + fold + " ", "muted"),
        (f"{sign} {fit(kind, kind_cells)} ", tone),
    ]
    if wide and has_callers:
        head.append((fit(caller, _CALLER_CELLS) + " ", "muted"))
    elif caller not in ("", kind) and context.subagent is None:
        summary = f"{caller}: {summary}"
    tail: list[StyledSpan] = []
    if context.folded:
        tail.append((f" +{count(context.folded)}", "accent"))
    if width >= _MIN_WIDTH_FOR_BAR:
        tail += [("  ", "muted"), *_bars(context, failed=tone in ("error", "bad"))]
    used_cells = sum(len(text) for text, _ in (*head, *tail))
    cells = max(0, width - used_cells)
    if context.subagent is not None:
        facts = _subagent_facts(context, width, cells)
        summary = fit(summary, max(0, cells - len(facts))).rstrip() + facts
    tone = "muted" if tone in ("trace", "result") else tone
    return [*head, *with_note(summary, tone, mark.note, cells), *tail]


def _number(seq: str, mark: str, digits: int) -> StyledSpan:
    tone = "warning" if mark == NO_CAUSE_SIGN else "muted"
    return f"{seq:>{digits}}{mark or ' '}", tone


def duration_header(digits: int, width: int) -> str:
    """Return the names of the columns of durations, at their position in a line.

    Empty if a line of this width has no such columns.
    """
    if width < _MIN_WIDTH_FOR_DURATIONS:
        return ""
    names = "".join(f"{name:>{_DURATION_CELLS}} " for name in ("model", "tool"))
    return " " * (digits + 1 + _TIME_CELLS + 1) + names.rstrip()


def line_context(outline: Outline, row: int, *, nested: bool) -> LineContext:
    """Return the context of a row; `nested` if the lines are in causal order."""
    mark = MOVED_SIGN if nested and outline.is_moved(row) else ""
    if outline.join_note(row):
        mark = NO_CAUSE_SIGN
    times = outline.times
    at = _share(times, times.time(row), 0.0)
    folded = outline.folded_count(row) if nested else 0
    subagent = outline.subagent(row) if nested else None
    tool = times.tool_time(row)
    if subagent is not None and subagent.finished:
        tool = _subagent_time(outline, row, subagent)
    return LineContext(
        outline.depth(row) if nested else 0,
        folded,
        nested and outline.is_open(row),
        mark,
        None if at is None else at[0],
        _stretch(times, times.model_time(row)),
        _stretch(times, tool),
        subagent if folded and not outline.is_open(row) else None,
    )


def _subagent_event(event: EventSummary, subagent: SubagentSummary) -> EventSummary:
    """Return what is shown of a whole subagent in place of its first event."""
    agent, description = one_line(subagent.agent, 40), one_line(subagent.description)
    name = f"“{description}”" if description else agent or "subagent"
    sign, tone = ("✗", "error") if subagent.failed else ("❖", "subagent")
    return EventSummary(event.seq, sign, "subagent", agent, name, tone)


def _subagent_facts(context: LineContext, width: int, cells: int) -> str:
    """Return steps, time and status; a sign for those that leave no room for a name."""
    subagent, time = context.subagent, context.tool
    assert subagent is not None
    status = one_line(subagent.status, 40).replace("_", " ") or "no end so far"
    steps = plural(subagent.step_count, "step")
    # A wider line has the time in a column of its own.
    with_time = width < _MIN_WIDTH_FOR_DURATIONS
    timed = [duration(time.seconds)] if time and with_time else []
    some = [steps, "…"] if timed else ["…"]
    for facts in ([steps, *timed, status], [*some, status], ["…", status]):
        text = "".join(f" · {fact}" for fact in facts)
        if len(text) <= cells - _MIN_NAME_CELLS:
            break
    return text


def _subagent_time(
    outline: Outline, row: int, subagent: SubagentSummary
) -> tuple[float, float] | None:
    """Return when a subagent was asked, and how long it needed; None if unknown."""
    asking = outline.parent(row)
    asked = nan if asking is None else outline.times.time(asking)
    seconds = subagent.ended - asked
    return None if isnan(seconds) else (asked, max(0.0, seconds))


def _stretch(times: RowTimes, call: tuple[float, float] | None) -> Stretch | None:
    if call is None:
        return None
    begin, seconds = call
    share = _share(times, begin, seconds)
    return Stretch(seconds, times.is_slow(seconds), share)


def _share(times: RowTimes, begin: float, seconds: float) -> tuple[float, float] | None:
    """Return begin and end as fractions of the run's time; None if unknown."""
    run_s = times.end - times.start
    if not isfinite(run_s) or run_s <= 0 or isnan(begin):
        return None
    first = (begin - times.start) / run_s
    return max(0.0, first), first + seconds / run_s


def _duration(stretch: Stretch | None) -> StyledSpan:
    text = "" if stretch is None else duration(stretch.seconds)
    slow = stretch is not None and stretch.slow
    return f"{text:>{_DURATION_CELLS}} ", "warning" if slow else "muted"


def _bars(context: LineContext, *, failed: bool) -> list[StyledSpan]:
    """Return the bars of an event, side by side, and the spaces behind them."""
    model, tool = context.model, context.tool
    model_share, tool_share = model and model.share, tool and tool.share
    bars: list[StyledSpan] = []
    if model and tool and model_share and tool_share:
        first, second = joined_bars(model_share, tool_share, _BAR_CELLS)
        bars += [(first, _bar_tone(model, _MODEL_TONE, failed=failed))]
        bars += [(second, _bar_tone(tool, _TOOL_TONE, failed=False))]
    elif model and model_share:
        tone = _bar_tone(model, _MODEL_TONE, failed=failed)
        bars.append((time_bar(*model_share, _BAR_CELLS), tone))
    elif tool and tool_share:
        tone = _bar_tone(tool, _TOOL_TONE, failed=failed)
        bars.append((time_bar(*tool_share, _BAR_CELLS), tone))
    elif context.at is not None:
        bar = time_bar(context.at, context.at, _BAR_CELLS)
        bars.append((bar, "error" if failed else "trace"))
    used_cells = sum(len(bar) for bar, _ in bars)
    return [*bars, (" " * (_BAR_CELLS - used_cells), "muted")]


def _bar_tone(stretch: Stretch, tone: str, *, failed: bool) -> str:
    return "error" if failed else "warning" if stretch.slow else tone
