"""Builds events for all tests: as records, as lines of a file, and as whole runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from whitetail_store import BadLine, RunEvent

AnyEvent = RunEvent | BadLine
"""One row of a run as the store returns it."""

TIME = "2026-08-03T11:35:32.156210+00:00"
"""The `created_at` of `record` and `line`."""
START = 1_790_000_000.0
"""The time that `event` counts from, in seconds since the epoch."""
NOON = 1_785_758_400.0
"""The time that `RunBuilder` counts from, in seconds since the epoch."""
BAD = BadLine(0, 4, "not JSON", b"oops")


def record(seq: int, **changes: Any) -> dict[str, Any]:
    """Return a record with the keys and types that DeerFlow's store writes.

    `changes` replace its values, or add keys.
    """
    return {
        "thread_id": "t",
        "run_id": "r",
        "event_type": "llm.ai.response",
        "category": "message",
        "content": f"text {seq}",
        "metadata": {"caller": "lead_agent"},
        "seq": seq,
        "created_at": TIME,
        **changes,
    }


def line(seq: int, **changes: Any) -> bytes:
    """Return the line that DeerFlow's store writes for a record, with its newline."""
    return encoded(record(seq, **changes))


def encoded(fields: Mapping[str, Any]) -> bytes:
    """Return a record as DeerFlow's store encodes it, with a newline."""
    text = json.dumps(fields, default=str, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def event(
    seq: int, kind: str = "llm.ai.response", *, at: float = START, **changes: Any
) -> RunEvent:
    """Return an event without metadata, written `seq` seconds after `at`."""
    defaults = {"event_type": kind, "metadata": {}, "created_at": iso_time(at + seq)}
    return RunEvent.of(record(seq, **defaults | changes))


def iso_time(seconds: float) -> str:
    """Return seconds since the epoch as `created_at` has them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class RunBuilder:
    """Builds the events of one run: `seq` from 1, one second apart by default."""

    def __init__(self) -> None:
        self.rows: list[AnyEvent] = []
        self.second = 0
        """Seconds from noon to the latest event."""

    def add(
        self, kind: str, content: Any = "", at: int | None = None, **metadata: Any
    ) -> int:
        """Add an event, and return its row. `at` is in seconds after noon."""
        self.second = self.second + 1 if at is None else at
        self.rows.append(
            event(
                len(self.rows) + 1,
                kind,
                content=content,
                metadata=metadata,
                created_at=iso_time(NOON + self.second),
            )
        )
        return len(self.rows) - 1

    def prompt(self, text: str = "Find the deer") -> int:
        """Add a message of the user, and return its row."""
        return self.add("llm.human.input", {"content": text}, caller="lead_agent")

    def reply(
        self,
        text: str = "",
        *calls: tuple[str, str],
        caller: str = "lead_agent",
        usage: tuple[int, int, int] | None = None,
        **more: Any,
    ) -> int:
        """Add a reply of a model, and return its row.

        `calls` are tool calls, each a name and an id; `usage` are input, output and
        cached tokens; `more` are further fields of the message.
        """
        tool_calls = [
            {"name": name, "id": call_id, "args": {}} for name, call_id in calls
        ]
        counts = usage and {
            "input_tokens": usage[0],
            "output_tokens": usage[1],
            "input_token_details": {"cache_read": usage[2]},
        }
        content = {"content": text, "tool_calls": tool_calls, "usage_metadata": counts}
        content |= {"response_metadata": {"model_name": "doe-3"}} | more
        metadata: dict[str, Any] = {
            "caller": caller,
            "usage": counts,
            "latency_ms": 500,
        }
        return self.add("llm.ai.response", content, **metadata)

    def launch(
        self, *tasks: str, agent: str = "scout", description: str = "Look"
    ) -> int:
        """Add a reply that starts a subagent for each task id, and return its row."""
        args = {"subagent_type": agent, "description": description}
        calls = [{"name": "task", "id": task, "args": args} for task in tasks]
        return self.reply(tool_calls=calls)

    def result(self, call_id: str, text: str = "ok", **more: Any) -> int:
        """Add the result of a tool call, and return its row."""
        fields = {"content": text, "tool_call_id": call_id, "status": "success"}
        return self.add("llm.tool.result", fields | more)

    def step(self, task: str, kind: str = "ai") -> int:
        """Add a step of a subagent, and return its row."""
        fields = {"task_id": task, "kind": kind}
        return self.add("subagent.step", fields, task_id=task)

    def finish(self, task: str, status: str = "completed", **more: Any) -> int:
        """Add the end of a subagent, and return its row."""
        fields = {"task_id": task, "status": status} | more
        return self.add("subagent.end", fields, task_id=task)


def handoff() -> RunBuilder:
    """Return a run of which the subagent's rows, 0 and 1, were written first."""
    run = RunBuilder()
    run.step("t")
    run.finish("t")
    run.prompt("Find the deer")
    run.launch("t")
    run.result("t", "It is in the forest")
    run.reply("In the forest")
    return run
