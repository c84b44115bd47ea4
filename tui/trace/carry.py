"""What made a run's prompts dear: results that are carried, caches that break."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest

from whitetail.store import BadLine, RunEvent

from .calls import Calls
from .message import cached_of, canonical, is_lead, task_id_of, texts_of, usage_of

_LEAST = 1_024
"""Tokens from which providers cache a prompt at all."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A tool result that stays in the prompt of later calls: an estimate."""

    row: int
    tokens: int
    """About as many as its text has: a guess from its letters."""
    calls: int
    """Replies of the lead agent since, until its context was summarised."""

    @property
    def cost(self) -> int:
        """Input tokens that it made in all, cached ones included, about."""
        return self.tokens * self.calls


@dataclass(frozen=True, slots=True)
class CacheBreak:
    """Where a prompt's beginning was no longer cached: an inference, not a record.

    Between two calls of one caller the cached part fell to less than half, and
    the prompt did not shrink as much. A cache can also just expire.
    """

    caller: str
    before_row: int
    row: int
    before: int
    """Cached tokens of the call before, and `after` of this one."""
    after: int

    @property
    def between(self) -> range:
        """The rows between the two, among which the reason may be."""
        return range(self.before_row + 1, self.row)


class Carriage:
    """Estimates for one run of what its results cost later, and of cache breaks.

    Results of the lead agent's tools count: a subagent's prompts are its own. A
    summary of the context is taken to drop all results before it. A row costs
    the calls that it makes and its text's length; a result takes 12 bytes.
    """

    def __init__(self) -> None:
        self.breaks: list[CacheBreak] = []
        """The cache breaks so far, in file order."""
        self._calls = Calls()
        self._row = -1
        self._replies = 0
        self._rows = array("I")
        self._tokens = array("I")
        self._born = array("I")
        self._cuts: list[tuple[int, int]] = []
        """How many results and replies there were when the context was cut."""
        self._last: dict[tuple[str, str], tuple[int, int, int]] = {}

    def feed(self, rows: Iterable[RunEvent | BadLine]) -> None:
        """Take the run's next rows."""
        for event in rows:
            self._row += 1
            if isinstance(event, RunEvent):
                self._read(event)

    def dearest(self, limit: int = 10) -> list[Carried]:
        """Return the results that cost most, most costly first; looks at each."""
        return nlargest(limit, self._all(), key=lambda each: (each.cost, -each.row))

    def _all(self) -> Iterable[Carried]:
        cuts = iter([*self._cuts, (len(self._rows), self._replies)])
        until, replies = next(cuts)
        for number, row in enumerate(self._rows):
            while number >= until:
                until, replies = next(cuts)
            yield Carried(row, self._tokens[number], replies - self._born[number])

    def _read(self, event: RunEvent) -> None:
        kind = canonical(event.event_type)
        if kind == "llm.ai.response":
            self._read_reply(event)
        elif kind == "llm.tool.result":
            call, _, _ = self._calls.answer(self._row, event)
            if call is None or call.lead:
                self._rows.append(self._row)
                self._tokens.append(min(estimate(event), (1 << 32) - 1))
                self._born.append(self._replies)
        elif kind.startswith("middleware:summar"):
            self._cuts.append((len(self._rows), self._replies))

    def _read_reply(self, event: RunEvent) -> None:
        self._replies += is_lead(event)
        talk = self._talk(event)
        self._calls.ask(self._row, event)
        cached, usage = cached_of(event), usage_of(event)
        if talk is None or cached is None or usage is None:
            return
        before_row, before, read = self._last.get(talk, (0, 0, 0))
        # A prompt that shrank as much has lost its end, or is another's.
        if before >= _LEAST and 2 * cached < before and usage.input >= read // 2:
            caller = event.caller or "lead_agent"
            self.breaks.append(
                CacheBreak(caller, before_row, self._row, before, cached)
            )
        self._last[talk] = self._row, cached, usage.input

    def _talk(self, event: RunEvent) -> tuple[str, str] | None:
        """Return whose prompt it is that grows, where that is known."""
        if not event.caller.startswith("subagent:"):
            return event.caller or "lead_agent", ""
        if task_id := task_id_of(event):
            return event.caller, task_id
        speakers = self._calls.speakers(event)
        return (event.caller, speakers[0].id) if len(speakers) == 1 else None


def estimate(event: RunEvent) -> int:
    """Return about how many tokens a message's text is.

    A guess, as models differ: four letters of ASCII are a token, and so is one
    of any other script.
    """
    tokens = 0.0
    for text in texts_of(event.content):
        plain = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
        tokens += plain / 4 + (len(text) - plain)
    return round(tokens)
