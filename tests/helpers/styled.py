"""Reads the output of `view` in tests: its plain text, its tones and its blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from whitetail.view.folding import FoldPath, folded_lines, unfolded_lines
from whitetail.view.styled import TONES, Block, Part, StyledLine
from whitetail.view.text import sanitize


def line_text(line: StyledLine) -> str:
    """Return the text of a line without its tones."""
    return "".join(text for text, _ in line)


def plain_text(parts: Iterable[Part]) -> str:
    """Return the text of all lines, with every block open."""
    return "\n".join(map(line_text, unfolded_lines(parts)))


def texts_in_tone(parts: Iterable[Part], tone: str) -> list[str]:
    """Return the texts of the spans with a tone, with every block open."""
    return [
        text
        for line in unfolded_lines(parts)
        for text, span_tone in line
        if span_tone == tone
    ]


def folded_texts(
    parts: Iterable[Part],
    choices: Mapping[FoldPath, bool] | None = None,
    width: int | None = None,
) -> list[str]:
    """Return the text of each line, with signs of folds and folded blocks."""
    return [
        line_text(folded.line) for folded in folded_lines(parts, choices or {}, width)
    ]


def all_blocks(parts: Iterable[Part]) -> Iterator[Block]:
    """Yield the blocks at any depth."""
    for part in parts:
        if isinstance(part, Block):
            yield part
            yield from all_blocks(part.body())


def assert_well_formed(parts: Iterable[Part]) -> None:
    """Assert that every span is sanitized and has a tone, and that bodies repeat."""
    for part in parts:
        if isinstance(part, Block):
            assert_well_formed([part.heading])
            first, second = unfolded_lines(part.body()), unfolded_lines(part.body())
            assert list(first) == list(second)
            assert_well_formed(part.body())
            continue
        for text, tone in part:
            assert sanitize(text) == text
            assert tone in TONES
