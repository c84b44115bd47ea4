"""Splits long Markdown texts into chunks that can be laid out one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_CHUNK_CHARS = 1 << 15
"""Longest chunk that is laid out as Markdown."""

_MIN_CHARS_BEFORE_HEADING = 1_000
_MIN_CHARS_BEFORE_PARAGRAPH = 3_000
_FENCE = re.compile(r" {0,12}(`{3,}|~{3,})(.*)")


def chunk_ranges(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each chunk of a text lazily.

    A chunk ends before a heading or, if it is long enough, before a paragraph, and
    never within a fence. If this makes a chunk longer than `MAX_CHUNK_CHARS`, the rest
    of the text is one chunk.
    """
    start = at = 0
    fence, blank = "", False
    while at < len(text):
        end = text.find("\n", at, start + MAX_CHUNK_CHARS) + 1 or len(text)
        if end - start > MAX_CHUNK_CHARS:
            break
        line = text[at:end]
        if not fence and _starts_chunk(line, at - start, blank):
            yield start, at
            start = at
        fence = _fence(line, fence)
        blank = not line.strip()
        at = end
    if start < len(text):
        yield start, len(text)


def _starts_chunk(line: str, chunk_chars: int, after_blank: bool) -> bool:
    """Return whether a chunk can start at a line, by the length of the current one."""
    if line.startswith("#"):
        return chunk_chars >= _MIN_CHARS_BEFORE_HEADING
    indented_or_blank = line.startswith((" ", "\t", "\n"))
    long_enough = chunk_chars >= _MIN_CHARS_BEFORE_PARAGRAPH
    return long_enough and after_blank and not indented_or_blank


def _fence(line: str, fence: str) -> str:
    """Return the opening marks of the fence around the next line. Empty if none."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    marks, info = found[1], found[2]
    if not fence:
        return "" if "`" in marks and "`" in info else marks
    closes = marks.startswith(fence) and not info.strip()
    return "" if closes else fence
