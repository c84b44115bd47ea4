"""What made a run's prompts dear: results that are carried, caches that break."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappush, heapreplace, nlargest
from typing import NamedTuple

from whitetail.trace.message import texts_of
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser
from whitetail_store import RunEvent

_LEAST = 1_024
"""Tokens from which providers cache a prompt at all."""
_MOST = 100
_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class CarriedResult:
    """A tool result that stays in the prompt of later calls: an estimate."""

    row: int
    tokens: int
    """About as many as its text has: a guess from its letters."""
    later_replies: int
    """Replies of the lead agent since, until its context was summarised."""
    call: tuple[int, int] | None = None
    """The row that asked for it, and which of that row's calls it answers."""

    @property
    def cost(self) -> int:
        """Input tokens that it made in all, cached ones included, about."""
        return self.tokens * self.later_replies


@dataclass(frozen=True, slots=True)
class CacheMiss:
    """Where a prompt's beginning was no longer cached: an inference, not a record.

    Between two calls of one caller the cached part fell to less than half, and
    the prompt did not shrink as much. A cache can also just expire.
    """

    caller: str
    before_row: int
    row: int
    cached_before: int
    """Cached tokens of the call before, and `after` of this one."""
    cached_after: int
    models: tuple[str, str] = ("", "")
    """Which model the call before asked, and which this one."""
    pause: float | None = None
    """Seconds between the two replies, this one's own time not counted."""
    changes: tuple[str, ...] = ()
    """Types of the rows between that tell of another prompt, each once."""

    @property
    def between(self) -> range:
        """The rows between the two, among which the reason may be."""
        return range(self.before_row + 1, self.row)


class _Last(NamedTuple):
    """What the latest reply of a talk said."""

    row: int
    cached: int
    read: int
    model: str
    time: float | None


class ContextCost(Aggregator):
    """Estimates for one run of what its results cost later, and of cache breaks.

    Results of the lead agent's tools count: a subagent's prompts are its own. A
    summary of the context is taken to drop all results before it. A row costs
    its text's length. Of results, those are kept that may be among the hundred
    dearest: a hundred that came earlier and are as long rule one out for good.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self.cache_miss_count = 0
        """How many cache breaks there were."""
        self.cache_misses: list[CacheMiss] = []
        """The first thousand of them, in file order."""
        self._replies = 0
        self._rows = array("I")
        self._tokens = array("I")
        self._born = array("I")
        self._asked = array("q")
        self._longest: list[int] = []
        """The hundred longest since the context was cut, as a heap."""
        self._dropped: list[CarriedResult] = []
        """The dearest of those that no prompt carries any more."""
        self._last: dict[tuple[str, str], _Last] = {}
        self._changes: list[tuple[int, str]] = []

    def add(self, parsed: ParsedRow) -> None:
        """Take the run's next row."""
        if parsed.reply is not None:
            self._read_reply(parsed, parsed.reply)
        elif parsed.result is not None:
            self._read_result(parsed, parsed.result)
        elif parsed.kind.startswith("middleware:summar"):
            self._cut()
            self._note(parsed)
        elif parsed.kind.startswith("context:"):
            self._note(parsed)

    def most_expensive(self, limit: int = 10) -> list[CarriedResult]:
        """Return the results that cost most, most costly first; a hundred at most."""
        return _dearest(min(limit, _MOST), [*self._dropped, *self._carried()])

    def _carried(self) -> Iterator[CarriedResult]:
        columns = self._rows, self._tokens, self._born, self._asked
        for row, tokens, born, asked in zip(*columns, strict=True):
            call = None if asked < 0 else (asked >> 16, asked & 0xFFFF)
            yield CarriedResult(row, tokens, self._replies - born, call)

    def _cut(self) -> None:
        self._dropped = self.most_expensive(_MOST)
        for column in (self._rows, self._tokens, self._born, self._asked):
            del column[:]
        self._longest.clear()

    def _note(self, reading: ParsedRow) -> None:
        """Keep what may be why a cache breaks; the last of many is enough."""
        del self._changes[:-_MOST]
        self._changes.append((reading.row, reading.kind))

    def _read_result(self, reading: ParsedRow, result: Result) -> None:
        call = result.match.call
        if call is not None and not call.from_lead:
            return
        tokens = min(_estimate(result.texts), (1 << 32) - 1)
        if len(self._longest) < _MOST:
            heappush(self._longest, tokens)
        elif tokens > self._longest[0]:
            heapreplace(self._longest, tokens)
        else:
            return
        self._rows.append(reading.row)
        self._tokens.append(tokens)
        self._born.append(self._replies)
        asked = -1 if call is None else call.row << 16 | min(call.index, 0xFFFF)
        self._asked.append(asked)

    def _read_reply(self, reading: ParsedRow, reply: Reply) -> None:
        self._replies += reading.from_lead
        talk = _talk(reading, reply)
        cached, usage = reply.cached, reply.usage
        if talk is None or cached is None or usage is None:
            return
        last = self._last.get(talk)
        # A prompt that shrank as much has lost its end, or is another's.
        if (
            last is not None
            and last.cached >= _LEAST
            and 2 * cached < last.cached
            and usage.input >= last.read // 2
        ):
            self._break(reading, reply, last, cached)
        now = _Last(reading.row, cached, usage.input, reply.model, reading.time)
        self._last[talk] = now

    def _break(
        self, reading: ParsedRow, reply: Reply, last: _Last, cached: int
    ) -> None:
        self.cache_miss_count += 1
        if len(self.cache_misses) == _KEPT:
            return
        pause = None
        if reading.time is not None and last.time is not None:
            pause = max(reading.time - (reply.latency or 0.0) - last.time, 0.0)
        changed = dict.fromkeys(kind for row, kind in self._changes if row > last.row)
        self.cache_misses.append(
            CacheMiss(
                reading.caller or "lead_agent",
                last.row,
                reading.row,
                last.cached,
                cached,
                (last.model, reply.model),
                pause,
                tuple(changed),
            )
        )


def estimate_tokens(event: RunEvent) -> int:
    """Return about how many tokens a message's text is.

    A guess, as models differ: four letters of ASCII are a token, and so is one
    of any other script.
    """
    return _estimate(texts_of(event.content))


def _estimate(texts: Iterable[str]) -> int:
    tokens = 0.0
    for text in texts:
        plain = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
        tokens += plain / 4 + (len(text) - plain)
    return round(tokens)


def _dearest(limit: int, carried: Iterable[CarriedResult]) -> list[CarriedResult]:
    return nlargest(limit, carried, key=lambda each: (each.cost, -each.row))


def _talk(reading: ParsedRow, reply: Reply) -> tuple[str, str] | None:
    """Return whose prompt it is that grows, where that is known."""
    caller = reading.caller
    if not caller.startswith("subagent:"):
        return caller or "lead_agent", ""
    return (
        (caller, reply.candidate_tasks[0]) if len(reply.candidate_tasks) == 1 else None
    )
