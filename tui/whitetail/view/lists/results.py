"""The lines of a search over many runs: threads, their runs, and the events found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from whitetail.view.brief import plural
from whitetail.view.lists.entries import STATUS_SIGNS, RunEntry
from whitetail.view.lists.event import EventSummary
from whitetail.view.matches import TextMatcher
from whitetail.view.styled import StyledSpan
from whitetail.view.text import fit
from whitetail.view.units import clock, duration, size

_KIND_CELLS, _TIME_CELLS, _SEQ_CELLS = 11, 8, 7
_MIN_WIDTH_FOR_TIME = 60


class ResultKey(NamedTuple):
    """Names a line of the results."""

    thread: str
    run: str = ""
    """Empty for the line of a thread."""
    row: int = -1
    """-1 for the line of a thread or a run."""


class Hit(NamedTuple):
    """An event that was found."""

    row: int
    time: float | None
    """Seconds since the epoch; None if the event has no time."""
    summary: EventSummary
    """Its line in a list; the text of the line is the one that matches."""


@dataclass(frozen=True, slots=True)
class ThreadResult:
    """A thread in which something was found."""

    title: str
    """Sanitized."""
    title_known: bool


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run in which something was found, or that could not be read."""

    entry: RunEntry
    hits: int
    left: bool
    """Whether the run was left after the last hit: more may match."""
    error: str = ""
    """Why the rest of it could not be read. Empty if it could."""


Result = ThreadResult | RunResult | Hit


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is."""

    hits: int
    runs: int
    """In how many runs something was found."""
    searched_runs: int
    all_runs: int
    done: int
    """Bytes."""
    total: int
    elapsed_s: float
    left_s: float | None
    """None if not known."""
    ended: bool = False
    stopped: bool = False
    """Whether the user ended it."""
    full: bool = False
    """Whether there are as many hits as are kept."""
    regex_stopped: int = 0
    """In how many events a regex was stopped."""


def progress_text(progress: SearchProgress) -> str:
    """Return how far a search is, in one line."""
    found = f"{plural(progress.hits, 'event')} in {plural(progress.runs, 'run')}"
    parts = [found if progress.hits else "nothing found yet"]
    done, total = size(progress.done), size(progress.total)
    runs = plural(progress.all_runs, "run")
    if not progress.total:
        # The sizes of the runs of a database are not known.
        total = ""
    if progress.stopped:
        parts = [found, f"stopped after {done} of {total}" if total else "stopped"]
    elif progress.ended:
        parts = [found if progress.hits else "nothing found"]
        searched = ", ".join(filter(None, (runs, total)))
        parts.append(f"{searched}, in {duration(progress.elapsed_s)}")
    else:
        parts.append(
            f"{done} of {total}" if total else f"{progress.searched_runs:,} of {runs}"
        )
        if progress.left_s is not None:
            parts.append(f"{duration(progress.left_s)} left")
    if progress.full:
        parts.append("no more are kept: of each further run, only its first")
    if progress.regex_stopped:
        events = plural(progress.regex_stopped, "event")
        parts.append(f"the regex needed too long for {events}")
    return " · ".join(parts)


def result_line(
    result: Result, matcher: TextMatcher | None, width: int, now: float
) -> Sequence[StyledSpan]:
    """Return the spans of a line; what `matcher` finds in a text is marked."""
    match result:
        case ThreadResult():
            tone = "heading" if result.title_known else "muted"
            return [(fit(result.title, width), tone)]
        case RunResult():
            return _run_line(result, width, now)
        case Hit():
            return _hit_line(result, matcher, width, now)


def _run_line(result: RunResult, width: int, now: float) -> Sequence[StyledSpan]:
    entry = result.entry
    sign, tone = STATUS_SIGNS[entry.status]
    head = [("  ", "plain"), (f"{sign} ", tone)]
    plus = "+" if result.left else ""
    tail = f"  {result.hits:,}{plus} {clock(entry.started, now):>{_TIME_CELLS}}"
    if result.error:
        head.append((f"cannot be read: {result.error}  ", "error"))
    cells = sum(len(text) for text, _ in head) + len(tail)
    prompt = fit(entry.prompt, max(0, width - cells))
    return [
        *head,
        (prompt, "strong" if entry.prompt_known else "muted"),
        (tail, "muted"),
    ]


def _hit_line(
    hit: Hit, matcher: TextMatcher | None, width: int, now: float
) -> Sequence[StyledSpan]:
    summary = hit.summary
    head: list[StyledSpan] = [(f"    {summary.seq:>{_SEQ_CELLS}} ", "muted")]
    if width >= _MIN_WIDTH_FOR_TIME:
        head.append((f"{clock(hit.time, now):>{_TIME_CELLS}} ", "muted"))
    head.append((f"{summary.sign} {fit(summary.kind, _KIND_CELLS)} ", summary.tone))
    text = summary.summary
    if summary.caller:
        head.append((f"{summary.caller}: ", "muted"))
    cells = sum(len(each) for each, _ in head)
    spans: list[StyledSpan] = [(fit(text, max(0, width - cells)), "plain")]
    return [*head, *(spans if matcher is None else matcher.marked(spans))]
