"""How a run stands, and what says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from whitetail.trace.calls import Call
from whitetail.trace.message import call_id_of, is_error_fallback, text_of
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, RowParser
from whitetail.trace.verdict.evidence import (
    Evidence,
    Severity,
    blocked_action,
    error_text,
    length_limit_reason,
    new_output_count,
    shorten,
    undelivered_count,
)
from whitetail.trace.verdict.status import RunStatus, StatusRule
from whitetail.trace.verdict.subagents import SubagentTasks
from whitetail_store import BadLine

_MOST = 100
_TEXT = 1 << 16


class EvidenceCollector(Aggregator):
    """The evidence of one run, row by row; each kind is kept up to 100 times.

    A row costs the calls that it makes.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
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
        self._handoffs = SubagentTasks()
        self._reply = -1
        self._found: dict[str, deque[Evidence]] = {}
        self._text = ""
        self._made: Evidence | None = None
        self._told = False
        self._turn: tuple[str, float | None] = "its first rows", None

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, which is no event."""
        self.torn = True
        self._keep("bad", Evidence(row, -1, shorten(bad.reason), Severity.NOTE))

    def add(self, parsed: ParsedRow) -> None:
        """Take the run's next row."""
        kind, time, event = parsed.kind, parsed.time, parsed.event
        if time is not None and (self.latest is None or time > self.latest):
            self.latest = time
        self.torn, self.last = False, (parsed.row, event.seq)
        if parsed.reply is not None:
            if parsed.from_lead:
                self._read_reply(parsed, parsed.reply)
        elif parsed.result is not None:
            self._read_result(parsed, parsed.result.match.call)
        elif kind == "llm.human.input":
            self._turn = "the model", time
        elif kind == "llm.error":
            said = f"the model could not answer: {error_text(event)}"
            self._keep("model", _say(parsed, said))
        elif kind.startswith("subagent."):
            self._handoffs.add_event(parsed.row, event)
        elif kind in ("run.end", "run.error"):
            self._read_end(parsed)
        elif kind in ("run.delivery", "workspace_changes"):
            self._read_files(parsed)
        elif said := blocked_action(event):
            self._keep("blocked", _say(parsed, said, Severity.WARNING))

    def unanswered(self) -> list[Call]:
        """Return the lead agent's calls that have no result, a hundred at most."""
        waiting = self._parser.calls.unanswered()
        return list(islice((call for call in waiting if call.from_lead), _MOST))

    def unanswered_names(self) -> tuple[str, ...]:
        """Return the names of their tools, each once."""
        names = (shorten(call.name) or "a tool" for call in self.unanswered())
        return tuple(dict.fromkeys(names))

    def waiting(self) -> tuple[str, float | None]:
        """Return what the run waited for when last heard of, and since when."""
        if not (calls := self.unanswered()):
            return self._turn
        times = [call.time for call in calls if call.time is not None]
        return ", ".join(self.unanswered_names()), min(times, default=None)

    def evidence(self) -> Iterator[Evidence]:
        """Yield what was found, with the weight that what followed gives it."""
        for kind, found in self._found.items():
            for each in found:
                yield self._weighed(kind, each)
        yield from self._handoffs.evidence(self._text if self.answer else "")
        tone = Severity.WARNING if self.ended and not self.error else Severity.NOTE
        for call in self.unanswered():
            said = f"{shorten(call.name) or 'a tool'} has no result in this run"
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
            return replace(found, severity=Severity.WARNING)
        if kind == "apology" and found.row == self._reply:
            return replace(found, severity=Severity.ERROR)
        if kind == "cut" and found.row == self._reply:
            return replace(found, severity=Severity.WARNING)
        return found

    def _keep(self, kind: str, found: Evidence) -> None:
        self._found.setdefault(kind, deque(maxlen=_MOST)).append(found)

    def _read_reply(self, reading: ParsedRow, reply: Reply) -> None:
        self._reply, content = reading.row, reading.event.content
        said = text_of(content)[:_TEXT].strip()
        for call in reply.calls:
            self._handoffs.add_call(call)
        if is_error_fallback(content):
            self.answer = None
            self._keep("apology", _say(reading, f"not the model: {shorten(said)}"))
        elif reply.tool_calls or said:
            self._text = said
            self.answer = None
            if not reply.tool_calls:
                said = f"answers: {shorten(said)}"
                self.answer = _say(reading, said, Severity.GOOD)
        if reason := length_limit_reason(content):
            self._keep("cut", _say(reading, f"the reply was cut ({reason})"))
        self._turn = "its end", reading.time

    def _read_result(self, reading: ParsedRow, call: Call | None) -> None:
        event = reading.event
        self._turn = "the model", reading.time
        if call is not None and (call.name == "task" or call.agent):
            self._handoffs.add_result(call_id_of(event), reading.row, event)
        elif reading.failed:
            tool = shorten(call.name) if call else ""
            self._keep("tool", _say(reading, f"{tool or 'a tool'} failed"))
        elif call is not None and call.name == "present_files":
            self.presented = True
        elif call is not None and call.name == "ask_clarification":
            self._text = text_of(event.content)[:_TEXT]
            said = f"asks back: {shorten(self._text)}"
            self.answer = _say(reading, said, Severity.GOOD)

    def _read_end(self, reading: ParsedRow) -> None:
        self.ended = True
        if reading.failed or reading.kind == "run.error":
            status = reading.event.metadata.get("status")
            word = status if isinstance(status, str) and status else "failed"
            at_end = reading.kind == "run.end"
            self.error = shorten(word) if at_end else error_text(reading.event)
            self._keep("end", _say(reading, self.error, Severity.ERROR))

    def _read_files(self, reading: ParsedRow) -> None:
        made = new_output_count(reading.event)
        if reading.kind == "run.delivery":
            self._told = True
            if (compared := undelivered_count(reading.event)) is None:
                return
            self._made, made = None, compared
        if made:
            files = "1 file was" if made == 1 else f"{made} files were"
            said = f"{files} made, and none presented"
            self._made = _say(reading, said, Severity.WARNING)


