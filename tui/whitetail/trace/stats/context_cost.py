"""Why the prompts of a run were expensive: results that stay in them, cache misses.

DeerFlow sends the whole conversation with each request to a model. So a tool result
is paid for again with every later request, until the summarization middleware replaces
old messages by a summary. Providers bill the part of a prompt that they have cached at
a lower price; a prompt whose beginning changes misses the cache.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappush, heapreplace, nlargest
from typing import NamedTuple

from whitetail.trace.message import texts_of
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser
from whitetail_store import RunEvent

_MIN_CACHED_TOKENS = 1_024
"""Providers do not cache shorter prompts."""
_MAX_RESULTS = 100
_MAX_MISSES = 1_000
_MAX_CHANGES = 100
_INDEX_BITS = 16
"""A call is kept as one number: the row of its reply, and its index in these bits."""
_MAX_INDEX = (1 << _INDEX_BITS) - 1


@dataclass(frozen=True, slots=True)
class CarriedResult:
    """A tool result that is part of later prompts; its tokens are estimated."""

    row: int
    tokens: int
    """Estimated from the characters of its text."""
    later_replies: int
    """Replies of the lead agent after it, until a summary replaced it."""
    call: tuple[int, int] | None = None
    """The row of the reply that made the call, and the index of the call."""

    @property
    def cost(self) -> int:
        """Estimated input tokens in all later prompts, cached ones included."""
        return self.tokens * self.later_replies


@dataclass(frozen=True, slots=True)
class CacheMiss:
    """Two replies between which the cached part of the prompt fell below a half.

    This is inferred: the prompt did not shrink as much, so its beginning was no longer
    cached. It may have changed, or the cache may have expired.
    """

    caller: str
    before_row: int
    """The row of the reply before."""
    row: int
    """The row of the reply with the miss."""
    cached_before: int
    """Cached tokens in the prompt of the reply before."""
    cached_after: int
    """Cached tokens in the prompt of the reply with the miss."""
    models: tuple[str, str] = ("", "")
    """The models of the two replies."""
    pause: float | None = None
    """Seconds from the reply before to the request; None if unknown."""
    changes: tuple[str, ...] = ()
    """Types of events between the two that change the prompt, each once."""

    @property
    def between(self) -> range:
        """The rows between the two replies, which may show the reason."""
        return range(self.before_row + 1, self.row)


class _LastReply(NamedTuple):
    """The latest reply of one conversation."""

    row: int
    cached: int
    input: int
    model: str
    time: float | None


class ContextCost(Aggregator):
    """Estimates which tool results cost most in later prompts, and finds cache misses.

    Only results of the lead agent's calls count: a subagent has a conversation of its
    own. A summary is assumed to replace all results before it.

    A row costs the length of its text. Only results that can be among the 100 most
    expensive are kept: 100 earlier ones that are as long exclude a result for good,
    because they are part of as many prompts, or more.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self.cache_miss_count = 0
        """The number of all cache misses."""
        self.cache_misses: list[CacheMiss] = []
        """The first 1,000 cache misses, in file order."""
        self._replies = 0
        """The number of replies of the lead agent."""
        # The results that are part of the prompt, one column per field.
        self._rows = array("I")
        self._tokens = array("I")
        self._replies_before = array("I")
        self._calls = array("q")
        """The call of each result: row and index, packed; -1 if unknown."""
        self._longest: list[int] = []
        """The token counts of the 100 longest of them, as a heap."""
        self._dropped: list[CarriedResult] = []
        """The most expensive results that a summary has replaced."""
        self._last: dict[tuple[str, str], _LastReply] = {}
        """The latest reply of each conversation, by caller and task id."""
        self._changes: list[tuple[int, str]] = []
        """Row and type of the latest events that change a prompt."""

    def add(self, parsed: ParsedRow) -> None:
        """Add the run's next row."""
        if parsed.reply is not None:
            self._add_reply(parsed, parsed.reply)
        elif parsed.result is not None:
            self._add_result(parsed, parsed.result)
        elif parsed.kind.startswith("middleware:summar"):
            self._drop_results()
            self._add_change(parsed)
        elif parsed.kind.startswith("context:"):
            self._add_change(parsed)

    def most_expensive(self, limit: int = 10) -> list[CarriedResult]:
        """Return the most expensive results, 100 at most, the most expensive first."""
        results = [*self._dropped, *self._carried()]
        limit = min(limit, _MAX_RESULTS)
        return nlargest(limit, results, key=lambda each: (each.cost, -each.row))

    def _carried(self) -> Iterator[CarriedResult]:
        columns = self._rows, self._tokens, self._replies_before, self._calls
        for row, tokens, before, packed in zip(*columns, strict=True):
            call = None if packed < 0 else (packed >> _INDEX_BITS, packed & _MAX_INDEX)
            yield CarriedResult(row, tokens, self._replies - before, call)

    def _drop_results(self) -> None:
        self._dropped = self.most_expensive(_MAX_RESULTS)
        for column in (self._rows, self._tokens, self._replies_before, self._calls):
            del column[:]
        self._longest.clear()

    def _add_change(self, parsed: ParsedRow) -> None:
        del self._changes[:-_MAX_CHANGES]
        self._changes.append((parsed.row, parsed.kind))

    def _add_result(self, parsed: ParsedRow, result: Result) -> None:
        call = result.match.call
        if call is not None and not call.from_lead:
            return
        tokens = min(_estimate(result.texts), (1 << 32) - 1)
        if len(self._longest) < _MAX_RESULTS:
            heappush(self._longest, tokens)
        elif tokens > self._longest[0]:
            heapreplace(self._longest, tokens)
        else:
            return
        self._rows.append(parsed.row)
        self._tokens.append(tokens)
        self._replies_before.append(self._replies)
        packed = -1
        if call is not None:
            packed = call.row << _INDEX_BITS | min(call.index, _MAX_INDEX)
        self._calls.append(packed)

    def _add_reply(self, parsed: ParsedRow, reply: Reply) -> None:
        self._replies += parsed.from_lead
        conversation = _conversation(parsed, reply)
        cached, usage = reply.cached, reply.usage
        if conversation is None or cached is None or usage is None:
            return
        last = self._last.get(conversation)
        # A prompt that shrank as much was summarized, or is of another conversation.
        if (
            last is not None
            and last.cached >= _MIN_CACHED_TOKENS
            and 2 * cached < last.cached
            and usage.input >= last.input // 2
        ):
            self._add_miss(parsed, reply, last, cached)
        self._last[conversation] = _LastReply(
            parsed.row, cached, usage.input, reply.model, parsed.time
        )

    def _add_miss(
        self, parsed: ParsedRow, reply: Reply, last: _LastReply, cached: int
    ) -> None:
        self.cache_miss_count += 1
        if len(self.cache_misses) == _MAX_MISSES:
            return
        pause = None
        if parsed.time is not None and last.time is not None:
            pause = max(parsed.time - (reply.latency or 0.0) - last.time, 0.0)
        changes = dict.fromkeys(kind for row, kind in self._changes if row > last.row)
        self.cache_misses.append(
            CacheMiss(
                parsed.caller or "lead_agent",
                last.row,
                parsed.row,
                last.cached,
                cached,
                (last.model, reply.model),
                pause,
                tuple(changes),
            )
        )


def estimate_tokens(event: RunEvent) -> int:
    """Return the estimated number of tokens of a message's text.

    Models differ: four ASCII characters count as one token, and each other character
    as one.
    """
    return _estimate(texts_of(event.content))


def _estimate(texts: Iterable[str]) -> int:
    tokens = 0.0
    for text in texts:
        ascii_chars = len(text)
        if not text.isascii():
            ascii_chars = len(text.encode("ascii", "ignore"))
        tokens += ascii_chars / 4 + (len(text) - ascii_chars)
    return round(tokens)


def _conversation(parsed: ParsedRow, reply: Reply) -> tuple[str, str] | None:
    """Return caller and task id of the conversation of a reply; None if ambiguous."""
    if not parsed.caller.startswith("subagent:"):
        return parsed.caller or "lead_agent", ""
    tasks = reply.candidate_tasks
    return (parsed.caller, tasks[0]) if len(tasks) == 1 else None
