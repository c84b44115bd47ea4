"""Pages through the messages of a thread, across its runs."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from whitetail.run.protocols import EventKey, RunRows
from whitetail.view.brief import reason
from whitetail_store import RunEvent, RunKey, StoreError


class Message(NamedTuple):
    """A message that was read, with its position among all messages of the thread.

    Messages sort by `seq`, then time, then run and row: `seq` alone can repeat.
    """

    seq: int
    time: float
    """Seconds since the epoch; infinite if the event has none."""
    key: EventKey
    event: RunEvent


def _position(message: Message) -> tuple[int, float, EventKey]:
    return message[:3]


@dataclass(slots=True)
class _Run:
    rows: RunRows
    generation: int
    indexed: int = 0
    """How many rows were searched for messages."""
    unread: list[tuple[int, int]] = field(default_factory=list)
    """`seq` and row of messages that are older than all that were read, sorted."""


class Conversation:
    """The messages of a thread, the newest first read, and older ones on request.

    A page costs the page; new messages cost the growth of their runs. All methods wait
    for the disk: call them in a thread, one at a time.
    """

    def __init__(
        self,
        run_keys: Callable[[], Iterable[RunKey]],
        open_rows: Callable[[RunKey], RunRows],
    ) -> None:
        """`run_keys` returns the thread's runs, `open_rows` the rows of one."""
        self.messages: list[Message] = []
        """The messages that were read, in their order."""
        self.problems: dict[RunKey, str] = {}
        """Why runs are missing from the conversation."""
        self._run_keys = run_keys
        self._open_rows = open_rows
        self._runs: dict[RunKey, _Run] = {}

    @property
    def complete(self) -> bool:
        """Whether the oldest message was read."""
        return not any(run.unread for run in self._runs.values())

    def load_older(self, limit: int) -> int:
        """Read the next older messages, about `limit` of them; return their number.

        All messages of the same `seq` are read together, so that they can be sorted.
        """
        older: list[tuple[int, RunKey, int]] = []
        while (newest := self._newest_unread()) is not None:
            seq, key = newest
            if len(older) >= limit and seq != older[-1][0]:
                break
            older.append((seq, key, self._runs[key].unread.pop()[1]))
        messages = self._read(older)
        self.messages[:0] = sorted(messages, key=_position)
        return len(messages)

    def load_newer(self) -> int:
        """Read what was written since, into its position; return how much that is.

        Runs that came, went or were replaced are noticed. What belongs before the
        oldest message that was read is left for `load_older`.
        """
        keys = list(self._run_keys())
        for key in [key for key in self._runs if key not in keys]:
            self._forget(key)
        found: list[tuple[int, RunKey, int]] = []
        for key in keys:
            found += self._index(key)
        first = not self.messages
        oldest = inf if first else self.messages[0].seq
        for seq, key, row in found:
            if seq < oldest:
                insort(self._runs[key].unread, (seq, row))
        messages = self._read([each for each in found if each[0] >= oldest])
        for message in messages:
            at = bisect_left(self.messages, _position(message), key=_position)
            self.messages.insert(at, message)
        return len(messages)

    def _newest_unread(self) -> tuple[int, RunKey] | None:
        """Return `seq` and run of the newest message that was not read, if any."""
        unread = (
            (run.unread[-1][0], key) for key, run in self._runs.items() if run.unread
        )
        return max(unread, default=None)

    def _index(self, key: RunKey) -> list[tuple[int, RunKey, int]]:
        """Return the messages of a run that were not indexed yet."""
        rows = self._open_rows(key)
        try:
            rows.refresh()
            run = self._runs.get(key)
            if run is None or run.rows is not rows or run.generation != rows.generation:
                self._forget(key)
                run = self._runs[key] = _Run(rows, rows.generation)
            found = rows.messages(run.indexed)
            run.indexed = len(rows)
        except (StoreError, OSError) as error:
            self.problems[key] = reason(error)
            return []
        self.problems.pop(key, None)
        return [(seq, key, row) for seq, row in found]

    def _forget(self, key: RunKey) -> None:
        self._runs.pop(key, None)
        self.problems.pop(key, None)
        self.messages = [each for each in self.messages if each.key.run != key]

    def _read(self, found: Iterable[tuple[int, RunKey, int]]) -> list[Message]:
        messages = []
        for seq, key, row in found:
            try:
                event = self._runs[key].rows[row]
            except (StoreError, OSError, IndexError) as error:
                self.problems[key] = reason(error)
                continue
            if isinstance(event, RunEvent):
                time = inf if event.time is None else event.time
                messages.append(
                    Message(
                        seq, time, EventKey(key, row, self._runs[key].generation), event
                    )
                )
        return messages
