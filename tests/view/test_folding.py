from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.cost import assert_cost_is_flat
from whitetail.view.detail.document import document, event_parts
from whitetail.view.detail.format import DetailFormat
from whitetail.view.folding import FoldedLine, FoldPath, folded_lines, unfolded_lines
from whitetail.view.json_tree import field_parts, json_parts
from whitetail.view.styled import Block, Part, StyledLine
from whitetail_store import RunEvent

TIME = "2026-08-03T12:00:00.123456+00:00"


def line(said: str) -> StyledLine:
    return ((said, "plain"),)


def block(name: str, *body: Part, folded: bool = False, closed: str = "") -> Block:
    return Block(
        name, line(name), lambda: iter(body), folded, line(closed) if closed else ()
    )


def said(rows: Iterable[FoldedLine]) -> list[str]:
    return ["".join(text for text, _ in row.line) for row in rows]


def shown(
    parts: Iterable[Part],
    choices: Mapping[FoldPath, bool] | None = None,
    width: int | None = None,
) -> list[str]:
    return said(folded_lines(parts, choices or {}, width))


def event(kind: str, content: Any) -> RunEvent:
    return RunEvent(7, kind, "message", content, {}, TIME, "run-1", "thread-1")


def test_a_sign_stands_before_a_heading_and_columns_stay_aligned() -> None:
    inner = Block("inner", line("  inner"), lambda: iter([line("    deep")]))
    assert shown([line("top"), block("outer", line("said"), inner)]) == [
        "top",
        "▾ outer",
        "  said",
        "  ▾ inner",
        "      deep",
    ]


def test_a_block_that_is_folded_shows_what_stands_for_it() -> None:
    parts: list[Part] = [block("a", line("b"), folded=True, closed="a …"), line("c")]
    assert shown(parts) == ["▸ a …", "c"]
    assert shown(parts, {("a",): True}) == ["▾ a", "  b", "c"]


def test_the_body_of_a_folded_block_is_not_made() -> None:
    def body() -> Iterator[Part]:
        raise AssertionError("it was made")

    folded = Block("a", line("a"), body, folded=True)
    opened = Block("b", line("b"), body)
    assert shown([folded]) == ["▸ a"]
    assert shown([opened], {("b",): False}) == ["▸ b"]
    with pytest.raises(AssertionError, match="it was made"):
        shown([opened])


def test_a_choice_holds_for_one_place_only() -> None:
    parts: list[Part] = [
        block("a", block("x", line("1"))),
        block("b", block("x", line("2"))),
    ]
    assert shown(parts, {("b", "x"): False}) == [
        *("▾ a", "▾ x", "  1"),
        *("▾ b", "▸ x"),
    ]


def test_blocks_of_one_name_fold_one_by_one() -> None:
    parts: list[Part] = [block("call", line("1")), block("call", line("2"))]
    assert shown(parts, {("call 2",): False}) == ["▾ call", "  1", "▸ call"]


def test_every_row_knows_its_block_and_where_the_heading_stands() -> None:
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


def test_headings_count_in_rows_that_were_broken() -> None:
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
def test_rows_are_never_too_wide(part: Part, width: int) -> None:
    for each in folded_lines([part], {}, width):
        assert cell_len("".join(text for text, _ in each.line)) <= width


def test_reasoning_is_folded_and_says_how_much_there_is() -> None:
    thought = {"additional_kwargs": {"reasoning_content": "deer " * 248}}
    given = event("llm.ai.response", {"content": "Seven.", **thought})
    folded = shown(event_parts(given))
    assert "▸ reasoning · 1,240 characters" in folded
    assert not any("deer" in each for each in folded)
    assert "deer deer" in "".join(shown(event_parts(given), {("reasoning",): True}))


def test_what_a_folded_section_holds_is_not_among_the_fields() -> None:
    given = event("llm.ai.response", {"content": "Seven."})
    folded = shown(event_parts(given), {("text",): False})
    assert "▸ text" in folded
    assert not any("Seven." in each for each in folded)


def test_objects_fold_and_deep_ones_are_folded() -> None:
    value = {"a": {"b": {"c": {"d": 1, "e": 2}}, "f": []}, "g": 1}
    assert shown([block("json", *json_parts(value))])[1:] == [
        "  {",
        '  ▾ "a": {',
        '    ▾ "b": {',
        '      ▸ "c": {… 2 fields}',
        "      },",
        '      "f": []',
        "    },",
        '    "g": 1',
        "  }",
    ]
    assert '  ▸ "a": {… 2 fields},' in shown(json_parts(value), {("a",): False})


def test_long_lists_are_folded() -> None:
    long: dict[str, Any] = {"n": list(range(51)), "m": list(range(50))}
    assert shown(json_parts(long))[1:3] == ['  ▸ "n": [… 51 items],', '  ▾ "m": [']
    assert shown(field_parts({"n": long["n"]}.items())) == ["▸ n  … 51 items"]


def test_every_line_can_be_had_without_folds() -> None:
    value = {"a": {"b": {"c": {"d": {"e": 1}}}}}
    said = [
        "".join(text for text, _ in each) for each in unfolded_lines(json_parts(value))
    ]
    assert len(said) == 11
    assert not set("".join(said)) & set("▾▸…")


def test_depth_is_no_danger_when_everything_is_open() -> None:
    value: Any = 1
    for _ in range(1_500):
        value = [value]
    opened = {(*("0",) * depth,): True for depth in range(1_500)}
    assert len(shown(json_parts(value), opened)) == 3_001


def test_a_long_body_is_made_as_it_is_asked_for() -> None:
    def first_lines(given: RunEvent) -> None:
        assert len(list(islice(folded_lines(event_parts(given), {}, 80), 50))) == 50

    def prepare(size: int) -> Callable[[], object]:
        given = event("llm.tool.result", {"content": "x\n" * size * 5})
        return partial(first_lines, given)

    assert_cost_is_flat(prepare)


def test_forms_follow_each_other_round_and_round() -> None:
    assert [
        DetailFormat.RENDERED.next,
        DetailFormat.PLAIN.next,
        DetailFormat.RAW.next,
    ] == [
        *(DetailFormat.PLAIN, DetailFormat.RAW, DetailFormat.RENDERED),
    ]


def test_each_form_shows_an_event_in_its_way() -> None:
    given, whole = event("llm.ai.response", {"content": "**deer**"}), b'{"raw": 1}\n'
    said = {
        form: shown(document(given, whole, form)(80), width=80) for form in DetailFormat
    }
    assert "  deer" in said[DetailFormat.RENDERED]
    assert "  **deer**" in said[DetailFormat.PLAIN]
    assert said[DetailFormat.RAW] == ['{"raw": 1}']


def test_of_results_only_a_subagent_s_answer_is_laid_out() -> None:
    def result(tool: str) -> list[str]:
        given = event("llm.tool.result", {"content": "**deer**", "name": tool})
        return shown(event_parts(given, width=80))

    assert "  **deer**" in result("bash")
    assert "  deer" in result("task")
