"""Toned lines broken to a width."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len, get_character_cell_size

from whitetail.view.tone import Line, Span


def wrapped(lines: Iterable[Line], width: int | None) -> Iterator[Line]:
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


def _broken(line: Line, text: str, width: int) -> Iterator[Line]:
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
        margin: Line = ((" " * hang, "plain"),) if start and hang else ()
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


def _cut(line: Line, start: int, end: int) -> Iterator[Span]:
    offset = 0
    for text, tone in line:
        if piece := text[max(start - offset, 0) : max(end - offset, 0)]:
            yield piece, tone
        offset += len(text)
