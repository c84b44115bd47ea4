"""Messages and what follows from files, in the shapes that DeerFlow writes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from typing import Any

from whitetail.demo.story import Call, Change, Errand

_CODE = "forest.ask_first"
_OUTPUTS = "/mnt/user-data/outputs/"
_LIMITS = {
    "max_files": 200,
    "max_scanned_files": 2000,
    "max_file_bytes_for_diff": 262144,
    "max_total_diff_bytes": 1048576,
}


def start(thread_id: str, model: str) -> dict[str, Any]:
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


def human(text: str, message_id: str, *, blocks: bool) -> dict[str, Any]:
    """Return what a person said."""
    return {
        "content": [{"type": "text", "text": text}] if blocks else text,
        "additional_kwargs": {},
        "response_metadata": {},
        "type": "human",
        "name": None if blocks else "user-input",
        "id": message_id,
    }


def reply(
    text: str,
    message_id: str | None,
    *,
    model: str,
    usage: Mapping[str, Any],
    think: str = "",
    calls: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return what a model said, with the tools that it called."""
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


def result(
    name: str, call_id: str, text: str, message_id: str, *, ok: bool
) -> dict[str, Any]:
    """Return what a tool gave back."""
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


def shown(message: Mapping[str, Any]) -> str:
    """Return a message as `run.end` holds it: its attributes, one after the other."""
    left_out = {"type", "artifact"} | {
        key for key in ("name", "status") if message.get(key) in (None, "success")
    }
    if message["type"] == "tool":
        left_out |= {"additional_kwargs", "response_metadata"}
    return " ".join(f"{k}={v!r}" for k, v in message.items() if k not in left_out)


def allowance(call: Call) -> dict[str, Any]:
    """Return the content of `middleware:guardrail` for a call that may be made."""
    return {
        "name": "GuardrailMiddleware",
        "hook": "wrap_tool_call",
        "action": "allow",
        "changes": {"tool": call.name},
    }


def guardrail(call: Call, call_id: str) -> dict[str, Any]:
    """Return the content of `middleware:guardrail` for a call that was refused."""
    return {
        "name": "GuardrailMiddleware",
        "hook": "wrap_tool_call",
        "action": "deny_tool_call",
        "changes": {
            "tool_name": call.name,
            "tool_call_id": call_id,
            "agent_id": None,
            "is_subagent": False,
            "user_role": "developer",
            "allow": False,
            "policy_id": "forest-rules",
            "reason_codes": [_CODE],
            "reason_messages": [call.denied],
            "fail_closed": True,
            "provider_error": False,
        },
    }


def denial(call: Call) -> str:
    """Return what the model is told about a call that was refused."""
    return (
        f"Guardrail denied: tool '{call.name}' was blocked ({_CODE}). "
        f"Reason: {call.denied}. Choose an alternative approach."
    )


def errand_end(
    errand: Errand, task_id: str, model: str, usages: Sequence[Mapping[str, int]]
) -> dict[str, Any]:
    """Return the content of `subagent.end`; `usages` are those of its replies."""
    keys = ("input_tokens", "output_tokens", "total_tokens")
    failed = bool(errand.failure)
    failure = "timed_out" if errand.timed_out else "failed"
    return {
        "task_id": task_id,
        "status": failure if failed else "completed",
        "model_name": model,
        "usage": {key: sum(usage[key] for usage in usages) for key in keys},
        "error" if failed else "result": errand.failure or errand.steps[-1].say,
    }


def handed_back(errand: Errand) -> str:
    """Return what the `task` call gives to the model that made it."""
    if errand.timed_out:
        return f"Task timed out. Error: {errand.failure}"
    if errand.failure:
        return f"Task failed. Error: {errand.failure}"
    return f"Task Succeeded. Result: {errand.steps[-1].say}"


def workspace(changes: Sequence[Change]) -> tuple[str, dict[str, Any]]:
    """Return the headline and the details of what became of files."""
    files = [_changed(change) for change in changes]
    added = sum(file["additions"] for file in files)
    gone = sum(file["deletions"] for file in files)
    counts = {
        status: sum(file["status"] == status for file in files)
        for status in ("created", "modified", "deleted", "symlink_created")
    }
    summary = {**counts, "additions": added, "deletions": gone, "truncated": False}
    noun = "file" if len(files) == 1 else "files"
    return f"{len(files)} {noun} changed +{added} -{gone}", {
        "version": 1,
        "summary": summary,
        "files": files,
        "limits": _LIMITS,
    }


def delivery(changes: Sequence[Change], presented: Sequence[str]) -> dict[str, Any]:
    """Return what was handed over, against what was made."""
    made = sorted(c.path for c in changes if c.path.startswith(_OUTPUTS) and c.after)
    content: dict[str, Any] = {
        "presented": len(presented),
        "paths": list(presented),
        "by_tool": {"present_files": list(presented)} if presented else {},
    }
    if not made:
        return content
    matched = [path for path in made if path in presented]
    missed = "mismatched" if presented else "not_started"
    return {
        **content,
        "verification": {
            "source": "outputs_changed",
            "requirement": "present_files_matches_produced_output",
        },
        "produced_paths": made,
        "presented_paths": list(presented),
        "matched_paths": matched,
        "stage": "presented" if matched else missed,
        "satisfied": bool(matched),
    }


def _changed(change: Change) -> dict[str, Any]:
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
