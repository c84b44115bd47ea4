"""Contents and metadata of events, in the shapes that DeerFlow writes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from typing import Any

from whitetail.demo.scenario import Call, Change, SubagentTask

_REASON_CODE = "forest.ask_first"
_OUTPUTS = "/mnt/user-data/outputs/"
_LIMITS = {
    "max_files": 200,
    "max_scanned_files": 2000,
    "max_file_bytes_for_diff": 262144,
    "max_total_diff_bytes": 1048576,
}


def start_metadata(thread_id: str, model: str) -> dict[str, Any]:
    """Return the metadata of `run.start`."""
    return {
        "caller": "lead_agent",
        "thread_id": thread_id,
        "agent_name": "default",
        "model_name": model,
        "thinking_enabled": True,
        "is_plan_mode": False,
        "subagent_enabled": True,
    }


def human_message(text: str, message_id: str, *, blocks: bool) -> dict[str, Any]:
    """Return the message of `llm.human.input`."""
    return {
        "content": [{"type": "text", "text": text}] if blocks else text,
        "additional_kwargs": {},
        "response_metadata": {},
        "type": "human",
        "name": None if blocks else "user-input",
        "id": message_id,
    }


def ai_message(
    text: str,
    message_id: str | None,
    *,
    model: str,
    usage: Mapping[str, Any],
    think: str = "",
    calls: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return the message of `llm.ai.response`, with its tool calls."""
    return {
        "content": text,
        "additional_kwargs": {"reasoning_content": think} if think else {},
        "response_metadata": {
            "finish_reason": "tool_calls" if calls else "stop",
            "model_name": model,
            "model_provider": "grove",
        },
        "type": "ai",
        "name": None,
        "id": message_id,
        "tool_calls": [{**call, "type": "tool_call"} for call in calls],
        "invalid_tool_calls": [],
        "usage_metadata": usage,
    }


def tool_message(
    name: str, call_id: str, text: str, message_id: str, *, ok: bool
) -> dict[str, Any]:
    """Return the message of `llm.tool.result`."""
    return {
        "content": text,
        "additional_kwargs": {},
        "response_metadata": {},
        "type": "tool",
        "name": name,
        "id": message_id,
        "tool_call_id": call_id,
        "artifact": None,
        "status": "success" if ok else "error",
    }


def message_repr(message: Mapping[str, Any]) -> str:
    """Return a message as `run.end` contains it: LangChain's `str(message)`."""
    omitted = {"type", "artifact"} | {
        key for key in ("name", "status") if message.get(key) in (None, "success")
    }
    if message["type"] == "tool":
        omitted |= {"additional_kwargs", "response_metadata"}
    return " ".join(f"{k}={v!r}" for k, v in message.items() if k not in omitted)


def guardrail_allowed(call: Call) -> dict[str, Any]:
    """Return the content of `middleware:guardrail` for a call that is allowed."""
    return {
        "name": "GuardrailMiddleware",
        "hook": "wrap_tool_call",
        "action": "allow",
        "changes": {"tool": call.tool},
    }


def guardrail_denied(call: Call, call_id: str) -> dict[str, Any]:
    """Return the content of `middleware:guardrail` for a call that is denied."""
    return {
        "name": "GuardrailMiddleware",
        "hook": "wrap_tool_call",
        "action": "deny_tool_call",
        "changes": {
            "tool_name": call.tool,
            "tool_call_id": call_id,
            "agent_id": None,
            "is_subagent": False,
            "user_role": "developer",
            "allow": False,
            "policy_id": "forest-rules",
            "reason_codes": [_REASON_CODE],
            "reason_messages": [call.denied],
            "fail_closed": True,
            "provider_error": False,
        },
    }


def denied_result(call: Call) -> str:
    """Return the result that the model gets for a call that is denied."""
    return (
        f"Guardrail denied: tool '{call.tool}' was blocked ({_REASON_CODE}). "
        f"Reason: {call.denied}. Choose an alternative approach."
    )


def subagent_end(
    task: SubagentTask, task_id: str, model: str, usages: Sequence[Mapping[str, int]]
) -> dict[str, Any]:
    """Return the content of `subagent.end`; `usages` holds one entry per reply."""
    keys = ("input_tokens", "output_tokens", "total_tokens")
    failed = bool(task.failure)
    failed_status = "timed_out" if task.timed_out else "failed"
    return {
        "task_id": task_id,
        "status": failed_status if failed else "completed",
        "model_name": model,
        "usage": {key: sum(usage[key] for usage in usages) for key in keys},
        "error" if failed else "result": task.failure or task.steps[-1].say,
    }


def task_result(task: SubagentTask) -> str:
    """Return the result that the model gets for a `task` call."""
    if task.timed_out:
        return f"Task timed out. Error: {task.failure}"
    if task.failure:
        return f"Task failed. Error: {task.failure}"
    return f"Task Succeeded. Result: {task.steps[-1].say}"


def workspace_changes(changes: Sequence[Change]) -> tuple[str, dict[str, Any]]:
    """Return the content and the details of `workspace_changes`."""
    files = [_file_change(change) for change in changes]
    added = sum(file["additions"] for file in files)
    deleted = sum(file["deletions"] for file in files)
    counts = {
        status: sum(file["status"] == status for file in files)
        for status in ("created", "modified", "deleted", "symlink_created")
    }
    summary = {**counts, "additions": added, "deletions": deleted, "truncated": False}
    noun = "file" if len(files) == 1 else "files"
    return f"{len(files)} {noun} changed +{added} -{deleted}", {
        "version": 1,
        "summary": summary,
        "files": files,
        "limits": _LIMITS,
    }


def delivery_content(
    changes: Sequence[Change], presented: Sequence[str]
) -> dict[str, Any]:
    """Return the content of `run.delivery`: files presented and files produced."""
    produced = sorted(
        change.path
        for change in changes
        if change.path.startswith(_OUTPUTS) and change.after
    )
    content: dict[str, Any] = {
        "presented": len(presented),
        "paths": list(presented),
        "by_tool": {"present_files": list(presented)} if presented else {},
    }
    if not produced:
        return content
    matched = [path for path in produced if path in presented]
    unmatched = "mismatched" if presented else "not_started"
    return {
        **content,
        "verification": {
            "source": "outputs_changed",
            "requirement": "present_files_matches_produced_output",
        },
        "produced_paths": produced,
        "presented_paths": list(presented),
        "matched_paths": matched,
        "stage": "presented" if matched else unmatched,
        "satisfied": bool(matched),
    }


def _file_change(change: Change) -> dict[str, Any]:
    before, after = change.before, change.after
    diff = list(
        unified_diff(
            (before or "").splitlines(),
            (after or "").splitlines(),
            f"a{change.path}",
            f"b{change.path}",
            lineterm="",
        )
    )
    if before is None:
        status = "created"
    else:
        status = "modified" if after is not None else "deleted"
    return {
        "path": change.path,
        "root": "outputs" if change.path.startswith(_OUTPUTS) else "workspace",
        "status": status,
        "binary": False,
        "sensitive": False,
        "size_before": _size(before),
        "size_after": _size(after),
        "sha256_before": _sha256(before),
        "sha256_after": _sha256(after),
        "diff": "\n".join(diff),
        "diff_truncated": False,
        "diff_unavailable_reason": None,
        "additions": sum(line.startswith("+") for line in diff[2:]),
        "deletions": sum(line.startswith("-") for line in diff[2:]),
        "symlink": False,
        "symlink_target_before": None,
        "symlink_target_after": None,
    }


def _size(text: str | None) -> int | None:
    return None if text is None else len(text.encode())


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()
