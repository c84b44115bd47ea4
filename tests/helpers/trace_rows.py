"""Rows for the tests of meaning: made by hand, mangled, and DeerFlow's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline
from whitetail.trace.relatives import Relatives
from whitetail_store import BadLine, RunEvent

Row = RunEvent | BadLine
NOON = 1_785_758_400.0
BAD = BadLine(0, 4, "not JSON", b"oops")


class Run:
    """Writes a run's rows, numbered from 1, a second apart unless said otherwise."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.second = 0

    def add(
        self, kind: str, content: Any = "", at: int | None = None, **metadata: Any
    ) -> int:
        """Add a row, and return its place."""
        self.second = self.second + 1 if at is None else at
        minute, second = divmod(self.second, 60)
        time = f"2026-08-03T12:{minute:02}:{second:02}+00:00"
        seq = len(self.rows) + 1
        self.rows.append(RunEvent(seq, kind, "", content, metadata, time))
        return seq - 1

    def prompt(self, text: str = "Find the deer") -> int:
        return self.add("llm.human.input", {"content": text}, caller="lead_agent")

    def reply(
        self,
        text: str = "",
        *calls: tuple[str, str],
        caller: str = "lead_agent",
        usage: tuple[int, int, int] | None = None,
        **more: Any,
    ) -> int:
        """Add a reply that calls tools, each a name and an id."""
        called = [{"name": name, "id": call_id, "args": {}} for name, call_id in calls]
        counts = usage and {
            "input_tokens": usage[0],
            "output_tokens": usage[1],
            "input_token_details": {"cache_read": usage[2]},
        }
        content = {"content": text, "tool_calls": called, "usage_metadata": counts}
        content |= {"response_metadata": {"model_name": "doe-3"}} | more
        metadata: dict[str, Any] = {
            "caller": caller,
            "usage": counts,
            "latency_ms": 500,
        }
        return self.add("llm.ai.response", content, **metadata)

    def launch(self, *tasks: str, agent: str = "scout", purpose: str = "Look") -> int:
        """Add a reply that hands tasks to subagents."""
        args = {"subagent_type": agent, "description": purpose}
        called = [{"name": "task", "id": task, "args": args} for task in tasks]
        return self.reply(tool_calls=called)

    def result(self, call_id: str, text: str = "ok", **more: Any) -> int:
        said = {"content": text, "tool_call_id": call_id, "status": "success"} | more
        return self.add("llm.tool.result", said)

    def step(self, task: str, kind: str = "ai") -> int:
        told = {"task_id": task, "kind": kind}
        return self.add("subagent.step", told, task_id=task)

    def finish(self, task: str, status: str = "completed", **more: Any) -> int:
        told = {"task_id": task, "status": status} | more
        return self.add("subagent.end", told, task_id=task)


def arounds(rows: Sequence[Row]) -> Iterator[Relatives]:
    """Yield what stands around each row, as `Relatives` asks for it."""
    outline = Outline()
    outline.take(ParentResolver().tell(rows))
    for row in range(len(rows)):
        parent = outline.parent(row)
        cause = None if parent is None else rows[parent]
        above = row if outline.size(row) or parent is None else parent
        under = [rows[each] for each in outline.under(above, len(rows))]
        if not isinstance(cause, RunEvent):
            cause = None
        yield Relatives(cause, under, place=outline.note(row))


def agrees(
    read: Callable[[Iterable[Sequence[Row]]], Any], rows: Sequence[Row], cuts: list[int]
) -> None:
    """Assert that rows read in batches mean what they mean at once."""
    assert read(batches(rows, cuts)) == read([rows])


def batches(rows: Sequence[Row], cuts: list[int]) -> Iterator[Sequence[Row]]:
    """Yield rows in batches, of which some may be empty."""
    ends = [*sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]
    begin = 0
    for end in ends:
        yield rows[begin:end]
        begin = end


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner)
    ),
    max_leaves=3,
)
_ids = st.sampled_from(["a", "a", "b", "c", "", None, 7])
_callers = st.sampled_from(
    ["lead_agent", "lead_agent", "", "subagent:scout", "middleware:title", 5]
)
_args = st.fixed_dictionaries(
    {}, optional={"subagent_type": st.sampled_from(["scout", "x", 3])}
)
_calls = st.lists(
    _junk
    | st.fixed_dictionaries(
        {"name": st.sampled_from(["task", "task", "ls", None]), "id": _ids}
    ).flatmap(lambda call: _args.map(lambda args: call | {"args": args})),
    max_size=3,
)
_numbers = st.integers(-3, 9_000) | _junk
_usage = _junk | st.fixed_dictionaries(
    {"input_tokens": _numbers, "output_tokens": _numbers},
    optional={
        "input_token_details": st.fixed_dictionaries({"cache_read": _numbers}) | _junk
    },
)
_contents = _junk | st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(["deny", "allow"]) | _junk,
        "additional_kwargs": st.just({"deerflow_error_fallback": True}) | _junk,
        "content": st.text(max_size=5) | _junk,
        "description": _junk,
        "kind": st.sampled_from(["ai", "tool"]),
        "name": _junk,
        "produced_paths": _junk,
        "response_metadata": st.just({"finish_reason": "length"}) | _junk,
        "status": st.sampled_from(["error", "success", "timed_out"]) | _junk,
        "task_id": _ids,
        "tool_call_id": _ids,
        "tool_calls": _calls | _junk,
        "usage": _usage,
        "usage_metadata": _usage,
    },
)
_metadata = st.fixed_dictionaries(
    {},
    optional={
        "caller": _callers,
        "latency_ms": _numbers,
        "status": st.sampled_from(["success", "timeout"]) | _junk,
        "task_id": _ids,
        "usage": _usage,
        "workspace_changes": _junk,
    },
)
_kinds = st.sampled_from(
    [
        *("llm.ai.response", "llm.ai.response", "llm.ai.response", "llm.tool.result"),
        *("llm.tool.result", "subagent.start", "subagent.step", "subagent.end"),
        *("run.start", "run.end", "run.error", "llm.error", "llm.human.input"),
        *("run.delivery", "workspace_changes", "middleware:guardrail", "tool.outcome"),
        *("middleware:summarization", "ai_message", "mystery"),
    ]
)
_times = st.sampled_from(
    [
        *("2026-08-03T12:00:05+00:00", "2026-08-03T12:00:01+00:00", "noon", ""),
        *("2026-08-03T12:09:00+00:00", "0001-01-01T00:00:00+23:59"),
    ]
)
mangled = st.lists(
    st.builds(
        RunEvent,
        st.integers(1, 99),
        _kinds,
        content=_contents,
        metadata=_metadata,
        created_at=_times,
    )
    | st.just(BAD),
    max_size=25,
)
"""Rows with ids doubled and dangling, times backward, and wrong types anywhere."""

cuts = st.lists(st.integers(0, 25), max_size=4)
"""Where rows are cut into batches."""
