"""Parts as lines with folds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.styled import folded_texts, line_text
from whitetail.view.folding import folded_lines, unfolded_lines
from whitetail.view.json_tree import json_parts
from whitetail.view.styled import Block, Part, StyledLine


def line(text: str) -> StyledLine:
    return ((text, "plain"),)


def block(name: str, *body: Part, folded: bool = False, closed: str = "") -> Block:
    return Block(
        name, line(name), lambda: iter(body), folded, line(closed) if closed else ()
    )


def test_a_fold_sign_comes_before_the_heading_and_columns_stay_aligned() -> None:
    inner = Block("inner", line("  inner"), lambda: iter([line("    deep")]))
    assert folded_texts([line("top"), block("outer", line("text"), inner)]) == [
        "top",
        "▾ outer",
        "  text",
        "  ▾ inner",
        "      deep",
    ]


def test_a_folded_block_shows_its_folded_heading() -> None:
    parts: list[Part] = [block("a", line("b"), folded=True, closed="a …"), line("c")]
    assert folded_texts(parts) == ["▸ a …", "c"]
    assert folded_texts(parts, {("a",): True}) == ["▾ a", "  b", "c"]


def test_the_body_of_a_folded_block_is_not_evaluated() -> None:
    def body() -> Iterator[Part]:
        raise AssertionError("the body was evaluated")

    folded = Block("a", line("a"), body, folded=True)
    opened = Block("b", line("b"), body)
    assert folded_texts([folded]) == ["▸ a"]
    assert folded_texts([opened], {("b",): False}) == ["▸ b"]
    with pytest.raises(AssertionError, match="was evaluated"):
        folded_texts([opened])


def test_a_choice_applies_to_one_block_only() -> None:
    parts: list[Part] = [
        block("a", block("x", line("1"))),
        block("b", block("x", line("2"))),
    ]
    assert folded_texts(parts, {("b", "x"): False}) == [
        *("▾ a", "▾ x", "  1"),
        *("▾ b", "▸ x"),
    ]


def test_blocks_of_the_same_name_fold_separately() -> None:
    parts: list[Part] = [block("call", line("1")), block("call", line("2"))]
    assert folded_texts(parts, {("call 2",): False}) == ["▾ call", "  1", "▸ call"]


def test_each_line_has_its_block_with_the_line_of_the_heading() -> None:
    parts: list[Part] = [
        line("top"),
        block("a", line("1"), block("b", line("2")), line("3")),
    ]
    laid_out = list(folded_lines(parts, {}, None))
    folds = [row.fold for row in laid_out]
    assert [fold.path if fold else () for fold in folds] == [
        *((), ("a",), ("a",)),
        *(("a", "b"), ("a", "b"), ("a",)),
    ]
    assert [fold.heading_line if fold else None for fold in folds] == [
        None,
        1,
        1,
        3,
        3,
        1,
    ]
    inner = folds[3]
    assert inner is not None and inner.parent is folds[1]


def test_the_line_of_a_heading_counts_wrapped_lines() -> None:
    parts: list[Part] = [
        line("the deer of the wood"),
        block("river", line("and away it goes")),
    ]
    laid_out = list(folded_lines(parts, {}, 10))
    heading = next(number for number, row in enumerate(laid_out) if row.fold)
    fold = laid_out[heading].fold
    assert fold is not None and fold.heading_line == heading == 3


@given(
    st.recursive(
        st.text(max_size=30).map(lambda text: line(text.replace("\n", ""))),
        lambda inner: st.builds(
            lambda name, body, folded: block(name, *body, folded=folded),
            st.text(max_size=5).map(lambda text: text.replace("\n", "")),
            st.lists(inner, max_size=3),
            st.booleans(),
        ),
        max_leaves=12,
    ),
    st.integers(4, 30),
)
def test_no_line_is_too_wide(part: Part, width: int) -> None:
    for each in folded_lines([part], {}, width):
        assert cell_len(line_text(each.line)) <= width


def test_unfolded_lines_have_no_fold_signs() -> None:
    value = {"a": {"b": {"c": {"d": {"e": 1}}}}}
    texts = [line_text(each) for each in unfolded_lines(json_parts(value))]
    assert len(texts) == 11
    assert not set("".join(texts)) & set("▾▸…")
