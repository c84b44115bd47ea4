"""Styled text of `view` as HTML: lines with classes for tones, blocks that fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from whitetail.export.cut import cut_note, cut_text
from whitetail.export.rich_text import markdown_html
from whitetail.view.styled import Block, Part, StyledLine

_OF_MARKDOWN = frozenset({"text", "reasoning"})
"""The names of blocks whose value is Markdown."""
_CLOSED = Markup("</pre>")
_OPENED = Markup("<pre>")


@dataclass(slots=True)
class _Level:
    """A block whose body is being written."""

    parts: Iterator[Part]
    used: int = 0
    """The bytes of its own lines."""
    left_out: int = 0
    """The bytes of those that were cut."""
    in_lines: bool = False
    """Whether a `<pre>` is open."""


def line_html(line: StyledLine) -> Markup:
    """Return one line."""
    return Markup("").join(_span(text, tone) for text, tone in line if text)


def parts_html(parts: Iterable[Part], max_bytes: int | None) -> Iterator[Markup]:
    """Yield parts as HTML; blocks become `<details>`.

    Of each block, lines beyond `max_bytes` are cut.
    """
    levels = [_Level(iter(parts))]
    while levels:
        level = levels[-1]
        part = next(level.parts, None)
        if part is None:
            yield from _end(level)
            levels.pop()
            if levels:
                yield Markup("</details>")
        elif not isinstance(part, Block):
            yield from _line(level, part, max_bytes)
        else:
            if level.in_lines:
                yield _CLOSED
                level.in_lines = False
            opened = Markup("") if part.folded else Markup(" open")
            heading = line_html(part.heading)
            yield Markup("<details{}><summary>{}</summary>").format(opened, heading)
            if part.name in _OF_MARKDOWN and isinstance(part.value, str):
                yield from markdown_html(cut_text(part.value, max_bytes))
                yield Markup("</details>")
            else:
                levels.append(_Level(part.body()))


def _line(level: _Level, line: StyledLine, max_bytes: int | None) -> Iterator[Markup]:
    if not line and not level.in_lines:
        # Between sections; their margins separate them.
        return
    if max_bytes is not None:
        size = sum(len(text.encode("utf-8", "replace")) for text, _ in line) + 1
        if level.left_out or level.used + size > max_bytes:
            level.left_out += size
            return
        level.used += size
    if not level.in_lines:
        level.in_lines = True
        yield _OPENED
    yield line_html(line) + "\n"


def _end(level: _Level) -> Iterator[Markup]:
    if level.in_lines:
        yield _CLOSED
    if level.left_out:
        note = cut_note(level.left_out, level.used + level.left_out)
        yield Markup('<p class="cut">{}</p>').format(note)


def _span(text: str, tone: str) -> Markup:
    if tone == "plain" or text.isspace():
        return escape(text)
    # A tone is a word of ours, never a text of a log.
    return Markup('<span class="{}">{}</span>').format(tone, text)
