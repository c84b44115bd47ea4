"""`JsonScanner`: finds where a JSON value ends, or where its text cannot go on.

Keeps the part of promise 4 that an object nested in an unfinished line is no event.
"""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Final

_WINDOW_BYTES = 1 << 16
"""The most that one search covers: it holds the interpreter for less than a ms."""
# After each window another thread can get the interpreter, such as that of the event
# loop: else it waits for 5 ms, each time. A system makes of it about 0.1 ms.
_PAUSE_S = 0.000_02

# What the text may go on with.
_VALUE: Final = 0
_FIRST_ITEM: Final = 1
_KEY: Final = 2
_FIRST_KEY: Final = 3
_COLON: Final = 4
_COMMA: Final = 5
_REST_OF_KEY: Final = 6
_REST_OF_TEXT: Final = 7
_REST_OF_SCALAR: Final = 8
_RESTS: Final = frozenset((_REST_OF_KEY, _REST_OF_TEXT, _REST_OF_SCALAR))

# The parts of the patterns below; no search goes back, so each is linear. A zero byte
# is blank: a power cut can leave a hole of zeros within a line.
_PARTS = {
    b"<members>": rb"(?:<_><text><_>:<_><value><_>,)*+",
    b"<scalars>": rb"(?:<_><text><_>:<_><scalar><_>,)*+",
    b"<items>": rb"(?:<_><value><_>,)*+",
    b"<value>": rb"(?:<scalar>|<flat>|<list>)",
    b"<list>": rb"\[<_>(?:<scalar><_>(?:,<_>(?!\])|(?=\])))*+\]",
    b"<flat>": rb"\{<_>(?:<text><_>:<_><scalar><_>(?:,<_>(?=\")|(?=\})))*+\}",
    b"<scalar>": rb"(?:<text>|[-+.0-9A-Za-z]++)",
    b"<text>": rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+")',
    b"<_>": rb"[ \t\r\n\0]*+",
}


def _pattern(source: bytes) -> re.Pattern[bytes]:
    for name, part in _PARTS.items():
        source = source.replace(name, part)
    return re.compile(source, re.DOTALL)


_REST_OF_OBJECT = rb"(?:<text><_>:<_>(?:<value><_>(?=\})|(?=[{[]))|(?=\}))[{[}]"
_REST_OF_TOP = rb"(?:<text><_>:<_>(?:<scalar><_>(?=\})|(?=[{[]))|(?=\}))[{[}]"
_REST_OF_ARRAY = rb"(?:<value><_>(?=])|(?=[{[\]]))[{[\]]"


class _Patterns:
    """The patterns of the scanner. Compiled with the first scan: that needs 5 ms."""

    def __init__(self) -> None:
        # Each skips what has no deep values, up to a bracket: the only step for most.
        self.to_bracket = {
            _KEY: _pattern(rb"<members><_>" + _REST_OF_OBJECT),
            _VALUE: _pattern(rb"<items><_>" + _REST_OF_ARRAY),
        }
        self.to_bracket_after_value = {
            _KEY: _pattern(rb"<_>(?:(?=\})[}]|,<members><_>" + _REST_OF_OBJECT + rb")"),
            _VALUE: _pattern(rb"<_>(?:(?=])]|,<items><_>" + _REST_OF_ARRAY + rb")"),
        }
        self.to_bracket_of_top = _pattern(rb"<scalars><_>" + _REST_OF_TOP)
        self.to_bracket_of_top_after_value = _pattern(
            rb"<_>(?:(?=\})[}]|,<scalars><_>" + _REST_OF_TOP + rb")"
        )
        self.flat_values = {_KEY: _pattern(b"<members>"), _VALUE: _pattern(b"<items>")}
        self.flat_values_of_top = _pattern(b"<scalars>")
        text = _pattern(rb'[^"\\]*+(?:\\.[^"\\]*+)*+')
        self.rest = {
            _REST_OF_KEY: text,
            _REST_OF_TEXT: text,
            _REST_OF_SCALAR: _pattern(rb"[-+.0-9A-Za-z]*+"),
        }
        self.blanks = _pattern(rb"<_>")
        self.blanks_before = _pattern(rb"[ \t\r\n]*+")
        # The keys of a record whose value is never an object: one behind them is a new
        # record.
        self.key_of_scalar = _pattern(
            rb'[{,]<_>"(?:thread_id|run_id|event_type|category|seq|created_at)"'
            rb"<_>:<_>\Z"
        )


@lru_cache(1)
def _patterns() -> _Patterns:
    return _Patterns()


_LONGEST_KEY = 64
# `json` reads about 1,000 levels, or what `sys.setrecursionlimit` allows.
_MAX_DEPTH = 100_000
_QUOTE, _COLON_BYTE, _COMMA_BYTE = b'":,'
_OBJECT, _ARRAY = b"{["
_CLOSING = {_OBJECT: ord("}"), _ARRAY: ord("]")}
_SCALAR_BYTES = frozenset(byte for byte in range(128) if chr(byte).isalnum()) | set(
    b"-+."
)


