"""Styled text of `view` as HTML: lines with classes for tones, blocks that can fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape

from markupsafe import Markup

from whitetail.export.cut import cut_note, cut_text
from whitetail.export.rich_text import markdown_html
from whitetail.view.styled import Block, Part, StyledLine

_OF_MARKDOWN = frozenset({"text", "reasoning"})
"""The names of blocks whose value is Markdown."""
_WITHOUT_TONES = frozenset({"fields"})
"""The names of blocks that each event has, and whose colours would cost too much."""
_LEAST_FOLDED = 2_000
"""The characters of a body that is folded. In Chromium, a `<details>` needs 7 kB of
memory, a `<div>` 0.5 kB."""


@dataclass(slots=True)
class _Level:
    """A block whose body is being written, or the parts that are not in a block."""

    parts: Iterator[Part]
    block: Block | None = None
    max_bytes: int | None = None
    pieces: list[str] = field(default_factory=list)
    used: int = 0
    """The bytes of its own lines."""
    left_out: int = 0
    """The bytes of those that were cut."""
    in_lines: bool = False
    """Whether a `<pre>` is open."""
    blank: int = 0
    """How many empty lines follow its last line."""
    tone: str = "plain"
    """That of the last text: of lines with the same one, only the first has a tag."""

    def line(self, line: StyledLine) -> None:
        """Write a line, or count it if it is cut."""
        if not line:
            # Before and behind blocks there are margins.
            self.blank += self.in_lines
            return
        if self.max_bytes is not None:
            size = sum(len(text.encode("utf-8", "replace")) for text, _ in line) + 1
            if self.left_out or self.used + size > self.max_bytes:
                self.left_out += size
                return
            self.used += size
        if not self.in_lines:
            self.in_lines = True
            self.pieces.append("<pre>")
        self.pieces.append("\n" * self.blank)
        self.blank = 0
        if self.block is not None and self.block.name in _WITHOUT_TONES:
            line = (("".join(text for text, _ in line), "plain"),)
        html, self.tone = _spans(line, self.tone)
        self.pieces += (html, "\n")

    def inner(self, html: str) -> None:
        """Write a block."""
        self._end_lines()
        self.pieces.append(html)

    def html(self) -> str:
        """Return all that was written, with the heading if it is a block."""
        self._end_lines()
        if self.left_out:
            note = cut_note(self.left_out, self.used + self.left_out)
            self.pieces.append(f'<p class="cut">{escape(note)}</p>')
        body = "".join(self.pieces)
        if self.block is None:
            return body
        heading = line_html(self.block.heading)
        if self.block.folded and len(body) >= _LEAST_FOLDED:
            return f"<details><summary>{heading}</summary>{body}</details>"
        return f'<div class="block"><div>{heading}</div>{body}</div>'

    def _end_lines(self) -> None:
        if self.in_lines:
            self.pieces += (_end(self.tone), "</pre>")
            self.in_lines, self.blank, self.tone = False, 0, "plain"


def line_html(line: StyledLine) -> Markup:
    """Return one line."""
    html, tone = _spans(line)
    return Markup(html + _end(tone))


def parts_html(parts: Iterable[Part], max_bytes: int | None) -> Markup:
    """Return parts as HTML; a long block that is folded at first becomes `<details>`.

    Of each block, lines beyond `max_bytes` are cut.
    """
    levels = [_Level(iter(parts), None, max_bytes)]
    while True:
        level = levels[-1]
        part = next(level.parts, None)
        if part is None:
            levels.pop()
            # Not pieces of `Markup`: they would need twice the time.
            html = level.html()
            if not levels:
                return Markup(html)
            levels[-1].inner(html)
        elif not isinstance(part, Block):
            level.line(part)
        elif part.name in _OF_MARKDOWN and isinstance(part.value, str):
            text = cut_text(part.value, max_bytes)
            level.inner(_Level(iter(()), part, None, list(markdown_html(text))).html())
        else:
            levels.append(_Level(part.body(), part, max_bytes))


def _spans(line: StyledLine, tone: str = "plain") -> tuple[str, str]:
    """Return a line behind text of a tone, and its own last tone, which is open."""
    pieces: list[str] = []
    for text, own in line:
        if own != tone and text and not text.isspace():
            pieces.append(_end(tone))
            pieces.append("" if own == "plain" else f'<span class="{escape(own)}">')
            tone = own
        pieces.append(escape(text))
    return "".join(pieces), tone


def _end(tone: str) -> str:
    return "" if tone == "plain" else "</span>"
