"""Parts moved to the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from whitetail.view.tone import Block, Part, Span


def indented(parts: Iterable[Part], by: int = 2) -> Iterator[Part]:
    """Yield parts with a margin, and what is within their blocks with it, too."""
    margin: Span = (" " * by, "plain")
    for part in parts:
        if isinstance(part, Block):
            yield replace(
                part,
                heading=(margin, *part.heading),
                body=partial(_inside, part, by),
                closed=(margin, *part.closed) if part.closed else (),
            )
        else:
            yield (margin, *part)


def _inside(block: Block, by: int) -> Iterator[Part]:
    return indented(block.body(), by)
