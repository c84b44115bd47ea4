"""Title, prompt, model and status of a run, from its first and last events.

Lists show these before a run is read whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from whitetail.trace.json_object import text_field
from whitetail.trace.message import (
    canonical,
    is_error_fallback,
    is_failure,
    is_inherited,
    is_lead,
    model_of,
    prompt_of,
    text_of,
    tool_calls_of,
    tool_name_of,
)
from whitetail.trace.verdict.status import RunStatus, StatusFacts
from whitetail_store import BadLine, RunEvent


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run's title, prompt, times and status. Texts are not sanitized."""

    title: str = ""
    """Written by DeerFlow's title middleware; empty if it did not run."""
    prompt: str = ""
    """The user's first message."""
    started: float | None = None
    """In seconds since the epoch."""
    ended: float | None = None
    """The latest time seen, in seconds since the epoch; also if the run goes on."""
    facts: StatusFacts = field(default_factory=StatusFacts)
    """The facts in these events from which the run's status follows."""
    error: str = ""
    """The text of the error that the run ended with."""
    model: str = ""


def summarize_run(
    head: Iterable[RunEvent | BadLine], tail: Iterable[RunEvent | BadLine] = ()
) -> RunSummary:
    """Return the summary of a run from its first and its last events.

    The two may overlap, and each may be empty.
    """
    draft = _Draft()
    for event in head:
        draft.add(event)
    for event in tail:
        draft.add(event)
    return RunSummary(
        draft.title or draft.end_title,
        draft.prompt,
        draft.started if draft.started is not None else draft.first,
        draft.latest,
        draft.facts(),
        draft.error,
        draft.model,
    )


def rows_after_conclusion(tail: Sequence[RunEvent | BadLine]) -> int:
    """Return how many rows follow the row that shows best how a run ended.

    That is the run's error, else the lead agent's last reply with a text, else the
    last row.
    """
    from_last = list(reversed(tail))
    for after, event in enumerate(from_last):
        if isinstance(event, RunEvent) and canonical(event.event_type) == "run.error":
            return after
    for after, event in enumerate(from_last):
        if (
            isinstance(event, RunEvent)
            and canonical(event.event_type) == "llm.ai.response"
            and is_lead(event)
            and text_of(event.content).strip()
        ):
            return after
    return 0


def final_answer(tail: Sequence[RunEvent | BadLine]) -> str | None:
    """Return the text with which a run answers, by its last rows.

    That is the lead agent's last reply if it makes no calls, or its last question to
    the user. Empty if there is no answer; None if rows before these decide.
    """
    for event in reversed(tail):
        if isinstance(event, BadLine):
            continue
        kind, content = canonical(event.event_type), event.content
        if kind == "llm.tool.result" and tool_name_of(content) == "ask_clarification":
            return text_of(content)
        if kind != "llm.ai.response" or not is_lead(event):
            continue
        if is_error_fallback(content) or tool_calls_of(content, 1):
            return ""
        if (text := text_of(content)).strip():
            return text
    return None


class _Draft:
    """A summary that is being built from events in file order."""

    def __init__(self) -> None:
        self.title = self.end_title = self.prompt = ""
        self.error = self.model = ""
        self.ended = self.failed = False
        self.started: float | None = None
        self.first: float | None = None
        self.latest: float | None = None
        self.events = 0
        self.inherited = True
        self.torn = False

    def facts(self) -> StatusFacts:
        """Return the facts. Whether a run answered can be judged by all rows only."""
        return StatusFacts(
            RunStatus.FAILED if self.failed else None,
            self.ended,
            self.latest,
            not self.events,
            self.torn,
            self.inherited and self.events > 0 and not self.ended,
        )

    def add(self, event: RunEvent | BadLine) -> None:
        self.torn = isinstance(event, BadLine)
        if isinstance(event, BadLine):
            return
        self.events += 1
        self.inherited = self.inherited and is_inherited(event)
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
            self._add_reply(event)
        elif kind == "run.error":
            self.ended, self.failed, self.error = True, True, _error(event)
        elif kind == "run.end":
            self._add_end(event)

    def _add_reply(self, event: RunEvent) -> None:
        if event.caller == "middleware:title":
            self.title = text_of(event.content).strip() or self.title
        else:
            self.model = self.model or model_of(event)

    def _add_end(self, event: RunEvent) -> None:
        content = event.content
        if isinstance(content, dict) and isinstance(content.get("title"), str):
            self.end_title = content["title"].strip()
        self.ended = True
        if is_failure(event):
            status = text_field(event.metadata, "status")
            self.failed, self.error = True, self.error or status or "failed"


def _error(event: RunEvent) -> str:
    kind = text_field(event.metadata, "error_type")
    return text_of(event.content).strip() or kind or "error"
