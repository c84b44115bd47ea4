"""What tests of texts ask: their lines, unfolded, and which have which tone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from whitetail.view.folding import unfolded_lines
from whitetail.view.styled import TONES, Block, Part
from whitetail.view.text import sanitize


def plain_text(parts: Iterable[Part]) -> str:
    """Return every line there is, headings included."""
    return "\n".join(
        "".join(said for said, _ in line) for line in unfolded_lines(parts)
    )


def texts_in_tone(parts: Iterable[Part], tone: str) -> list[str]:
    return [said for line in unfolded_lines(parts) for said, its in line if its == tone]


def assert_well_formed(parts: Iterable[Part]) -> None:
    """Assert that all is inert and has a tone, and that blocks repeat themselves."""
    for part in parts:
        if isinstance(part, Block):
            assert_well_formed([part.heading])
            assert list(unfolded_lines(part.body())) == list(
                unfolded_lines(part.body())
            )
            assert_well_formed(part.body())
            continue
        for said, tone in part:
            assert sanitize(said) == said
            assert tone in TONES


def all_blocks(parts: Iterable[Part]) -> Iterator[Block]:
    """Yield the blocks of parts, at any depth."""
    for part in parts:
        if isinstance(part, Block):
            yield part
            yield from all_blocks(part.body())
