"""`ReplyFilter`: keeps the replies of a terminal from acting as keys."""

from __future__ import annotations

import re
from functools import lru_cache

from textual._xterm_parser import XTermParser

ESCAPE_DELAY_S = 0.1
"""How long an escape may be the beginning of more; curses and Textual use the same."""
REPLY_DELAY_S = 1.0
"""How long the rest of a reply is waited for: over a slow line it comes in pieces."""

_ESC, _BEL = "\x1b", "\x07"
_STRING_STARTS = frozenset("]P_^X")
"""What begins a string after an escape: OSC, DCS, APC, PM and SOS."""
_STRING_END = "\\"
_C1 = {chr(code): chr(code - 0x40) for code in range(0x80, 0xA0)}
"""Control characters of eight bits, and what follows the escape in seven bits."""
_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"
_MOUSE = re.compile(r"\x1b\[<-?\d+;-?\d+;-?\d+[Mm]")
_X10_MOUSE_CHARS = 6
"""Length of a mouse report in the oldest form: `ESC [ M`, button, column, row."""


class ReplyFilter:
    """Removes from a terminal's input what is neither a key, a paste nor an event.

    A terminal answers questions in the stream of the keys, perhaps late, and in answer
    to another program. Textual makes keys of the characters of a reply that it does not
    know, one of which may delete a run. Here, strings (OSC, DCS, APC, PM, SOS)
    are removed, and control sequences (CSI) that Textual does not know. What comes out
    holds whole sequences only.
    """

    def __init__(self) -> None:
        self._held = ""
        """An incomplete sequence, from its escape on."""
        self._in_string = False
        self._paste_tail: str | None = None
        """The last characters of a paste that has not ended; None outside a paste."""

    @property
    def delay_s(self) -> float | None:
        """How long to wait for more before `give_up`. None if nothing is incomplete."""
        if self._in_string or self._held.startswith("\x1b["):
            return REPLY_DELAY_S
        return ESCAPE_DELAY_S if self._held else None

    def feed(self, text: str) -> str:
        """Return what of the next characters, and of those held, is to be used."""
        return "".join(map(self._next, text))

    def give_up(self) -> str:
        """Return what an incomplete sequence is, now that no more of it has come.

        An escape is the key. What can only be the beginning of a reply is dropped.
        """
        held, self._held, in_string = self._held, "", self._in_string
        self._in_string = False
        return "" if in_string or held.startswith("\x1b[") else held

    def _next(self, char: str) -> str:
        if self._paste_tail is not None:
            return self._in_paste(char)
        if "\udc80" <= char <= "\udcff":
            # A byte that is no UTF-8.
            char = chr(ord(char) - 0xDC00)
            if char not in _C1:
                return ""
        if char in _C1:
            return self._next(_ESC) + self._next(_C1[char])
        if self._in_string:
            self._skip(char)
            return ""
        if self._held:
            return self._continue(char)
        if char == _ESC:
            self._held = _ESC
            return ""
        return char

    def _continue(self, char: str) -> str:
        """Return the sequence that a character completes, unless it is a reply."""
        if char == _ESC:
            # An escape ends whatever was incomplete.
            held, self._held = self._held, _ESC
            return held if held == _ESC else ""
        self._held += char
        if self._held[1] == "[":
            return self._control_sequence()
        if self._held == "\x1bO":
            return ""
        held, self._held = self._held, ""
        self._in_string = held[1] in _STRING_STARTS
        return "" if self._in_string or held[1] == _STRING_END else held

    def _control_sequence(self) -> str:
        held = self._held
        if held in ("\x1b[", "\x1b[["):
            return ""
        if held.startswith("\x1b[M"):
            if len(held) < _X10_MOUSE_CHARS:
                return ""
        elif not "\x40" <= held[-1] <= "\x7e" and not (
            held.endswith("$") and _is_known(held)
        ):
            if held[-1] < " " or held[-1] > "~":
                self._held = ""
            return ""
        self._held = ""
        if held == _PASTE_START:
            self._paste_tail = ""
        elif not (_MOUSE.fullmatch(held) or _is_known(held)):
            return ""
        return held

    def _skip(self, char: str) -> None:
        """Skip a character of a string, which ends with BEL or an escaped backslash."""
        if self._held:
            self._held, self._in_string = "", False
            if char != _STRING_END:
                # Another escape cancels a string and begins something new.
                self._held = _ESC
                self._continue(char)
        elif char == _ESC:
            self._held = _ESC
        elif char == _BEL:
            self._in_string = False

    def _in_paste(self, char: str) -> str:
        assert self._paste_tail is not None
        tail = (self._paste_tail + char)[-len(_PASTE_END) :]
        self._paste_tail = None if tail == _PASTE_END else tail
        return "" if "\udc80" <= char <= "\udcff" else char


@lru_cache(maxsize=512)
def _is_known(sequence: str) -> bool:
    """Return whether Textual makes a key or an event of a control sequence."""
    return any(True for _ in XTermParser().feed(sequence))
