"""JSON values, fields and texts as styled parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.helpers.styled import (
    folded_texts,
    plain_text,
)
from whitetail.view.folding import unfolded_lines
from whitetail.view.json_tree import field_parts, json_parts
from whitetail.view.styled import Block, Part, StyledLine


def json_lines(value: Any) -> Iterator[StyledLine]:
    return unfolded_lines(json_parts(value))


def block(name: str, *body: Part) -> Block:
    return Block(name, ((name, "plain"),), lambda: iter(body))


def test_json_of_any_depth_is_laid_out() -> None:
    value: Any = "deep"
    for _ in range(2_000):
        value = [value]
    lines = list(json_lines(value))
    assert len(lines) == 4_001
    assert max(len(plain_text([line])) for line in lines) < 60


def test_integers_that_python_refuses_to_print_are_shown_in_hex() -> None:
    assert plain_text(
        json_lines([10**5_000, float("nan"), True, None, {}, []])
    ).startswith("[\n  0x")


def test_empty_fields_share_a_line() -> None:
    text = plain_text(
        unfolded_lines(field_parts([("a", None), ("bee", 1), ("c", {}), ("d", "")]))
    )
    assert text == 'bee  1\na null · c {} · d ""'


def test_objects_can_fold_and_deep_ones_are_folded_at_first() -> None:
    value = {"a": {"b": {"c": {"d": 1, "e": 2}}, "f": []}, "g": 1}
    assert folded_texts([block("json", *json_parts(value))])[1:] == [
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
    assert '  ▸ "a": {… 2 fields},' in folded_texts(json_parts(value), {("a",): False})


def test_long_lists_are_folded_at_first() -> None:
    long: dict[str, Any] = {"n": list(range(51)), "m": list(range(50))}
    assert folded_texts(json_parts(long))[1:3] == [
        '  ▸ "n": [… 51 items],',
        '  ▾ "m": [',
    ]
    assert folded_texts(field_parts({"n": long["n"]}.items())) == ["▸ n  … 51 items"]


def test_deep_json_with_every_block_open_is_laid_out() -> None:
    value: Any = 1
    for _ in range(1_500):
        value = [value]
    opened = {(*("0",) * depth,): True for depth in range(1_500)}
    assert len(folded_texts(json_parts(value), opened)) == 3_001
