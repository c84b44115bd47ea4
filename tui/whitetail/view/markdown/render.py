"""Renders Markdown as styled lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from io import StringIO
from itertools import dropwhile

from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.theme import Theme

from whitetail.view.json_tree import text_lines
from whitetail.view.markdown.chunks import MAX_CHUNK_CHARS, chunk_ranges
from whitetail.view.markdown.elements import Layout
from whitetail.view.markdown.tokens import URL, parse_tokens
from whitetail.view.styled import StyledLine, StyledSpan
from whitetail.view.text import sanitize
from whitetail.view.units import size

_TONES = {
    "strong": "strong",
    "em": "emphasis",
    "s": "struck",
    "code": "code",
    "code_block": "code",
    "block_quote": "quote",
    "item.bullet": "muted",
    "item.number": "muted",
    "hr": "muted",
    "link": "link",
    URL: "link",
    "table.border": "muted",
    "table.header": "strong",
    "info": "muted",
    "h1": "title",
    "h2": "title",
    **dict.fromkeys(("h3", "h4", "h5", "h6"), "strong"),
}
_MIN_WIDTH = 16
# Rich has colours instead of tones: each tone is encoded as a colour number, and
# decoded from the rendered segments.
_TONES_BY_NUMBER = sorted(set(_TONES.values()))
_THEME = Theme(
    {
        f"markdown.{name}": Style(color=Color.from_ansi(_TONES_BY_NUMBER.index(tone)))
        for name, tone in _TONES.items()
    },
    inherit=False,
)


def markdown_lines(text: str, width: int, tone: str = "plain") -> Iterator[StyledLine]:
    """Yield the lines of a Markdown text lazily, laid out in `width` cells.

    Ordinary text has the given tone. Line breaks are kept. Links and images are shown
    as text with their address. The source is shown instead if `width` is less than 16,
    and, behind a note, from the first chunk of more than `MAX_CHUNK_CHARS` characters.
    """
    for start, stop in chunk_ranges(text):
        if start:
            yield ()
        if width < _MIN_WIDTH:
            yield from text_lines(text[start:], 0, tone, marked=True)
            return
        if stop - start > MAX_CHUNK_CHARS:
            limit = size(MAX_CHUNK_CHARS)
            note = f"[Markdown source from here: the next block has more than {limit}]"
            yield ((note, "muted"),)
            yield from text_lines(text[start:], 0, tone, marked=True)
            return
        yield from _chunk_lines(_sanitized(text[start:stop]), width, tone)


def _sanitized(text: str) -> str:
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(sanitize(line.expandtabs(4)) for line in lines)


def _chunk_lines(source: str, width: int, tone: str) -> Iterator[StyledLine]:
    console = _console(width)
    layout = Layout(parse_tokens(source, width))
    lines = (
        tuple(_spans(segments, tone))
        for segments in console.render_lines(layout, pad=False)
    )
    # Rich puts an empty line before a list, also at the beginning.
    yield from dropwhile(lambda line: not line, lines)


@lru_cache(4)
def _console(width: int) -> Console:
    return Console(
        file=StringIO(), width=width, theme=_THEME, highlight=False, emoji=False
    )


def _spans(segments: list[Segment], tone: str) -> Iterator[StyledSpan]:
    # Rich fills lines with spaces, which are removed.
    last = len(segments)
    while last and not segments[last - 1].text.strip(" "):
        last -= 1
    for number, (text, style, _) in enumerate(segments[:last], 1):
        color = style.color if style else None
        span_tone = tone if color is None else _TONES_BY_NUMBER[color.number or 0]
        yield (text.rstrip(" ") if number == last else text), span_tone