class JsonScanner:
    """Follows the structure of one JSON value, whose text may arrive in pieces.

    Each byte is examined a few times, however many pieces there are. The scanner
    accepts more than JSON within strings, numbers and names, and a comma before a
    closing bracket. It accepts no value where JSON does not allow one: that is how a
    record is recognized that begins in the middle of a torn one.
    """

    def __init__(self, begin: int = 0) -> None:
        """Scan the value that begins at the offset `begin` of the text."""
        self.at = begin
        """The offset up to which the text was scanned."""
        self.end: int | None = None
        """The offset at which the value ends; None before its end was scanned."""
        self.error: int | None = None
        """The first offset at which the text is no JSON; None if there is none yet."""
        self._begin = begin
        self._open = bytearray()
        self._next = _VALUE

    def scan(self, text: bytes | bytearray) -> None:
        """Scan on, up to the end of the text.

        `text` is that of the calls before, with further bytes at its end.
        """
        pause_at = self.at + _WINDOW_BYTES
        while self.at < len(text) and self.end is None and self.error is None:
            if self.at >= pause_at:
                time.sleep(_PAUSE_S)
                pause_at = self.at + _WINDOW_BYTES
            before = self.at, self._next
            stop = min(len(text), self.at + _WINDOW_BYTES)
            if self._next in _RESTS:
                self._scan_rest(text, stop)
            elif not self._open or not self._scan_to_bracket(text, stop):
                self._scan_token(text, stop)
            # An escape, of which the second character is missing.
            if before == (self.at, self._next):
                break

    def _scan_to_bracket(self, text: bytes | bytearray, stop: int) -> bool:
        """Scan up to the next bracket of a deep value; return whether there is one.

        If not, the text may still have advanced by some flat values.
        """
        patterns = _patterns()
        kind = _KEY if self._open[-1] == _OBJECT else _VALUE
        top = len(self._open) == 1 and kind == _KEY
        if self._next == _COMMA:
            pattern = patterns.to_bracket_after_value[kind]
            if top:
                pattern = patterns.to_bracket_of_top_after_value
        elif self._next in (kind, kind + 1):
            pattern = patterns.to_bracket_of_top if top else patterns.to_bracket[kind]
        else:
            return False
        found = pattern.match(text, self.at, stop)
        if found is not None:
            end = found.end()
            return self._bracket(text, end - 1)
        if self._next != _COMMA:
            flat = patterns.flat_values_of_top if top else patterns.flat_values[kind]
            end = _match_end(flat, text, self.at, stop)
            if end > self.at:
                self.at, self._next = end, kind
        return False

    def _bracket(self, text: bytes | bytearray, at: int) -> bool:
        """Open or close a container; return False if it may not begin there."""
        byte = text[at]
        if byte in _CLOSING:
            if len(self._open) == _MAX_DEPTH or not self._may_begin(text, at):
                return False
            self._open.append(byte)
            self._next = _FIRST_KEY if byte == _OBJECT else _FIRST_ITEM
            self.at = at + 1
        else:
            self._open.pop()
            self._close_value(at + 1)
        return True

    def _scan_rest(self, text: bytes | bytearray, stop: int) -> None:
        """Scan on in a string or scalar."""
        self.at = _match_end(_patterns().rest[self._next], text, self.at, stop)
        if self.at == stop:
            return
        if self._next == _REST_OF_SCALAR:
            self._close_value(self.at)
        elif text[self.at] == _QUOTE:
            if self._next == _REST_OF_KEY:
                self.at, self._next = self.at + 1, _COLON
            else:
                self._close_value(self.at + 1)

    def _scan_token(self, text: bytes | bytearray, stop: int) -> None:
        """Scan one token, or the beginning of a string or scalar."""
        blanks = _patterns().blanks if self._open else _patterns().blanks_before
        self.at = _match_end(blanks, text, self.at, stop)
        if self.at == stop:
            return
        byte, state = text[self.at], self._next
        inside = self._open[-1] if self._open else 0
        if state == _COLON and byte == _COLON_BYTE:
            self._next = _VALUE
        elif state == _COMMA and byte == _COMMA_BYTE:
            self._next = _KEY if inside == _OBJECT else _VALUE
        elif state in (_KEY, _FIRST_KEY) and byte == _QUOTE:
            self._next = _REST_OF_KEY
        elif (
            state in (_COMMA, _FIRST_KEY, _FIRST_ITEM) and byte == _CLOSING[inside]
        ) or (state in (_VALUE, _FIRST_ITEM) and byte in _CLOSING):
            if not self._bracket(text, self.at):
                self.error = self.at
            return
        elif state in (_VALUE, _FIRST_ITEM) and byte == _QUOTE:
            self._next = _REST_OF_TEXT
        elif state in (_VALUE, _FIRST_ITEM) and byte in _SCALAR_BYTES:
            self._next = _REST_OF_SCALAR
        else:
            self.error = self.at
            return
        self.at += 1

    def _may_begin(self, text: bytes | bytearray, at: int) -> bool:
        """Return whether an object or array may begin at an offset."""
        if len(self._open) != 1 or self._open[0] != _OBJECT:
            return True
        before = bytes(text[max(self._begin, at - _LONGEST_KEY) : at])
        return _patterns().key_of_scalar.search(before) is None

    def _close_value(self, end: int) -> None:
        self.at = end
        if self._open:
            self._next = _COMMA
        else:
            self.end = end


def _match_end(
    pattern: re.Pattern[bytes], text: bytes | bytearray, start: int, stop: int
) -> int:
    """Return the end of a match at `start`; each of these patterns may be empty."""
    found = pattern.match(text, start, stop)
    assert found is not None
    return found.end()
