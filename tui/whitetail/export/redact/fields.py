"""The allow-list of a redacted copy: which fields of an event keep their values.

What is not listed here is replaced, keys included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from whitetail.trace.message import canonical


class Kind(Enum):
    """How a string of a field is treated."""

    TEXT = "text"
    """It is replaced."""
    MEDIA = "media"
    """It is replaced, except for the media type that begins a file in base64."""
    PATH = "path"
    """It is replaced as the path of a file: two paths stay two."""
    NAME = "name"
    """It is kept if it looks like an id or a name of a program: see `is_name`."""
    TIME = "time"
    """It is kept if it is a time in ISO 8601."""
    WORD = "word"
    """It is kept if it is a status that DeerFlow writes."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What is kept of a value, and of the values in it.

    The elements of a list have the shape of the list.
    """

    text: Kind = Kind.TEXT
    numbers: bool = False
    """Whether numbers are kept."""
    fields: Mapping[str, Shape] = field(default_factory=dict[str, "Shape"])
    """The keys of an object that are kept, and the shapes of their values."""
    names: Shape | None = None
    """The shape of fields whose key is the name of a tool; None if replaced."""
    arguments: bool = False
    """Whether the text can be arguments that were not parsed, or were truncated."""


TODO_WORDS = frozenset({"pending", "in_progress", "completed"})
"""The status of an entry of a to-do list."""
_STATUS_WORDS = TODO_WORDS | {
    *("success", "error", "failed", "failure", "timed_out", "timeout", "cancelled"),
    *("interrupted", "running", "created", "modified", "deleted", "symlink_created"),
}
_NAME = re.compile(r"(?:[A-Za-z0-9_]|@(?=\d))(?:[\w.:/+-]|@(?=\d))*", re.ASCII)
_MAX_NAME_CHARS = 120
_SECRET = re.compile(
    r"\A(?:sk|pk|rk|ghp|gho|ghs|xox[a-z]|akia|eyj|hf|glpat|aiza)[_A-Za-z0-9-]{16}"
    r"|://|passw|secret|bearer|apikey|api_key",
    re.IGNORECASE,
)
_RUN = re.compile(r"[A-Za-z0-9]{65}")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ][\d:.]{4,18}(?:Z|[+-][\d:]{2,8})?)?", re.ASCII
)


def is_name(text: str) -> bool:
    """Return whether a text may be the id or the name of a tool, a model or an agent.

    Such a text has no spaces and is not long. One that looks like the key of a service,
    an address with a scheme or an e-mail address is no name.
    """
    return (
        len(text) <= _MAX_NAME_CHARS
        and _NAME.fullmatch(text) is not None
        and _SECRET.search(text) is None
        and _RUN.search(text) is None
    )


def is_kept(text: str, kind: Kind) -> bool:
    """Return whether a string of a kind is kept. Texts never are, except empty ones."""
    match kind:
        case Kind.NAME:
            return not text or is_name(text)
        case Kind.TIME:
            return _TIME.fullmatch(text) is not None
        case Kind.WORD:
            return not text or text in _STATUS_WORDS
        case _:
            return not text


def _same(keys: str, shape: Shape) -> dict[str, Shape]:
    return dict.fromkeys(keys.split(), shape)


OPAQUE = Shape()
"""Everything is replaced: what is not known."""
_TEXT, _NAME_FIELD, _PATH = OPAQUE, Shape(Kind.NAME), Shape(Kind.PATH)
_NUMBER = Shape(numbers=True)
_TIME_FIELD = Shape(Kind.TIME, numbers=True)
_WORD = Shape(Kind.WORD)
_COUNT_KEYS = (
    "input_tokens output_tokens total_tokens input_token_details output_token_details "
    "prompt_tokens completion_tokens prompt_tokens_details completion_tokens_details "
    "audio audio_tokens cache_read cache_creation cached_tokens reasoning "
    "reasoning_tokens accepted_prediction_tokens rejected_prediction_tokens "
    "cache_creation_input_tokens cache_read_input_tokens "
    "prompt_cache_hit_tokens prompt_cache_miss_tokens"
)
_COUNTS = Shape(
    numbers=True,
    fields=_same(_COUNT_KEYS, Shape(fields=_same(_COUNT_KEYS, _NUMBER), numbers=True)),
)

_TODO = Shape(fields={"content": _TEXT, "status": _WORD})
_HIT_KEYS = "title url link image_url thumbnail_url snippet content description"
JSON_IN_TEXT = Shape(
    fields={
        **_same(_HIT_KEYS, _TEXT),
        "results": Shape(fields=_same(_HIT_KEYS, _TEXT)),
    }
)
"""JSON that is a text: the keys of the hits of DeerFlow's searches are kept."""
_ARGUMENT_FIELDS = {
    **_same("path file_path filepath filename filepaths image_path", _PATH),
    **_same("command code content old_str new_str description prompt query url", _TEXT),
    **_same("question context options clarification_type pattern glob append", _TEXT),
    **_same("start_line end_line max_results replace_all", _TEXT),
    "subagent_type": _NAME_FIELD,
    "todos": _TODO,
}
ARGUMENTS = Shape(arguments=True, fields=_ARGUMENT_FIELDS)
"""The arguments of a call; the keys of those of DeerFlow's tools are kept."""
_CALL_FIELDS = {
    **_same("name id type", _NAME_FIELD),
    **_same("args arguments input", ARGUMENTS),
    "error": _TEXT,
    "index": _NUMBER,
    "args_truncated": _NUMBER,
}
_CALLS = Shape(fields={**_CALL_FIELDS, "function": Shape(fields=_CALL_FIELDS)})
_DATA = Shape(Kind.MEDIA)
_MEDIA_FIELDS = {
    **_same(
        "type format mime_type mimeType media_type source_type detail", _NAME_FIELD
    ),
    **_same("url data base64 file_data", _DATA),
}
_MEDIA = Shape(Kind.MEDIA, fields=_MEDIA_FIELDS)
_BLOCK_FIELDS = {
    **_CALL_FIELDS,
    **_MEDIA_FIELDS,
    **_same("image_url video_url source input_audio file", _MEDIA),
    **_same(
        "thinking reasoning summary signature",
        Shape(fields={"text": _TEXT, "type": _NAME_FIELD}),
    ),
    **_same("tool_use_id", _NAME_FIELD),
}
_EXTRA = Shape(
    fields={
        **_same("run_id tool_call_id", _NAME_FIELD),
        **_same("reasoning_content original_user_content", _TEXT),
        "timestamp": _TIME_FIELD,
        "deerflow_error_fallback": _NUMBER,
        "deerflow_tool_meta": Shape(fields={"status": _WORD}),
        "tool_calls": _CALLS,
    }
)
_RESPONSE = Shape(
    fields={
        **_same(
            "finish_reason stop_reason model_name model model_provider", _NAME_FIELD
        ),
        **_same("service_tier system_fingerprint id object", _NAME_FIELD),
        **_same("token_usage usage", _COUNTS),
        "created": _NUMBER,
    }
)


