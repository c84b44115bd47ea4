"""Makes a redacted copy of a run: `Redactor` replaces the texts in its lines.

A line is read as tokens of JSON and not parsed, so that its spaces, duplicate keys and
faults stay: what cannot be read in the original cannot be read in the copy.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Iterator

import orjson

from whitetail.export.redact.fields import (
    ARGUMENTS,
    CONTENT,
    EVENT,
    EVENT_TYPE,
    JSON_IN_TEXT,
    OPAQUE,
    UNKNOWN,
    Kind,
    Shape,
    content_shape,
    is_kept,
    is_name,
)
from whitetail.export.redact.filler import Filler
from whitetail.export.redact.texts import TRUNCATED_CHARS, TextRedactor

_KEY_BYTES = 32
_MAX_NESTED = 8
"""JSON in a text in JSON … that is nested more deeply is replaced as a text."""
_MAX_NAMES, _MAX_NAME_CHARS = 100_000, 200
"""So many replaced keys and names are remembered, so that two of them stay two."""
_ATTEMPTS = 256
"""So many fillers of a short name are tried before it gets a longer one."""
_TOKEN = re.compile(
    r"""
    (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")
    |(?P<torn>"[^"\\]*+(?:\\.[^"\\]*+)*+\\?\Z)
    |(?P<mark>[{}\[\],:])
    |(?P<number>-?[0-9][0-9]*+(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?(?![\w.]))
    |(?P<word>[ \t\r\n\0]++|(?:true|false|null|NaN|-?Infinity)\b)
    |(?P<other>[^"{}\[\],: \t\r\n\0][^"{}\[\],:\r\n\0]*+)
    """,
    re.VERBOSE | re.DOTALL,
)
_NOT_UTF_8 = bytes(range(128)) + b"\x80" * 128
"""Replaces all bytes outside of ASCII by one that makes no UTF-8."""
_PART_OF_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{0,3})?\Z")
_ESCAPED = re.compile("[\x85\u2028\u2029\ud800-\udfff]")


def redact_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a run with all texts replaced, with a new random key."""
    yield from map(Redactor().line, lines)


class Redactor:
    """Replaces the texts in lines of runs; the same text by the same filler.

    Use one for all runs of an export, so that equal texts of different runs stay equal.
    Without a key, a random one is used.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._filler = Filler(secrets.token_bytes(_KEY_BYTES) if key is None else key)
        self._texts = TextRedactor(self._filler, self.name)
        self._names: dict[str, str] = {}
        self._used: set[str] = set()

    def line(self, line: bytes) -> bytes:
        """Return a line, an event or not, with its line break if it has one."""
        for errors in ("strict", "surrogatepass"):
            try:
                text = line.decode("utf-8", errors)
            except UnicodeDecodeError:
                continue
            content = UNKNOWN
            if not -1 < text.find('"event_type"') < text.find('"content"'):
                content = _content_of(line)
            filled = _Walk(self, content).redact(text, EVENT, lenient=True)
            return (filled or "").encode("utf-8", errors)
        text = line.translate(_NOT_UTF_8).decode("latin-1")
        filled = _Walk(self, UNKNOWN, is_utf_8=False).redact(text, EVENT, lenient=True)
        return (filled or "").encode("latin-1")

    def name(self, name: str) -> str:
        """Return the filler of a key, a name or a part of a path.

        Two names have different ones, also if they are short.
        """
        if len(name) > _MAX_NAME_CHARS:
            return self._filler.fill(name)
        filled = self._names.get(name)
        if filled is not None:
            return filled
        attempt = 0
        filled = self._filler.name(name, attempt)
        while filled in self._used:
            attempt += 1
            longer = name + "x" * (attempt // _ATTEMPTS)
            filled = self._filler.name(longer, attempt)
        if len(self._names) < _MAX_NAMES:
            self._names[name] = filled
            self._used.add(filled)
        return filled

    def number(self, digits: str) -> str:
        """Return another number of the same form."""
        return self._filler.number(digits)

    def fault(self, text: str) -> str:
        """Return the filler of what is not JSON."""
        return self._texts.text(text)

    def text(self, text: str, shape: Shape, nested: int) -> str:
        """Return the filler of the text of a field."""
        if shape.text is Kind.MEDIA:
            return self._texts.media(text)
        if shape.text is Kind.NAME and len(text) <= _MAX_NAME_CHARS:
            return self.name(text)
        if shape.text is Kind.PATH and "\n" not in text:
            return self._texts.path(text)
        words, text = self._texts.marker(text)
        if nested < _MAX_NESTED and text[:200].lstrip().startswith(("{", "[")):
            inside = ARGUMENTS if shape.arguments else JSON_IN_TEXT
            walk = _Walk(self, OPAQUE, nested + 1)
            filled = walk.redact(text, inside, lenient=False)
            if filled is not None:
                return words + filled
        return words + self._texts.text(text)


class _Walk:
    """One pass over the tokens of a text."""

    def __init__(
        self,
        redactor: Redactor,
        content: Shape,
        nested: int = 0,
        *,
        is_utf_8: bool = True,
    ) -> None:
        self._redactor = redactor
        self._content = content
        self._nested = nested
        self._is_utf_8 = is_utf_8

    def redact(self, text: str, shape: Shape, *, lenient: bool) -> str | None:
        """Return the text with its strings, numbers and keys replaced.

        None if it is not JSON and not the beginning of JSON; with `lenient`, the parts
        that are not JSON are replaced.
        """
        done: list[str] = []
        frames: list[tuple[Shape, bool]] = []
        """The objects and lists around a token: their shapes; True for objects."""
        value, is_key = shape, False
        for match in _TOKEN.finditer(text):
            kind, token = match.lastgroup, match[0]
            if kind == "mark":
                if token in "{[":
                    frames.append((value, token == "{"))
                    is_key = token == "{"
                elif token in "}]":
                    is_key = False
                    if frames:
                        frames.pop()
                    value = frames[-1][0] if frames else shape
                elif token == ",":
                    value, is_key = frames[-1] if frames else (shape, False)
                else:
                    is_key = False
            elif kind == "string" or kind == "torn":
                is_torn = kind == "torn"
                if is_key:
                    is_key = False
                    token, value = self._key(token, frames[-1][0], is_torn=is_torn)
                else:
                    cut = TRUNCATED_CHARS - match.start() if self._nested else -1
                    token = self._string(token, value, cut, is_torn=is_torn)
            elif kind == "number":
                if not value.numbers:
                    token = self._redactor.number(token)
            elif kind == "other":
                if not lenient:
                    return None
                token = self._redactor.fault(token)
            done.append(token)
        return "".join(done)

    def _key(self, token: str, shape: Shape, *, is_torn: bool) -> tuple[str, Shape]:
        """Return a key, and the shape of its value."""
        name = self._decoded(f'{token}"' if is_torn else token)
        if name is None:
            return self._faulty(token), OPAQUE
        if (known := shape.fields.get(name)) is not None and not is_torn:
            return token, self._content if known is CONTENT else known
        if shape.names is not None and is_name(name) and not is_torn:
            return token, shape.names
        return _encode_string(self._redactor.name(name), token, is_torn=is_torn), OPAQUE

    def _string(self, token: str, shape: Shape, cut: int, *, is_torn: bool) -> str:
        """Return a value that is a string; one across `cut` is filled in two parts."""
        if 1 < cut < len(token) - (not is_torn):
            tail = _PART_OF_ESCAPE.search(token[:cut]) if "\\" in token else None
            if tail is not None and not _is_escaped(token, tail.start()):
                cut = tail.start()
            head = self._string(token[:cut], shape, -1, is_torn=True)
            return (
                head + self._string('"' + token[cut:], shape, -1, is_torn=is_torn)[1:]
            )
        end = ""
        tail = _PART_OF_ESCAPE.search(token) if is_torn else None
        if tail is not None and not _is_escaped(token, tail.start()):
            token, end = token[: tail.start()], tail[0]
        text = self._decoded(f'{token}"' if is_torn else token)
        if text is None:
            return self._faulty(token) + end
        if shape is EVENT_TYPE:
            self._content = content_shape(text)
        if is_kept(text, shape.text) and not is_torn:
            return token
        filled = self._redactor.text(text, shape, self._nested)
        return _encode_string(filled, token, is_torn=is_torn) + end

    def _decoded(self, token: str) -> str | None:
        """Return the text of a string with its quotes; None if it has faulty escapes.

        In a line that is not UTF-8, it is None for all escapes.
        """
        if "\\" not in token:
            return token[1:-1]
        if not self._is_utf_8:
            return None
        try:
            text: str = json.loads(token, strict=False)
        except ValueError:
            return None
        return text

    def _faulty(self, token: str) -> str:
        """Return a string with faulty escapes."""
        is_closed = len(token) > 1 and token.endswith('"')
        inner = token[1:-1] if is_closed else token[1:]
        return '"' + self._redactor.fault(inner) + ('"' if is_closed else "")


def _content_of(line: bytes) -> Shape:
    """Return the shape of an event's content if its type is written after it."""
    try:
        record = orjson.loads(line)
    except ValueError:
        return UNKNOWN
    event_type = record.get("event_type") if isinstance(record, dict) else None
    return content_shape(event_type) if isinstance(event_type, str) else UNKNOWN


def _is_escaped(token: str, index: int) -> bool:
    """Return whether an odd number of backslashes precedes a character."""
    before = token[:index]
    return bool((len(before) - len(before.rstrip("\\"))) & 1)


def _encode_string(text: str, like: str, *, is_torn: bool) -> str:
    """Return a text as a string with escapes as in the original."""
    if "\\" in like:
        encoded = json.dumps(text, ensure_ascii=like.isascii())
        if not encoded.isascii():
            encoded = _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", encoded)
        if "\\/" in like:
            encoded = encoded.replace("/", "\\/")
    else:
        encoded = f'"{text}"'
    return encoded[:-1] if is_torn else encoded
