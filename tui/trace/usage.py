"""What a run used: tokens, time and tools, by model, caller and tool, and money."""

from __future__ import annotations

from collections.abc import Iterable

from whitetail.store import BadLine, RunEvent

from .calls import Calls
from .message import (
    Usage,
    canonical,
    is_failure,
    latency_of,
    model_of,
    task_id_of,
    texts_of,
    usage_of,
)
from .tally import Bill, Prices, Tally, ToolTally


class Ledger:
    """The sums of one run. A row costs the calls it makes, and sorting its latency.

    Subagents are told of twice: by their replies, each with its tokens, and by
    the sum that `subagent.end` gives. The replies count: they say which model it
    was and what was cached, and are there while the subagent works. An end's sum
    counts only where no reply with tokens is, or may be, of its task.
    """

    def __init__(self) -> None:
        self.errors = 0
        """Rows that say that something went wrong."""
        self.model_errors = 0
        """Times that a model could not be asked, or did not answer."""
        self.retries = 0
        """Those of them after which a reply came."""
        self.tools: dict[str, ToolTally] = {}
        """What each tool did, by name."""
        self._models: dict[str, Tally] = {}
        self._callers: dict[str, Tally] = {}
        self._tasks: dict[str, Tally] = {}
        self._total = Tally()
        self._calls = Calls()
        self._row = -1
        self._pending = 0
        self._spoken: set[str] = set()
        self._lost = False
        """Whether a subagent's reply is of a task that nobody knows."""
        self._ends: dict[str, tuple[str, Usage]] = {}
        self._agents: dict[str, str] = {}

    def feed(self, rows: Iterable[RunEvent | BadLine]) -> None:
        """Take the run's next rows."""
        for event in rows:
            self._row += 1
            if isinstance(event, RunEvent):
                self._read(event)

    @property
    def total(self) -> Tally:
        """All that the run used."""
        total = self._total.copy()
        for _, _, usage in self._untold():
            total.add(usage)
        return total

    def by_model(self) -> dict[str, Tally]:
        """Return the sums of each model, by name: nothing where it was not said."""
        return _merged(self._models, [(m, usage) for _, m, usage in self._untold()])

    def by_caller(self) -> dict[str, Tally]:
        """Return the sums of the lead agent, each kind of subagent and middleware."""
        ends = [(self._agents.get(t, "subagent"), u) for t, _, u in self._untold()]
        return _merged(self._callers, ends)

    def by_task(self) -> dict[str, Tally]:
        """Return the sums of each subagent whose replies or end can be told apart.

        By the id of the `task` call that launched it.
        """
        return _merged(self._tasks, [(t, usage) for t, _, usage in self._untold()])

    def bill(self, prices: Prices) -> Bill:
        """Return what the run cost, and which of its models have no price."""
        total, models = self.total, self.by_model()
        costs = {name: prices.cost(name, tally) for name, tally in models.items()}
        known = [cost for cost in costs.values() if cost is not None]
        unpriced = tuple(name for name, cost in costs.items() if cost is None)
        amount = sum(known) if known or not costs else None
        if total.missing and not total.total:
            amount = None
        return Bill(amount, unpriced, total.missing)

    def _untold(self) -> list[tuple[str, str, Usage]]:
        """Return task, model and tokens of the ends that count."""
        if self._lost:
            return []
        return [
            (task_id, model, usage)
            for task_id, (model, usage) in self._ends.items()
            if task_id not in self._spoken
        ]

    def _read(self, event: RunEvent) -> None:
        kind = canonical(event.event_type)
        self.errors += is_failure(event)
        if kind == "llm.ai.response":
            self._read_reply(event)
        elif kind == "llm.tool.result":
            self._read_result(event)
        elif kind == "llm.error":
            self.model_errors += 1
            self._pending += 1
        elif kind == "subagent.end" and (usage := usage_of(event)) is not None:
            task_id = task_id_of(event) or f"row {self._row}"
            self._ends[task_id] = model_of(event), usage

    def _read_reply(self, event: RunEvent) -> None:
        self.retries += self._pending
        self._pending = 0
        usage, latency = usage_of(event), latency_of(event)
        caller = event.caller or "lead_agent"
        tallies = [
            self._total,
            self._models.setdefault(model_of(event), Tally()),
            self._callers.setdefault(caller, Tally()),
        ]
        if caller.startswith("subagent:"):
            tallies += self._voice(event, usage)
        for tally in tallies:
            tally.reply(usage, latency)
        for call in self._calls.ask(self._row, event):
            self.tools.setdefault(call.name, ToolTally()).calls += 1
            if call.name == "task" or call.agent:
                self._agents[call.id] = f"subagent:{call.agent}".rstrip(":")

    def _voice(self, event: RunEvent, usage: Usage | None) -> list[Tally]:
        """Note which tasks a subagent's reply may be of, and return the one it is."""
        named = task_id_of(event)
        speakers = [named] if named else [c.id for c in self._calls.speakers(event)]
        if usage is not None:
            self._spoken.update(speakers)
            self._lost = self._lost or not speakers
        if len(speakers) != 1:
            return []
        return [self._tasks.setdefault(speakers[0], Tally())]

    def _read_result(self, event: RunEvent) -> None:
        call, _, _ = self._calls.answer(self._row, event)
        name = call.name if call else ""
        if not name and isinstance(event.content, dict):
            said = event.content.get("name")
            name = said if isinstance(said, str) else ""
        tool = self.tools.setdefault(name, ToolTally())
        tool.results += 1
        tool.errors += is_failure(event)
        tool.bytes += sum(
            len(text.encode("utf-8", "surrogatepass"))
            for text in texts_of(event.content)
        )
        if call and call.time is not None and event.time is not None:
            tool.time += max(event.time - call.time, 0.0)


def _merged(
    tallies: dict[str, Tally], ends: list[tuple[str, Usage]]
) -> dict[str, Tally]:
    sums = {name: tally.copy() for name, tally in tallies.items()}
    for name, usage in ends:
        sums.setdefault(name, Tally()).add(usage)
    return sums
