"""The verdict on a run: its status, the reason, and the rows that prove it.

DeerFlow's own end is not enough: `run.end` has the status `success` for most failed
runs too, and a worker that was killed writes no end. So the verdict is made from
evidence: errors, calls without a result, failed subagents, truncated replies, blocked
calls, files that were not presented, and the lead agent's answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from whitetail.trace.calls import Call
from whitetail.trace.message import call_id_of, is_error_fallback, is_inherited, text_of
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
from whitetail.trace.verdict.status import RunStatus, StatusFacts, status_at
from whitetail.trace.verdict.subagents import SubagentTasks
from whitetail_store import BadLine

_MAX_EVIDENCE = 100
"""Of each kind; more is not read by a user, and would make a verdict slow."""
_MAX_ANSWER_CHARS = 1 << 16
_ITS_END = "its end"
_WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.GOOD, Severity.NOTE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The status of a run, the reason for it, and the evidence, the worst first."""

    status: RunStatus
    reason: str
    """One line. Texts of the file in it are not sanitized."""
    evidence: tuple[Evidence, ...]
    waiting_for: str = ""
    """What the run waits for at its latest row: tools, `the model` or `its end`."""
    waiting_since: float | None = None
    """Since when it waits, in seconds since the epoch."""
    unanswered_tools: tuple[str, ...] = ()
    """The names of the lead agent's tools without a result, each once."""