def _say(reading: ParsedRow, said: str, tone: Severity = Severity.NOTE) -> Evidence:
    return Evidence(reading.row, reading.event.seq, said, tone)


_HELD = "the writer holds up to 20 rows back"
_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.GOOD, Severity.NOTE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run stands, why, and the rows that say so, the worst first."""

    status: RunStatus
    reason: str
    evidence: tuple[Evidence, ...]
    waiting_for: str = ""
    """What it waited for when last heard of: tools, or `the model`."""
    waiting_since: float | None = None
    """When that began, in seconds since the epoch."""
    unanswered_tools: tuple[str, ...] = ()
    """The tools among what it waited for, each once."""


class VerdictBuilder(Aggregator):
    """Reads one run row by row, and says how it stands whenever asked.

    A row costs the calls that it makes; a verdict costs the evidence, of which
    each kind is kept up to 100 times, and the subagents of the run.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self._record = EvidenceCollector(self._parser)

    def add(self, parsed: ParsedRow) -> None:
        """Take the run's next row."""
        self._record.add(parsed)

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, which is no event."""
        self._record.add_bad_line(row, bad)

    @property
    def ended(self) -> bool:
        """Whether a row said that the run is over."""
        return self._record.ended

    @property
    def latest_time(self) -> float | None:
        """The latest time of all rows, in seconds since the epoch."""
        return self._record.latest

    def status_rule(self) -> StatusRule:
        """Return how the run stands, whenever that is."""
        record = self._record
        ended = None
        if record.ended:
            ended, _ = self._judge(sorted(record.evidence(), key=_severity))
        return StatusRule(ended, record.latest, record.last is None, record.torn)

    def verdict(self, now: float, growing: bool, quiet_s: float = 300.0) -> Verdict:
        """Return how the run stands at a moment, as `StatusRule.at`, and why."""
        record = self._record
        evidence = list(record.evidence())
        if record.ended:
            evidence.sort(key=_severity)
            return Verdict(*self._judge(evidence), tuple(evidence))
        waiting, since = record.waiting()
        state, reason = self._guess(now, growing, quiet_s)
        if state is RunStatus.CUT_OFF:
            reason = f"{reason}; it waited for {waiting}, as far as was written"
        elif state is not RunStatus.UNKNOWN:
            reason = f"waits for {waiting}, as far as is written; {_HELD}"
        if record.last is not None:
            cut = state is RunStatus.CUT_OFF
            tone = Severity.WARNING if cut else Severity.NOTE
            said = "the last row: no end follows it"
            evidence.append(Evidence(*record.last, said, tone))
        evidence.sort(key=_severity)
        names = record.unanswered_names()
        return Verdict(state, reason, tuple(evidence), waiting, since, names)

    def _judge(self, evidence: list[Evidence]) -> tuple[RunStatus, str]:
        """Return how a run stands that came to its end."""
        record, worst = self._record, evidence[0] if evidence else None
        if record.error:
            return RunStatus.FAILED, record.error
        if worst and worst.severity is Severity.ERROR:
            return RunStatus.FAILED, worst.text
        if worst and worst.severity is Severity.WARNING:
            return RunStatus.DEGRADED, worst.text
        if record.answer is not None:
            return RunStatus.ANSWERED, record.answer.text
        if record.presented:
            return RunStatus.ANSWERED, "presented files, without a word"
        return RunStatus.DEGRADED, "ended without an answer"

    def _guess(self, now: float, growing: bool, quiet: float) -> tuple[RunStatus, str]:
        """Return how a run stands whose end was not seen."""
        outlook = self.status_rule()
        state = outlook.status_at(now, growing, quiet)
        if state is RunStatus.CUT_OFF:
            return state, "no last row"
        if state is not RunStatus.UNKNOWN:
            return state, ""
        if outlook.empty:
            return state, "no event was read"
        if outlook.latest_time is None:
            return state, "no last row, and no row has a time"
        return state, "its last line cannot be read"


def _severity(found: Evidence) -> tuple[int, int]:
    return _WORST_FIRST.index(found.severity), found.row
