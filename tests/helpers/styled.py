"""The lines, tones and blocks of styled text, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from whitetail.view.folding import unfolded_lines
from whitetail.view.styled import TONES, Block, Part
from whitetail.view.text import sanitize


def plain_text(parts: Iterable[Part]) -> str:
    """Return all lines, with the headings and with every block open."""
    return "\n".join(
        "".join(text for text, _ in line) for line in unfolded_lines(parts)
    )


def texts_in_tone(parts: Iterable[Part], tone: str) -> list[str]:
    """Return the texts that have a tone, with every block open."""
    return [
        text for line in unfolded_lines(parts) for text, each in line if each == tone
    ]


def assert_well_formed(parts: Iterable[Part]) -> None:
    """Assert that texts are sanitized, tones exist, and bodies can be read twice."""
    for part in parts:
        if isinstance(part, Block):
            assert_well_formed([part.heading])
            assert list(unfolded_lines(part.body())) == list(
                unfolded_lines(part.body())
            )
            assert_well_formed(part.body())
            continue
        for text, tone in part:
            assert sanitize(text) == text
            assert tone in TONES


def all_blocks(parts: Iterable[Part]) -> Iterator[Block]:
    """Yield the blocks of parts, at any depth."""
    for part in parts:
        if isinstance(part, Block):
            yield part
            yield from all_blocks(part.body())
