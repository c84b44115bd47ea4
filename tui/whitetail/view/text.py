"""Sanitizes untrusted text: control and bidi characters are removed or made visible."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

PIECE_CHARS = 2_000
"""The longest line that `lines` yields, in characters of the original."""

# Control and format characters, surrogates and line separators. Also characters
# whose width differs between terminals: joiners, variation selectors, keycaps, skin
# tones and tags.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891"
    "\u08e2\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f"
    "\ufeff\ufff0-\ufffb\ud800-\udfff\U000110bd\U000110cd\U00013430-\U0001345f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U0001f3fb-\U0001f3ff"
    "\U000e0000-\U000e0fff]"
)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_DROPPED = re.compile(
    "[\u034f\u180b-\u180d\u180f\u200d\u20e3\ufe00-\ufe0f"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)


def sanitize(text: str) -> str:
    """Return the text with every character replaced that a terminal could act on.

    Control characters become their pictures (U+2400…), other unsafe characters
    U+FFFD. Characters that only change the width of their neighbour (joiners,
    variation selectors, keycaps, skin tones, tags) are removed, so that the width on
    every terminal is that of `cell_len`.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_replacement, text)


def one_line(text: str, max_chars: int = 400) -> str:
    """Return the beginning of a text as a single sanitized line.

    Runs of whitespace become one space. The line has at most `max_chars`
    characters; the last one is `…` if the text is longer. The cost does not depend on
    the length of the text.
    """
    head = text[: 2 * max_chars]
    line = sanitize(" ".join(head.split()))
    if len(line) <= max_chars and len(head) == len(text):
        return line
    return line[: max_chars - 1].rstrip() + "…"


def lines(text: str) -> Iterator[str]:
    r"""Yield the lines of a text lazily, sanitized.

    A line ends only at `\n` or `\r\n`. Tabs expand to columns of four cells. A line
    of more than `PIECE_CHARS` characters is split into pieces of that length.
    """
    start = 0
    while start < len(text):
        # Two characters more, so that a line break behind a full piece is found too.
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
    """Return the sanitized text, cropped with `…` or padded to exactly `width`."""
    if width <= 0:
        return ""
    fitted = sanitize(text[: 4 * width + 4])
    if cell_len(fitted) > width:
        fitted = set_cell_size(fitted, width - 1) + "…"
    return set_cell_size(fitted, width)


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "" if _DROPPED.match(character) else "\ufffd"


def sanitized_lines(text: str) -> Iterator[str]:
    r"""Yield the lines of a text lazily and sanitized, however long they are.

    A line ends only at `\n` or `\r\n`. Tabs expand to columns of four cells.
    """
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].removesuffix("\r")
        yield sanitize(line.expandtabs(4) if "\t" in line else line)
        start = end + 1


def without_controls(text: str) -> str:
    """Return a text that is safe to paste: without controls of terminals and of bidi.

    Unlike `sanitize`, it keeps line breaks, tabs, and whatever belongs to a character.
    """
    if text.isascii() and text.isprintable():
        return text
    return _CONTROLS.sub(_replacement, text.replace("\r\n", "\n"))


def escape_unsafe(text: str) -> str:
    r"""Return the text with unsafe characters as `\u001b`, as JSON writes them.

    Line breaks and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in "\n\t":
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs)
