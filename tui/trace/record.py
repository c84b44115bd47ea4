"""What a run's rows said so far that bears on how it stands."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from whitetail.store import BadLine, RunEvent

from .calls import Call, Calls
from .findings import (
    Evidence,
    Tone,
    blocked,
    brief,
    cut_short,
    error_of,
    outputs_made,
    undelivered,
)
from .handoffs import Handoffs
from .message import (
    call_id_of,
    canonical,
    is_apology,
    is_failure,
    is_lead,
    text_of,
    tool_calls_of,
)

_MOST = 100
_TEXT = 1 << 16


class Record:
    """The evidence of one run, row by row; each kind is kept up to 100 times.

    A row costs the calls that it makes.
    """

    def __init__(self) -> None:
        self.last: tuple[int, int] | None = None
        """The last row that is an event, and its number."""
        self.latest: float | None = None
        """The latest time of all rows, in seconds since the epoch."""
        self.torn = False
        """Whether the last line is no event."""
        self.ended = False
        """Whether a row said that the run is over."""
        self.error = ""
        """What that row said went wrong."""
        self.answer: Evidence | None = None
        """The lead agent's last words, if it called no tool after them."""
        self.presented = False
        """Whether files were shown to the person."""
        self._calls = Calls()
        self._handoffs = Handoffs()
        self._row = self._reply = -1
        self._found: dict[str, deque[Evidence]] = {}
        self._text = ""
        self._made: Evidence | None = None
        self._told = False
        self._turn: tuple[str, float | None] = "its first rows", None

    def feed(self, rows: Iterable[RunEvent | BadLine]) -> None:
        """Take the run's next rows."""
        for event in rows:
            self._row += 1
            self.torn = isinstance(event, BadLine)
            if isinstance(event, BadLine):
                said = brief(event.reason)
                self._keep("bad", Evidence(self._row, -1, said, Tone.NOTE))
            else:
                self._read(event)

    def unanswered(self) -> list[Call]:
        """Return the lead agent's calls that have no result, a hundred at most."""
        return list(islice((c for c in self._calls.waiting() if c.lead), _MOST))

    def waiting(self) -> tuple[str, float | None]:
        """Return what the run waited for when last heard of, and since when."""
        if not (calls := self.unanswered()):
            return self._turn
        times = [call.time for call in calls if call.time is not None]
        names = dict.fromkeys(brief(call.name) or "a tool" for call in calls)
        return ", ".join(names), min(times, default=None)

    def evidence(self) -> Iterator[Evidence]:
        """Yield what was found, with the weight that what followed gives it."""
        for kind, found in self._found.items():
            for each in found:
                yield self._weighed(kind, each)
        yield from self._handoffs.evidence(self._text if self.answer else "")
        tone = Tone.WARNING if self.ended and not self.error else Tone.NOTE
        for call in self.unanswered():
            said = f"{brief(call.name) or 'a tool'} has no result in this run"
            yield Evidence(call.row, call.seq, said, tone)
        if self._made is not None and self._told and not self.presented:
            yield self._made
        if self.answer is not None:
            yield self.answer

    def _weighed(self, kind: str, found: Evidence) -> Evidence:
        """Return evidence with the weight that what followed gives it."""
        if kind == "model":
            if found.row < self._reply:
                return replace(found, text=f"{found.text}; a reply followed")
            return replace(found, tone=Tone.WARNING)
        if kind == "apology" and found.row == self._reply:
            return replace(found, tone=Tone.ERROR)
        if kind == "cut" and found.row == self._reply:
            return replace(found, tone=Tone.WARNING)
        return found

    def _keep(self, kind: str, found: Evidence) -> None:
        self._found.setdefault(kind, deque(maxlen=_MOST)).append(found)

    def _read(self, event: RunEvent) -> None:
        kind, time = canonical(event.event_type), event.time
        if time is not None:
            self.latest = time if self.latest is None else max(self.latest, time)
        self.last = self._row, event.seq
        if kind == "llm.ai.response":
            if is_lead(event):
                self._read_reply(event)
            else:
                self._calls.ask(self._row, event)
        elif kind == "llm.tool.result":
            self._read_result(event)
        elif kind == "llm.human.input":
            self._turn = "the model", time
        elif kind == "llm.error":
            said = f"the model could not answer: {error_of(event)}"
            self._keep("model", self._say(event, said))
        elif kind.startswith("subagent."):
            self._handoffs.tell(self._row, event)
        elif kind in ("run.end", "run.error"):
            self._read_end(event, failed=kind == "run.error" or is_failure(event))
        elif kind in ("run.delivery", "workspace_changes"):
            self._read_files(event)
        elif said := blocked(event):
            self._keep("blocked", self._say(event, said, Tone.WARNING))

    def _read_reply(self, event: RunEvent) -> None:
        self._reply = self._row
        said = text_of(event.content)[:_TEXT].strip()
        called = bool(tool_calls_of(event.content, 1))
        for call in self._calls.ask(self._row, event):
            self._handoffs.launch(call)
        if is_apology(event.content):
            self.answer = None
            self._keep("apology", self._say(event, f"not the model: {brief(said)}"))
        elif called or said:
            self._text = said
            self.answer = None
            if not called:
                said = f"answers: {brief(said)}"
                self.answer = self._say(event, said, Tone.GOOD)
        if reason := cut_short(event.content):
            self._keep("cut", self._say(event, f"the reply was cut ({reason})"))
        self._turn = "its end", event.time

    def _read_result(self, event: RunEvent) -> None:
        call, _, _ = self._calls.answer(self._row, event)
        failed = is_failure(event)
        self._turn = "the model", event.time
        if call is not None and (call.name == "task" or call.agent):
            self._handoffs.receive(call_id_of(event), self._row, event)
        elif failed:
            tool = brief(call.name) if call else ""
            self._keep("tool", self._say(event, f"{tool or 'a tool'} failed"))
        elif call is not None and call.name == "present_files":
            self.presented = True
        elif call is not None and call.name == "ask_clarification":
            self._text = text_of(event.content)[:_TEXT]
            said = f"asks back: {brief(self._text)}"
            self.answer = self._say(event, said, Tone.GOOD)

    def _read_end(self, event: RunEvent, *, failed: bool) -> None:
        self.ended = True
        if failed:
            status = event.metadata.get("status")
            word = status if isinstance(status, str) and status else "failed"
            at_end = canonical(event.event_type) == "run.end"
            self.error = brief(word) if at_end else error_of(event)
            self._keep("end", self._say(event, self.error, Tone.ERROR))

    def _read_files(self, event: RunEvent) -> None:
        made = outputs_made(event)
        if canonical(event.event_type) == "run.delivery":
            self._told = True
            if (compared := undelivered(event)) is None:
                return
            self._made, made = None, compared
        if made:
            files = "1 file was" if made == 1 else f"{made} files were"
            said = f"{files} made, and none presented"
            self._made = self._say(event, said, Tone.WARNING)

    def _say(self, event: RunEvent, said: str, tone: Tone = Tone.NOTE) -> Evidence:
        return Evidence(self._row, event.seq, said, tone)
