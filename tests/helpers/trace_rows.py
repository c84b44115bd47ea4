"""Runs for the tests of `trace`: mangled runs, batches, and relatives of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.helpers.any_json import EVENT_TYPES, any_json
from tests.helpers.events import BAD, AnyEvent, RunBuilder
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline
from whitetail.trace.relatives import Relatives
from whitetail_store import RunEvent


def all_relatives(rows: Sequence[AnyEvent]) -> Iterator[Relatives]:
    """Yield the relatives of each row, by the rule that `Relatives` states."""
    outline = Outline()
    outline.add_placements(ParentResolver().resolve(rows))
    for row in range(len(rows)):
        parent = outline.parent(row)
        cause = None if parent is None else rows[parent]
        above = row if outline.descendant_count(row) or parent is None else parent
        under = [rows[each] for each in outline.descendants(above, len(rows))]
        if not isinstance(cause, RunEvent):
            cause = None
        yield Relatives(cause, under, position_note=outline.position_note(row))


def assert_batches_agree(
    read: Callable[[Iterable[Sequence[AnyEvent]]], Any],
    rows: Sequence[AnyEvent],
    cuts: list[int],
) -> None:
    """Assert that reading a run in batches gives the same as reading it at once."""
    assert read(batches(rows, cuts)) == read([rows])


def batches(rows: Sequence[AnyEvent], cuts: list[int]) -> Iterator[Sequence[AnyEvent]]:
    """Yield the rows in batches, some of which may be empty."""
    ends = [*sorted(cut % (len(rows) + 1) for cut in cuts), len(rows)]
    begin = 0
    for end in ends:
        yield rows[begin:end]
        begin = end


_junk = any_json(st.text(max_size=3), max_leaves=3)
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
"""Runs with repeated and dangling ids, times that go back, and wrong types."""


def _of_subagents(parts: Sequence[tuple[str, str]]) -> list[AnyEvent]:
    run = RunBuilder()
    for part, task in parts:
        if part == "launch":
            run.launch(task)
        elif part == "result":
            run.result(task)
        elif part == "finish":
            run.finish(task)
        elif part == "start":
            run.add("subagent.start", {"task_id": task}, task_id=task)
        elif part == "both":
            run.launch("a", "b")
        elif part in ("says 1", "says 2"):
            run.reply(part[-1], caller="subagent:scout")
        elif part in ("said 1", "said 2"):
            content = {"task_id": task, "kind": "ai", "text": part[-1]}
            run.add("subagent.step", content, task_id=task)
        else:
            run.step(task, part)
        run.second += 4
    return run.rows


subagents = st.lists(
    st.tuples(
        st.sampled_from(["launch", "start", "ai", "tool", "tool", "finish", "result"])
        | st.sampled_from(["both", "says 1", "says 2", "said 1", "said 2"]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=25,
).map(_of_subagents)
"""Runs of two subagents, whose rows are in any order; steps can repeat replies."""
cuts = st.lists(st.integers(0, 25), max_size=4)
"""Positions at which `batches` cuts a run."""

_keys = [
    *("additional_kwargs", "args", "caller", "content", "deerflow_tool_meta", "id"),
    *("input_tokens", "latency_ms", "model_name", "name", "reasoning_content"),
    *("response_metadata", "status", "text", "title", "tool_calls", "type", "usage"),
    "usage_metadata",
]
_any_json = any_json(st.sampled_from(_keys) | st.text(max_size=5), max_leaves=6)
_any_object = st.dictionaries(st.text(max_size=6), _any_json, max_size=4)
events_with_any_json = st.builds(
    RunEvent,
    st.integers(1, 99),
    st.sampled_from(EVENT_TYPES),
    content=_any_json,
    metadata=_any_object | st.fixed_dictionaries({"caller": _any_json}),
    created_at=st.sampled_from(["2026-08-03T12:00:00+00:00", "", "noon"]),
)
"""Events whose content is any JSON value, often with the keys of messages."""
