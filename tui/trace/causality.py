"""A run in the order in which things happened, told from ids."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import nan
from typing import NamedTuple

from whitetail.store import BadLine, RunEvent

from .calls import Call, Calls, Fault
from .message import call_id_of, canonical, is_noise, latency_of, task_id_of
from .ranks import Ranks, under

_ABSENT = "its call is not in this run"
_SAID = {
    Fault.NO_ID: "it names no call",
    Fault.ANSWERED: "answers the same call as seq {seq}",
    Fault.REPEATED: "its call's id is also that of one in seq {seq}",
}


_DEEPEST = 32


class Placed(NamedTuple):
    """Where a row belongs; told once more when that turns out to be elsewhere."""

    row: int
    parent: int = -1
    """The row that caused it, -1 at the top."""
    rank: int = 0
    """What sorts it among those of the same parent."""
    note: str = ""
    """What is to be said of its place."""
    time: float = nan
    """When it was written, in seconds since the epoch."""
    took: float = nan
    """How long what it tells of went on until then, in seconds."""
    noise: bool = False
    """Whether it is bookkeeping, of which many are as good as one."""


class Story:
    """Reads a run's rows, and tells of each under which it belongs.

    A tool's result stands under the reply that asked for it, and so do the rows
    of the subagent that the reply launched: those that carry its task's id, and
    the replies of callers `subagent:…` while it alone can have made them. What
    joins to nothing, or to more than one thing, stays at the top level, where
    rows are in file order; its note says why.

    Of a subagent, its replies stand beside the steps that repeat them: the
    first with the first, the second with the second.

    Nine bytes are kept of a row, 24 more of a call that was answered, and no event.
    """

    def __init__(self) -> None:
        self._calls = Calls()
        self._ranks = Ranks()
        self._seq = array("q")
        self._depth = array("B")
        self._told: list[Placed] = []
        self._pending: dict[str, list[tuple[int, int]]] = {}
        """Rows that wait for the call of an id, with their ranks."""

    def __len__(self) -> int:
        return len(self._seq)

    def feed(self, rows: Iterable[RunEvent | BadLine]) -> list[Placed]:
        """Take the run's next rows; return where they belong, and who moves.

        A row that was placed before is moved at most once, from the top to
        under a reply that came later.
        """
        for event in rows:
            row = len(self._seq)
            self._seq.append(event.seq if isinstance(event, RunEvent) else -1)
            self._depth.append(0)
            if isinstance(event, BadLine):
                self._told.append(Placed(row))
            elif canonical(event.event_type) == "llm.ai.response":
                self._read_reply(row, event)
            elif canonical(event.event_type) == "llm.tool.result":
                self._read_result(row, event)
            else:
                self._read_other(row, event)
        told, self._told = self._told, []
        return told

    def _read_reply(self, row: int, event: RunEvent) -> None:
        if task_id := task_id_of(event):
            # Rows may come to stand under it: it never moves once it stands.
            rank = self._ranks.task(row, task_id, event)
            call = self._calls.place(task_id)
            self._stand(row, event, call, rank, "" if call else _ABSENT)
        elif event.caller.startswith("subagent:"):
            self._read_voice(row, event)
        else:
            self._stand(row, event)
        for asked in self._calls.ask(row, event):
            self._adopt(asked.id, asked.row, asked.index)

    def _read_voice(self, row: int, event: RunEvent) -> None:
        """Read the reply of a subagent that does not say for which task it is."""
        speakers = self._calls.speakers(event)
        if not speakers:
            self._stand(row, event, note="no subagent was at work")
            return
        first = speakers[0]
        if len(speakers) == 1:
            rank = self._ranks.task(row, first.id, event)
            self._stand(row, event, (first.row, first.index), rank)
            return
        alike = all(call.row == first.row for call in speakers)
        said = f"which of {len(speakers)} subagents spoke is not known"
        rank = self._ranks.work(row)
        self._stand(row, event, (first.row, -1) if alike else None, rank, said)

    def _read_result(self, row: int, event: RunEvent) -> None:
        rank = self._ranks.result(row)
        call, fault, other = self._calls.answer(row, event)
        if fault is Fault.ABSENT:
            self._wait(row, event, call_id_of(event), rank)
        elif fault is not None:
            note = _SAID[fault].format(seq=self._seq[other] if other >= 0 else "?")
            self._stand(row, event, None, rank, note)
        elif call is not None:
            took = _between(call, event)
            self._stand(row, event, (call.row, call.index), rank, took=took)

    def _read_other(self, row: int, event: RunEvent) -> None:
        call_id = task_id_of(event) or call_id_of(event)
        if not call_id:
            lost = event.event_type.startswith("subagent.")
            self._stand(row, event, note="it names no task" if lost else "")
            return
        rank = self._ranks.task(row, call_id, event)
        if call := self._calls.place(call_id):
            self._stand(row, event, call, rank)
        else:
            self._wait(row, event, call_id, rank)

    def _wait(self, row: int, event: RunEvent, call_id: str, rank: int) -> None:
        self._pending.setdefault(call_id, []).append((row, rank))
        self._stand(row, event, None, rank, _ABSENT)

    def _stand(
        self,
        row: int,
        event: RunEvent,
        call: tuple[int, int] | None = None,
        rank: int = 0,
        note: str = "",
        took: float = nan,
    ) -> None:
        """Tell the next row's place: under its call's reply, or at the top."""
        parent = -1
        if call is not None and self._depth[call[0]] < _DEEPEST:
            parent, rank = call[0], under(rank, call[1])
            self._depth[row] = self._depth[parent] + 1
        when = nan if (time := event.time) is None else time
        if (latency := latency_of(event)) is not None:
            took = latency
        self._told.append(Placed(row, parent, rank, note, when, took, is_noise(event)))

    def _adopt(self, call_id: str, reply: int, index: int) -> None:
        """Put the rows that waited for a call under the reply that made it."""
        if call_id in self._pending and self._depth[reply] < _DEEPEST:
            for row, rank in self._pending.pop(call_id):
                self._depth[row] = self._depth[reply] + 1
                self._told.append(Placed(row, reply, under(rank, index)))


def _between(call: Call, event: RunEvent) -> float:
    """Return how long a call went on; not a number where that is not known."""
    time = event.time
    if call.time is None or time is None or time < call.time:
        return nan
    return time - call.time
