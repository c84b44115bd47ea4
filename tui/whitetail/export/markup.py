"""Styled text of `view` as HTML: lines with classes for tones, blocks that fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

from whitetail.export.cut import cut_note, cut_text
from whitetail.export.rich_text import markdown_html
from whitetail.view.styled import Block, Part, StyledLine

_OF_MARKDOWN = frozenset({"text", "reasoning"})
"""The names of blocks whose value is Markdown."""


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
    blank: int = 0
    """How many empty lines follow its last line."""


def line_html(line: StyledLine) -> Markup:
    """Return one line."""
    return Markup("".join(_spans(line)))


def parts_html(parts: Iterable[Part], max_bytes: int | None) -> Markup:
    """Return parts as HTML; blocks become `<details>`.

    Of each block, lines beyond `max_bytes` are cut.
    """
    # Not pieces of `Markup`: they would need twice the time.
    return Markup("".join(_pieces(parts, max_bytes)))


def _pieces(parts: Iterable[Part], max_bytes: int | None) -> Iterator[str]:
    levels = [_Level(iter(parts))]
    while levels:
        level = levels[-1]
        part = next(level.parts, None)
        if part is None:
            yield from _end(level)
            levels.pop()
            if levels:
                yield "</details>"
        elif not isinstance(part, Block):
            yield from _line(level, part, max_bytes)
        else:
            if level.in_lines:
                yield "</pre>"
                level.in_lines, level.blank = False, 0
            yield "<details><summary>" if part.folded else "<details open><summary>"
            yield from _spans(part.heading)
            yield "</summary>"
            if part.name in _OF_MARKDOWN and isinstance(part.value, str):
                yield from markdown_html(cut_text(part.value, max_bytes))
                yield "</details>"
            else:
                levels.append(_Level(part.body()))


def _line(level: _Level, line: StyledLine, max_bytes: int | None) -> Iterator[str]:
    if not line:
        # Before and behind blocks there are margins.
        level.blank += level.in_lines
        return
    if max_bytes is not None:
        size = sum(len(text.encode("utf-8", "replace")) for text, _ in line) + 1
        if level.left_out or level.used + size > max_bytes:
            level.left_out += size
            return
        level.used += size
    if not level.in_lines:
        level.in_lines = True
        yield "<pre>"
    yield "\n" * level.blank
    level.blank = 0
    yield from _spans(line)
    yield "\n"


def _end(level: _Level) -> Iterator[str]:
    if level.in_lines:
        yield "</pre>"
    if level.left_out:
        note = cut_note(level.left_out, level.used + level.left_out)
        yield f'<p class="cut">{escape(note)}</p>'


def _spans(line: StyledLine) -> Iterator[str]:
    for text, tone in line:
        if tone == "plain" or text.isspace():
            yield escape(text)
        elif text:
            yield f'<span class="{escape(tone)}">{escape(text)}</span>'
