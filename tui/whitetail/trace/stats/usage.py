"""What a run used: tokens, time and tools, by model, caller and tool, and money."""

from __future__ import annotations

from collections.abc import Iterable

from whitetail.trace.message import Usage, model_of, usage_of
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser
from whitetail.trace.stats.pricing import Cost, Prices
from whitetail.trace.stats.totals import TokenTotals, ToolTotals


class UsageTotals(Aggregator):
    """The sums of one run. A row costs the calls it makes.

    Subagents are told of twice: by their replies, each with its tokens, and by
    the sum that `subagent.end` gives. The replies count: they say which model it
    was and what was cached, and are there while the subagent works. An end's sum
    counts only where no reply with tokens is, or may be, of its task.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self.errors = 0
        """Rows that say that something went wrong."""
        self.model_errors = 0
        """Times that a model could not be asked, or did not answer."""
        self.retries = 0
        """Those of them after which a reply came."""
        self.tools: dict[str, ToolTotals] = {}
        """What each tool did, by name."""
        self._sums: dict[tuple[str, str], TokenTotals] = {}
        """By model and caller."""
        self._tasks: dict[str, TokenTotals] = {}
        self._pending = 0
        self._spoken: set[str] = set()
        self._lost = False
        """Whether a subagent's reply is of a task that nobody knows."""
        self._ends: dict[str, tuple[str, Usage]] = {}
        self._agents: dict[str, str] = {}

    def add(self, parsed: ParsedRow) -> None:
        """Take the run's next row."""
        self.errors += parsed.failed
        if parsed.reply is not None:
            self._read_reply(parsed, parsed.reply)
        elif parsed.result is not None:
            self._read_result(parsed, parsed.result)
        elif parsed.kind == "llm.error":
            self.model_errors += 1
            self._pending += 1
        elif parsed.kind == "subagent.end":
            self._read_end(parsed)

    @property
    def total(self) -> TokenTotals:
        """All that the run used."""
        total = TokenTotals()
        for tally in self.by_model().values():
            total.merge(tally)
        return total

    def by_model(self) -> dict[str, TokenTotals]:
        """Return the sums of each model, by name: nothing where it was not said."""
        told = ((model, tally) for (model, _), tally in self._sums.items())
        return _merged(told, [(m, usage) for _, m, usage in self._untold()])

    def by_caller(self) -> dict[str, TokenTotals]:
        """Return the sums of the lead agent, each kind of subagent and middleware."""
        told = ((caller, tally) for (_, caller), tally in self._sums.items())
        ends = [(self._agents.get(t, "subagent"), u) for t, _, u in self._untold()]
        return _merged(told, ends)

    def by_task(self) -> dict[str, TokenTotals]:
        """Return the sums of each subagent whose replies or end can be told apart.

        By the id of the `task` call that launched it.
        """
        ends = [(task_id, usage) for task_id, _, usage in self._untold()]
        return _merged(self._tasks.items(), ends)

    def cost(self, prices: Prices) -> Cost:
        """Return what the run cost, and which of its models have no price."""
        total, models = self.total, self.by_model()
        costs = {name: prices.cost(name, tally) for name, tally in models.items()}
        known = [cost for cost in costs.values() if cost is not None]
        unpriced = tuple(name for name, cost in costs.items() if cost is None)
        amount = sum(known) if known or not costs else None
        if total.uncounted_replies and not total.total:
            amount = None
        return Cost(amount, unpriced, total.uncounted_replies)

    def _untold(self) -> list[tuple[str, str, Usage]]:
        """Return task, model and tokens of the ends that count."""
        if self._lost:
            return []
        return [
            (task_id, model, usage)
            for task_id, (model, usage) in self._ends.items()
            if task_id not in self._spoken
        ]

    def _read_end(self, reading: ParsedRow) -> None:
        if (usage := usage_of(reading.event)) is not None:
            task_id = reading.task_id or f"row {reading.row}"
            self._ends[task_id] = model_of(reading.event), usage

    def _read_reply(self, reading: ParsedRow, reply: Reply) -> None:
        self.retries += self._pending
        self._pending = 0
        caller = reading.caller or "lead_agent"
        if (tally := self._sums.get((reply.model, caller))) is None:
            tally = self._sums[reply.model, caller] = TokenTotals()
        tally.add_reply(reply.usage, reply.latency)
        if caller.startswith("subagent:"):
            self._read_voice(reply)
        for call in reply.calls:
            self._tool(call.name).calls += 1
            if call.name == "task" or call.agent:
                self._agents[call.id] = f"subagent:{call.agent}".rstrip(":")

    def _read_voice(self, reply: Reply) -> None:
        """Note which tasks a subagent's reply may be of; one alone used its tokens."""
        if reply.usage is not None:
            self._spoken.update(reply.candidate_tasks)
            self._lost = self._lost or not reply.candidate_tasks
        if len(reply.candidate_tasks) == 1:
            tally = self._tasks.setdefault(reply.candidate_tasks[0], TokenTotals())
            tally.add_reply(reply.usage, reply.latency)

    def _read_result(self, reading: ParsedRow, result: Result) -> None:
        call, content = result.match.call, reading.event.content
        name = call.name if call else ""
        if not name and isinstance(content, dict):
            said = content.get("name")
            name = said if isinstance(said, str) else ""
        tool = self._tool(name)
        tool.results += 1
        tool.errors += reading.failed
        for text in result.texts:
            plain = text.isascii()
            tool.bytes += len(text if plain else text.encode("utf-8", "surrogatepass"))
        if call and call.time is not None and reading.time is not None:
            tool.time += max(reading.time - call.time, 0.0)

    def _tool(self, name: str) -> ToolTotals:
        if (tool := self.tools.get(name)) is None:
            tool = self.tools[name] = ToolTotals()
        return tool


def _merged(
    tallies: Iterable[tuple[str, TokenTotals]], ends: list[tuple[str, Usage]]
) -> dict[str, TokenTotals]:
    sums: dict[str, TokenTotals] = {}
    for name, tally in tallies:
        sums.setdefault(name, TokenTotals()).merge(tally)
    for name, usage in ends:
        sums.setdefault(name, TokenTotals()).add_usage(usage)
    return sums
