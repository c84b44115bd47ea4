from collections.abc import Callable
from functools import partial
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.cost import assert_cost_is_flat
from whitetail.view.text import PIECE_CHARS, fit, lines, one_line, sanitize

any_text = st.text(st.characters(codec=None, exclude_categories=()))
hostile_text = st.text(
    st.sampled_from(
        "a 鹿\t\n\r\x00\x07\x1b\x7f\x85\x9b\xad\u200b\u200d\u202e\u2028\ufe0f"
    )
    | st.characters(codec=None, categories=["Cc", "Cf", "Cs", "Zl", "Zp"]),
)
UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def is_safe(text: str) -> bool:
    return not any(category(character) in UNSAFE for character in text)


@given(any_text | hostile_text)
def test_no_character_that_a_terminal_acts_on_is_kept(text: str) -> None:
    assert is_safe(sanitize(text))
    assert is_safe(one_line(text))
    assert all(is_safe(each) for each in lines(text))
    assert is_safe(fit(text, 20))


@given(any_text | hostile_text, st.integers(0, 30))
def test_a_fitted_text_is_exactly_as_wide_as_requested(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width


def test_control_characters_become_their_pictures() -> None:
    line = sanitize("".join(map(chr, range(0x20))) + "\x7f")
    assert line == "".join(map(chr, range(0x2400, 0x2420))) + "\u2421"


@pytest.mark.parametrize(
    "attack",
    [
        "\x1b]52;c;aGk=\x07",
        "\x1b]0;title\x1b\\",
        "\x9b31m",
        "\x9d0;title\x9c",
        "\u202eevil",
        "\ud800",
    ],
)
def test_an_escape_sequence_becomes_text(attack: str) -> None:
    assert is_safe(one_line(attack))
    assert sanitize(attack) != attack


def test_characters_that_terminals_measure_differently_are_removed() -> None:
    assert (
        sanitize("\u2764\ufe0f 1\ufe0f\u20e3 \U0001f44d\U0001f3fd")
        == "\u2764 1 \U0001f44d"
    )
    assert sanitize("\U0001f468\u200d\U0001f469") == "\U0001f468\U0001f469"


def test_right_to_left_text_and_emoji_are_kept() -> None:
    assert sanitize("שלום 鹿 🦌 é") == "שלום 鹿 🦌 é"


def test_a_line_is_one_line_with_single_spaces() -> None:
    assert one_line("  one\n\n two\t\r\n three\u2028four ") == "one two three four"


def test_a_cropped_line_ends_in_an_ellipsis() -> None:
    assert one_line("abcdef", 6) == "abcdef"
    assert one_line("abcdefg", 6) == "abcde…"
    assert one_line("abcd efg", 6) == "abcd…"
    assert one_line(" " * 100, 6) == "…"


def test_a_line_of_many_megabytes_costs_no_more_than_a_short_one() -> None:
    def prepare(size: int) -> Callable[[], object]:
        text = "deer \x1b" * size
        assert len(one_line(text)) == 400
        return partial(one_line, text)

    assert_cost_is_flat(prepare)


def test_lines_end_at_newlines_only() -> None:
    assert list(lines("a\nb\r\nc\u2028d\x0be\rf\n")) == [
        "a",
        "b",
        "c\ufffdd\u240be\u240df",
    ]
    assert list(lines("")) == []
    assert list(lines("\n\na")) == ["", "", "a"]


def test_tabs_expand_to_columns_of_four_cells() -> None:
    assert list(lines("\ta\n1\t2")) == ["    a", "1   2"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
@pytest.mark.parametrize(
    "size", [PIECE_CHARS - 1, PIECE_CHARS, PIECE_CHARS + 1, 3 * PIECE_CHARS + 7]
)
def test_a_long_line_is_split_into_pieces_without_loss(size: int, ending: str) -> None:
    pieces = list(lines("x" * size + ending + "end"[: 3 * bool(ending)]))
    whole, rest = divmod(size, PIECE_CHARS)
    expected = ["x" * PIECE_CHARS] * whole + ["x" * rest] * bool(rest)
    assert pieces == expected + ["end"] * bool(ending)


@given(st.text("ab\n", max_size=60))
def test_short_lines_are_unchanged(text: str) -> None:
    assert list(lines(text + "\n")) == text.split("\n")


def test_the_first_lines_of_a_huge_text_cost_no_more_than_of_a_small_one() -> None:
    def first_line(text: str) -> str:
        return next(lines(text))

    assert_cost_is_flat(lambda size: partial(first_line, "x" * size * 10))
    assert_cost_is_flat(lambda size: partial(first_line, "x\n" * size))


def test_a_cropped_fit_ends_in_an_ellipsis() -> None:
    assert fit("whitetail", 6) == "white…"
    assert fit("white", 6) == "white "
    assert fit("鹿鹿鹿", 4) == "鹿 …"
    assert fit("x", 0) == ""
