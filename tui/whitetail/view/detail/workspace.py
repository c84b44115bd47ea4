"""Lays out the workspace changes of a run: a list of the files, then their diffs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from whitetail.trace.json_object import is_object, pop
from whitetail.view.detail.unshown import Unshown
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
# The values of DeerFlow's `diff_unavailable_reason`.
_REASONS = {
    "binary": "binary file: no diff",
    "large": "too large for a diff",
    "sensitive": "sensitive file: its content was not recorded",
    "symlink": "symbolic link: its target was not compared",
    "truncated": "no diff: all diffs together are over DeerFlow's limit",
    "unavailable": "no diff",
}
_DIFF_TONES = {"+": "added", "-": "removed", "@": "muted", "\\": "muted"}


def workspace_parts(unshown: Unshown) -> Iterator[Part]:
    """Yield a list of the changed files, then a block for each file."""
    files = pop(unshown.metadata, "files", list, "workspace_changes") or []
    truncated = _is_truncated(unshown.metadata.get("workspace_changes"))
    heading: StyledLine = ((f"files ({len(files):,})", "heading"),)
    yield Block("files", heading, partial(_file_list, files, truncated))
    for file in files:
        if is_object(file):
            yield Block("file", _heading(file), partial(_file, file))
        else:
            yield from json_parts(file)


def _is_truncated(changes: Any) -> bool:
    summary = changes.get("summary") if is_object(changes) else None
    return is_object(summary) and summary.get("truncated") is True


def _file_list(files: list[Any], truncated: bool) -> Iterator[Part]:
    for file in files:
        if is_object(file):
            yield _list_line(file)
    if truncated:
        note = "incomplete: some files or diffs are over DeerFlow's limits"
        yield ((note, "error"),)


def _list_line(file: dict[str, Any]) -> StyledLine:
    sign, tone = _SIGNS.get(_text_field(file, "status"), ("?", "plain"))
    spans: list[StyledSpan] = [
        (f"{sign} ", tone),
        (one_line(_text_field(file, "path"), 200), "plain"),
    ]
    for key, prefix, count_tone in (
        ("additions", "+", "added"),
        ("deletions", "-", "removed"),
    ):
        count = file.get(key)
        if count and _is_count(count):
            spans += [(f"  {prefix}{count:,}", count_tone)]
    if reason := _missing_diff_reason(file):
        spans.append((f"  {reason}", "muted"))
    return tuple(spans)


def _heading(file: dict[str, Any]) -> StyledLine:
    words = " ".join(
        filter(None, (_text_field(file, "status"), _text_field(file, "path")))
    )
    return ((sanitize(words[:400]) or "file", "heading"),)


def _file(file: dict[str, Any]) -> Iterator[Part]:
    """Yield a file's diff, the reason if a diff is missing, and all other fields."""
    left = dict(file)
    shown = len(_text_field(file, "status")) + len(_text_field(file, "path")) < 400
    for key in ("status", "path") if shown else ():
        pop(left, key, str)
    if sizes := _pop_sizes(left):
        yield ((sizes, "muted"),)
    for number, line in enumerate(lines(pop(left, "diff", str) or "")):
        # Only the first two lines are the header: a removed line that itself begins
        # with two dashes would look like one.
        header = number < 2 and line.startswith(("--- ", "+++ "))
        tone = "muted" if header else _DIFF_TONES.get(line[:1], "plain")
        yield ((line, tone),)
    if reason := _missing_diff_reason(left):
        yield ((reason, "muted"),)
    known = {"diff_unavailable_reason": _REASONS, "root": ("outputs", "workspace")}
    yield from field_parts(
        (key, value)
        for key, value in left.items()
        if value not in (None, False, "")
        and not (isinstance(value, str) and value in known.get(key, ()))
        and not (key in ("additions", "deletions") and _is_count(value))
        and not (key in ("binary", "sensitive", "diff_truncated") and value is True)
    )


def _missing_diff_reason(file: dict[str, Any]) -> str:
    """Return why the diff is missing or incomplete. Empty if it is complete."""
    reason = file.get("diff_unavailable_reason")
    if isinstance(reason, str) and reason:
        return _REASONS.get(reason, f"no diff: {one_line(reason, 80)}")
    if file.get("diff_truncated") is True:
        return "the diff was truncated"
    for key in ("sensitive", "binary"):
        if file.get(key) is True:
            return _REASONS[key]
    return ""


def _pop_sizes(left: dict[str, Any]) -> str:
    """Remove a file's sizes and return them as `1.2 kB → 1.4 kB`. Empty if unknown."""
    sizes = [left.get("size_before", ""), left.get("size_after", "")]
    if sizes == [None, None] or not all(n is None or _is_count(n) for n in sizes):
        return ""
    del left["size_before"], left["size_after"]
    before, after = sizes
    old_size = "new" if before is None else size(before)
    return f"{old_size} → {'deleted' if after is None else size(after)}"


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


def _text_field(file: dict[str, Any], key: str) -> str:
    value = file.get(key)
    return value if isinstance(value, str) else ""
