"""Lines of toned text, the currency between `view` and what paints it."""

from __future__ import annotations

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
        "strong",  # a heading within a text
        "prompt",  # what a person wrote
        "link",  # a URL
        "error",
        "added",  # lines of a diff
        "removed",
    }
)
"""What a pane has to have a colour for."""
