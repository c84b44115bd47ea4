"""What a run changed in its workspace: the files in a list, then what changed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from whitetail.view.detail.unshown import Unshown, is_object, pop
from whitetail.view.json_tree import field_parts, json_parts
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan
from whitetail.view.text import lines, one_line, sanitize
from whitetail.view.units import size

_SIGNS = {
    "created": ("+", "added"),
    "modified": ("~", "plain"),
    "deleted": ("-", "removed"),
    "symlink_created": ("→", "plain"),
}
# As DeerFlow's scanner and its differ say why there is no diff.
_REASONS = {
    "binary": "binary: there is no diff",
    "large": "too large for a diff",
    "sensitive": "sensitive: its content was kept out of the log",
    "symlink": "a link: what it points to was not looked at",
    "truncated": "no diff: all diffs together would have been too long",
    "unavailable": "no diff was made",
}
_DIFF = {"+": "added", "-": "removed", "@": "muted", "\\": "muted"}


def workspace_parts(rest: Unshown) -> Iterator[Part]:
    """Yield the changed files of a row, and what there is to say about all of them."""
    files = pop(rest.metadata, "files", list, "workspace_changes") or []
    truncated = _is_truncated(rest.metadata.get("workspace_changes"))
    heading: StyledLine = ((f"files ({len(files):,})", "heading"),)
    yield Block("files", heading, partial(_list, files, truncated))
    for file in files:
        if is_object(file):
            yield Block("file", _heading(file), partial(_file, file))
        else:
            yield from json_parts(file)


def _is_truncated(told: Any) -> bool:
    summary = told.get("summary") if is_object(told) else None
    return is_object(summary) and summary.get("truncated") is True


def _list(files: list[Any], truncated: bool) -> Iterator[Part]:
    for file in files:
        if is_object(file):
            yield _entry(file)
    if truncated:
        said = "DeerFlow left something out: files, or diffs, beyond its limits"
        yield ((said, "error"),)


def _entry(file: dict[str, Any]) -> StyledLine:
    sign, tone = _SIGNS.get(_word(file, "status"), ("?", "plain"))
    spans: list[StyledSpan] = [
        (f"{sign} ", tone),
        (one_line(_word(file, "path"), 200), "plain"),
    ]
    for key, mark, its in (("additions", "+", "added"), ("deletions", "-", "removed")):
        count = file.get(key)
        if count and _is_count(count):
            spans += [(f"  {mark}{count:,}", its)]
    if missing := _missing(file):
        spans.append((f"  {missing}", "muted"))
    return tuple(spans)


def _heading(file: dict[str, Any]) -> StyledLine:
    words = " ".join(filter(None, (_word(file, "status"), _word(file, "path"))))
    return ((sanitize(words[:400]) or "file", "heading"),)


def _file(file: dict[str, Any]) -> Iterator[Part]:
    """Yield a file's diff, what is missing of it, and all else that is known."""
    left = dict(file)
    shown = len(_word(file, "status")) + len(_word(file, "path")) < 400
    for key in ("status", "path") if shown else ():
        pop(left, key, str)
    if sizes := _sizes(left):
        yield ((sizes, "muted"),)
    for number, said in enumerate(lines(pop(left, "diff", str) or "")):
        # By their places: a line that goes may begin with two dashes of its own.
        header = number < 2 and said.startswith(("--- ", "+++ "))
        tone = "muted" if header else _DIFF.get(said[:1], "plain")
        yield ((said, tone),)
    if missing := _missing(left):
        yield ((missing, "muted"),)
    known = {"diff_unavailable_reason": _REASONS, "root": ("outputs", "workspace")}
    yield from field_parts(
        (key, value)
        for key, value in left.items()
        if value not in (None, False, "")
        and not (isinstance(value, str) and value in known.get(key, ()))
        and not (key in ("additions", "deletions") and _is_count(value))
        and not (key in ("binary", "sensitive", "diff_truncated") and value is True)
    )


def _missing(file: dict[str, Any]) -> str:
    """Return in words why there is no diff, or not all of it; mostly nothing."""
    reason = file.get("diff_unavailable_reason")
    if isinstance(reason, str) and reason:
        return _REASONS.get(reason, f"no diff: {one_line(reason, 80)}")
    if file.get("diff_truncated") is True:
        return "the diff was cut"
    for key in ("sensitive", "binary"):
        if file.get(key) is True:
            return _REASONS[key]
    return ""


def _sizes(left: dict[str, Any]) -> str:
    """Take a file's sizes; return `1.2 kB → 1.4 kB`."""
    known = [left.get("size_before", ""), left.get("size_after", "")]
    if known == [None, None] or not all(n is None or _is_count(n) for n in known):
        return ""
    del left["size_before"], left["size_after"]
    before, after = known
    came = "new" if before is None else size(before)
    return f"{came} → {'gone' if after is None else size(after)}"


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


def _word(file: dict[str, Any], key: str) -> str:
    value = file.get(key)
    return value if isinstance(value, str) else ""
