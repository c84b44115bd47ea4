"""A run in the order in which things happened, told from ids."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from whitetail.store import BadLine, RunEvent

from .calls import Calls, Fault
from .message import call_id_of, canonical, task_id_of
from .nest import Nest
from .ranks import Ranks, under

_ABSENT = "its call is not in this run"
_SAID = {
    Fault.NO_ID: "it names no call",
    Fault.ANSWERED: "answers the same call as seq {seq}",
    Fault.REPEATED: "its call's id is also that of one in seq {seq}",
}


class Story:
    """The rows of a run, each under its cause, and in causal order.

    A tool's result stands under the reply that asked for it, and so do the rows
    of the subagent that the reply launched: those that carry its task's id, and
    the replies of callers `subagent:…` while it alone can have made them. What
    joins to nothing, or to more than one thing, stays at the top level, where
    rows are in file order; `note` says why.

    Of a subagent, its replies stand beside the steps that repeat them: the
    first with the first, the second with the second.

    A row costs O(log n) steps and a change of one block of `Places`, and once
    more if its call comes after it. Some 45 bytes are kept of a row, two hundred
    more of a call, and no event.
    """

    def __init__(self) -> None:
        self._nest = Nest()
        self._calls = Calls()
        self._ranks = Ranks()
        self._seq = array("q")
        self._notes: dict[int, tuple[str, int]] = {}
        self._pending: dict[str, list[tuple[int, int]]] = {}
        """Rows that wait for the call of an id, with their ranks."""

    def __len__(self) -> int:
        return len(self._nest)

    def feed(self, rows: Iterable[RunEvent | BadLine]) -> None:
        """Take the run's next rows."""
        for event in rows:
            row = len(self._nest)
            self._seq.append(event.seq if isinstance(event, RunEvent) else -1)
            if isinstance(event, BadLine):
                self._nest.add()
            elif canonical(event.event_type) == "llm.ai.response":
                self._read_reply(row, event)
            elif canonical(event.event_type) == "llm.tool.result":
                self._read_result(row, event)
            else:
                self._read_other(row, event)

    def parent(self, row: int) -> int | None:
        """Return the row that caused a row, where that is known."""
        parent = self._nest.parent(row)
        return None if parent < 0 else parent

    def depth(self, row: int) -> int:
        """Return how many rows stand above a row, 32 at the most."""
        return self._nest.depth(row)

    def size(self, row: int) -> int:
        """Return how many rows stand under a row; they follow it in the order."""
        return self._nest.size(row)

    def order(self) -> Sequence[int]:
        """Return all rows in causal order, each once: a view that grows.

        Its `index` is a row's place.
        """
        return self._nest.order

    def moved(self, row: int) -> bool:
        """Tell whether a row stands elsewhere than the file has it.

        That is so if it was pulled under a cause that was written later, or up
        ahead of rows that were written earlier; rows that others pass by have
        not moved.
        """
        return self._nest.moved(row)

    def note(self, row: int) -> str:
        """Return what is to be said of a row's place; mostly nothing."""
        said, other = self._notes.get(row, ("", -1))
        return said.format(seq=self._seq[other]) if other >= 0 else said

    def check(self) -> None:
        """Assert that every row stands once, below its parent and among its kin."""
        self._nest.check()

    def _read_reply(self, row: int, event: RunEvent) -> None:
        if task_id := task_id_of(event):
            # Rows may come to stand under it: it never moves once it stands.
            rank = self._ranks.task(row, task_id, event)
            call = self._calls.place(task_id)
            self._stand(row, call, rank, "" if call else _ABSENT)
        elif event.caller.startswith("subagent:"):
            self._read_voice(row, event)
        else:
            self._nest.add()
        for asked in self._calls.ask(row, event):
            self._adopt(asked.id, asked.row, asked.index)

    def _read_voice(self, row: int, event: RunEvent) -> None:
        """Read the reply of a subagent that does not say for which task it is."""
        speakers = self._calls.speakers(event)
        if not speakers:
            self._stand(row, None, 0, "no subagent was at work")
            return
        first = speakers[0]
        if len(speakers) == 1:
            rank = self._ranks.task(row, first.id, event)
            self._stand(row, (first.row, first.index), rank)
            return
        alike = all(call.row == first.row for call in speakers)
        said = f"which of {len(speakers)} subagents spoke is not known"
        rank = self._ranks.work(row)
        self._stand(row, (first.row, -1) if alike else None, rank, said)

    def _read_result(self, row: int, event: RunEvent) -> None:
        rank = self._ranks.result(row)
        call, fault, other = self._calls.answer(row, event)
        if fault is Fault.ABSENT:
            self._wait(row, call_id_of(event), rank)
        elif fault is not None:
            self._stand(row, None, rank, _SAID[fault], other)
        elif call is not None:
            self._stand(row, (call.row, call.index), rank)

    def _read_other(self, row: int, event: RunEvent) -> None:
        call_id = task_id_of(event) or call_id_of(event)
        if not call_id:
            lost = event.event_type.startswith("subagent.")
            self._stand(row, None, 0, "it names no task" if lost else "")
            return
        rank = self._ranks.task(row, call_id, event)
        if call := self._calls.place(call_id):
            self._stand(row, call, rank)
        else:
            self._wait(row, call_id, rank)

    def _wait(self, row: int, call_id: str, rank: int) -> None:
        self._pending.setdefault(call_id, []).append((row, rank))
        self._stand(row, None, rank, _ABSENT)

    def _stand(
        self,
        row: int,
        call: tuple[int, int] | None,
        rank: int,
        note: str = "",
        other: int = -1,
    ) -> None:
        """Give the next row its place: under its call's reply, or at the top."""
        if note:
            self._notes[row] = note, other
        if call is not None and self._nest.takes(call[0]):
            self._nest.add(call[0], under(rank, call[1]))
        else:
            self._nest.add()

    def _adopt(self, call_id: str, reply: int, index: int) -> None:
        """Put the rows that waited for a call under the reply that made it."""
        if call_id in self._pending and self._nest.takes(reply):
            for row, rank in self._pending.pop(call_id):
                del self._notes[row]
                self._nest.adopt(row, reply, under(rank, index))
