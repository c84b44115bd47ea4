"""A list that is narrowed and sorted while its entries change."""

from __future__ import annotations

from whitetail.trace.stats.totals import Total
from whitetail.view.lists.entries import ThreadEntry
from whitetail.view.lists.narrow import Narrowing
from whitetail.view.lists.numbers import Numbers
from whitetail.view.lists.order import SortColumn, SortOrder
from whitetail.view.lists.shape import CALM_S, ListShape


def threads(**tokens: float) -> list[ThreadEntry]:
    return [
        ThreadEntry(name, name, True, 1, 0, numbers=Numbers(1, tokens=Total(amount)))
        for name, amount in tokens.items()
    ]


def keys(entries: list[ThreadEntry]) -> str:
    return "".join(entry.key for entry in entries)


def by_tokens() -> ListShape:
    shape = ListShape()
    shape.order = SortOrder(SortColumn.TOKENS)
    return shape


def test_without_a_text_and_an_order_entries_stay_as_they_are() -> None:
    shape = ListShape()
    assert shape.is_plain
    assert keys(shape.of(threads(b=1, a=2), 0)) == "ba"


def test_a_number_that_grows_does_not_move_lines_at_once() -> None:
    shape = by_tokens()
    assert keys(shape.of(threads(a=1, b=2), 10)) == "ba"
    assert keys(shape.of(threads(a=3, b=2, c=9), 10 + CALM_S / 2)) == "bac"
    assert keys(shape.of(threads(a=3, b=2, c=9), 10 + CALM_S)) == "cab"


def test_another_order_or_text_sorts_at_once() -> None:
    shape = by_tokens()
    shape.of(threads(a=1, b=2), 10)
    shape.order = shape.order.reversed
    assert keys(shape.of(threads(a=3, b=2), 10)) == "ba"
    shape.narrowing = Narrowing("a")
    assert keys(shape.of(threads(a=3, b=2, ab=1), 10)) == "aba"
