"""Summarizes tool calls and their results, each in one line.

The functions are named for use with the module: `tools.call(…)`, `tools.result(…)`.
"""

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
# Names of the arguments that describe a call best, best first.
_DESCRIPTIVE_ARGUMENTS = (
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
    return " · ".join(map(call, called))


def call(called: ToolCall) -> str:
    """Return a tool call with the argument that describes it best."""
    name = one_line(called.name, 64) or "tool"
    summarize = _CALL_SUMMARIES.get(called.name, _argument)
    text = f"{name}({summarize(_arguments(called.args))})"
    return f"{text} is invalid: {one_line(called.error, 120)}" if called.error else text


def result(tool: str, content: str, *, failed: bool = False) -> str:
    """Return a tool's result as `web_search → 12 results, 9.4 kB`.

    Short results are quoted whole; of long ones, the size and the first line.
    """
    name = one_line(tool, 64) or "tool"
    if failed:
        return f"{name} → {_failure(content)}"
    if (summarize := _RESULT_SUMMARIES.get(tool)) and (text := summarize(content)):
        return f"{name} → {text}"
    text = brief.text(content)
    if len(content) <= 120:
        short = text if brief.is_json(content) else brief.plain(content)
        return f"{name} → {short or 'nothing'}"
    return f"{name} → {brief.approx_size(content)}: {text}"


def _arguments(args: Any) -> Mapping[str, Any]:
    if isinstance(args, dict):
        return args
    if not isinstance(args, str):
        return {}
    # The first strings of JSON that was truncated can still be read.
    found = _ARGUMENT.findall(args[:HEAD_CHARS])
    return {key: text.replace("\\n", "\n").replace('\\"', '"') for key, text in found}


def _argument(args: Mapping[str, Any]) -> str:
    """Return the argument that describes a call best, quoted."""
    for key in _DESCRIPTIVE_ARGUMENTS:
        if quoted := _quoted(args.get(key)):
            return quoted
    for key, argument in islice(args.items(), 24):
        if key != "description" and (quoted := _quoted(argument)):
            return quoted
    if quoted := _quoted(args.get("description")):
        return quoted
    return brief.pairs(args, 2) if args else ""


def _quoted(argument: Any) -> str:
    """Return the beginning of a text in quotes. Empty if it is none, or blank."""
    if not isinstance(argument, str) or not argument or argument.isspace():
        return ""
    head = argument[:HEAD_CHARS]
    if brief.is_json(head):
        return f"JSON, {brief.approx_size(argument)}"
    text = one_line(head.replace("\\\n", " "), 120)
    return f"“{text}”" if '"' in text else f'"{text}"'


def _todos(args: Mapping[str, Any]) -> str:
    todos = args.get("todos")
    if not isinstance(todos, list):
        return _argument(args)
    objects = [todo for todo in islice(todos, 200) if isinstance(todo, dict)]
    done = sum(todo.get("status") == "completed" for todo in objects)
    text = f"{done} of {len(todos)} done"
    for todo in objects:
        if todo.get("status") == "in_progress" and _quoted(todo.get("content")):
            return f"{text}: {one_line(todo['content'], 120)}"
    return text


def _task(args: Mapping[str, Any]) -> str:
    return _quoted(args.get("description")) or _argument(args)


def _files(args: Mapping[str, Any]) -> str:
    paths = args.get("filepaths")
    return brief.names(paths) if isinstance(paths, list) else _argument(args)


_CALL_SUMMARIES: dict[str, Callable[[Mapping[str, Any]], str]] = {
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
    names = brief.names(content[:HEAD_CHARS].splitlines())
    return f"{brief.plural(entries, 'path')}: {names}"


def _answer(content: str) -> str:
    found = re.match(r"Task Succeeded\. Result:\s*", content)
    rest = content[found.end() :] if found else content
    text = brief.text(rest)
    return f"{brief.approx_size(rest)}: {text}" if text else ""


_RESULT_SUMMARIES: dict[str, Callable[[str], str]] = {
    "image_search": _hits,
    "ls": _listing,
    "task": _answer,
    "web_search": _hits,
    "write_todos": _todo_list,
}


def _failure(content: str) -> str:
    head = content[:HEAD_CHARS].strip()
    message = re.sub(r"^(?:Task failed\. )?Error:\s*", "", head)
    return f"error: {brief.text(message)}" if message else "error"
