"""Rich's Markdown elements, with a plainer layout that crops nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from markdown_it.token import Token
from rich import box
from rich.cells import cell_len
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
from rich.table import Table
from rich.text import Text

from whitetail.view.markdown.tokens import URL, VERBATIM


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


class _Verbatim(TextElement):
    """Lines of the source, without layout."""

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        yield self.text


class _Table(TableElement):
    """A table that splits no word. Rows with wrapped cells are separated by lines."""

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


class Layout(Markdown):
    """Lays out tokens that were already parsed."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
        "hr": _Rule,
        "list_item_open": _Item,
        "table_open": _Table,
        VERBATIM: _Verbatim,
    }
    inlines = Markdown.inlines | {"link", URL}

    def __init__(self, parsed: Iterable[Token]) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = list(parsed)


def _width(text: Text) -> int:
    return cell_len(text.plain)
