"""What a run's rows say for and against it, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from whitetail.trace.message import finish_reason_of, status_of, text_of
from whitetail_store import RunEvent

_BRIEF = 200
_CUT = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
_BLOCKS = ("block", "deny", "denied", "refuse", "reject", "stop", "suppress")
# Words by which an answer may own up to a failure, in the languages DeerFlow speaks.
_FAILURES = (
    *("fail", "error", "timed out", "time out", "timeout", "unable", "cancel"),
    *("could not", "couldn't", "cannot", "can't", "not able"),
    *("incomplete", "partial", "unverified", "not verified", "did not", "didn't"),
    *("失败", "失敗", "错误", "錯誤", "超时", "逾時", "无法", "無法", "未能", "没能"),
)


class Severity(StrEnum):
    """What a piece of evidence does to the verdict."""

    GOOD = "good"
    NOTE = "note"
    """Worth a look; it decides nothing."""
    WARNING = "warning"
    """The run is no better than degraded."""
    ERROR = "error"
    """The run failed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that a row says of how its run stands."""

    row: int
    seq: int
    """The row's number; -1 for a line that is no event."""
    text: str
    """What it says, in one short line; the log's own words are as they stand."""
    severity: Severity


def shorten(text: str) -> str:
    """Return a text's beginning as one line of at most 200 characters."""
    said = " ".join(text[: 4 * _BRIEF].split())
    return said if len(said) <= _BRIEF else said[: _BRIEF - 1] + "…"


def mentions_failure(answer: str, purpose: str) -> bool:
    """Tell whether an answer may speak of a failure, or of that task by its name."""
    said = answer.casefold().replace("\u2019", "'")
    named = purpose.strip().casefold()
    return (bool(named) and named in said) or any(word in said for word in _FAILURES)


def length_limit_reason(content: Any) -> str:
    """Return the provider's word for it if a reply was cut for its length."""
    reason = finish_reason_of(content)
    return reason if reason.lower() in _CUT else ""


def blocked_action(event: RunEvent) -> str:
    """Return what a middleware stopped, if that is what its row says."""
    content = event.content
    if not event.event_type.startswith("middleware:") or not isinstance(content, dict):
        return ""
    action = content.get("action")
    if not isinstance(action, str) or not any(w in action.lower() for w in _BLOCKS):
        return ""
    changes = content.get("changes")
    tool = changes.get("tool") if isinstance(changes, dict) else None
    what = event.event_type.partition(":")[2].replace("_", " ")
    on = f" {shorten(tool)}" if isinstance(tool, str) and tool else ""
    return f"{shorten(what)}: {shorten(action).replace('_', ' ')}{on}"


def task_failure_text(event: RunEvent) -> str:
    """Return how a subagent's failure is told by its end or by its task's result."""
    content = event.content if isinstance(event.content, dict) else {}
    why = content.get("error")
    told = why if isinstance(why, str) and why else text_of(content)
    status = status_of(content).replace("_", " ")
    word = "failed" if status in ("", "error", "success") else status
    return f"{word}: {shorten(told)}" if told else word


def error_text(event: RunEvent) -> str:
    """Return what an error says, or of which kind it is."""
    said = event.content if isinstance(event.content, str) else text_of(event.content)
    kind = event.metadata.get("error_type")
    return shorten(said) or shorten(kind if isinstance(kind, str) else "") or "error"


def undelivered_count(event: RunEvent) -> int | None:
    """Return how many files were made of which none was presented, by DeerFlow.

    Nothing where `run.delivery` does not compare the two.
    """
    content = event.content if isinstance(event.content, dict) else {}
    made, shown = content.get("produced_paths"), content.get("presented_paths")
    if not isinstance(made, list):
        return None
    satisfied = content.get("satisfied") is True or shown or content.get("presented")
    return 0 if satisfied else len(made)


def new_output_count(event: RunEvent) -> int:
    """Return how many files `workspace_changes` says are new among the outputs."""
    changes = event.metadata.get("workspace_changes")
    files = changes.get("files") if isinstance(changes, dict) else None
    return sum(
        file.get("root") == "outputs" and file.get("status") == "created"
        for file in (files if isinstance(files, list) else ())
        if isinstance(file, dict)
    )
