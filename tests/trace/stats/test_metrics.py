from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import NOON, AnyEvent, RunBuilder
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled
from whitetail.trace.stats.metrics import MetricsBuilder, RunMetrics
from whitetail.trace.stats.pricing import Prices
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus
from whitetail.trace.verdict.verdict import VerdictBuilder

PRICES = Prices({"doe-3": (2.0, 10.0, 0.5)})


def figures(*parts: Sequence[AnyEvent], prices: Prices = PRICES) -> RunMetrics:
    meter = MetricsBuilder()
    for part in parts:
        meter.feed(part)
    return meter.metrics(prices)


def test_figures_are_tokens_cost_tools_and_errors() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"), ("bash", "b"), usage=(1_000_000, 100_000, 0))
    run.result("a")
    run.result("b", "Error: no", status="error")
    told = figures(run.rows)
    assert (told.rows, told.calls, told.errors) == (3, 2, 1)
    assert (told.tokens, told.cost) == (Total(1_100_000), Total(3.0))


def test_tokens_that_nobody_counted_are_not_nothing() -> None:
    run = RunBuilder()
    run.reply("Seven")
    assert (figures(run.rows).tokens, figures(run.rows).cost) == (None, None)


def test_a_run_without_replies_used_no_tokens() -> None:
    assert figures([]).tokens == Total(0)


def test_a_sum_says_when_a_part_of_it_was_not_counted() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000_000, 0, 0))
    run.reply("Seven")
    told = figures(run.rows)
    assert told.tokens == Total(1_000_000, complete=False)
    assert told.cost == Total(2.0, complete=False)


def test_a_cost_says_when_a_model_has_no_price() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000_000, 0, 0))
    run.reply("", usage=(9, 9, 0), response_metadata={"model_name": "fawn"})
    assert figures(run.rows).cost == Total(2.0, complete=False)
    assert figures(run.rows, prices=Prices({})).cost is None


@pytest.mark.parametrize(
    ("after", "growing", "standing"),
    [
        (10, True, RunStatus.RUNNING),
        (10, False, RunStatus.QUIET),
        (400, False, RunStatus.CUT_OFF),
    ],
)
def test_a_run_without_an_end_stands_otherwise_as_time_passes(
    after: float, growing: bool, standing: RunStatus
) -> None:
    run = RunBuilder()
    run.prompt()
    outlook = figures(run.rows).status_rule
    assert outlook.status_at(NOON + after, growing) is standing
    assert outlook.expects_more(NOON + after) is (standing is not RunStatus.CUT_OFF)


def test_a_run_that_ended_stands_as_it_ended() -> None:
    run = RunBuilder()
    run.prompt()
    run.reply("Seven")
    run.add("run.end", {}, status="success")
    outlook = figures(run.rows).status_rule
    assert outlook.status_at(NOON, growing=True) is RunStatus.ANSWERED
    assert not outlook.expects_more(NOON)


@settings(max_examples=60, deadline=None)
@given(mangled, cuts)
def test_meters_take_any_rows_in_any_batches(
    rows: list[AnyEvent], at: list[int]
) -> None:
    def read(parts: Iterable[Sequence[AnyEvent]]) -> RunMetrics:
        return figures(*parts)

    assert_batches_agree(read, rows, at)


@settings(max_examples=60, deadline=None)
@given(mangled, st.sampled_from([0.0, 200.0, 900.0]), st.booleans())
def test_the_outlook_is_what_the_verdict_says(
    rows: list[AnyEvent], after: float, growing: bool
) -> None:
    judge = VerdictBuilder()
    judge.feed(rows)
    stands = figures(rows).status_rule.status_at(NOON + after, growing)
    assert stands is judge.verdict(NOON + after, growing).status
