"""Turns a scenario into runs: ids, tokens, times and DeerFlow's events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from whitetail.demo import messages
from whitetail.demo.journal import Event
from whitetail.demo.scenario import (
    Ask,
    Call,
    ModelError,
    Say,
    Scenario,
    SubagentTask,
    Turn,
)
from whitetail.demo.speed import Speed, realistic

_TITLE_MODEL = "fawn-mini"
_SYSTEM_TOKENS = 2_816
"""Size of the lead agent's system prompt."""
_SUBAGENT_SYSTEM_TOKENS = 1_480
_SUBAGENT_CACHED_TOKENS = 1_408
_CACHE_BLOCK_TOKENS = 128
"""A model caches whole blocks of this size."""


@dataclass(slots=True)
class _Context:
    """The size of a model's context, which grows with each message."""

    caller: str
    tokens: int = _SYSTEM_TOKENS
    cached_tokens: int = _SYSTEM_TOKENS


class Writer:
    """Generates the events of a thread, turn by turn.

    The same scenario and seed give the same ids, durations and events.
    """

    def __init__(self, scenario: Scenario, seed: str) -> None:
        self._scenario = scenario
        self._random = Random(seed)
        self.thread_id = self._uuid()
        self._context = _Context("lead_agent")
        self._messages: list[str] = []
        self._artifacts: list[str] = []
        self._events: list[Event] = []
        self._speed: Speed = realistic

    def write(self, turn: Turn, speed: Speed = realistic) -> tuple[str, list[Event]]:
        """Return the id of the run that answers a turn, and its events by time."""
        run_id = self._uuid()
        self._speed, self._events = speed, []
        self._context.cached_tokens = _SYSTEM_TOKENS
        at = self._start(turn)
        presented: list[str] = []
        untitled = turn is self._scenario.turns[0]
        for step in turn.steps:
            if isinstance(step, ModelError):
                at += self._seconds(step.seconds)
                self._add(at, "llm.error", "trace", step.error)
                self._context.cached_tokens = 0
                continue
            calls = [self._tool_call(call) for call in _calls(step)]
            at = self._reply(self._context, at, step, calls)
            if untitled:
                at, untitled = self._title(at), False
            if turn.guarded:
                at = self._allow(at, _calls(step))
            at = self._results(at, _calls(step), calls)
            for call in calls:
                presented += call["args"].get("filepaths", ())
        self._artifacts += presented
        self._finish(turn, at, presented)
        return run_id, self._numbered()

    def _start(self, turn: Turn) -> float:
        """Add the events before the first model call."""
        metadata = messages.start_metadata(self.thread_id, self._scenario.model)
        self._add(0.0, "run.start", "trace", {"chain": "lead_agent"}, **metadata)
        sha256 = hashlib.sha256(self._scenario.memory.encode()).hexdigest()
        at = self._seconds(0.03)
        self._add(at, "context:memory", "context", {"content_sha256": sha256})
        at += self._seconds(0.02)
        blocks = self._scenario.prompt_as_blocks
        message = messages.human_message(turn.prompt, self._uuid(), blocks=blocks)
        self._add(at, "llm.human.input", "message", message, caller="lead_agent")
        self._remember(message, turn.prompt)
        return at

    def _reply(
        self,
        context: _Context,
        at: float,
        step: Ask | Say,
        calls: Sequence[dict[str, Any]],
    ) -> float:
        """Add a reply of the model that was called `at`; return its time."""
        args = json.dumps([call["args"] for call in calls], ensure_ascii=False)
        output = _tokens(step.say + step.think + args)
        blocks = min(context.cached_tokens, context.tokens) // _CACHE_BLOCK_TOKENS
        cached = blocks * _CACHE_BLOCK_TOKENS
        usage = {
            "input_tokens": context.tokens,
            "output_tokens": output,
            "total_tokens": context.tokens + output,
            "input_token_details": {"cache_read": cached},
        }
        uncached = context.tokens - cached
        seconds = self._seconds(1.6 + output / 35 + uncached / 2_500)
        message = messages.ai_message(
            step.say,
            f"lc_run--{self._uuid()}",
            model=self._scenario.model,
            usage=usage,
            think=step.think,
            calls=calls,
        )
        latency_ms = round(seconds * 1_000) - 9
        self._add_reply(at + seconds, message, context.caller, latency_ms)
        context.cached_tokens = context.tokens
        context.tokens += output - _tokens(step.think)
        if context is self._context:
            self._messages.append(messages.message_repr(message))
        return at + seconds

    def _title(self, at: float) -> float:
        usage = {"input_tokens": 104, "output_tokens": 9, "total_tokens": 113}
        title = self._scenario.title
        message = messages.ai_message(title, None, model=_TITLE_MODEL, usage=usage)
        at += self._seconds(0.7)
        self._add_reply(at, message, "middleware:title", None)
        return at

    def _allow(self, at: float, calls: Sequence[Call | SubagentTask]) -> float:
        """Add the guardrail's events for the calls that are allowed."""
        for call in calls:
            if isinstance(call, Call) and not call.denied:
                at += self._seconds(0.004)
                allowed = messages.guardrail_allowed(call)
                self._add(at, "middleware:guardrail", "middleware", allowed)
        return at

    def _results(
        self,
        at: float,
        calls: Sequence[Call | SubagentTask],
        tool_calls: Sequence[dict[str, Any]],
    ) -> float:
        """Add the results of calls that start `at`; return the time of the last."""
        results: list[tuple[float, str, str, bool]] = []
        end = at
        for call, tool_call in zip(calls, tool_calls, strict=True):
            call_id = tool_call["id"]
            if isinstance(call, SubagentTask):
                results.append(self._subagent(at, call, call_id))
                continue
            end += self._seconds(call.seconds)
            text = call.result
            if call.denied:
                text = messages.denied_result(call)
                denied = messages.guardrail_denied(call, call_id)
                self._add(end, "middleware:guardrail", "middleware", denied)
                end += self._seconds(0.01)
            results.append((end, call_id, text, not call.denied))
        names = {tool_call["id"]: tool_call["name"] for tool_call in tool_calls}
        for end, call_id, text, ok in sorted(results):
            message = messages.tool_message(
                names[call_id], call_id, text, self._uuid(), ok=ok
            )
            self._add(end, "llm.tool.result", "message", message)
            self._remember(message, text)
            at = end
        return at

    def _subagent(
        self, at: float, task: SubagentTask, task_id: str
    ) -> tuple[float, str, str, bool]:
        """Add the events of a subagent.

        Returns:
            The end, the call's id, its result and whether the task succeeded.

        """
        context = _Context(
            "subagent:general-purpose",
            _SUBAGENT_SYSTEM_TOKENS + _tokens(task.prompt),
            _SUBAGENT_CACHED_TOKENS,
        )
        first = len(self._events)
        index = count()
        content = {"task_id": task_id, "description": task.description}
        self._add(at, "subagent.start", "subagent", content, task_id=task_id)
        for step in task.steps:
            calls = [self._tool_call(call) for call in _calls(step)]
            at = self._reply(context, at, step, calls)
            made = [{"name": call["name"], "args": call["args"]} for call in calls]
            self._step(at, task_id, next(index), "ai", step.say, tool_calls=made)
            for call in _calls(step):
                assert isinstance(call, Call), "a subagent cannot start a subagent"
                at += self._seconds(call.seconds)
                text, name = call.result, call.tool
                context.tokens += _tokens(text)
                self._step(at, task_id, next(index), "tool", text, tool_name=name)
        usages = [
            event.content["usage_metadata"]
            for event in self._events[first:]
            if event.metadata.get("caller") == context.caller
        ]
        at += self._seconds(0.02)
        model = self._scenario.model
        content = messages.subagent_end(task, task_id, model, usages)
        self._add(at, "subagent.end", "subagent", content, task_id=task_id)
        result = messages.task_result(task)
        return at + self._seconds(0.1), task_id, result, not task.failure

    def _step(
        self, at: float, task_id: str, index: int, kind: str, text: str, **rest: Any
    ) -> None:
        metadata = {"task_id": task_id, "message_index": index}
        content = {**metadata, "kind": kind, "text": text, "truncated": False, **rest}
        self._add(at, "subagent.step", "subagent", content, **metadata)

    def _finish(self, turn: Turn, at: float, presented: Sequence[str]) -> None:
        """Add the events after the last step."""
        at += self._seconds(0.2)
        if turn.run_error:
            error_type = "GraphRecursionError"
            self._add(at, "run.error", "error", turn.run_error, error_type=error_type)
        else:
            content = {
                "messages": list(self._messages),
                "title": self._scenario.title,
                "artifacts": list(self._artifacts),
            }
            self._add(at, "run.end", "outputs", content, status="success")
        if turn.changes:
            at += self._seconds(0.02)
            text, details = messages.workspace_changes(turn.changes)
            metadata = {"workspace_changes": details}
            self._add(at, "workspace_changes", "workspace", text, **metadata)
        at += self._seconds(0.01)
        content = messages.delivery_content(turn.changes, presented)
        self._add(at, "run.delivery", "outputs", content)

    def _numbered(self) -> list[Event]:
        """Return the events by time, replies with their `llm_call_index`."""
        calls = count(1)
        return [
            replace(event, metadata={**event.metadata, "llm_call_index": next(calls)})
            if event.event_type == "llm.ai.response"
            else event
            for event in sorted(self._events, key=lambda event: event.at)
        ]

    def _add_reply(
        self, at: float, message: dict[str, Any], caller: str, latency_ms: int | None
    ) -> None:
        metadata = {
            "caller": caller,
            "usage": message["usage_metadata"],
            "latency_ms": latency_ms,
        }
        self._add(at, "llm.ai.response", "message", message, **metadata)

    def _add(
        self, at: float, event_type: str, category: str, content: Any, **metadata: Any
    ) -> None:
        event = Event(at, event_type, category, content, metadata)
        self._events.append(event)

    def _remember(self, message: dict[str, Any], text: str) -> None:
        """Add a message to the lead agent's context."""
        self._context.tokens += _tokens(text)
        self._messages.append(messages.message_repr(message))

    def _tool_call(self, call: Call | SubagentTask) -> dict[str, Any]:
        call_id = f"call_{self._random.getrandbits(96):024x}"
        return {"name": call.tool, "args": dict(call.args), "id": call_id}

    def _seconds(self, typical: float) -> float:
        return self._speed(typical, self._random.random())

    def _uuid(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def _calls(step: Ask | Say) -> tuple[Call | SubagentTask, ...]:
    return step.calls if isinstance(step, Ask) else ()


def _tokens(text: str) -> int:
    """Return about as many tokens as a text has."""
    return len(text.encode()) // 4
