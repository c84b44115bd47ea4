"""Parts as lines alone. To be replaced, at merging, by the pane's own folding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .tone import Block, Line, Part


def flat(parts: Iterable[Part], depth: int = 0) -> Iterator[Line]:
    """Yield the lines of parts: a block's heading, and its body unless folded."""
    for part in parts:
        if not isinstance(part, Block):
            yield part
            continue
        if not depth:
            yield ()
        yield part.heading
        if not part.folded:
            yield from flat(part.body(), depth + 1)
