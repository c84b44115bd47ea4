"""What a run is about, and how it stands, from its first and last events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from whitetail.trace.message import canonical, model_of, prompt_of, text_of
from whitetail_store import BadLine, RunEvent

_UNFINISHED = frozenset({"error", "failed", "timeout", "timed_out", "interrupted"})


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CUT_OFF = "cut off"
    """It has no end, and nobody writes it any more."""
    UNKNOWN = "…"
    """Not looked at yet."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run's first and last events say of it; texts as they stand on disk."""

    title: str = ""
    prompt: str = ""
    """What the person asked first."""
    started: float | None = None
    """In seconds since the epoch, as is `ended`."""
    ended: float | None = None
    """The latest moment seen, whether or not the run is over."""
    outcome: str = ""
    """`finished`, `failed`, or nothing when no end was seen."""
    error: str = ""
    model: str = ""


def summarize_run(
    head: Iterable[RunEvent | BadLine], tail: Iterable[RunEvent | BadLine] = ()
) -> RunSummary:
    """Return what the events at a run's beginning and at its end say of it.

    The two may overlap, and neither has to hold anything.
    """
    draft = _Draft()
    for event in head:
        draft.read(event)
    for event in tail:
        draft.read(event)
    return RunSummary(
        draft.title or draft.end_title,
        draft.prompt,
        draft.started if draft.started is not None else draft.first,
        draft.latest,
        draft.outcome,
        draft.error,
        draft.model,
    )


def run_state(
    summary: RunSummary, *, growing: bool, now: float, quiet_s: float = 300.0
) -> RunState:
    """Return how a run stands.

    Its last row decides. A run without one is running while its file grows, or
    until `quiet` seconds after its latest event: its writer holds up to 20 rows
    back, so that a file at rest means little.
    """
    if summary.outcome:
        return RunState(summary.outcome)
    if growing:
        return RunState.RUNNING
    # An event that is yet to come says nothing of the present.
    if summary.ended is not None and -quiet_s < now - summary.ended < quiet_s:
        return RunState.RUNNING
    return RunState.CUT_OFF


def rows_after_conclusion(tail: Sequence[RunEvent | BadLine]) -> int:
    """Return which of a run's last rows says best how it ended, counted from the last.

    An error, else the last answer that has a text, else the last row: 0.
    """
    last = list(reversed(tail))
    for back, event in enumerate(last):
        if isinstance(event, RunEvent) and canonical(event.event_type) == "run.error":
            return back
    for back, event in enumerate(last):
        if (
            isinstance(event, RunEvent)
            and canonical(event.event_type) == "llm.ai.response"
            and not event.caller.startswith(("middleware:", "subagent:"))
            and text_of(event.content).strip()
        ):
            return back
    return 0


class _Draft:
    """A summary in the making."""

    def __init__(self) -> None:
        self.title = self.end_title = self.prompt = ""
        self.outcome = self.error = self.model = ""
        self.started: float | None = None
        self.first: float | None = None
        self.latest: float | None = None

    def read(self, event: RunEvent | BadLine) -> None:
        if isinstance(event, BadLine):
            return
        time = event.time
        if time is not None:
            self.first = time if self.first is None else self.first
            self.latest = time if self.latest is None else max(self.latest, time)
        kind = canonical(event.event_type)
        if kind == "run.start":
            if time is not None:
                self.started = min(time, self.started or time)
            self.model = model_of(event) or self.model
        elif kind == "llm.human.input":
            self.prompt = self.prompt or prompt_of(event.content)
        elif kind == "llm.ai.response":
            self._read_reply(event)
        elif kind == "run.error":
            self.outcome, self.error = "failed", _error(event)
        elif kind == "run.end":
            self._read_end(event)

    def _read_reply(self, event: RunEvent) -> None:
        if event.caller == "middleware:title":
            self.title = text_of(event.content).strip() or self.title
        else:
            self.model = self.model or model_of(event)

    def _read_end(self, event: RunEvent) -> None:
        content = event.content
        if isinstance(content, dict) and isinstance(content.get("title"), str):
            self.end_title = content["title"].strip()
        # `success` is said of runs that failed, too; the other words can be trusted.
        status = event.metadata.get("status")
        if isinstance(status, str) and status in _UNFINISHED:
            self.outcome, self.error = "failed", self.error or status
        elif not self.error:
            self.outcome = "finished"


def _error(event: RunEvent) -> str:
    text = event.content if isinstance(event.content, str) else text_of(event.content)
    kind = event.metadata.get("error_type")
    return text.strip() or (kind if isinstance(kind, str) else "") or "error"
