"""The literal texts that the lines of all matching events contain.

A text of a query is compared with decoded values. It is cut into pieces that are in
the file as they are, apart from escapes: a decoded text can join a key and its value,
and numbers, whitespace and some other characters are written in several ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from whitetail.trace.message_fields import GUESSED_MEDIA_TYPES
from whitetail.trace.query.globs import ignores_case
from whitetail.trace.query.nodes import And, Or, Query, Regex, Text
from whitetail.trace.query.regexes import ignores_case as regex_ignores_case

# Whitespace; what a decoded text puts between key and value; what is always escaped;
# what stands for invalid bytes; and the second half of a lower-case `İ`.
_CUTS = re.compile('[\\s:"\\\\\0-\x1f\x7f\ufffd\u0307\ud800-\udfff]+')
_NUMBER_PART = re.compile(r"[-+.0-9e]+")
_INFINITY = "-infinity"
_MAX_CHARS = 60
"""A piece is cut to this length, beyond which it does not become rarer."""
_REGEX_CHARS = re.compile(r"[A-Za-z0-9 _,;<>=!@#%&~'/-]")
_OPTIONAL = ("?", "*", "{")
_ONE_CHAR_ESCAPES = "dwsbDWSBnrtAZ"
_SET = re.compile(r"\[\^?(?:[^\]\[\\]|\\[\s\S])+\]")
"""A set of characters without others in it."""


class Literal(NamedTuple):
    """A text that a line contains, with or without escapes."""

    text: str
    """In lower case if `any_case`."""
    any_case: bool
    of_regex: bool
    """Whether a regex compares it, which knows more pairs of letters as the same."""


def required_literals(query: Query) -> list[Literal] | None:
    """Return literals of which each matching line contains at least one.

    None if there are none, so that every line must be parsed.
    """
    match query:
        case Text(text):
            any_case = ignores_case(text)
            return _best(Literal(each, any_case, False) for each in _pieces(text))
        case Regex(pattern):
            any_case = regex_ignores_case(pattern)
            return _best(
                Literal(piece.lower() if any_case else piece, any_case, True)
                for run in _runs(pattern)
                for piece in _pieces(run)
            )
        case And(parts):
            found = [each for part in parts if (each := required_literals(part))]
            return max(found, key=_selectivity, default=None)
        case Or(parts):
            literals: list[Literal] = []
            for part in parts:
                each = required_literals(part)
                if each is None:
                    return None
                literals += each
            return literals or None
        case _:
            return None


def _selectivity(literals: list[Literal]) -> int:
    return min(len(each.text.encode()) for each in literals)


def _best(literals: Iterator[Literal]) -> list[Literal] | None:
    """Return the literal that is probably the rarest, in a list."""
    best = max(literals, key=lambda each: len(each.text.encode()), default=None)
    return None if best is None else [best]


def _pieces(text: str) -> Iterator[str]:
    for piece in _CUTS.split(text):
        piece = piece[:_MAX_CHARS]
        if piece and not _is_generated(piece.lower()):
            yield piece


def _is_generated(piece: str) -> bool:
    """Return whether a piece can be in a decoded text but not in its line.

    Numbers are printed in their shortest form, and media types are guessed.
    """
    return (
        _NUMBER_PART.fullmatch(piece) is not None
        or piece in _INFINITY
        or any(piece in each for each in GUESSED_MEDIA_TYPES.values())
    )


def _runs(pattern: str) -> list[str]:
    """Return texts that each match of a regex contains. Empty if that is uncertain."""
    # Groups with flags, conditions or calls can change what follows.
    if re.search(r"\(\?[^:]", pattern):
        return []
    runs = [""]
    depth = at = 0
    while at < len(pattern):
        char, is_escaped = pattern[at], False
        if char == "\\":
            char, is_escaped = pattern[at + 1 : at + 2], True
            if char.isalnum() and char not in _ONE_CHAR_ESCAPES:
                return []
            at += 1
        elif char == "|" and not depth:
            return []
        elif char == "[":
            found = _SET.match(pattern, at)
            if found is None:
                return []
            at = found.end() - 1
            is_escaped = True
        at += 1
        if not is_escaped:
            depth += (char == "(") - (char == ")")
        is_literal = not depth and _REGEX_CHARS.fullmatch(char) is not None
        if char.isalnum() and is_escaped:
            is_literal = False
        if is_literal and not pattern.startswith(_OPTIONAL, at):
            runs[-1] += char
        else:
            runs.append("")
    return list(filter(None, runs))
