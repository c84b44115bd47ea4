"""Finding and marking the text that the user searches for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from whitetail.trace.query.parse import parse_query
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
        ("[", "a [b"),
    ],
)
def test_a_text_is_found_as_it_reads(query: str, text: str) -> None:
    assert TextMatcher(query).is_at(text, "")


def test_a_capital_letter_makes_case_matter() -> None:
    assert not TextMatcher("Deer").is_at("deer", "")


def tones(query: str, text: str) -> list[str]:
    matcher = TextMatcher.of(parse_query(query))
    assert matcher is not None
    return [part for part, tone in matcher.marked([(text, "plain")]) if tone == "match"]


def test_each_text_and_regex_of_a_query_is_marked_but_not_what_must_be_absent() -> None:
    assert tones("deer or /w.lf/ -fox", "Wolf, deer and fox") == ["Wolf", "deer"]


def test_matches_that_overlap_are_marked_once() -> None:
    assert tones('"white tail" /tail\\w+/', "a white tailed deer") == ["white tailed"]


def test_a_query_of_fields_alone_marks_nothing() -> None:
    assert TextMatcher.of(parse_query("tool:bash -deer")) is None


def test_a_regex_that_needs_too_long_is_given_up() -> None:
    assert tones("/(a|a)+$b/ or deer", "a" * 5_000 + " deer") == ["deer"]


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
