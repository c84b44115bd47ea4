"""Lines of toned text, the currency between `view` and what paints it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from rich.cells import cell_len, get_character_cell_size

StyledSpan: TypeAlias = tuple[str, str]
"""Inert text, and one of `TONES`."""

StyledLine: TypeAlias = tuple[StyledSpan, ...]
"""One logical line, not yet wrapped."""

TONES = frozenset(
    {
        "plain",  # what is said
        "heading",  # the name of a section
        "muted",  # what can be skipped
        "key",  # the name of a field
        "string",  # JSON
        "number",
        "keyword",  # true, false, null
        "code",  # within fences, and raw bytes
        "title",  # a large heading within a text
        "strong",  # a heading within a text, and what is bold
        "emphasis",
        "struck",  # struck through
        "quote",
        "prompt",  # what a person wrote
        "link",  # a URL
        "error",
        "added",  # lines of a diff
        "removed",
    }
)
"""What a pane has to have a colour for."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines under a heading, which can be folded away."""

    name: str
    """What its fold is remembered by: the same for the same part of other events."""
    heading: StyledLine
    body: Callable[[], Iterator[Part]]
    """Gives what stands under the heading, as often as it is called."""
    folded: bool = False
    """Whether it is folded until somebody opens it."""
    folded_heading: StyledLine = ()
    """What stands for it while it is folded; its heading if nothing else does."""


Part: TypeAlias = StyledLine | Block
"""What a text consists of."""

Document: TypeAlias = Callable[[int], Iterator[Part]]
"""Gives a text for a width in cells, from its beginning, as often as it is called."""


def indented_parts(parts: Iterable[Part], by: int = 2) -> Iterator[Part]:
    """Yield parts with a margin, and what is within their blocks with it, too."""
    margin: StyledSpan = (" " * by, "plain")
    for part in parts:
        if isinstance(part, Block):
            yield replace(
                part,
                heading=(margin, *part.heading),
                body=partial(_inside, part, by),
                folded_heading=(margin, *part.folded_heading)
                if part.folded_heading
                else (),
            )
        else:
            yield (margin, *part)


def _inside(block: Block, by: int) -> Iterator[Part]:
    return indented_parts(block.body(), by)


def wrapped_lines(
    lines: Iterable[StyledLine], width: int | None
) -> Iterator[StyledLine]:
    """Yield lines of at most `width` cells, as they are asked for.

    Breaks at spaces and between wide characters where it can, and drops the
    spaces at a break; what follows keeps the indentation of its line. A width
    of `None` leaves the lines as they are.

    Raises:
        ValueError: The width is less than 2 cells, which wide characters need.

    """
    if width is None:
        yield from lines
        return
    if width < 2:
        raise ValueError(f"no room in {width} cells")
    for line in lines:
        text = "".join(said for said, _ in line)
        if cell_len(text) <= width:
            yield line
        else:
            yield from _broken(line, text, width)


def _broken(line: StyledLine, text: str, width: int) -> Iterator[StyledLine]:
    indent = len(text) - len(text.lstrip(" "))
    hang = indent if indent <= width // 2 else 0
    start = 0
    while start < len(text):
        room = width - hang if start else width
        end = _reach(text, start, room)
        following = end
        if end < len(text):
            end = _break(text, start, end)
            following = end
            while following < len(text) and text[following] == " ":
                following += 1
        margin: StyledLine = ((" " * hang, "plain"),) if start and hang else ()
        yield margin + tuple(_cut(line, start, end))
        start = following


def _reach(text: str, start: int, room: int) -> int:
    if text.isascii():
        return min(start + room, len(text))
    for end in range(start, len(text)):
        room -= get_character_cell_size(text[end])
        if room < 0:
            return end
    return len(text)


def _break(text: str, start: int, end: int) -> int:
    if text[end] == " ":
        space = end
    elif _is_wide(text[end]) or _is_wide(text[end - 1]):
        return end
    else:
        space = text.rfind(" ", start, end)
    # Not for a word that is too long for any line: it would leave this one empty.
    kept = len(text[start : max(space, start)].rstrip(" "))
    return start + kept if 3 * kept > end - start and text[start:space].strip() else end


def _is_wide(character: str) -> bool:
    return get_character_cell_size(character) == 2


def _cut(line: StyledLine, start: int, end: int) -> Iterator[StyledSpan]:
    offset = 0
    for text, tone in line:
        if piece := text[max(start - offset, 0) : max(end - offset, 0)]:
            yield piece, tone
        offset += len(text)
