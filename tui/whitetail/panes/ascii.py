"""Draws signs, borders and other symbols with ASCII characters."""

from __future__ import annotations

import unicodedata

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = {
    **dict.fromkeys("─━═╌╍┄┅┈┉▔▁", "-"),
    **dict.fromkeys("│┃║╎╏┆┇┊┋▏▕", "|"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬", "+"),
    **dict.fromkeys("▶▸►›»→", ">"),  # noqa: RUF001
    **dict.fromkeys("◀◂◄‹«←", "<"),  # noqa: RUF001
    **dict.fromkeys("▼▾↓", "v"),
    **dict.fromkeys("▲▴↑", "^"),
    **dict.fromkeys("●◉◆■", "*"),
    **dict.fromkeys("○◌◇□", "o"),
    **{"✓": "+", "✔": "+", "✗": "x", "✘": "x", "×": "x", "…": "~", "·": ".", "•": "*"},  # noqa: RUF001
    **{"–": "-", "—": "-", "⚠": "!", "↳": ">", "↪": ">", "⤷": ">", "∅": "0"},  # noqa: RUF001
    **{"†": "t", "≡": "=", "❯": ">", "❖": "&", "✦": "@", "⇢": ">", "⇠": "<", "⇡": "^"},  # noqa: RUF001
    **{"∙": ".", "“": '"', "”": '"', "‘": "'", "’": "'", "╷": "|", "✎": "=", "≤": "<"},  # noqa: RUF001
}
_SYMBOLS = frozenset({"Sm", "So", "Sk"})
_OTHER = "#"


class AsciiFilter(LineFilter):
    """Replaces symbols by ASCII characters; letters of texts stay as they are."""

    def __init__(self) -> None:
        super().__init__()
        self._table = _Table({ord(sign): text for sign, text in _SIGNS.items()})

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments of a line without symbols."""
        table = self._table
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(segment.text.translate(table), segment.style)
            for segment in segments
        ]


class _Table(dict[int, int | str]):
    """What replaces each character; filled while texts are drawn."""

    def __missing__(self, code: int) -> int | str:
        character = chr(code)
        drawn = (
            unicodedata.category(character) in _SYMBOLS
            and code > 0x7F
            and unicodedata.east_asian_width(character) not in "WF"
        )
        self[code] = result = _OTHER if drawn else code
        return result
