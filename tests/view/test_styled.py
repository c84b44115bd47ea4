"""Lines with tones: wrapping and indentation."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.styled import (
    plain_text,
    texts_in_tone,
)
from whitetail.view.styled import StyledLine, wrapped_lines
from whitetail.view.text import sanitize

words = st.text(
    st.sampled_from("ab  鹿é\u0301") | st.characters(codec="utf-8"), max_size=60
).map(sanitize)

styled_lines = st.lists(
    st.lists(st.tuples(words, st.sampled_from(["plain", "key"])), max_size=4).map(
        tuple
    ),
    max_size=3,
)


@given(styled_lines, st.integers(2, 30))
def test_wrapped_lines_fit_and_keep_all_words_and_tones(
    lines: list[StyledLine], width: int
) -> None:
    broken = list(wrapped_lines(lines, width))
    assert all(cell_len(plain_text([line])) <= width for line in broken)
    assert "".join(plain_text(broken).split()) == "".join(plain_text(lines).split())
    for tone in ("plain", "key"):
        kept = "".join("".join(texts_in_tone(broken, tone)).split())
        assert kept == "".join("".join(texts_in_tone(lines, tone)).split())


@pytest.mark.parametrize("width", [2, 3, 4, 5])
def test_a_wide_character_fits_beside_the_indentation(width: int) -> None:
    for indent in range(4):
        line = ((" " * indent + "鹿a鹿鹿", "plain"),)
        broken = list(islice(wrapped_lines([line], width), 20))
        assert "".join(plain_text(broken).split()) == "鹿a鹿鹿"
        assert all(cell_len(plain_text([each])) <= width for each in broken)


def test_lines_break_between_words_and_keep_their_indentation() -> None:
    line = (("  ", "plain"), ("the white ", "key"), ("tail jumps", "string"))
    assert plain_text(wrapped_lines([line], 12)) == "  the white\n  tail jumps"
    assert list(wrapped_lines([line], 12))[1] == (
        ("  ", "plain"),
        ("tail jumps", "string"),
    )


def test_long_words_are_cut_and_wide_characters_break_anywhere() -> None:
    assert (
        plain_text(wrapped_lines([(("to abcdefghijkl", "plain"),)], 8))
        == "to abcde\nfghijkl"
    )
    assert (
        plain_text(wrapped_lines([(("a 鹿鹿鹿鹿", "plain"),)], 5)) == "a 鹿\n鹿鹿\n鹿"
    )


def test_without_a_width_lines_are_not_wrapped() -> None:
    line = (("x" * 500, "plain"),)
    assert list(wrapped_lines([line], None)) == [line]
    with pytest.raises(ValueError, match="at least 2 cells"):
        list(wrapped_lines([line], 1))
