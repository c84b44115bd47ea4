"""The metrics of a run, and how its status changes with time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import NOON, AnyEvent, RunBuilder
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled
from whitetail.trace.stats.metrics import MetricsBuilder, RunMetrics
from whitetail.trace.stats.pricing import Prices
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import status_at
from whitetail.trace.verdict.verdict import VerdictBuilder

PRICES = Prices({"doe-3": (2.0, 10.0, 0.5)})


def metrics(*parts: Sequence[AnyEvent], prices: Prices = PRICES) -> RunMetrics:
    builder = MetricsBuilder()
    for part in parts:
        builder.feed(part)
    return builder.metrics(prices)


def test_metrics_are_rows_tokens_cost_tool_calls_and_errors() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"), ("bash", "b"), usage=(1_000_000, 100_000, 0))
    run.result("a")
    run.result("b", "Error: no", status="error")
    found = metrics(run.rows)
    assert (found.rows, found.calls, found.errors) == (3, 2, 1)
    assert (found.tokens, found.cost) == (Total(1_100_000), Total(3.0))


def test_tokens_that_were_not_counted_are_unknown_and_not_0() -> None:
    run = RunBuilder()
    run.reply("Seven")
    found = metrics(run.rows)
    assert (found.tokens, found.cost) == (None, None)


def test_a_run_without_replies_has_0_tokens() -> None:
    assert metrics([]).tokens == Total(0)


def test_a_total_is_not_complete_if_a_reply_was_not_counted() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000_000, 0, 0))
    run.reply("Seven")
    found = metrics(run.rows)
    assert found.tokens == Total(1_000_000, complete=False)
    assert found.cost == Total(2.0, complete=False)


def test_a_cost_is_not_complete_if_a_model_has_no_price() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000_000, 0, 0))
    run.reply("", usage=(9, 9, 0), response_metadata={"model_name": "fawn"})
    assert metrics(run.rows).cost == Total(2.0, complete=False)


def test_a_cost_is_unknown_if_no_model_has_a_price() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000_000, 0, 0))
    assert metrics(run.rows, prices=Prices({})).cost is None


@settings(max_examples=60, deadline=None)
@given(mangled, cuts)
def test_batches_of_rows_give_the_same_metrics_as_all_at_once(
    rows: list[AnyEvent], at: list[int]
) -> None:
    def read(parts: Iterable[Sequence[AnyEvent]]) -> RunMetrics:
        return metrics(*parts)

    assert_batches_agree(read, rows, at)


@settings(max_examples=60, deadline=None)
@given(mangled, st.sampled_from([0.0, 200.0, 900.0]), st.booleans())
def test_the_facts_give_the_status_of_the_verdict(
    rows: list[AnyEvent], seconds: float, growing: bool
) -> None:
    builder = VerdictBuilder()
    builder.feed(rows)
    facts = metrics(rows).status_facts
    status = status_at(facts, NOON + seconds, growing)
    assert status is builder.verdict(NOON + seconds, growing).status
