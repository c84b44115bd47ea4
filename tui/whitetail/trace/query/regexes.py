"""Regular expressions of queries: compiled once, and stopped if they need too long.

docs/decisions/0006-regular-expressions-that-end.md has the reasons and the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from time import process_time
from typing import Protocol

from whitetail.trace.query.errors import QueryError

LIMIT_S = 2.0
"""The processor time that a regex may need for the texts of one event."""
_ESCAPE = re.compile(r"\\[\s\S]")
_MAY_REPEAT = re.compile(r"[*+{]|\(\?[^:=!<]|\\[1-9gkLRX]")
_LOOKS_AROUND = re.compile(r"(?<!\[)\^|\$|\\[A-Za-z0-9]|\(\?[^:]|[*+?}]\+")
_CLASS_ESCAPE = re.compile(r"\\[dwsDWS]")
_CHOICES = re.compile(r"[|?]")
_MAX_CHOICES = 4
"""With so many choices and no repetition, a regex needs linear time."""
_LONG_TEXT = 10_000
"""From this length on, other threads run during the search."""


class StoppedError(Exception):
    """A regex was stopped because it needed too long."""


class Pattern(Protocol):
    """A compiled regex of the `regex` package."""

    def search(
        self, text: str, *, timeout: float | None = None, concurrent: bool | None = None
    ) -> object:
        """Return a match, or None; raise `TimeoutError` after `timeout` seconds."""

    def finditer(
        self, text: str, *, timeout: float | None = None
    ) -> Iterator[re.Match[str]]:
        """Yield matches; raise `TimeoutError` after `timeout` seconds."""


class Search:
    """A regex of a query; upper-case letters in it make it case-sensitive."""

    def __init__(self, pattern: str) -> None:
        self._pattern = compile_regex(pattern)
        self._is_linear = (
            not _MAY_REPEAT.search(pattern)
            and len(_CHOICES.findall(pattern)) <= _MAX_CHOICES
        )

        # Without assertions, a match in one text is one in all texts together.
        self._is_contextless = not _LOOKS_AROUND.search(_CLASS_ESCAPE.sub("", pattern))

    def is_in_one(self, texts: Iterable[str], deadline: float) -> bool:
        """Return whether the regex is found in one of some texts.

        Raises:
            StoppedError: It was not finished at `deadline`, by `process_time`.

        """
        if not self._is_linear and self._is_contextless:
            # A call with a timeout needs 2 µs: mostly one is enough. `.` does not match
            # a line break, so that repetitions stay within a text.
            texts = list(texts)
            if not self.is_in("\n".join(texts), deadline):
                return False
        return any(self.is_in(text, deadline) for text in texts)

    def is_in(self, text: str, deadline: float) -> bool:
        """Return whether the regex is found in a text.

        Raises:
            StoppedError: It was not finished at `deadline`, by `process_time`.

        """
        if self._is_linear:
            if len(text) < _LONG_TEXT:
                return self._pattern.search(text) is not None
            return self._pattern.search(text, concurrent=True) is not None
        left = deadline - process_time()
        if left <= 0:
            raise StoppedError
        try:
            # Without `concurrent`, no other thread would run for up to two seconds.
            found = self._pattern.search(text, timeout=left, concurrent=True)
        except TimeoutError:
            raise StoppedError from None
        return found is not None


def ignores_case(pattern: str) -> bool:
    """Return whether a regex has no capital letter, apart from those of escapes."""
    plain = _ESCAPE.sub("", pattern)
    return plain == plain.lower()


@lru_cache(64)
def _compiled(pattern: str) -> Pattern:
    import regex

    flags = regex.IGNORECASE if ignores_case(pattern) else 0
    compiled: Pattern = regex.compile(pattern, flags)
    return compiled


def compile_regex(pattern: str, position: int = 0) -> Pattern:
    """Return a compiled regex. `position` is that of the pattern in the query.

    Raises:
        QueryError: It is not a valid one.

    """
    import regex

    try:
        return _compiled(pattern)
    except regex.error as error:
        at = error.pos if isinstance(error.pos, int) else 0
        message = f"This is not a valid regex: {error.msg}."
        raise QueryError(message, position + min(at, len(pattern))) from None
    except (
        ArithmeticError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        message = f"This is not a valid regex: {error}."
        raise QueryError(message, position) from None
