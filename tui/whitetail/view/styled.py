"""The output of `view`: lines of text with named styles, in blocks that can fold.

A *tone* is the name of a style, such as "muted" or "error". `view` chooses tones; a
pane maps each tone to a colour of the current theme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from rich.cells import cell_len, get_character_cell_size

StyledSpan: TypeAlias = tuple[str, str]
"""A sanitized text and its tone."""

StyledLine: TypeAlias = tuple[StyledSpan, ...]
"""The spans of one line. It is not wrapped yet and can have any width."""


class ValueLine(tuple[StyledSpan, ...]):
    """The spans of a line that shows one value, of which the line may show a part."""

    value: Any
    """The text or the JSON value, exactly."""

    @classmethod
    def of(cls, line: StyledLine, value: Any) -> ValueLine:
        """Return a line with the value that it shows."""
        shown = cls(line)
        shown.value = value
        return shown


TONES = frozenset(
    {
        "plain",  # ordinary text
        "heading",  # the name of a section
        "muted",  # secondary text
        "key",  # the name of a field
        "string",  # a JSON string
        "number",  # a JSON number
        "keyword",  # true, false, null
        "code",  # code in Markdown, and raw bytes
        "title",  # a large heading within a text
        "strong",  # a small heading within a text, and bold text
        "emphasis",  # italic text
        "struck",  # text that is struck through
        "quote",  # a block quote
        "prompt",  # text of the user
        "link",  # a URL
        "error",  # a failure
        "match",  # what the user searches for
        "added",  # a line that a diff adds
        "removed",  # a line that a diff removes
    }
)
"""The tones of documents. Lists have more; `panes.palette` has a colour for each."""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with parts below it that can be folded."""

    name: str
    """Key of the fold. The same for the same part of other events."""
    heading: StyledLine
    body: Callable[[], Iterator[Part]]
    """Returns the parts below the heading. It can be called repeatedly."""
    folded: bool = False
    """Whether the block is folded until the user unfolds it."""
    folded_heading: StyledLine = ()
    """The heading while the block is folded. If empty, `heading` is used."""
    value: Any = None
    """The text or the JSON value that the block shows, exactly. None if it shows more
    than one, or none."""


Part: TypeAlias = StyledLine | Block
"""An element of a text: a line, or a block that contains further parts."""

Document: TypeAlias = Callable[[int], Iterator[Part]]
"""A text for any width: returns its parts, from the first, for a width in cells.

It can be called repeatedly.
"""


def indented_parts(parts: Iterable[Part], cells: int = 2) -> Iterator[Part]:
    """Yield the parts with a left margin of some cells, the bodies of blocks too."""
    margin: StyledSpan = (" " * cells, "plain")
    for part in parts:
        if isinstance(part, Block):
            yield replace(
                part,
                heading=(margin, *part.heading),
                body=partial(_indented_body, part, cells),
                folded_heading=(margin, *part.folded_heading)
                if part.folded_heading
                else (),
            )
        elif isinstance(part, ValueLine):
            yield ValueLine.of((margin, *part), part.value)
        else:
            yield (margin, *part)


def _indented_body(block: Block, cells: int) -> Iterator[Part]:
    return indented_parts(block.body(), cells)


def wrapped_lines(
    lines: Iterable[StyledLine], width: int | None
) -> Iterator[StyledLine]:
    """Yield the lines lazily, wrapped to at most `width` cells.

    A line breaks at a space or beside a wide character if it has one, else anywhere.
    Spaces at a break are dropped. Continuation lines keep the indentation of their
    line. If `width` is None the lines are not wrapped.

    Raises:
        ValueError: The width is less than 2 cells, which wide characters need.

    """
    if width is None:
        yield from lines
        return
    if width < 2:
        raise ValueError(f"a width of at least 2 cells is needed, not {width}")
    for line in lines:
        text = "".join(span_text for span_text, _ in line)
        if cell_len(text) <= width:
            yield line
        else:
            yield from _wrapped_line(line, text, width)


def _wrapped_line(line: StyledLine, text: str, width: int) -> Iterator[StyledLine]:
    indent = len(text) - len(text.lstrip(" "))
    # A continuation line must have room for a wide character.
    hang = indent if indent <= min(width // 2, width - 2) else 0
    start = 0
    while start < len(text):
        end = _fitting_end(text, start, width - hang if start else width)
        following = end
        if end < len(text):
            end = _break_position(text, start, end)
            following = end
            while following < len(text) and text[following] == " ":
                following += 1
        margin: StyledLine = ((" " * hang, "plain"),) if start and hang else ()
        yield margin + tuple(_sliced(line, start, end))
        start = following


def _fitting_end(text: str, start: int, cells: int) -> int:
    """Return the end of the longest slice from `start` that fits into the cells."""
    if text.isascii():
        return min(start + cells, len(text))
    for end in range(start, len(text)):
        cells -= get_character_cell_size(text[end])
        if cells < 0:
            return end
    return len(text)


def _break_position(text: str, start: int, end: int) -> int:
    """Return where a line from `start` to at most `end` breaks."""
    if text[end] == " ":
        space = end
    elif _is_wide(text[end]) or _is_wide(text[end - 1]):
        return end
    else:
        space = text.rfind(" ", start, end)
    # A break that leaves less than a third of the line is not used: a word that is too
    # long for any line would leave an almost empty one before it.
    kept = len(text[start : max(space, start)].rstrip(" "))
    return start + kept if 3 * kept > end - start and text[start:space].strip() else end


def _is_wide(character: str) -> bool:
    return get_character_cell_size(character) == 2


def _sliced(line: StyledLine, start: int, end: int) -> Iterator[StyledSpan]:
    """Yield the spans of a line between two character positions."""
    position = 0
    for text, tone in line:
        if piece := text[max(start - position, 0) : max(end - position, 0)]:
            yield piece, tone
        position += len(text)
