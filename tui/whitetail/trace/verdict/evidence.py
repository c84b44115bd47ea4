"""Evidence for a verdict: facts about the outcome of a run, proved by one event."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from whitetail.trace.json_object import text_field
from whitetail.trace.message import finish_reason_of, status_of, text_of
from whitetail_store import RunEvent

_MAX_CHARS = 200
_LENGTH_REASONS = frozenset(
    {"length", "max_tokens", "model_length", "max_output_tokens"}
)
"""Finish reasons of providers for a reply that reached its length limit."""
_BLOCK_WORDS = ("block", "deny", "denied", "refuse", "reject", "stop", "suppress")
_FAILURE_WORDS = (
    *("fail", "error", "timed out", "time out", "timeout", "unable", "cancel"),
    *("could not", "couldn't", "cannot", "cannot", "not able"),
    *("incomplete", "partial", "unverified", "not verified", "did not", "didn't"),
    *("失败", "失敗", "错误", "錯誤", "超时", "逾時", "无法", "無法", "未能", "没能"),
)
"""Words by which an answer may admit a failure, in the languages of DeerFlow."""


class Severity(StrEnum):
    """How a piece of evidence changes the verdict."""

    GOOD = "good"
    NOTE = "note"
    """It is shown, and changes nothing."""
    WARNING = "warning"
    """The run is degraded, or worse."""
    ERROR = "error"
    """The run failed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact about the outcome of a run, and the row that proves it."""

    row: int
    seq: int
    """The `seq` of the event; -1 for a line that is not an event."""
    text: str
    """The fact in one short line. Texts of the file in it are not sanitized."""
    severity: Severity


def shorten(text: str) -> str:
    """Return the beginning of a text as one line of 200 characters at most."""
    line = " ".join(text[: 4 * _MAX_CHARS].split())
    return line if len(line) <= _MAX_CHARS else line[: _MAX_CHARS - 1] + "…"


def mentions_failure(answer: str, description: str) -> bool:
    """Return whether an answer may mention a failure, or a task by its description."""
    answer = answer.casefold().replace("\u2019", "'")
    task = description.strip().casefold()
    return (bool(task) and task in answer) or any(
        word in answer for word in _FAILURE_WORDS
    )


def length_limit_reason(content: Any) -> str:
    """Return the provider's finish reason if a reply reached its length limit."""
    reason = finish_reason_of(content)
    return reason if reason.lower() in _LENGTH_REASONS else ""


def blocked_action(event: RunEvent) -> str:
    """Return a block by a middleware, as `guardrail: deny bash`; empty if none."""
    content = event.content
    if not event.event_type.startswith("middleware:") or not isinstance(content, dict):
        return ""
    action = content.get("action")
    if not isinstance(action, str):
        return ""
    if not any(word in action.lower() for word in _BLOCK_WORDS):
        return ""
    changes = content.get("changes")
    tool = changes.get("tool") if isinstance(changes, dict) else None
    middleware = event.event_type.partition(":")[2].replace("_", " ")
    on_tool = f" {shorten(tool)}" if isinstance(tool, str) and tool else ""
    return f"{shorten(middleware)}: {shorten(action).replace('_', ' ')}{on_tool}"


def task_failure_text(event: RunEvent) -> str:
    """Return how a subagent failed, by its end or by the result of its call."""
    content = event.content if isinstance(event.content, dict) else {}
    error = content.get("error")
    reason = error if isinstance(error, str) and error else text_of(content)
    status = status_of(content).replace("_", " ")
    word = "failed" if status in ("", "error", "success") else status
    return f"{word}: {shorten(reason)}" if reason else word


def error_text(event: RunEvent) -> str:
    """Return the message of an error event, or else the type of the error."""
    kind = text_field(event.metadata, "error_type")
    return shorten(text_of(event.content)) or shorten(kind) or "error"


def undelivered_count(event: RunEvent) -> int | None:
    """Return how many files were produced if none of them was presented, else 0.

    DeerFlow compares the two in `run.delivery`. None if the event does not.
    """
    content = event.content if isinstance(event.content, dict) else {}
    produced, presented = content.get("produced_paths"), content.get("presented_paths")
    if not isinstance(produced, list):
        return None
    satisfied = content.get("satisfied") is True or presented
    return 0 if satisfied or content.get("presented") else len(produced)


def new_output_count(event: RunEvent) -> int:
    """Return how many new files `workspace_changes` lists among the outputs."""
    changes = event.metadata.get("workspace_changes")
    files = changes.get("files") if isinstance(changes, dict) else None
    return sum(
        file.get("root") == "outputs" and file.get("status") == "created"
        for file in (files if isinstance(files, list) else ())
        if isinstance(file, dict)
    )
