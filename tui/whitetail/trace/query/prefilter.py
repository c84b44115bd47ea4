r"""Finds the lines of a file that may match a query, without parsing them.

A character of a decoded text can be in a line as itself or as an escape. A JSON text in
a JSON text is escaped again, so any number of backslashes can be before an escape. An
escape can even hide another one, by escaping its backslash, its `u` or a digit: lines
with such an escape are always candidates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial

from whitetail.trace.query.literals import Literal, required_literals
from whitetail.trace.query.nodes import Query

_Find = Callable[[int], int]
"""Returns the position of the first hit from a position on; -1 if there is none.

Each call begins behind the hit of the last one.
"""
_Finder = Callable[[bytes], _Find]
"""Prepares a search in some bytes."""

# Escapes of `\`, `u`, and of hexadecimal digits.
_HIDING = rb"00(?:5[cC]|75|3[0-9]|[46][1-6])"
_REGEX_PAIRS = {"i": "\u0130\u0131", "k": "\u212a", "s": "\u017f"}
"""Characters that `regex` treats as these letters if it ignores case."""
_CASED_END = 0x1E944
"""No character from here on has a lower-case form."""
_MIN_BYTES = 5
"""A shorter part of a text is too frequent to be searched for alone."""
_SAMPLE_STEP = 131
"""Every so many bytes one is looked at, to find out which byte is rare. A prime: lines
of the same length have another byte in it each time."""
_RARE = 4
"""A byte that is more often in a sample of 512 KiB does not help to find a text."""
_VERY_RARE = 1
"""A byte that is not more often in a sample is looked for again in the next bytes."""
_RARE_BACKSLASH = 8
"""Where backslashes are more often in a sample, a regex finds escapes faster."""
_SHORT_BYTES = 4
"""Of a text that is not longer, `regex` skips too few bytes to be fast."""


def line_filter(query: Query) -> LineFilter | None:
    """Return a filter of lines; None if the query gives none, and all must be parsed.

    A line that the filter leaves out matches in none of its events.
    """
    literals = required_literals(query)
    return None if literals is None else LineFilter(literals)


class LineFilter:
    """Finds lines that contain one of some literals, in any of their escaped forms."""

    def __init__(self, literals: list[Literal]) -> None:
        self._finders = [finder for each in literals for finder in _finders(each)]

    def may_match(self, line: bytes) -> bool:
        """Return whether a line must be parsed."""
        return any(finder(line)(0) >= 0 for finder in self._finders)

    def candidates(self, chunk: bytes) -> Iterator[tuple[int, int]]:
        """Yield start and end of each line of a chunk that must be parsed.

        The chunk consists of whole lines; chunks of a MiB are searched fastest. Ends
        are after the newline. A line can hold several rows, if it is glued.
        """
        finds = [finder(chunk) for finder in self._finders]
        hits = [find(0) for find in finds]
        while (first := min((hit for hit in hits if hit >= 0), default=-1)) >= 0:
            start = chunk.rfind(b"\n", 0, first) + 1
            end = chunk.find(b"\n", first) + 1 or len(chunk)
            yield start, end
            for at, find in enumerate(finds):
                if 0 <= hits[at] < end:
                    hits[at] = find(end)


def _finders(literal: Literal) -> list[_Finder]:
    """Return what finds a literal: as it is, and with escapes."""
    # Without a case, `regex` finds bytes seven times faster than `re`.
    import regex

    text = _anchor(literal)
    variants = [_variants(char, literal) for char in text]
    # Bytes beyond ASCII have no case here.
    any_case = regex.IGNORECASE if literal.any_case else 0
    raw = regex.compile(b"".join(map(_raw_forms, variants)), any_case)
    forms = b"|".join([b"\\\\u" + _HIDING, b"".join(map(_any_form, variants))])
    full = re.compile(forms, re.IGNORECASE if literal.any_case else re.NOFLAG)
    codes = {_codes(char)[0] for chars in variants for char in chars}
    escapes = [b"u(?:%b)" % b"|".join([_HIDING, *sorted(codes)])]
    escaped = b"u"
    if "/" in text:
        escapes.append(b"/")
        escaped = b"u/"
    marker = re.compile(rb"\\(?:%b)" % b"|".join(escapes))
    raw_finder: _Finder = partial(_find_raw, raw)
    if all(map(_has_one_form, text, variants)):
        if len(text.encode()) <= _SHORT_BYTES:
            raw_finder = partial(_find_short, text.encode(), literal.any_case)
        if len(text) > 1:
            raw_finder = _RareByteFinder(_bytes_of(text, literal), raw, raw_finder)
    return [raw_finder, partial(_find_in_line, escaped, marker, full)]


def _find_raw(raw: re.Pattern[bytes], data: bytes) -> _Find:
    """Return a function that finds a pattern."""

    def find(start: int) -> int:
        found = raw.search(data, start)
        return found.start() if found else -1

    return find


def _find_short(text: bytes, any_case: bool, data: bytes) -> _Find:
    """Return a function that finds a text, which is in lower case if `any_case`."""
    if any_case:
        data = data.lower()
    return lambda start: data.find(text, start)


class _RareByteFinder:
    """Looks for a pattern where the rarest of its bytes is.

    To find a byte is up to thirty times faster than to find a pattern.
    """

    def __init__(
        self, text: Sequence[bytes], raw: re.Pattern[bytes], otherwise: _Finder
    ) -> None:
        """Find `raw`; by `otherwise`, if none of its bytes is rare.

        `text` has the forms of each byte of the pattern: one, or both cases of a
        letter.
        """
        self._text, self._raw, self._otherwise = text, raw, otherwise
        self._rarest: int | None = None
        """The index of the byte that was rare in the last data; None if none was."""

    def __call__(self, data: bytes) -> _Find:
        """Return a function that finds the pattern in some bytes."""
        sample, at = data[::_SAMPLE_STEP], self._rarest
        if at is None or self._count(sample, at) > _VERY_RARE:
            at = min(range(len(self._text)), key=partial(self._count, sample))
            rare = self._count(sample, at) <= _RARE
            self._rarest = at if rare else None
            if not rare:
                return self._otherwise(data)
        return self._find_at(at, data)

    def _count(self, sample: bytes, at: int) -> int:
        """Return how often a byte of the pattern is in a sample."""
        return sum(map(sample.count, self._text[at]))

    def _find_at(self, at: int, data: bytes) -> _Find:
        """Return a function that looks where one byte of the pattern is."""
        step = 1 if at + 1 < len(self._text) else -1
        positions = _positions(data, self._text[at], len(data) - max(step, 0))
        expected, raw = self._text[at + step], self._raw

        def find(start: int) -> int:
            for position in positions:
                if data[position + step] in expected:
                    begin = position - at
                    if begin >= start and raw.match(data, begin):
                        return begin
            return -1

        return find


def _positions(data: bytes, forms: bytes, end: int) -> Iterator[int]:
    """Yield where one of one or two bytes is before an end, in order."""
    find = data.find
    one, other = forms[:1], forms[1:]
    first, second = find(one, 0, end), find(other, 0, end) if other else -1
    while first >= 0 or second >= 0:
        if second < 0 or 0 <= first < second:
            yield first
            first = find(one, first + 1, end)
        else:
            yield second
            second = find(other, second + 1, end)


def _find_in_line(
    escaped: bytes,
    marker: re.Pattern[bytes],
    full: re.Pattern[bytes],
    data: bytes,
) -> _Find:
    """Return a function that finds a marker in lines that also have the full form.

    Each marker begins with a backslash and one of the bytes of `escaped`.
    """
    least = _first_escape(escaped, data)
    if least < 0:
        return lambda start: -1

    def find(start: int) -> int:
        start = max(start, least)
        while found := marker.search(data, start):
            first = data.rfind(b"\n", 0, found.start()) + 1
            start = data.find(b"\n", found.start()) + 1 or len(data)
            if full.search(data, first, start):
                return found.start()
        return -1

    return find


def _first_escape(escaped: bytes, data: bytes) -> int:
    """Return where the first backslash before one of some bytes is; -1 without any."""
    if data[::_SAMPLE_STEP].count(b"\\") > _RARE_BACKSLASH:
        found = re.search(rb"\\[%b]" % escaped, data)
        return found.start() if found else -1
    for position in _positions(data, b"\\", len(data) - 1):
        if data[position + 1] in escaped:
            return position
    return -1


def _bytes_of(text: str, literal: Literal) -> list[bytes]:
    """Return the forms of each byte of a text whose characters have one form."""
    each = [bytes([byte]) for byte in text.encode()]
    if not literal.any_case:
        return each
    return [b"".join(sorted({byte.lower(), byte.upper()})) for byte in each]


def _anchor(literal: Literal) -> str:
    """Return the part of a literal that is searched for.

    The longest one of which each character has one form, apart from the case of ASCII
    letters, because that is found fastest; the whole if that is too short.
    """
    parts = [""]
    for char in literal.text:
        if _has_one_form(char, _variants(char, literal)):
            parts[-1] += char
        else:
            parts.append("")
    longest = max(parts, key=lambda part: len(part.encode()))
    return longest if len(longest.encode()) >= _MIN_BYTES else literal.text


def _has_one_form(char: str, variants: set[str]) -> bool:
    """Return whether a character has one form, apart from the case of ASCII letters."""
    return variants <= {char, char.upper()} and (char.isascii() or len(variants) == 1)


def _variants(char: str, literal: Literal) -> set[str]:
    """Return the characters of a text that are compared as this one."""
    if not literal.any_case:
        return {char}
    variants = {char, *_upper_forms().get(char, ())}
    if literal.of_regex:
        variants.update(_REGEX_PAIRS.get(char, ""))
    return variants


@lru_cache(1)
def _upper_forms() -> dict[str, set[str]]:
    """Return which characters become a character, or a part of it, in lower case."""
    forms: dict[str, set[str]] = {"\N{GREEK SMALL LETTER FINAL SIGMA}": {"Σ"}}
    for char in map(chr, range(_CASED_END)):
        lowered = char.lower()
        if lowered != char:
            for each in lowered:
                forms.setdefault(each, set()).add(char)
    return forms


def _raw_forms(variants: set[str]) -> bytes:
    """Return the regex for a character without escapes; letters in any case."""
    forms = sorted(
        {
            re.escape(char.encode())
            for char in variants
            # Of an ASCII letter, the flag of the regex matches the other case.
            if not (char.isascii() and char.isupper() and len(variants) > 1)
        }
    )
    return forms[0] if len(forms) == 1 else b"(?:%b)" % b"|".join(forms)


def _any_form(variants: set[str]) -> bytes:
    """Return the regex for a character with or without escapes."""
    forms = {
        b"".join(rb"\\+u" + code for code in _codes(char)) for char in variants
    } | {_raw_forms(variants)}
    if "/" in variants:
        forms.add(rb"\\*/")
    return b"(?:%b)" % b"|".join(sorted(forms))


def _codes(char: str) -> list[bytes]:
    """Return the digits of a character's escape, in any case; of two for a pair."""
    units = char.encode("utf-16-be").hex()
    return [
        b"".join(
            f"[{digit}{digit.upper()}]".encode() if digit.isalpha() else digit.encode()
            for digit in units[first : first + 4]
        )
        for first in range(0, len(units), 4)
    ]
