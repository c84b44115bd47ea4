"""How a tale becomes runs: ids, tokens, times, and DeerFlow's events for them."""

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
from whitetail.demo.journal import Happening
from whitetail.demo.pace import Pace, usual
from whitetail.demo.story import Ask, Call, Errand, Say, Stumble, Tale, Turn

_HELPER = "fawn-mini"
_SYSTEM = 2_816
"""Tokens of a prompt that are there before anybody said a word."""


@dataclass(slots=True)
class _Mind:
    """A model with what it has been told so far."""

    caller: str
    tokens: int = _SYSTEM
    cached: int = _SYSTEM


class Telling:
    """A thread while it is told, turn by turn; the same seed, the same thread."""

    def __init__(self, tale: Tale, seed: str) -> None:
        self.tale = tale
        self._chance = Random(seed)
        self.thread_id = self._uuid()
        self._mind = _Mind("lead_agent")
        self._past: list[str] = []
        self._artifacts: list[str] = []
        self._happenings: list[Happening] = []
        self._pace: Pace = usual
        self._guarded = False

    def run(self, turn: Turn, pace: Pace = usual) -> tuple[str, list[Happening]]:
        """Return the id of the run that answers a turn, and its events in order."""
        run_id = self._uuid()
        self._pace, self._happenings = pace, []
        self._guarded = turn.guarded
        self._mind.cached = _SYSTEM
        at = self._begin(turn)
        presented: list[str] = []
        untitled = turn is self.tale.turns[0]
        for step in turn.steps:
            if isinstance(step, Stumble):
                at += self._seconds(step.took)
                self._add(at, "llm.error", "trace", step.error)
                self._mind.cached = 0
                continue
            calls = [self._called(call) for call in _calls(step)]
            at = self._reply(self._mind, at, step, calls)
            if untitled:
                at, untitled = self._title(at), False
            at = self._results(at, _calls(step), calls)
            for call in calls:
                presented += call["args"].get("filepaths", ())
        self._artifacts += presented
        self._finish(turn, at, presented)
        return run_id, self._numbered()

    def _begin(self, turn: Turn) -> float:
        start = messages.start(self.thread_id, self.tale.model)
        self._add(0.0, "run.start", "trace", {"chain": "lead_agent"}, **start)
        sha256 = hashlib.sha256(self.tale.memory.encode()).hexdigest()
        at = self._seconds(0.03)
        self._add(at, "context:memory", "context", {"content_sha256": sha256})
        at += self._seconds(0.02)
        said = messages.human(turn.prompt, self._uuid(), blocks=self.tale.blocks)
        self._add(at, "llm.human.input", "message", said, caller="lead_agent")
        self._remember(said, turn.prompt)
        return at

    def _reply(
        self, mind: _Mind, at: float, step: Ask | Say, calls: Sequence[dict[str, Any]]
    ) -> float:
        asked = json.dumps([call["args"] for call in calls], ensure_ascii=False)
        output = _tokens(step.say + step.think + asked)
        cached = min(mind.cached, mind.tokens) // 128 * 128
        usage = {
            "input_tokens": mind.tokens,
            "output_tokens": output,
            "total_tokens": mind.tokens + output,
            "input_token_details": {"cache_read": cached},
        }
        took = self._seconds(1.6 + output / 35 + (mind.tokens - cached) / 2_500)
        said = messages.reply(
            step.say,
            f"lc_run--{self._uuid()}",
            model=self.tale.model,
            usage=usage,
            think=step.think,
            calls=calls,
        )
        self._answered(at + took, said, mind.caller, round(took * 1_000) - 9)
        mind.cached = mind.tokens
        mind.tokens += output - _tokens(step.think)
        if mind is self._mind:
            self._past.append(messages.shown(said))
        return at + took

    def _title(self, at: float) -> float:
        usage = {"input_tokens": 104, "output_tokens": 9, "total_tokens": 113}
        said = messages.reply(self.tale.title, None, model=_HELPER, usage=usage)
        at += self._seconds(0.7)
        self._answered(at, said, "middleware:title", None)
        return at

    def _results(
        self, at: float, calls: Sequence[Call | Errand], asked: Sequence[dict[str, Any]]
    ) -> float:
        results: list[tuple[float, str, str, bool]] = []
        for call in calls if self._guarded else ():
            if isinstance(call, Call) and not call.denied:
                at += self._seconds(0.004)
                allowed = messages.allowance(call)
                self._add(at, "middleware:guardrail", "middleware", allowed)
        end = at
        for call, made in zip(calls, asked, strict=True):
            if isinstance(call, Errand):
                results.append(self._errand(at, call, made["id"]))
                continue
            end += self._seconds(call.took)
            gives, ok = call.gives, call.ok
            if call.denied:
                gives, ok = messages.denial(call), False
                refused = messages.guardrail(call, made["id"])
                self._add(end, "middleware:guardrail", "middleware", refused)
                end += self._seconds(0.01)
            results.append((end, made["id"], gives, ok))
        names = {made["id"]: made["name"] for made in asked}
        for end, call_id, gives, ok in sorted(results):
            said = messages.result(names[call_id], call_id, gives, self._uuid(), ok=ok)
            self._add(end, "llm.tool.result", "message", said)
            self._remember(said, gives)
            at = end
        return at

    def _errand(
        self, at: float, errand: Errand, task_id: str
    ) -> tuple[float, str, str, bool]:
        mind = _Mind("subagent:general-purpose", 1_480 + _tokens(errand.prompt), 1_408)
        first = len(self._happenings)
        index = count()
        about = {"task_id": task_id, "description": errand.description}
        self._add(at, "subagent.start", "subagent", about, task_id=task_id)
        for step in errand.steps:
            calls = [self._called(call) for call in _calls(step)]
            at = self._reply(mind, at, step, calls)
            made = [{"name": call["name"], "args": call["args"]} for call in calls]
            self._step(at, task_id, next(index), "ai", step.say, tool_calls=made)
            for call in _calls(step):
                assert isinstance(call, Call), "a subagent sends nobody on errands"
                at += self._seconds(call.took)
                mind.tokens += _tokens(call.gives)
                gives, name = call.gives, call.name
                self._step(at, task_id, next(index), "tool", gives, tool_name=name)
        usages = [
            row.content["usage_metadata"]
            for row in self._happenings[first:]
            if row.metadata.get("caller") == mind.caller
        ]
        at += self._seconds(0.02)
        content = messages.errand_end(errand, task_id, self.tale.model, usages)
        self._add(at, "subagent.end", "subagent", content, task_id=task_id)
        gives = messages.handed_back(errand)
        return at + self._seconds(0.1), task_id, gives, not errand.failure

    def _step(
        self, at: float, task_id: str, index: int, kind: str, text: str, **rest: Any
    ) -> None:
        content = {
            "task_id": task_id,
            "message_index": index,
            "kind": kind,
            "text": text,
            "truncated": False,
            **rest,
        }
        about = {"task_id": task_id, "message_index": index}
        self._add(at, "subagent.step", "subagent", content, **about)

    def _finish(self, turn: Turn, at: float, presented: Sequence[str]) -> None:
        at += self._seconds(0.2)
        changes = turn.changes
        if turn.fault:
            kind = "GraphRecursionError"
            self._add(at, "run.error", "error", turn.fault, error_type=kind)
        else:
            content = {
                "messages": list(self._past),
                "title": self.tale.title,
                "artifacts": list(self._artifacts),
            }
            self._add(at, "run.end", "outputs", content, status="success")
        if changes:
            at += self._seconds(0.02)
            line, details = messages.workspace(changes)
            kinds = ("workspace_changes", "workspace")
            self._add(at, *kinds, line, workspace_changes=details)
        at += self._seconds(0.01)
        content = messages.delivery(changes, presented)
        self._add(at, "run.delivery", "outputs", content)

    def _numbered(self) -> list[Happening]:
        """Return the events in order of time, the replies counted."""
        calls = count(1)
        rows = sorted(self._happenings, key=lambda row: row.at)
        return [
            replace(row, metadata={**row.metadata, "llm_call_index": next(calls)})
            if row.event_type == "llm.ai.response"
            else row
            for row in rows
        ]

    def _answered(
        self, at: float, said: dict[str, Any], caller: str, latency_ms: int | None
    ) -> None:
        about = {"usage": said["usage_metadata"], "latency_ms": latency_ms}
        self._add(at, "llm.ai.response", "message", said, caller=caller, **about)

    def _add(
        self, at: float, event_type: str, category: str, content: Any, **metadata: Any
    ) -> None:
        row = Happening(at, event_type, category, content, metadata)
        self._happenings.append(row)

    def _remember(self, said: dict[str, Any], text: str) -> None:
        self._mind.tokens += _tokens(text)
        self._past.append(messages.shown(said))

    def _called(self, call: Call | Errand) -> dict[str, Any]:
        call_id = f"call_{self._chance.getrandbits(96):024x}"
        return {"name": call.name, "args": dict(call.args), "id": call_id}

    def _seconds(self, seconds: float) -> float:
        return self._pace(seconds, self._chance.random())

    def _uuid(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))


def _calls(step: Ask | Say) -> tuple[Call | Errand, ...]:
    return step.calls if isinstance(step, Ask) else ()


def _tokens(text: str) -> int:
    return len(text.encode()) // 4
