"""Markdown laid out for reading: what it says, without the marks it says it with."""

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
_NARROWEST = 16
# Rich knows colours, not tones: each tone goes through it as the colour of a number.
_NUMBERED = sorted(set(_TONES.values()))
_THEME = Theme(
    {
        f"markdown.{name}": Style(color=Color.from_ansi(_NUMBERED.index(tone)))
        for name, tone in _TONES.items()
    },
    inherit=False,
)


def markdown_lines(text: str, width: int, tone: str = "plain") -> Iterator[StyledLine]:
    """Yield a Markdown text laid out in `width` cells, piece by piece as asked for.

    What has no tone of its own gets `tone`. Line breaks stay; links and images are
    told as text with their address. In less than 16 cells the text stands as it is.
    So it does from where it can't be cut into pieces of at most `LONGEST`
    characters, and a line says so.
    """
    for start, stop in chunk_ranges(text):
        if start:
            yield ()
        if width < _NARROWEST:
            yield from text_lines(text[start:], 0, tone, marked=True)
            return
        if stop - start > MAX_CHUNK_CHARS:
            note = f"[as it stands from here: more than {size(MAX_CHUNK_CHARS)} in one piece]"
            yield ((note, "muted"),)
            yield from text_lines(text[start:], 0, tone, marked=True)
            return
        yield from _laid_out(_clean(text[start:stop]), width, tone)


def _clean(text: str) -> str:
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(sanitize(line.expandtabs(4)) for line in lines)


def _laid_out(source: str, width: int, tone: str) -> Iterator[StyledLine]:
    console = _console(width)
    layout = Layout(parse_tokens(source, width))
    lines = (
        tuple(_spans(segments, tone))
        for segments in console.render_lines(layout, pad=False)
    )
    # Before a list there is an empty line, even if nothing else is.
    yield from dropwhile(lambda line: not line, lines)


@lru_cache(4)
def _console(width: int) -> Console:
    return Console(
        file=StringIO(), width=width, theme=_THEME, highlight=False, emoji=False
    )


def _spans(segments: list[Segment], tone: str) -> Iterator[StyledSpan]:
    # What Rich fills lines up with is left out.
    last = len(segments)
    while last and not segments[last - 1].text.strip(" "):
        last -= 1
    for number, (text, style, _) in enumerate(segments[:last], 1):
        color = style.color if style else None
        own = tone if color is None else _NUMBERED[color.number or 0]
        yield (text.rstrip(" ") if number == last else text), own
