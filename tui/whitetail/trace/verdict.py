"""How a run stands, and what says so."""

from __future__ import annotations

from dataclasses import dataclass

from whitetail.trace.findings import Evidence, Tone
from whitetail.trace.reading import Collector, Reader, Reading
from whitetail.trace.record import Record
from whitetail.trace.standing import Outlook, Standing
from whitetail_store import BadLine

_HELD = "the writer holds up to 20 rows back"
_WORST_FIRST = (Tone.ERROR, Tone.WARNING, Tone.GOOD, Tone.NOTE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run stands, why, and the rows that say so, the worst first."""

    state: Standing
    reason: str
    evidence: tuple[Evidence, ...]
    waiting: str = ""
    """What it waited for when last heard of: tools, or `the model`."""
    since: float | None = None
    """When that began, in seconds since the epoch."""
    unanswered: tuple[str, ...] = ()
    """The tools among what it waited for, each once."""


class Judge(Collector):
    """Reads one run row by row, and says how it stands whenever asked.

    A row costs the calls that it makes; a verdict costs the evidence, of which
    each kind is kept up to 100 times, and the subagents of the run.
    """

    def __init__(self, reader: Reader | None = None) -> None:
        super().__init__(reader)
        self._record = Record(self._reader)

    def take(self, reading: Reading) -> None:
        """Take the run's next row."""
        self._record.take(reading)

    def skip(self, row: int, bad: BadLine) -> None:
        """Take the run's next row, which is no event."""
        self._record.skip(row, bad)

    @property
    def ended(self) -> bool:
        """Whether a row said that the run is over."""
        return self._record.ended

    @property
    def latest(self) -> float | None:
        """The latest time of all rows, in seconds since the epoch."""
        return self._record.latest

    def outlook(self) -> Outlook:
        """Return how the run stands, whenever that is."""
        record = self._record
        ended = None
        if record.ended:
            ended, _ = self._judge(sorted(record.evidence(), key=_severity))
        return Outlook(ended, record.latest, record.last is None, record.torn)

    def verdict(self, now: float, growing: bool, quiet: float = 300.0) -> Verdict:
        """Return how the run stands at a moment, as `Outlook.at`, and why."""
        record = self._record
        evidence = list(record.evidence())
        if record.ended:
            evidence.sort(key=_severity)
            return Verdict(*self._judge(evidence), tuple(evidence))
        waiting, since = record.waiting()
        state, reason = self._guess(now, growing, quiet)
        if state is Standing.CUT_OFF:
            reason = f"{reason}; it waited for {waiting}, as far as was written"
        elif state is not Standing.UNKNOWN:
            reason = f"waits for {waiting}, as far as is written; {_HELD}"
        if record.last is not None:
            cut = state is Standing.CUT_OFF
            tone = Tone.WARNING if cut else Tone.NOTE
            said = "the last row: no end follows it"
            evidence.append(Evidence(*record.last, said, tone))
        evidence.sort(key=_severity)
        names = record.unanswered_names()
        return Verdict(state, reason, tuple(evidence), waiting, since, names)

    def _judge(self, evidence: list[Evidence]) -> tuple[Standing, str]:
        """Return how a run stands that came to its end."""
        record, worst = self._record, evidence[0] if evidence else None
        if record.error:
            return Standing.FAILED, record.error
        if worst and worst.tone is Tone.ERROR:
            return Standing.FAILED, worst.text
        if worst and worst.tone is Tone.WARNING:
            return Standing.DEGRADED, worst.text
        if record.answer is not None:
            return Standing.ANSWERED, record.answer.text
        if record.presented:
            return Standing.ANSWERED, "presented files, without a word"
        return Standing.DEGRADED, "ended without an answer"

    def _guess(self, now: float, growing: bool, quiet: float) -> tuple[Standing, str]:
        """Return how a run stands whose end was not seen."""
        outlook = self.outlook()
        state = outlook.at(now, growing, quiet)
        if state is Standing.CUT_OFF:
            return state, "no last row"
        if state is not Standing.UNKNOWN:
            return state, ""
        if outlook.empty:
            return state, "no event was read"
        if outlook.latest is None:
            return state, "no last row, and no row has a time"
        return state, "its last line cannot be read"


def _severity(found: Evidence) -> tuple[int, int]:
    return _WORST_FIRST.index(found.tone), found.row
