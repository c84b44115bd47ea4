"""A mistake in the settings of the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. Its texts are sanitized."""

    text: str
    """A sentence without its full stop."""
    path: str = ""
    """The setting that it concerns; empty for none in particular."""
    line: int | None = None
    """The line of the file; None if it was not found."""
    in_file: bool = True
    """Whether it is a mistake in the file; if not, it is in the environment."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


def one_sentence(problems: Sequence[Problem], source: str) -> str:
    """Return one sentence about all problems of a file; empty without any."""
    if not problems:
        return ""
    first = problems[0]
    where = f"{source}, line {first.line}: " if first.line else f"{source}: "
    others = len(problems) - 1
    more = ""
    if others:
        more = f"; {others} more: whitetail config check lists them"
    return f"{where if first.in_file else ''}{first.text.rstrip('.')}{more}."
