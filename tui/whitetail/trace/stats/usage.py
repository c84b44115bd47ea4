"""Tokens, latencies, tools, errors and cost of one run."""

from __future__ import annotations

from collections.abc import Iterable

from whitetail.trace.message import Usage, model_of, tool_name_of, usage_of
from whitetail.trace.parse import Aggregator, ParsedRow, Reply, Result, RowParser
from whitetail.trace.stats.pricing import Cost, Prices, cost_of
from whitetail.trace.stats.totals import TokenTotals, ToolTotals, sum_of


class UsageTotals(Aggregator):
    """The totals of one run by model, caller, task and tool.

    DeerFlow writes the tokens of a subagent twice: with each of its replies, and as
    a sum with `subagent.end`. Replies count: they name the model and the cached
    tokens, and are there while the subagent runs. The sum of an end counts only if no
    reply with tokens is of its task, or may be.

    A row costs the calls that it makes.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self.errors = 0
        """Events that report a failure."""
        self.model_errors = 0
        """Failed requests to models, as `llm.error` reports them."""
        self.retries = 0
        """Those of them that a reply followed."""
        self.tools: dict[str, ToolTotals] = {}
        """Totals of each tool, by name."""
        self._pending_errors = 0
        """Failed requests that no reply followed yet."""
        self._replies: dict[tuple[str, str], TokenTotals] = {}
        """Totals of replies by model and caller."""
        self._task_replies: dict[str, TokenTotals] = {}
        """Totals of replies by task id, if that is certain."""
        self._ends: dict[str, tuple[str, Usage]] = {}
        """Model and tokens of each `subagent.end`, by task id."""
        self._tasks_with_replies: set[str] = set()
        """Ids of tasks whose subagent wrote, or may have written, a counted reply."""
        self._any_task_may_have_replies = False
        """Whether a counted reply of a subagent may be of any task."""
        self._callers: dict[str, str] = {}
        """The caller `subagent:<type>` of each task, by its id."""

    def add(self, parsed: ParsedRow) -> None:
        """Add the run's next row."""
        self.errors += parsed.failed
        if parsed.reply is not None:
            self._add_reply(parsed, parsed.reply)
        elif parsed.result is not None:
            self._add_result(parsed, parsed.result)
        elif parsed.kind == "llm.error":
            self.model_errors += 1
            self._pending_errors += 1
        elif parsed.kind == "subagent.end":
            self._add_end(parsed)

    @property
    def total(self) -> TokenTotals:
        """The totals of the whole run."""
        return sum_of(self.by_model().values())

    def by_model(self) -> dict[str, TokenTotals]:
        """Return the totals by model name; the name is empty if it is unknown."""
        replies = ((model, tokens) for (model, _), tokens in self._replies.items())
        ends = [(model, usage) for _, model, usage in self.counted_ends()]
        return _merge(replies, ends)

    def by_caller(self) -> dict[str, TokenTotals]:
        """Return the totals by caller: lead agent, subagent types and middlewares."""
        replies = ((caller, tokens) for (_, caller), tokens in self._replies.items())
        ends = [
            (self._callers.get(task_id, "subagent"), usage)
            for task_id, _, usage in self.counted_ends()
        ]
        return _merge(replies, ends)

    def by_task(self) -> dict[str, TokenTotals]:
        """Return the totals of subagents, by the id of the `task` call.

        Replies whose task is ambiguous are not included.
        """
        ends = [(task_id, usage) for task_id, _, usage in self.counted_ends()]
        return _merge(self._task_replies.items(), ends)

    def counted_ends(self) -> list[tuple[str, str, Usage]]:
        """Return task id, model and tokens of the ends of subagents that count."""
        if self._any_task_may_have_replies:
            return []
        return [
            (task_id, model, usage)
            for task_id, (model, usage) in self._ends.items()
            if task_id not in self._tasks_with_replies
        ]

    def cost(self, prices: Prices) -> Cost:
        """Return the cost of the run, and which of its models have no price."""
        return cost_of(self.by_model(), prices)

    def _add_end(self, parsed: ParsedRow) -> None:
        if (usage := usage_of(parsed.event)) is not None:
            task_id = parsed.task_id or f"row {parsed.row}"
            self._ends[task_id] = model_of(parsed.event), usage

    def _add_reply(self, parsed: ParsedRow, reply: Reply) -> None:
        self.retries += self._pending_errors
        self._pending_errors = 0
        caller = parsed.caller or "lead_agent"
        if (tokens := self._replies.get((reply.model, caller))) is None:
            tokens = self._replies[reply.model, caller] = TokenTotals()
        tokens.add_reply(reply.usage, reply.latency)
        if caller.startswith("subagent:"):
            self._add_subagent_reply(reply)
        for call in reply.calls:
            self._tool(call.name).calls += 1
            if call.name == "task" or call.agent:
                self._callers[call.id] = f"subagent:{call.agent}".rstrip(":")

    def _add_subagent_reply(self, reply: Reply) -> None:
        tasks = reply.candidate_tasks
        if reply.usage is not None:
            self._tasks_with_replies.update(tasks)
            if not tasks:
                self._any_task_may_have_replies = True
        if len(tasks) == 1:
            tokens = self._task_replies.setdefault(tasks[0], TokenTotals())
            tokens.add_reply(reply.usage, reply.latency)

    def _add_result(self, parsed: ParsedRow, result: Result) -> None:
        call = result.match.call
        name = call.name if call else ""
        tool = self._tool(name or tool_name_of(parsed.event.content))
        tool.results += 1
        tool.errors += parsed.failed
        for text in result.texts:
            encoded = text if text.isascii() else text.encode("utf-8", "surrogatepass")
            tool.bytes += len(encoded)
        if call and call.time is not None and parsed.time is not None:
            tool.time += max(parsed.time - call.time, 0.0)

    def _tool(self, name: str) -> ToolTotals:
        if (tool := self.tools.get(name)) is None:
            tool = self.tools[name] = ToolTotals()
        return tool


def _merge(
    replies: Iterable[tuple[str, TokenTotals]], ends: list[tuple[str, Usage]]
) -> dict[str, TokenTotals]:
    """Return totals by name, from totals of replies and sums of ends."""
    merged: dict[str, TokenTotals] = {}
    for name, tokens in replies:
        merged.setdefault(name, TokenTotals()).merge(tokens)
    for name, usage in ends:
        merged.setdefault(name, TokenTotals()).add_usage(usage)
    return merged
