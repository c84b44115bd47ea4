"""Tool calls and what they gave back, each in one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from whitetail.trace.message import ToolCall
from whitetail.view import brief
from whitetail.view.brief import HEAD_CHARS
from whitetail.view.text import one_line

_ARGUMENT = re.compile(r'"(\w+)"\s*:\s*"((?:[^"\\]|\\.)*)')
# What says most about a call, by its argument's name, best first.
_TELLING = (
    "query",
    "path",
    "file_path",
    "filepath",
    "command",
    "url",
    "question",
    "pattern",
    "code",
    "prompt",
    "name",
)


def calls(called: Iterable[ToolCall]) -> str:
    """Return tool calls as `web_search("deer") · read_file("/mnt/x")`."""
    return " · ".join(call(each) for each in called)


def call(called: ToolCall) -> str:
    """Return a tool call with the argument that says most."""
    name = one_line(called.name, 64) or "tool"
    tell = _CALLS.get(called.name, _argument)
    said = f"{name}({tell(_arguments(called.args))})"
    return f"{said} is invalid: {one_line(called.error, 120)}" if called.error else said


def result(tool: str, content: str, *, failed: bool = False) -> str:
    """Return what a tool gave back: what it is, and how much."""
    name = one_line(tool, 64) or "tool"
    if failed:
        return f"{name} → {_failure(content)}"
    if (tell := _RESULTS.get(tool)) and (said := tell(content)):
        return f"{name} → {said}"
    said = brief.text(content)
    # Short enough to be read whole: then how long it is says nothing.
    if len(content) <= 120:
        whole = said if brief.is_json(content) else brief.plain(content)
        return f"{name} → {whole or 'nothing'}"
    return f"{name} → {brief.approx_size(content)}: {said}"


def _arguments(args: Any) -> Mapping[str, Any]:
    if isinstance(args, dict):
        return args
    if not isinstance(args, str):
        return {}
    # JSON that was cut in the middle still has its first strings.
    found = _ARGUMENT.findall(args[:HEAD_CHARS])
    return {key: said.replace("\\n", "\n").replace('\\"', '"') for key, said in found}


def _argument(args: Mapping[str, Any]) -> str:
    for key in _TELLING:
        if said := _quoted(args.get(key)):
            return said
    shown = list(islice(args.items(), 24))
    for key, item in shown:
        if key != "description" and (said := _quoted(item)):
            return said
    if said := _quoted(args.get("description")):
        return said
    return brief.pairs(args, 2) if args else ""


def _quoted(item: Any) -> str:
    if not isinstance(item, str) or not item or item.isspace():
        return ""
    head = item[:HEAD_CHARS]
    if brief.is_json(head):
        return f"JSON, {brief.approx_size(item)}"
    said = one_line(head.replace("\\\n", " "), 120)
    return f"“{said}”" if '"' in said else f'"{said}"'


def _todos(args: Mapping[str, Any]) -> str:
    todos = args.get("todos")
    if not isinstance(todos, list):
        return _argument(args)
    states = [item for item in islice(todos, 200) if isinstance(item, dict)]
    done = sum(item.get("status") == "completed" for item in states)
    said = f"{done} of {len(todos)} done"
    for item in states:
        if item.get("status") == "in_progress" and _quoted(item.get("content")):
            return f"{said}: {one_line(item['content'], 120)}"
    return said


def _task(args: Mapping[str, Any]) -> str:
    return _quoted(args.get("description")) or _argument(args)


def _files(args: Mapping[str, Any]) -> str:
    paths = args.get("filepaths")
    return brief.names(paths) if isinstance(paths, list) else _argument(args)


_CALLS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "present_files": _files,
    "task": _task,
    "write_todos": _todos,
}


def _hits(content: str) -> str:
    if len(content) > 1 << 16 or not brief.is_json(content):
        return ""
    found = content.count('"url":') or content.count('"image_url":')
    return (
        f"{brief.plural(found, 'result')}, {brief.approx_size(content)}"
        if found
        else ""
    )


def _todo_list(content: str) -> str:
    head = content[: 1 << 16]
    total = head.count("'status':")
    done = head.count("'status': 'completed'")
    return f"{done} of {total} done" if total else ""


def _listing(content: str) -> str:
    entries = content.strip().count("\n") + 1
    if entries < 2:
        return ""
    return f"{brief.plural(entries, 'path')}: {brief.names(content[:HEAD_CHARS].splitlines())}"


def _answer(content: str) -> str:
    found = re.match(r"Task Succeeded\. Result:\s*", content)
    rest = content[found.end() :] if found else content
    said = brief.text(rest)
    return f"{brief.approx_size(rest)}: {said}" if said else ""


_RESULTS: dict[str, Callable[[str], str]] = {
    "image_search": _hits,
    "ls": _listing,
    "task": _answer,
    "web_search": _hits,
    "write_todos": _todo_list,
}


def _failure(content: str) -> str:
    head = content[:HEAD_CHARS].strip()
    said = re.sub(r"^(?:Task failed\. )?Error:\s*", "", head)
    return f"error: {brief.text(said)}" if said else "error"
