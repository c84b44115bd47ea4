"""The numbers of runs in lists, and their totals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus, StatusFacts
from whitetail.view.lists.numbers import (
    NO_NUMBERS,
    Numbers,
    add_up,
    run_numbers,
    totals_line,
)

METRICS = RunMetrics(12, Total(500), Total(0.25), 3, 2, StatusFacts())
ALL = Numbers(16, 4, 88_000, 0, None, Total(1_900_000), Total(0.61))


def test_a_run_that_was_not_read_has_a_size_and_perhaps_a_duration() -> None:
    numbers = run_numbers(RunStatus.UNKNOWN, 900, 7.5, None, None)
    assert numbers == Numbers(1, 0, 900, 1, Total(7.5))


def test_a_run_that_was_read_has_all_numbers() -> None:
    numbers = run_numbers(RunStatus.FAILED, 900, None, 12, METRICS)
    assert numbers == Numbers(
        *(1, 1, 900, 0, None),
        *(Total(500), Total(0.25), Total(3), Total(2), Total(12)),
    )


def test_totals_of_runs_that_were_read_are_complete() -> None:
    run = run_numbers(RunStatus.FAILED, 900, 2.0, 12, METRICS)
    assert add_up([run, run, NO_NUMBERS]) == Numbers(
        *(2, 2, 1_800, 0, Total(4.0)),
        *(Total(1_000), Total(0.5), Total(6), Total(4), Total(24)),
    )


def test_a_total_is_incomplete_while_a_run_is_not_read() -> None:
    read = run_numbers(RunStatus.ANSWERED, 900, 2.0, 12, METRICS)
    unread = run_numbers(RunStatus.UNKNOWN, 900, None, None, None)
    total = add_up([read, unread])
    assert total.unread == 1
    assert total.tokens == Total(500, complete=False)
    assert total.took == Total(2.0, complete=False)


def test_a_total_of_which_nothing_is_known_is_none() -> None:
    unread = run_numbers(RunStatus.UNKNOWN, 900, None, None, None)
    assert add_up([unread, unread]).tokens is None
    assert add_up([]) == NO_NUMBERS


amounts = st.none() | st.builds(Total, st.integers(0, 10**9), st.booleans())
untouched = st.builds(
    lambda runs, size: Numbers(runs, size=size, unread=runs),
    st.integers(1, 9),
    st.integers(0, 9),
)
numbers = untouched | st.builds(
    Numbers,
    st.integers(4, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 3),
    *[amounts] * 6,
)


@given(st.lists(numbers, max_size=6), st.integers(0, 6))
def test_totals_of_parts_add_up_to_the_total(parts: list[Numbers], at: int) -> None:
    assert add_up([add_up(parts[:at]), add_up(parts[at:])]) == add_up(parts)


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (60, "16 runs · 1.90M tokens · $0.61 · 4 failed"),
        (41, "16 runs · 1.90M tokens · $0.61 · 4 failed"),
        (40, "1.90M tokens · $0.61 · 4 failed"),
        (30, "1.90M tokens · $0.61"),
        (19, "16 runs"),
        (6, ""),
    ],
)
def test_totals_that_do_not_fit_are_left_out(cells: int, line: str) -> None:
    assert totals_line(ALL, "$", cells) == line


def test_totals_to_which_more_will_be_added_have_a_plus() -> None:
    part = ALL._replace(unread=1, tokens=Total(1_900, False), cost=Total(0.6, False))
    line = totals_line(part, "$", 60)
    assert line == "16 runs · 1.90k+ tokens · $0.60+ · 4+ failed"


def test_without_a_currency_there_is_no_cost() -> None:
    assert totals_line(ALL, "", 60, names_runs=False) == "1.90M tokens · 4 failed"
