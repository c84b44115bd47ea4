"""Numbers that add up: each token once, and what is missing is said."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled
from whitetail.trace.stats.pricing import Cost, Prices
from whitetail.trace.stats.totals import TokenTotals
from whitetail.trace.stats.usage import UsageTotals
from whitetail_store import RunEvent

PRICES = Prices({"doe-3": (2.0, 10.0, 0.5)})


def ledger(rows: Iterable[AnyEvent]) -> UsageTotals:
    kept = UsageTotals()
    kept.feed(rows)
    return kept


def test_cached_tokens_are_part_of_what_was_read() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000, 50, 800))
    total = ledger(run.rows).total
    assert (total.input, total.output, total.cached) == (1_000, 50, 800)
    assert total.total == 1_050


def test_replies_whose_tokens_nobody_counted_are_missing() -> None:
    run = RunBuilder()
    run.reply("", usage=(10, 5, 0))
    run.reply("")
    total = ledger(run.rows).total
    assert (total.replies, total.uncounted_replies, total.total) == (2, 1, 15)


def test_sums_are_kept_by_model_and_by_caller() -> None:
    run = RunBuilder()
    run.reply("", usage=(10, 5, 0))
    run.reply(
        "A title",
        caller="middleware:title",
        usage=(3, 1, 0),
        response_metadata={"model_name": "fawn"},
    )
    kept = ledger(run.rows)
    by_model = {name: tally.total for name, tally in kept.by_model().items()}
    by_caller = {name: tally.total for name, tally in kept.by_caller().items()}
    assert by_model == {"doe-3": 15, "fawn": 4}
    assert by_caller == {"lead_agent": 15, "middleware:title": 4}


SUM: dict[str, Any] = {
    "usage": {"input_tokens": 40, "output_tokens": 2},
    "model_name": "doe-3",
}


def test_a_subagent_whose_replies_are_there_is_not_counted_again_at_its_end() -> None:
    run = RunBuilder()
    run.finish("t", **SUM)
    run.launch("t")
    run.reply("", caller="subagent:scout", usage=(20, 1, 0))
    run.result("t")
    kept = ledger(run.rows)
    assert kept.total.total == 21
    assert kept.by_caller()["subagent:scout"].total == 21
    assert kept.by_task()["t"].total == 21


def test_a_subagent_without_replies_is_counted_by_its_end() -> None:
    run = RunBuilder()
    run.launch("t")
    run.finish("t", **SUM)
    kept = ledger(run.rows)
    assert (kept.total.total, kept.total.replies) == (42, 1)
    assert kept.by_caller()["subagent:scout"].total == 42
    assert kept.by_model()["doe-3"].total == 42
    assert kept.by_task()["t"].total == 42
    assert kept.total.total == 42


def test_no_end_counts_while_a_reply_may_be_of_any_task() -> None:
    run = RunBuilder()
    run.reply("", caller="subagent:scout", usage=(20, 1, 0))
    run.finish("t", **SUM)
    assert ledger(run.rows).total.total == 21


def test_latencies_have_a_median_and_a_worst() -> None:
    tally = TokenTotals()
    assert (tally.median_latency, tally.max_latency) == (None, None)
    for latency in (4.0, 1.0, 9.0):
        tally.add_reply(None, latency)
    assert (tally.median_latency, tally.max_latency) == (4.0, 9.0)
    tally.add_reply(None, 2.0)
    assert tally.median_latency == 3.0


def test_tools_are_counted_with_their_errors_bytes_and_time() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"), ("ls", "b"))
    run.result("a", "鹿")
    run.result("b", "Error: no", status="error")
    tool = ledger(run.rows).tools["ls"]
    assert (tool.calls, tool.results, tool.errors) == (2, 2, 1)
    assert (tool.bytes, tool.time) == (12, 3.0)


def test_an_error_that_a_reply_follows_was_tried_again() -> None:
    run = RunBuilder()
    run.add("llm.error", "429")
    run.reply("Here")
    run.add("llm.error", "429")
    kept = ledger(run.rows)
    assert (kept.errors, kept.model_errors, kept.retries) == (2, 2, 1)


def test_a_run_costs_what_its_tokens_cost_as_far_as_they_have_a_price() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000_000, 100_000, 400_000))
    bill = ledger(run.rows).cost(PRICES)
    assert bill.amount == pytest.approx(1.2 + 1.0 + 0.2)
    assert bill.complete
    run.reply("", usage=(1, 1, 0), response_metadata={"model_name": "fawn"})
    assert ledger(run.rows).cost(PRICES) == Cost(bill.amount, ("fawn",))


def test_without_a_price_nobody_knows_what_a_run_costs() -> None:
    run = RunBuilder()
    run.reply("", usage=(1, 1, 0))
    assert ledger(run.rows).cost(Prices({})) == Cost(None, ("doe-3",))


def test_a_run_without_replies_costs_nothing() -> None:
    assert ledger([]).cost(PRICES) == Cost(0.0)


def test_a_run_whose_tokens_nobody_counted_costs_nobody_knows_what() -> None:
    run = RunBuilder()
    run.reply("")
    bill = ledger(run.rows).cost(PRICES)
    assert (bill.amount, bill.uncounted_replies, bill.complete) == (None, 1, False)


@settings(max_examples=60, deadline=None)
@given(mangled, cuts)
def test_ledgers_take_any_rows_in_any_batches(
    rows: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, rows, at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> Any:
    kept = UsageTotals()
    for part in parts:
        kept.feed(part)
    sums = kept.total, kept.by_model(), kept.by_caller(), kept.by_task()
    assert kept.total.input >= kept.total.cached
    for parted in (kept.by_model(), kept.by_caller()):
        assert sum(tally.total for tally in parted.values()) == kept.total.total
    return sums, kept.tools, kept.errors, kept.retries, kept.cost(PRICES)


def counted(rows: list[RunEvent]) -> dict[str, int]:
    """Sum a run's tokens by hand, one count a reply."""
    sums = {"input": 0, "output": 0, "cached": 0, "missing": 0}
    for event in rows:
        if event.event_type == "llm.ai.response":
            counts = event.metadata["usage"]
            sums["missing"] += not counts
            sums["input"] += (counts or {}).get("input_tokens", 0)
            sums["output"] += (counts or {}).get("output_tokens", 0)
            details = (counts or {}).get("input_token_details") or {}
            sums["cached"] += details.get("cache_read") or 0
    return sums


def test_the_sums_of_real_runs_are_those_of_a_short_program() -> None:
    for rows in real_runs().values():
        total = ledger(rows).total
        assert counted(rows) == {
            "input": total.input,
            "output": total.output,
            "cached": total.cached,
            "missing": total.uncounted_replies,
        }
