"""Markdown laid out for reading: what it says, without the marks it says it with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import StringIO
from itertools import dropwhile
from typing import ClassVar

from markdown_it.token import Token
from rich import box
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import (
    CodeBlock,
    Heading,
    HorizontalRule,
    ListItem,
    Markdown,
    MarkdownElement,
    TableElement,
    TextElement,
)
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from .chunks import LONGEST, chunks
from .text import inert
from .tokens import STANDING, URL, tokens
from .tone import Line, Span
from .tree import prose
from .units import size

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


def markdown(text: str, width: int, tone: str = "plain") -> Iterator[Line]:
    """Yield a Markdown text laid out in `width` cells, piece by piece as asked for.

    What has no tone of its own gets `tone`. Line breaks stay; links and images are
    told as text with their address. Where there are less than 16 cells, the text
    stands as it is. From where a text can't be cut into pieces of
    at most `LONGEST` characters, it stands as it is, and a line says so.
    """
    for start, stop in chunks(text):
        if start:
            yield ()
        if width < _NARROWEST:
            yield from prose(text[start:], 0, tone, marked=True)
            return
        if stop - start > LONGEST:
            note = f"[as it stands from here: more than {size(LONGEST)} in one piece]"
            yield ((note, "muted"),)
            yield from prose(text[start:], 0, tone, marked=True)
            return
        yield from _laid_out(_clean(text[start:stop]), width, tone)


def _clean(text: str) -> str:
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(inert(line.expandtabs(4)) for line in lines)


def _laid_out(source: str, width: int, tone: str) -> Iterator[Line]:
    console = _console(width)
    laid_out = _Markdown(tokens(source, width))
    lines = (
        tuple(_spans(segments, tone))
        for segments in console.render_lines(laid_out, pad=False)
    )
    # Before a list there is an empty line, even if nothing else is.
    yield from dropwhile(lambda line: not line, lines)


@lru_cache(4)
def _console(width: int) -> Console:
    return Console(
        file=StringIO(), width=width, theme=_THEME, highlight=False, emoji=False
    )


def _spans(segments: list[Segment], tone: str) -> Iterator[Span]:
    # What Rich fills lines up with is left out.
    last = len(segments)
    while last and not segments[last - 1].text.strip(" "):
        last -= 1
    for number, (text, style, _) in enumerate(segments[:last], 1):
        color = style.color if style else None
        own = tone if color is None else _NUMBERED[color.number or 0]
        yield (text.rstrip(" ") if number == last else text), own


class _Heading(Heading):
    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        yield self.text


class _Code(CodeBlock):
    @classmethod
    def create(cls, markdown: Markdown, token: Token) -> CodeBlock:
        return cls(token.info.strip(), "")

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        if self.lexer_name:
            yield Padding(Text(self.lexer_name, "markdown.info"), (0, 0, 0, 2))
        self.text.rstrip()
        self.text.overflow = "fold"
        yield Padding(self.text, (0, 0, 0, 2))


class _Item(ListItem):
    def render_number(
        self, console: Console, options: ConsoleOptions, number: int, last_number: int
    ) -> RenderResult:
        room = len(str(last_number)) + 2
        within = options.update(width=options.max_width - room)
        sign = f"{number}. "
        for line in console.render_lines(self.elements, within, style=self.style):
            yield Segment(sign.rjust(room), console.get_style("markdown.item.number"))
            yield from line
            yield Segment.line()
            sign = ""


class _Rule(HorizontalRule):
    new_line = True

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        yield Text("─" * options.max_width, "markdown.hr")


class _Standing(TextElement):
    """Lines as they are."""

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        yield self.text


class _Table(TableElement):
    """A table that cuts no word, with room between rows that need several lines."""

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        rows = [
            [cell.content for cell in row.cells]
            for row in (
                *((self.header.row,) if self.header and self.header.row else ()),
                *(self.body.rows if self.body else ()),
            )
        ]
        widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        table = Table(
            box=box.SIMPLE,
            pad_edge=False,
            show_edge=False,
            collapse_padding=True,
            show_lines=sum(widths) + 3 * len(widths) > options.max_width,
            style="markdown.table.border",
            header_style="markdown.table.header",
        )
        for cell in rows[0]:
            justify: JustifyMethod = cell.justify or "default"
            table.add_column(cell, overflow="fold", justify=justify)
        for row in rows[1:]:
            table.add_row(*row)
        yield table


class _Markdown(Markdown):
    """Tokens that are parsed already, laid out plainly."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
        "hr": _Rule,
        "list_item_open": _Item,
        "table_open": _Table,
        STANDING: _Standing,
    }
    inlines = Markdown.inlines | {"link", URL}

    def __init__(self, parsed: Iterable[Token]) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = list(parsed)


def _width(text: Text) -> int:
    return cell_len(text.plain)
