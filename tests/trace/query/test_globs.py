"""Names with `*` and `?`, and the case of letters."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whitetail.trace.query.globs import contains_test, glob_test


@given(st.text("ab*?.", max_size=8), st.text("ab.\n", max_size=8))
def test_a_pattern_matches_as_that_of_a_shell(pattern: str, text: str) -> None:
    assert glob_test((pattern,))(text) == fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("bash", "Bash", True),
        ("Bash", "bash", False),
        ("B*", "Bash", True),
        ("[x]*", "[x]y", True),
        ("call", "call_1", False),
    ],
)
def test_capital_letters_count_if_the_pattern_has_one(
    pattern: str, text: str, matches: bool
) -> None:
    assert glob_test((pattern,))(text) == matches


def test_with_prefix_a_pattern_without_a_star_matches_what_begins_with_it() -> None:
    test = glob_test(("call_4", "x*z"), prefix=True)
    assert [test(text) for text in ("call_43", "call", "xyz", "xy")] == [
        *(True, False, True, False)
    ]


def test_many_stars_need_no_time() -> None:
    assert not glob_test(("*a" * 200 + "b",))("a" * 20_000)


@pytest.mark.parametrize(
    ("part", "text", "matches"),
    [
        ("a  b", "x A\n\tB", True),
        (" a", "ba", False),
        (" a", " a", True),
        ("a ", "a\n", True),
        ("Ab", "ab", False),
        ("", "", True),
    ],
)
def test_any_whitespace_matches_any_other(part: str, text: str, matches: bool) -> None:
    assert contains_test((part,))(text) == matches
