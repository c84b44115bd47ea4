"""Lines of toned text, the currency between `view` and what paints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

Span: TypeAlias = tuple[str, str]
"""Inert text, and one of `TONES`."""

Line: TypeAlias = tuple[Span, ...]
"""One logical line, not yet wrapped."""

TONES = frozenset(
    {
        "plain",  # what is said
        "heading",  # the name of a section
        "muted",  # what can be skipped
        "key",  # the name of a field
        "string",  # JSON
        "number",
        "keyword",  # true, false, null
        "code",  # within fences, and raw bytes
        "title",  # a large heading within a text
        "strong",  # a heading within a text, and what is bold
        "emphasis",
        "struck",  # struck through
        "quote",
        "prompt",  # what a person wrote
        "link",  # a URL
        "error",
        "added",  # lines of a diff
        "removed",
    }
)
"""What a pane has to have a colour for."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines under a heading, which can be folded away."""

    name: str
    """What its fold is remembered by: the same for the same part of other events."""
    heading: Line
    body: Callable[[], Iterator[Part]]
    """Gives what stands under the heading, as often as it is called."""
    folded: bool = False
    """Whether it is folded until somebody opens it."""
    closed: Line = ()
    """What stands for it while it is folded; its heading if nothing else does."""


Part: TypeAlias = Line | Block
"""What a text consists of."""

Document: TypeAlias = Callable[[int], Iterator[Part]]
"""Gives a text for a width in cells, from its beginning, as often as it is called."""
