"""Replaces the characters of a text by others of the same script and length."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b, shake_128

_KEY_BYTES = 16
_ASCII = range(128)
_MAX_PIECE = 1 << 16
"""A longer piece is split, so that memory stays small."""
# Two alphabets that alternate. No word of five letters has only consonants, of which
# each second one is rare: so a filler is never a word of the original by chance.
_CONSONANTS = b"bcdfghjklmnpqrstvwxz"
_RARE = b"jkqvwxz"
# The kinds of characters that carry words or numbers, by Unicode category.
_LARGE_ALPHABET = 1_000
_REPLACED_CATEGORIES = "LMN"
_KEPT = frozenset(
    # They join the parts of one emoji, or select how it is drawn.
    {"\u200d", "\ufe0e", "\ufe0f", "\u20e3"}
)
# Of other scripts, 128 neighbours are enough: a filler shows to which block a character
# belongs, and in these it would be half of what the character is.
_LARGE_BLOCKS = (
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xAC00, 0xD7A4),
    range(0x1F000, 0x1FB00),
    range(0x20000, 0x2A6E0),
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_ESCAPE = re.compile(r"(\\[^xuUN])")


def _table(choices: bytes) -> bytes:
    """Return a table that maps random bytes to the choices."""
    return bytes(choices[value % len(choices)] for value in range(256))


def _mask(test: str, byte: int) -> bytes:
    """Return a table: `byte` for the ASCII characters of a class, else 0."""
    return bytes(
        byte if value < 128 and getattr(chr(value), test)() else 0
        for value in range(256)
    )


_COMMON_LETTERS, _RARE_LETTERS = _table(_CONSONANTS), _table(_RARE)
_DIGITS = _table(b"0123456789")
_DIGIT_MASK = _mask("isdigit", 0xFF)
# Without its bit 0x20, a small letter is the capital one.
_LETTER_MASK = bytes(
    0xFF if chr(value).islower() else 0xDF if chr(value).isupper() else 0
    for value in _ASCII
) + bytes(128)
_OTHER_MASK = bytes(0 if chr(value).isalnum() else 0xFF for value in _ASCII) + bytes(
    128
)


class Filler:
    """Makes the filler of texts with one key.

    The same text always gets the same filler. Each character depends on the whole
    text. Without the key, which is never stored, a list of likely texts cannot be
    compared with a filler.
    """

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, digest_size=_KEY_BYTES).digest()

    def fill(self, text: str) -> str:
        """Return the filler of a text, usually of one line.

        Letters, digits and emoji are replaced by those of the same kind. Spaces and
        punctuation stay, and so does a letter after a backslash.
        """
        if "\\" in text:
            parts = _ESCAPE.split(text)
            parts[::2] = map(self._fill, parts[::2])
            return "".join(parts)
        return self._fill(text)

    def number(self, digits: str) -> str:
        """Return a number of the same length, sign and form."""
        mantissa, exponent_sign, exponent = digits.partition(
            "e" if "e" in digits else "E"
        )
        stream = self._stream(digits.encode(), len(mantissa))
        changed = []
        leading = True
        for value, character in zip(stream, mantissa, strict=True):
            if not character.isdecimal():
                changed.append(character)
                continue
            # JSON has no zero before other digits, and a number that begins so must
            # stay what it is.
            if not leading:
                character = str(value % 10)
            elif character != "0":
                character = str(value % 9 + 1)
            leading = False
            changed.append(character)
        return "".join((*changed, exponent_sign, exponent))

    def name(self, text: str, attempt: int) -> str:
        """Return a filler of a name; another one for each attempt."""
        return self._fill(text, b"%d" % attempt) if attempt else self._fill(text)

    def _fill(self, text: str, salt: bytes = b"") -> str:
        if len(text) > _MAX_PIECE:
            pieces = range(0, len(text), _MAX_PIECE)
            return "".join(
                self._fill(text[start : start + _MAX_PIECE], salt) for start in pieces
            )
        data = text.encode("utf-8", "surrogatepass")
        count = len(text)
        if len(data) == count:
            return _fill_ascii(data, self._stream(data + salt, count))
        stream = self._stream(data + salt, 3 * count)
        filled = _fill_ascii(text.encode("ascii", "replace"), stream[:count])
        return _fill_others(text, filled, stream[count:])

    def _stream(self, data: bytes, count: int) -> bytes:
        return shake_128(self._key + data).digest(count)


def _fill_ascii(data: bytes, stream: bytes) -> str:
    """Return the filler of ASCII; a few operations on all characters together."""
    size = len(data)
    number = int.from_bytes
    common = number(stream.translate(_COMMON_LETTERS))
    rare = number(stream.translate(_RARE_LETTERS))
    letters = common ^ ((common ^ rare) & _alternate(size))
    filled = (
        letters & number(data.translate(_LETTER_MASK))
        | number(stream.translate(_DIGITS)) & number(data.translate(_DIGIT_MASK))
        | number(data) & number(data.translate(_OTHER_MASK))
    )
    return filled.to_bytes(size).decode("ascii")


@lru_cache(512)
def _alternate(size: int) -> int:
    """Return a mask of the letters that are rare ones: each second one."""
    return int.from_bytes((b"\0\xff" * (size // 2 + 1))[:size])


def _fill_others(text: str, filled: str, stream: bytes) -> str:
    """Return the filler of a text of which the ASCII is already filled.

    Of a small alphabet, each second letter repeats the one before, which no word does.
    """
    characters = list(filled)
    for run in _NOT_ASCII.finditer(text):
        before_kind = ""
        for index in range(*run.span()):
            kind = alphabet(text[index])
            if not kind:
                characters[index] = text[index]
            elif index & 1 and kind == before_kind and len(kind) < _LARGE_ALPHABET:
                characters[index] = characters[index - 1]
            else:
                value = stream[2 * index] << 8 | stream[2 * index + 1]
                characters[index] = kind[value % len(kind)]
            before_kind = kind
    return "".join(characters)


@lru_cache(1 << 14)
def alphabet(character: str) -> str:
    """Return the characters that can replace one outside of ASCII; empty to keep it.

    They are of the same script and category, so that they have the same case and as
    many bytes.
    """
    code = ord(character)
    category = unicodedata.category(character)
    is_symbol = category == "So"
    if character in _KEPT or not (is_symbol or category[0] in _REPLACED_CATEGORIES):
        return ""
    for large in _LARGE_BLOCKS:
        if code in large:
            return _characters(large, category)
    first = code & ~0x7F
    return _characters(range(first, first + 128), category)


@lru_cache(1 << 10)
def _characters(block: range, category: str) -> str:
    """Return the characters of a category in a block."""
    return "".join(
        each
        for each in map(chr, block)
        if unicodedata.category(each) == category and each not in _KEPT
    )
