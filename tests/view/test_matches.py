"""Finding and marking the text that the user searches for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from whitetail.view.matches import TextMatcher, first_match, marked_line
from whitetail.view.styled import Block, Document, Part, StyledLine


def line(text: str) -> StyledLine:
    return ((text, "plain"),)


def document(*parts: Part) -> Document:
    return lambda width: iter(parts)


def marked(lines: list[str], number: int, query: str, width: int = 20) -> list[str]:
    spans = marked_line(
        [line(text) for text in lines], number, width, TextMatcher(query)
    )
    return [text for text, tone in spans if tone == "match"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("deer", "the DEER"),
        ("Deer", "a Deer"),
        ("the deer", "the\n   deer"),
        ("fox \u2744 fox", "fox \u2744\ufe0f fox"),
        ("[", "a [b"),
    ],
)
def test_a_text_is_found_as_it_reads(query: str, text: str) -> None:
    assert TextMatcher(query).is_in(text)


def test_a_capital_letter_makes_case_matter() -> None:
    assert not TextMatcher("Deer").is_in("deer")


@pytest.mark.parametrize(
    ("query", "raw", "possible"),
    [
        ("deer", b'{"content": "a DEER"}', True),
        ("deer", b'{"content": "a fox"}', False),
        ("Deer", b'{"content": "a deer"}', False),
        ("deer", b'{"content": "\\u0064eer"}', True),
        ("deer", '{"content": "ü"}'.encode(), True),
        ("42", b'{"content": "none"}', False),
        ("42", b'{"content": 1425}', True),
        ("--", b'{"content": "none"}', True),
        ("\u9e7f", b'{"content": "a deer"}', False),
        ("\u9e7f", b'{"content": "\\u9e7f"}', True),
    ],
)
def test_an_event_is_parsed_only_if_it_can_have_the_text(
    query: str, raw: bytes, possible: bool
) -> None:
    assert TextMatcher(query).may_be_in(raw) is possible


def test_each_match_in_a_line_is_marked_and_nothing_is_lost() -> None:
    spans = TextMatcher("a").marked([("banana", "plain"), (" and A", "error")])
    assert "".join(text for text, _ in spans) == "banana and A"
    assert [text for text, tone in spans if tone == "match"] == list("aaaaA")


def test_a_match_that_goes_on_in_the_next_line_is_marked_in_both() -> None:
    lines = ["see the white", "  tailed deer"]
    assert marked(lines, 0, "white tailed") == ["white"]
    assert marked(lines, 1, "white tailed") == ["tailed"]


def test_a_word_goes_on_in_the_next_line_only_if_the_line_is_full() -> None:
    assert marked(["x" * 17 + "de", "er"], 1, "deer") == ["er"]
    assert marked(["a de", "er"], 1, "deer") == []


def test_the_first_match_is_the_first_visible_one_before_any_folded_one() -> None:
    def body() -> Iterator[Part]:
        yield line("deer inside")

    block = Block("b", line("a block"), body, folded=True)
    text = document(line("one"), block, line("a deer"))
    found = first_match(text, 20, 20, {}, TextMatcher("deer"), lambda: False)
    assert found == (2, [])


def test_a_match_in_a_folded_block_comes_with_the_blocks_to_unfold() -> None:
    def inner() -> Iterator[Part]:
        yield line("deer inside")

    def outer() -> Iterator[Part]:
        yield Block("inner", line("inner"), inner, folded=True)

    other = Block("other", line("other"), lambda: iter([line("x")]), folded=True)
    text = document(other, Block("outer", line("outer"), outer, folded=True))
    found = first_match(text, 20, 20, {}, TextMatcher("deer"), lambda: False)
    assert found == (3, [("outer", "inner"), ("outer",)])


def test_the_search_for_a_match_ends_when_it_is_stopped() -> None:
    def endless(width: int) -> Iterator[Part]:
        while True:
            yield line("none")

    assert first_match(endless, 20, 20, {}, TextMatcher("deer"), lambda: True) is None