class VerdictBuilder(Aggregator):
    """Collects the evidence of one run, and makes verdicts from it at any time.

    A row costs the calls that it makes. A verdict costs the evidence, of which each
    kind is kept up to 100 times, and the subagents of the run.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self.latest_time: float | None = None
        """The latest time of all rows, in seconds since the epoch."""
        self.ended = False
        """Whether the run has an end."""
        self._last: tuple[int, int] | None = None
        """Row and `seq` of the last event."""
        self._inherited = True
        """Whether all events so far are copies of another thread's."""
        self._torn = False
        """Whether the last line is not an event."""
        self._error = ""
        """The error that the run's end reports."""
        self._answer: Evidence | None = None
        """The lead agent's last reply, if it makes no calls, or its last question."""
        self._answer_text = ""
        self._presented = False
        """Whether the run presented files to the user."""
        self._last_reply = -1
        """The row of the lead agent's last reply."""
        self._found: dict[str, deque[Evidence]] = {}
        """Evidence by kind; its severity can depend on later rows."""
        self._tasks = SubagentTasks()
        self._undelivered: Evidence | None = None
        """Files were made, and none was presented."""
        self._delivered = False
        """Whether `run.delivery` was read."""
        self._next: tuple[str, float | None] = "its first events", None
        """What the run waits for if every call has a result, and since when."""

    def add(self, parsed: ParsedRow) -> None:
        """Add the run's next row."""
        kind, time, event = parsed.kind, parsed.time, parsed.event
        if time is not None and (self.latest_time is None or time > self.latest_time):
            self.latest_time = time
        self._torn, self._last = False, (parsed.row, event.seq)
        self._inherited = self._inherited and is_inherited(event)
        if parsed.reply is not None:
            if parsed.from_lead:
                self._add_reply(parsed, parsed.reply)
        elif parsed.result is not None:
            self._add_result(parsed, parsed.result.match.call)
        elif kind == "llm.human.input":
            self._next = "the model", time
        elif kind == "llm.error":
            text = f"the model could not answer: {error_text(event)}"
            self._keep("model error", _evidence_of(parsed, text))
        elif kind.startswith("subagent."):
            self._tasks.add_event(parsed.row, event)
        elif kind in ("run.end", "run.error"):
            self._add_end(parsed)
        elif kind in ("run.delivery", "workspace_changes"):
            self._add_files(parsed)
        elif text := blocked_action(event):
            self._keep("blocked", _evidence_of(parsed, text, Severity.WARNING))

    def add_bad_line(self, row: int, bad: BadLine) -> None:
        """Add the run's next row, which is not an event."""
        self._torn = True
        text = shorten(bad.reason)
        self._keep("bad line", Evidence(row, -1, text, Severity.NOTE))

    def status_facts(self) -> StatusFacts:
        """Return the facts from which `status_at` gives the status at any time."""
        final = None
        if self.ended:
            final, _ = self._judge_ended(sorted(self._all_evidence(), key=_order))
        return StatusFacts(
            final,
            self.ended,
            self.latest_time,
            self._last is None,
            self._torn,
            self._inherited and self._last is not None,
        )

    def verdict(self, now: float, growing: bool) -> Verdict:
        """Return the verdict at `now`, in seconds since the epoch.

        Its status is that of `status_at`.
        """
        evidence = sorted(self._all_evidence(), key=_order)
        if self.ended:
            return Verdict(*self._judge_ended(evidence), tuple(evidence))
        status = status_at(self.status_facts(), now, growing)
        unanswered = self._unanswered()
        names = dict.fromkeys(shorten(call.name) or "a tool" for call in unanswered)
        waiting_for, since = self._next
        if unanswered:
            times = [call.time for call in unanswered if call.time is not None]
            waiting_for, since = ", ".join(names), min(times, default=None)
        reason = self._reason_without_end(status, waiting_for)
        if status is RunStatus.INHERITED:
            return Verdict(status, reason, tuple(evidence))
        if self._last is not None:
            cut_off = status is RunStatus.CUT_OFF
            severity = Severity.WARNING if cut_off else Severity.NOTE
            text = "the last event: no end follows it"
            evidence.append(Evidence(*self._last, text, severity))
            evidence.sort(key=_order)
        return Verdict(
            status, reason, tuple(evidence), waiting_for, since, tuple(names)
        )

    def _judge_ended(self, evidence: list[Evidence]) -> tuple[RunStatus, str]:
        """Return status and reason of a run that ended. Evidence: the worst first."""
        worst = evidence[0] if evidence else None
        if self._error:
            return RunStatus.FAILED, self._error
        if worst and worst.severity is Severity.ERROR:
            return RunStatus.FAILED, worst.text
        if worst and worst.severity is Severity.WARNING:
            return RunStatus.DEGRADED, worst.text
        if self._answer is not None:
            return RunStatus.ANSWERED, self._answer.text
        if self._presented:
            return RunStatus.ANSWERED, "presented files without a text"
        return RunStatus.DEGRADED, "ended without an answer"

    def _reason_without_end(self, status: RunStatus, waiting_for: str) -> str:
        if status is RunStatus.CUT_OFF and waiting_for == _ITS_END:
            return "no end was written after its last reply"
        if status is RunStatus.CUT_OFF:
            return f"no end was written; its last events wait for {waiting_for}"
        if status is RunStatus.INHERITED:
            return "history that was copied from another thread"
        if status is not RunStatus.UNKNOWN:
            return f"waits for {waiting_for} (DeerFlow writes in batches of 20 events)"
        if self._last is None:
            return "the file has no events"
        if self.latest_time is None:
            return "no end was written, and no event has a time"
        if not self._torn:
            return "no end was written, and its latest time is in the future"
        return "its last line cannot be read"

    def _unanswered(self) -> list[Call]:
        """Return the first 100 calls of the lead agent without a result."""
        calls = self._parser.calls.unanswered()
        return list(islice((call for call in calls if call.from_lead), _MAX_EVIDENCE))

    def _all_evidence(self) -> Iterator[Evidence]:
        """Yield all evidence, with the severity that it has by the rows so far."""
        for kind, found in self._found.items():
            for each in found:
                yield self._with_severity(kind, each)
        yield from self._tasks.evidence(self._answer_text if self._answer else "")
        over = self.ended and not self._error
        severity = Severity.WARNING if over else Severity.NOTE
        for call in self._unanswered():
            text = f"{shorten(call.name) or 'a tool'} has no result in this run"
            yield Evidence(call.row, call.seq, text, severity)
        if self._undelivered is not None and self._delivered and not self._presented:
            yield self._undelivered
        if self._answer is not None:
            yield self._answer

    def _with_severity(self, kind: str, found: Evidence) -> Evidence:
        """Return evidence with a severity that depends on whether a reply followed."""
        if kind == "model error":
            if found.row < self._last_reply:
                return replace(found, text=f"{found.text}; a reply followed")
            return replace(found, severity=Severity.WARNING)
        if kind == "fallback" and found.row == self._last_reply:
            return replace(found, severity=Severity.ERROR)
        if kind == "truncated" and found.row == self._last_reply:
            return replace(found, severity=Severity.WARNING)
        return found

    def _keep(self, kind: str, found: Evidence) -> None:
        self._found.setdefault(kind, deque(maxlen=_MAX_EVIDENCE)).append(found)

    def _add_reply(self, parsed: ParsedRow, reply: Reply) -> None:
        self._last_reply, content = parsed.row, parsed.event.content
        text = text_of(content)[:_MAX_ANSWER_CHARS].strip()
        for call in reply.calls:
            self._tasks.add_call(call)
        if is_error_fallback(content):
            self._answer = None
            fallback = f"DeerFlow replied instead of the model: {shorten(text)}"
            self._keep("fallback", _evidence_of(parsed, fallback))
        elif reply.tool_calls or text:
            self._answer_text = text
            self._answer = None
            if not reply.tool_calls:
                answer = f"answers: {shorten(text)}"
                self._answer = _evidence_of(parsed, answer, Severity.GOOD)
        if reason := length_limit_reason(content):
            truncated = f"the reply was truncated ({reason})"
            self._keep("truncated", _evidence_of(parsed, truncated))
        self._next = _ITS_END, parsed.time

    def _add_result(self, parsed: ParsedRow, call: Call | None) -> None:
        event = parsed.event
        self._next = "the model", parsed.time
        if call is not None and (call.name == "task" or call.agent):
            self._tasks.add_result(call_id_of(event), parsed.row, event)
        elif parsed.failed:
            tool = shorten(call.name) if call else ""
            self._keep("tool", _evidence_of(parsed, f"{tool or 'a tool'} failed"))
        elif call is not None and call.name == "present_files":
            self._presented = True
        elif call is not None and call.name == "ask_clarification":
            # DeerFlow ends the run with this result: the question is its answer.
            self._answer_text = text_of(event.content)[:_MAX_ANSWER_CHARS]
            question = f"asks the user: {shorten(self._answer_text)}"
            self._answer = _evidence_of(parsed, question, Severity.GOOD)

    def _add_end(self, parsed: ParsedRow) -> None:
        self.ended = True
        if parsed.failed or parsed.kind == "run.error":
            status = parsed.event.metadata.get("status")
            word = status if isinstance(status, str) and status else "failed"
            by_status = parsed.kind == "run.end"
            self._error = shorten(word) if by_status else error_text(parsed.event)
            self._keep("end", _evidence_of(parsed, self._error, Severity.ERROR))

    def _add_files(self, parsed: ParsedRow) -> None:
        count = new_output_count(parsed.event)
        if parsed.kind == "run.delivery":
            self._delivered = True
            if (undelivered := undelivered_count(parsed.event)) is None:
                return
            self._undelivered, count = None, undelivered
        if count:
            files = "1 file was" if count == 1 else f"{count} files were"
            text = f"{files} made, and none was presented"
            self._undelivered = _evidence_of(parsed, text, Severity.WARNING)


def _evidence_of(
    parsed: ParsedRow, text: str, severity: Severity = Severity.NOTE
) -> Evidence:
    return Evidence(parsed.row, parsed.event.seq, text, severity)


def _order(found: Evidence) -> tuple[int, int]:
    return _WORST_FIRST.index(found.severity), found.row
