"""The arguments of a tool call, laid out for reading by the tool's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher
from functools import partial
from itertools import chain
from typing import Any

from whitetail.view.brief import approx_size, plural
from whitetail.view.detail.json_text import parse_json
from whitetail.view.detail.unshown import is_object, pop
from whitetail.view.json_tree import field_parts, json_parts, text_lines
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan
from whitetail.view.text import lines, sanitize

LONG_TEXT_LINES = 30
"""Lines from which on a text is folded, or numbered."""

_MOST = 200
"""Lines of a replaced text beyond which no common ones are looked for."""

_HUGE = 200_000
"""Characters of which the same is true."""


def argument_parts(
    tool: str, args: Any, about: list[tuple[str, Any]]
) -> Iterator[Part]:
    """Yield a call's arguments; what its tool's form does not show stands as fields.

    Arguments that are text, since they were no JSON or were cut, stand as they are.
    `about` are further fields.
    """
    value = parse_json(args) if isinstance(args, str) else args
    if is_object(value):
        left = dict(value)
        if target_spans(tool, value):
            del left["path"]
        if form := _FORMS.get(tool):
            yield from form(left)
        yield from field_parts(chain(left.items(), about))
        return
    if value is not None:
        yield from json_parts(value)
    elif isinstance(args, str):
        yield from text_lines(args)
        if args.lstrip().startswith("{"):
            said = f"[{len(args):,} characters that are no JSON: perhaps cut]"
            yield ((said, "muted"),)
    yield from field_parts(about)


def target_spans(tool: str, args: Any) -> tuple[StyledSpan, ...]:
    """Return what a call is about, to stand in its heading; mostly nothing."""
    path = args.get("path") if is_object(args) and tool in _ON_FILES else None
    if not isinstance(path, str) or len(path) > 200 or "\n" in path or not path:
        return ()
    return ((f" {sanitize(path)}", "muted"),)


def code_lines(text: str, indent: int = 0) -> Iterator[StyledLine]:
    """Yield a text as code, its lines numbered where they are many."""
    count = line_count(text)
    if count <= LONG_TEXT_LINES:
        for said in lines(text):
            yield ((" " * indent + said, "code"),)
        return
    width = len(str(count))
    for number, whole in enumerate(_split(text), 1):
        mark = f"{number:>{width}} "
        for said in lines(whole) if whole else ("",):
            yield ((" " * indent + mark, "muted"), (said, "code"))
            mark = " " * (width + 1)


def line_count(text: str) -> int:
    """Return how many lines a text has."""
    return text.count("\n") + (not text.endswith("\n") and text != "")


def _purpose(left: dict[str, Any]) -> Iterator[StyledLine]:
    purpose = pop(left, "description", str)
    if purpose:
        yield from text_lines(purpose)


def _write(left: dict[str, Any]) -> Iterator[Part]:
    yield from _purpose(left)
    text = pop(left, "content", str)
    if text is None:
        return
    said = f" · {plural(line_count(text), 'line')}, {approx_size(text)}"
    heading: StyledLine = (("content", "key"), (said, "muted"))
    yield Block("call content", heading, partial(code_lines, text, 2))


def _replace(left: dict[str, Any]) -> Iterator[Part]:
    yield from _purpose(left)
    old, new = left.get("old_str"), left.get("new_str")
    if isinstance(old, str) and isinstance(new, str):
        del left["old_str"], left["new_str"]
        yield from diff_lines(old, new)


def diff_lines(old: str, new: str) -> Iterator[StyledLine]:
    """Yield a text and what replaces it: what goes, what comes, what stays."""
    yield from _replaced(old, new)
    if old and new and old.endswith("\n") != new.endswith("\n"):
        said = "goes" if old.endswith("\n") else "comes"
        yield ((f"[the line break at the end {said}]", "muted"),)


def _replaced(old: str, new: str) -> Iterator[StyledLine]:
    if max(old.count("\n"), new.count("\n")) >= _MOST or len(old + new) > _HUGE:
        yield from _marked("-", _split(old), "removed")
        yield from _marked("+", _split(new), "added")
        return
    before, after = list(_split(old)), list(_split(new))
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for change, gone, gone_to, come, come_to in changes:
        if change == "equal":
            yield from _marked(" ", before[gone:gone_to], "plain")
            continue
        yield from _marked("-", before[gone:gone_to], "removed")
        yield from _marked("+", after[come:come_to], "added")


def _marked(mark: str, texts: Iterable[str], tone: str) -> Iterator[StyledLine]:
    for text in texts:
        for said in lines(text) if text else ("",):
            yield ((f"{mark} {said}", tone),)


def _split(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start : end - (text[end - 1] == "\n")]
        start = end


def _command(prompt: str, key: str, left: dict[str, Any]) -> Iterator[Part]:
    yield from _purpose(left)
    mark = prompt
    for said in lines(pop(left, key, str) or ""):
        yield ((mark, "muted"), (said, "code"))
        mark = " " * len(prompt)


def _query(left: dict[str, Any]) -> Iterator[Part]:
    query = pop(left, "query", str)
    if query is None:
        return
    if len(query) > 400 or "\n" in query or "\r" in query:
        yield from text_lines(query)
    else:
        yield ((f"“{sanitize(query)}”", "strong"),)


def _address(left: dict[str, Any]) -> Iterator[Part]:
    url = pop(left, "url", str)
    for said in lines(url or ""):
        yield ((said, "link"),)


_SHELL = partial(_command, "$ ", "command")
_FORMS: dict[str, Callable[[dict[str, Any]], Iterator[Part]]] = {
    "bash": _SHELL,
    "shell": _SHELL,
    "python": partial(_command, ">>> ", "code"),
    "web_search": _query,
    "image_search": _query,
    "web_fetch": _address,
    "write_file": _write,
    "str_replace": _replace,
}
_ON_FILES = frozenset({"write_file", "str_replace", "read_file", "view_image"})
