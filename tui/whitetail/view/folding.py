"""Lays parts out as screen lines with folds, and relates each line to its block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple, TypeAlias

from whitetail.view.styled import Block, Part, StyledLine, ValueLine, wrapped_lines

GUTTER_CELLS = 2
"""Width of the margin on the left of a block, which has room for the fold sign."""

FoldPath: TypeAlias = tuple[str, ...]
"""Key of a fold: the names of the enclosing blocks, outermost first, and its own."""

OPEN_SIGN, FOLDED_SIGN = "▾", "▸"
"""The signs before the heading of an open and of a folded block."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A block that was laid out."""

    path: FoldPath
    open: bool
    heading_line: int
    """Number of the line of its heading, counted from 0."""
    parent: Fold | None
    """The enclosing block. None if there is none."""
    value: Any = field(default=None, compare=False)
    """The text or the JSON value that the block shows; None if not a single one."""


class FoldedLine(NamedTuple):
    """A line that fits into the width, and its block."""

    line: StyledLine
    fold: Fold | None
    """The innermost block of the line; for a heading, the block that it opens."""
    value: Any = None
    """The text or the JSON value that the line shows; None if it shows none."""


@dataclass(slots=True)
class _Level:
    """A block that is being laid out."""

    parts: Iterator[Part]
    fold: Fold | None
    name_counts: dict[str, int] = field(default_factory=dict)


def folded_lines(
    parts: Iterable[Part], choices: Mapping[FoldPath, bool], width: int | None
) -> Iterator[FoldedLine]:
    """Yield the parts lazily as lines of at most `width` cells, but at least 4.

    `choices` maps the blocks that the user folded or unfolded to whether they are open.
    The body of a folded block is not evaluated. If blocks of the same parent share a
    name, the second one is called `name 2`. If `width` is None, lines are not wrapped.
    """
    count = 0
    levels = [_Level(iter(parts), None)]
    while levels:
        level = levels[-1]
        part = next(level.parts, None)
        if part is None:
            levels.pop()
            continue
        fold, sign = level.fold, ""
        if isinstance(part, Block):
            path = (*(fold.path if fold else ()), _unique_name(level, part.name))
            is_open = choices.get(path, not part.folded)
            fold = Fold(path, is_open, count, level.fold, part.value)
            line = part.heading if is_open else part.folded_heading or part.heading
            sign = f"{OPEN_SIGN if is_open else FOLDED_SIGN} "
            if is_open:
                levels.append(_Level(part.body(), fold))
        else:
            line = part
        for folded_line in _wrapped_line(line, fold, sign, width):
            yield folded_line
            count += 1


def unfolded_lines(parts: Iterable[Part]) -> Iterator[StyledLine]:
    """Yield all lines as if every block were open, without fold signs."""
    levels = [iter(parts)]
    while levels:
        part = next(levels[-1], None)
        if part is None:
            levels.pop()
        elif isinstance(part, Block):
            yield part.heading
            levels.append(part.body())
        else:
            yield part


def next_lines(
    source: Iterator[FoldedLine], max_lines: int, max_s: float
) -> tuple[list[FoldedLine], bool]:
    """Return the next lines, and whether they are the last ones.

    There are fewer than `max_lines` if they need more than `max_s` seconds.
    """
    lines: list[FoldedLine] = []
    deadline = monotonic() + max_s
    for line in source:
        lines.append(line)
        if len(lines) >= max_lines or monotonic() > deadline:
            return lines, False
    return lines, True


def _unique_name(level: _Level, name: str) -> str:
    count = level.name_counts[name] = level.name_counts.get(name, 0) + 1
    return name if count == 1 else f"{name} {count}"


def _wrapped_line(
    line: StyledLine, fold: Fold | None, sign: str, width: int | None
) -> Iterator[FoldedLine]:
    value = line.value if isinstance(line, ValueLine) else None
    if fold is None:
        for wrapped in wrapped_lines((line,), width):
            yield FoldedLine(wrapped, None, value)
        return
    inner_width = None if width is None else max(2, width - GUTTER_CELLS)
    for wrapped in wrapped_lines((line,), inner_width):
        shown = _with_gutter(wrapped, sign) if wrapped or sign else ()
        yield FoldedLine(shown, fold, value)
        sign = ""


def _with_gutter(line: StyledLine, sign: str) -> StyledLine:
    """Return the line behind the gutter, with the sign just before its text."""
    if not sign:
        return ((" " * GUTTER_CELLS, "plain"), *line)
    first, tone = line[0] if line else ("", "plain")
    text = first.lstrip(" ")
    margin = first[: len(first) - len(text)]
    return ((margin, "plain"), (sign, "muted"), (text, tone), *line[1:])
