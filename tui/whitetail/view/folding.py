"""Parts laid out as rows: what is folded away, and which block a row belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from whitetail.view.styled import Block, Part, StyledLine, wrapped_lines

GUTTER_CELLS = 2
"""How many cells what stands in a block has on its left, for the signs of folds."""

FoldPath: TypeAlias = tuple[str, ...]
"""What a fold is remembered by: the names of its block and of those around it."""

OPEN_SIGN, FOLDED_SIGN = "▾", "▸"
"""The signs of what is open, and of what is folded."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A block, as it was laid out."""

    path: FoldPath
    open: bool
    heading_line: int
    """Where its heading stands."""
    parent: Fold | None
    """The block around it."""


class FoldedLine(NamedTuple):
    """A line that fits, and the block it belongs to."""

    line: StyledLine
    fold: Fold | None
    """A heading belongs to the block that it opens."""


@dataclass(slots=True)
class _Level:
    parts: Iterator[Part]
    fold: Fold | None
    names: dict[str, int] = field(default_factory=dict)


def folded_lines(
    parts: Iterable[Part], choices: Mapping[FoldPath, bool], width: int | None
) -> Iterator[FoldedLine]:
    """Yield parts as rows of at most `width` cells (or 4), as they are asked for.

    `choices` says which blocks somebody has opened or folded. The body of a block
    that is folded is not made. Of blocks of one name next to each other, the second
    one's is `name 2`.
    """
    row = 0
    levels = [_Level(iter(parts), None)]
    while levels:
        level = levels[-1]
        part = next(level.parts, None)
        if part is None:
            levels.pop()
            continue
        fold, sign = level.fold, ""
        if isinstance(part, Block):
            path = (*(fold.path if fold else ()), _name(level, part.name))
            is_open = choices.get(path, not part.folded)
            fold = Fold(path, is_open, row, level.fold)
            line = part.heading if is_open else part.folded_heading or part.heading
            sign = f"{OPEN_SIGN if is_open else FOLDED_SIGN} "
            if is_open:
                levels.append(_Level(part.body(), fold))
        else:
            line = part
        for each in _placed(line, fold, sign, width):
            yield each
            row += 1


def unfolded_lines(parts: Iterable[Part]) -> Iterator[StyledLine]:
    """Yield every line there is, headings included, without signs of folds."""
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


def _name(level: _Level, name: str) -> str:
    times = level.names[name] = level.names.get(name, 0) + 1
    return name if times == 1 else f"{name} {times}"


def _placed(
    line: StyledLine, fold: Fold | None, sign: str, width: int | None
) -> Iterator[FoldedLine]:
    if fold is None:
        for each in wrapped_lines((line,), width):
            yield FoldedLine(each, None)
        return
    room = None if width is None else max(2, width - GUTTER_CELLS)
    for each in wrapped_lines((line,), room):
        yield FoldedLine(_signed(each, sign) if each or sign else (), fold)
        sign = ""


def _signed(line: StyledLine, sign: str) -> StyledLine:
    """Return the line moved to the right, with a sign just before its text."""
    if not sign:
        return ((" " * GUTTER_CELLS, "plain"), *line)
    first, tone = line[0] if line else ("", "plain")
    text = first.lstrip(" ")
    margin = first[: len(first) - len(text)]
    return ((margin, "plain"), (sign, "muted"), (text, tone), *line[1:])
