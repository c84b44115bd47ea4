"""The one door for text from disk: what comes out cannot act on a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

PIECE_CHARS = 2_000
"""The longest line that `lines` yields, in characters of the original."""

# Control and format characters, surrogates, line separators; and what makes
# terminals disagree about widths: joiners, selectors, keycaps, skin tones, tags.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891"
    "\u08e2\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f"
    "\ufeff\ufff0-\ufffb\ud800-\udfff\U000110bd\U000110cd\U00013430-\U0001345f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U0001f3fb-\U0001f3ff"
    "\U000e0000-\U000e0fff]"
)
_DROPPED = re.compile(
    "[\u034f\u180b-\u180d\u180f\u200d\u20e3\ufe00-\ufe0f"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)


def sanitize(text: str) -> str:
    """Return the text with every character that could act on a terminal disarmed.

    Control characters become their pictures, other dangers U+FFFD. What only
    changes the width of its neighbour (joiners, variation selectors, keycaps,
    skin tones, tags) goes, so that all terminals agree with `cell_len`.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_picture, text)


def one_line(text: str, max_chars: int = 400) -> str:
    """Return the beginning of a text as a single inert line.

    Whitespace of any kind becomes single spaces; at most `cells` characters,
    the last of them `…` when there was more. Costs the same for any length.
    """
    head = text[: 2 * max_chars]
    said = sanitize(" ".join(head.split()))
    if len(said) <= max_chars and len(head) == len(text):
        return said
    return said[: max_chars - 1].rstrip() + "…"


def lines(text: str) -> Iterator[str]:
    r"""Yield the lines of a text, inert, as they are asked for.

    A line ends at `\n` or `\r\n`, nowhere else; tabs become four columns. A line
    of more than `PIECE` characters comes in pieces of that many.
    """
    start = 0
    while start < len(text):
        # Two more, so that the end of a full piece is seen along with it.
        end = text.find("\n", start, start + PIECE_CHARS + 2)
        piece = text[start : end if end >= 0 else start + PIECE_CHARS]
        following = end + 1 if end >= 0 else start + PIECE_CHARS
        if end >= 0 and piece.endswith("\r"):
            piece = piece[:-1]
        if len(piece) > PIECE_CHARS:
            piece, following = piece[:PIECE_CHARS], start + PIECE_CHARS
        yield sanitize(piece.expandtabs(4) if "\t" in piece else piece)
        start = following


def fit(text: str, width: int) -> str:
    """Return the text, inert, cropped with `…` or padded to `width` cells exactly."""
    if width <= 0:
        return ""
    said = sanitize(text[: 4 * width + 4])
    if cell_len(said) > width:
        said = set_cell_size(said, width - 1) + "…"
    return set_cell_size(said, width)


def _picture(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "" if _DROPPED.match(character) else "\ufffd"
