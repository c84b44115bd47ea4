"""Only the message modules of `trace` read the dicts in which messages are stored.

The demo is not checked: it writes such dicts. Neither is the allow-list of redacted
copies: it names the fields that keep their values, and reads none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tui" / "whitetail"
READERS = {
    PACKAGE / "trace" / name
    for name in ("message.py", "message_fields.py", "message_step.py")
}
OTHERS = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if path not in READERS
    and PACKAGE / "demo" not in path.parents
    and path != PACKAGE / "export" / "redact" / "fields.py"
)

ONLY_IN_MESSAGES = frozenset(
    {
        *("additional_kwargs", "response_metadata", "usage_metadata"),
        *("deerflow_error_fallback", "deerflow_tool_meta", "original_user_content"),
        *("tool_calls", "invalid_tool_calls", "tool_call_id", "tool_use"),
        *("reasoning_content", "finish_reason", "stop_reason", "media_type"),
        *("input_tokens", "output_tokens", "total_tokens", "cache_read"),
        *("input_token_details", "output_token_details"),
    }
)
"""Keys that only messages have: no string of another module is one of them."""

ALSO_IN_MESSAGES = frozenset(
    {"args", "content", "id", "kind", "name", "text", "tool_name", "type"}
)
"""Keys that other JSON has too: a module that reads them is listed below."""

OTHER_JSON = {
    # The objects of `--json`.
    "cli/records.py": {"tool_calls"},
    "export/json_documents.py": {"tool_calls"},
    # Messages in the JSON of OpenTelemetry.
    "export/otlp_values.py": {"finish_reason"},
    # Columns of a table.
    "source/database/trash.py": {"content"},
    "source/database/whole_rows.py": {"id"},
    # Arguments of tools.
    "view/detail/arguments.py": {"content"},
    # The entries of a to-do list.
    "view/json_tree.py": {"content"},
    "view/tools.py": {"content"},
}
"""Which of these keys modules read from JSON that is no message."""

_ACCESSORS = {"field_of", "get", "pop", "setdefault", "text_field"}


def keys_read(tree: ast.AST) -> Iterator[str]:
    """Yield each constant key with which the code reads or removes a field."""
    for node in ast.walk(tree):
        read: list[ast.expr] = []
        if isinstance(node, ast.Subscript):
            read = [node.slice]
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            read = node.args if name in _ACCESSORS else []
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            read = [node.left]
        for each in read:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value


def message_keys(source: str) -> set[str]:
    """Return the keys of messages that the code reads or names."""
    tree = ast.parse(source)
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {*(ONLY_IN_MESSAGES & named), *(ALSO_IN_MESSAGES & {*keys_read(tree)})}


def test_no_other_module_reads_the_fields_of_a_message() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): message_keys(path.read_text("utf-8"))
        for path in OTHERS
    }
    assert {path: keys for path, keys in found.items() if keys} == OTHER_JSON


def test_the_modules_that_read_messages_exist_and_read_them() -> None:
    read = set().union(*(message_keys(path.read_text("utf-8")) for path in READERS))
    assert read == ONLY_IN_MESSAGES | ALSO_IN_MESSAGES


@pytest.mark.parametrize(
    "code",
    [
        "event.content['type']",
        "content.get('name')",
        "pop(fields, 'content', str)",
        "text_field(content, 'text')",
        "'args' in call",
        "for key in ('tool_calls', 'more'): read(content, key)",
    ],
)
def test_the_check_finds_each_way_to_read_a_field(code: str) -> None:
    assert len(message_keys(code)) == 1


def test_the_check_ignores_the_same_word_outside_a_key() -> None:
    assert message_keys("title = 'content'") == set()