_BLOCKS = Shape(fields={**_BLOCK_FIELDS, "text": _TEXT, "content": _TEXT})
_MESSAGE_FIELDS = {
    **_BLOCKS.fields,
    "content": _BLOCKS,
    **_same("type id tool_call_id task_id model_name", _NAME_FIELD),
    "status": _WORD,
    "additional_kwargs": _EXTRA,
    "response_metadata": _RESPONSE,
    **_same("tool_calls invalid_tool_calls", _CALLS),
    **_same("usage_metadata usage", _COUNTS),
    "artifact": OPAQUE,
}
_SUBAGENT_FIELDS = {
    **_same("kind tool_name subagent_type", _NAME_FIELD),
    **_same("truncated result_truncated error_truncated message_index", _NUMBER),
    **_same("text result error description", _TEXT),
}
_MESSAGE = Shape(fields={**_MESSAGE_FIELDS, **_SUBAGENT_FIELDS})
"""What whitetail looks for in the content of all events."""


def _message(**fields: Shape) -> Shape:
    return Shape(fields={**_MESSAGE.fields, **fields})


_CHANGED_FILE = Shape(
    fields={
        **_same("path symlink_target_before symlink_target_after", _PATH),
        **_same("root diff_unavailable_reason", _NAME_FIELD),
        "status": _WORD,
        **_same("additions deletions size_before size_after", _NUMBER),
        **_same("binary sensitive symlink diff_truncated", _NUMBER),
        **_same("diff sha256_before sha256_after", _TEXT),
    }
)
_SUMMARY_KEYS = (
    "additions deletions created modified deleted symlink_created truncated "
    "max_files max_scanned_files max_file_bytes_for_diff max_total_diff_bytes"
)
_CHANGES = Shape(
    fields={
        "files": _CHANGED_FILE,
        **_same("summary limits", Shape(fields=_same(_SUMMARY_KEYS, _NUMBER))),
        "version": _NUMBER,
    }
)
_MIDDLEWARE = _message(
    **_same("action hook", _NAME_FIELD),
    changes=Shape(
        fields={
            **_same("tool tool_name tool_call_id agent_id policy_id", _NAME_FIELD),
            "reason_codes": _NAME_FIELD,
            **_same("is_subagent allow fail_closed provider_error", _NUMBER),
            **_same("reason_messages user_role", _TEXT),
        }
    ),
)
_DELIVERY = _message(
    **_same("paths matched_paths presented_paths produced_paths", _PATH),
    stage=_NAME_FIELD,
    **_same("presented satisfied", _NUMBER),
    by_tool=Shape(names=_NUMBER),
    verification=Shape(fields=_same("requirement source", _NAME_FIELD)),
)
_RUN_END = _message(
    **_same("artifacts", _PATH),
    **_same("uploaded_files title delegations skill_context", _TEXT),
    viewed_images=OPAQUE,
    messages=_MESSAGE,
    todos=_TODO,
    sandbox=Shape(fields={"sandbox_id": _NAME_FIELD}),
    thread_data=Shape(fields=_same("outputs_path uploads_path workspace_path", _PATH)),
)
UNKNOWN = _message(**_same("name type", _TEXT))
"""The content of an event of an unknown type, which can name calls and tasks."""
_TYPES = """
llm.ai.response llm.tool.result llm.error subagent.start subagent.step subagent.end
run.error workspace_changes
"""
_BY_TYPE = {
    **_same(_TYPES, _MESSAGE),
    "llm.human.input": _message(name=_TEXT),
    "run.start": _message(chain=_NAME_FIELD),
    "run.end": _RUN_END,
    "run.delivery": _DELIVERY,
    "context:memory": _message(content_sha256=_TEXT),
}
_METADATA = Shape(
    fields={
        **_same("caller task_id tool_call_id thread_id run_id", _NAME_FIELD),
        "status": _WORD,
        **_same("error_type agent_name model_name ls_integration", _NAME_FIELD),
        **_same("reasoning_effort", _NAME_FIELD),
        **_same("message_index latency_ms llm_call_index", _NUMBER),
        **_same("is_plan_mode subagent_enabled thinking_enabled", _NUMBER),
        **_same("branch_seed checkpoint_history_seed", _NUMBER),
        **_same("available_skills tool_groups", _TEXT),
        "usage": _COUNTS,
        "workspace_changes": _CHANGES,
    }
)
EVENT_TYPE, CONTENT = Shape(Kind.NAME), Shape()
"""The shapes of two fields of an event: the first decides about the second."""
EVENT = Shape(
    fields={
        **_same("thread_id run_id category", _NAME_FIELD),
        "event_type": EVENT_TYPE,
        "content": CONTENT,
        "metadata": _METADATA,
        "seq": _NUMBER,
        "created_at": _TIME_FIELD,
    }
)
"""The line of an event. The shape of its content is that of `content_shape`."""


def content_shape(event_type: str) -> Shape:
    """Return the shape of the content of an event."""
    if event_type.startswith("middleware:"):
        return _MIDDLEWARE
    return _BY_TYPE.get(canonical(event_type), UNKNOWN)
