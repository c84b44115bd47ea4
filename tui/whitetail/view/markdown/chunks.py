"""A long Markdown text in pieces that can be laid out one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_CHUNK_CHARS = 1 << 15
"""How long a piece may be, in characters."""

_SECTION, _PARAGRAPHS = 1_000, 3_000
_FENCE = re.compile(r" {0,12}(`{3,}|~{3,})(.*)")


def chunk_ranges(text: str) -> Iterator[tuple[int, int]]:
    """Yield where pieces of a text begin and end, as they are asked for.

    A piece ends before a heading, or, once it is rather long, before a paragraph,
    but never within a fence. From where that gives none of at most `LONGEST`
    characters, the rest of the text is one piece.
    """
    start = at = 0
    fence, blank = "", False
    while at < len(text):
        end = text.find("\n", at, start + MAX_CHUNK_CHARS) + 1 or len(text)
        if end - start > MAX_CHUNK_CHARS:
            break
        line = text[at:end]
        if not fence and _begins(line, at - start, blank):
            yield start, at
            start = at
        fence = _fence(line, fence)
        blank = not line.strip()
        at = end
    if start < len(text):
        yield start, len(text)


def _begins(line: str, size: int, blank: bool) -> bool:
    """Tell whether a piece can begin at a line, behind one of some size."""
    if line.startswith("#"):
        return size >= _SECTION
    return size >= _PARAGRAPHS and blank and not line.startswith((" ", "\t", "\n"))


def _fence(line: str, fence: str) -> str:
    """Return the marks that the fence around the next line was opened with."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    marks, behind = found[1], found[2]
    if not fence:
        return "" if "`" in marks and "`" in behind else marks
    closes = marks.startswith(fence) and not behind.strip()
    return "" if closes else fence
