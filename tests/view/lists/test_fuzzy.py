"""Names in which the letters of a text are found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whitetail.view.lists.fuzzy import FuzzyText, folded

NAME = "A Woman in Shanghai Streets"


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("shanghai", 0),
        ("street WOMAN", 0),
        ("shngh", 1),
        ("woman strts", 1),
        ("woman tokyo", None),
        ("aets", None),
        ("ahs", None),
        ("", 0),
    ],
)
def test_words_are_found_in_any_order_and_with_a_few_letters_left_out(
    text: str, rank: int | None
) -> None:
    assert FuzzyText(text).rank(NAME) == rank


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("shang", ["Shang"]),
        ("streets woman", ["Woman", "Streets"]),
        ("shngh", ["Sh", "ngh"]),
        ("tokyo", []),
        ("woman tokyo", []),
    ],
)
def test_the_matched_letters_are_marked(text: str, marked: list[str]) -> None:
    spans = FuzzyText(text).marks(NAME)
    assert [NAME[first:after] for first, after in spans] == marked


@pytest.mark.parametrize("name", ["İstanbul trip", "Straße nach Wien", "ﬁrst trip"])
def test_positions_are_right_if_lower_case_is_longer(name: str) -> None:
    [(first, after)] = FuzzyText(name.split()[1]).marks(name)
    assert name[first:after] == name.split()[1]


@given(st.text(), st.text())
def test_the_marks_of_any_name_are_in_the_name_if_it_matches(
    text: str, name: str
) -> None:
    fuzzy = FuzzyText(text)
    spans = fuzzy.marks(name)
    assert bool(spans) is (bool(fuzzy) and fuzzy.rank(name) is not None)
    ends = [0, *(end for span in spans for end in span)]
    assert ends == sorted(ends) and ends[-1] <= len(name)
    assert len(folded(name)) == len(name)
