"""Each token is counted once, and totals that are not complete are marked.

Also covers `trace/stats/totals.py` and `trace/stats/pricing.py`.
"""

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
END: dict[str, Any] = {
    "usage": {"input_tokens": 40, "output_tokens": 2},
    "model_name": "doe-3",
}
"""The tokens of a subagent, as `subagent.end` sums them up."""


def usage_totals(rows: Iterable[AnyEvent]) -> UsageTotals:
    usage = UsageTotals()
    usage.feed(rows)
    return usage


def test_cached_tokens_are_part_of_the_input_tokens() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000, 50, 800))
    total = usage_totals(run.rows).total
    assert (total.input, total.output, total.cached) == (1_000, 50, 800)
    assert total.total == 1_050


def test_replies_without_token_counts_are_uncounted() -> None:
    run = RunBuilder()
    run.reply("", usage=(10, 5, 0))
    run.reply("")
    total = usage_totals(run.rows).total
    assert (total.replies, total.uncounted_replies, total.total) == (2, 1, 15)


def test_there_are_totals_by_model_and_by_caller() -> None:
    run = RunBuilder()
    run.reply("", usage=(10, 5, 0))
    run.reply(
        "A title",
        caller="middleware:title",
        usage=(3, 1, 0),
        response_metadata={"model_name": "fawn"},
    )
    usage = usage_totals(run.rows)
    by_model = {name: tokens.total for name, tokens in usage.by_model().items()}
    by_caller = {name: tokens.total for name, tokens in usage.by_caller().items()}
    assert by_model == {"doe-3": 15, "fawn": 4}
    assert by_caller == {"lead_agent": 15, "middleware:title": 4}


def test_the_end_of_a_subagent_with_counted_replies_is_not_counted() -> None:
    run = RunBuilder()
    run.finish("t", **END)
    run.launch("t")
    run.reply("", caller="subagent:scout", usage=(20, 1, 0))
    run.result("t")
    usage = usage_totals(run.rows)
    assert usage.total.total == 21
    assert usage.by_caller()["subagent:scout"].total == 21
    assert usage.by_task()["t"].total == 21


def test_a_subagent_without_replies_is_counted_by_its_end() -> None:
    run = RunBuilder()
    run.launch("t")
    run.finish("t", **END)
    usage = usage_totals(run.rows)
    assert (usage.total.total, usage.total.replies) == (42, 1)
    assert usage.by_caller()["subagent:scout"].total == 42
    assert usage.by_model()["doe-3"].total == 42
    assert usage.by_task()["t"].total == 42


def test_no_end_is_counted_if_a_reply_may_be_of_any_task() -> None:
    run = RunBuilder()
    run.reply("", caller="subagent:scout", usage=(20, 1, 0))
    run.finish("t", **END)
    assert usage_totals(run.rows).total.total == 21


def test_latencies_have_a_median_and_a_maximum() -> None:
    tokens = TokenTotals()
    for latency in (4.0, 1.0, 9.0):
        tokens.add_reply(None, latency)
    assert (tokens.median_latency, tokens.max_latency) == (4.0, 9.0)
    tokens.add_reply(None, 2.0)
    assert tokens.median_latency == 3.0


def test_median_and_maximum_of_no_latencies_are_unknown() -> None:
    tokens = TokenTotals()
    assert (tokens.median_latency, tokens.max_latency) == (None, None)


def test_a_tool_has_totals_of_calls_results_errors_bytes_and_time() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"), ("ls", "b"))
    run.result("a", "鹿")
    run.result("b", "Error: no", status="error")
    tool = usage_totals(run.rows).tools["ls"]
    assert (tool.calls, tool.results, tool.errors) == (2, 2, 1)
    assert (tool.bytes, tool.time) == (12, 3.0)


def test_an_error_of_the_model_before_a_reply_was_retried() -> None:
    run = RunBuilder()
    run.add("llm.error", "429")
    run.reply("Here")
    run.add("llm.error", "429")
    usage = usage_totals(run.rows)
    assert (usage.errors, usage.model_errors, usage.retries) == (2, 2, 1)


def test_cached_tokens_are_billed_at_their_own_price() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000_000, 100_000, 400_000))
    cost = usage_totals(run.rows).cost(PRICES)
    assert cost.amount == pytest.approx(1.2 + 1.0 + 0.2)
    assert cost.complete


def test_a_cost_names_the_models_without_a_price() -> None:
    run = RunBuilder()
    run.reply("", usage=(1_000_000, 0, 0))
    run.reply("", usage=(1, 1, 0), response_metadata={"model_name": "fawn"})
    assert usage_totals(run.rows).cost(PRICES) == Cost(2.0, ("fawn",))


def test_the_cost_is_unknown_if_no_model_has_a_price() -> None:
    run = RunBuilder()
    run.reply("", usage=(1, 1, 0))
    assert usage_totals(run.rows).cost(Prices({})) == Cost(None, ("doe-3",))


def test_a_run_without_replies_costs_nothing() -> None:
    assert usage_totals([]).cost(PRICES) == Cost(0.0)


def test_the_cost_is_unknown_if_no_tokens_were_counted() -> None:
    run = RunBuilder()
    run.reply("")
    cost = usage_totals(run.rows).cost(PRICES)
    assert (cost.amount, cost.uncounted_replies, cost.complete) == (None, 1, False)


def test_a_reply_without_counts_does_not_make_an_unknown_cost_zero() -> None:
    run = RunBuilder()
    run.reply("", usage=(1, 1, 0), response_metadata={"model_name": "fawn"})
    run.reply("")
    assert usage_totals(run.rows).cost(PRICES) == Cost(None, ("fawn",), 1)


def test_a_model_without_counted_tokens_has_no_cost() -> None:
    assert PRICES.cost("doe-3", TokenTotals(replies=1, uncounted_replies=1)) is None
    assert PRICES.cost("doe-3", TokenTotals(replies=1)) == 0.0


@settings(max_examples=60, deadline=None)
@given(mangled, cuts)
def test_batches_of_rows_give_the_same_totals_as_all_at_once(
    rows: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, rows, at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> Any:
    usage = UsageTotals()
    for part in parts:
        usage.feed(part)
    totals = usage.total, usage.by_model(), usage.by_caller(), usage.by_task()
    assert usage.total.input >= usage.total.cached
    for by_name in (usage.by_model(), usage.by_caller()):
        assert sum(tokens.total for tokens in by_name.values()) == usage.total.total
    return totals, usage.tools, usage.errors, usage.retries, usage.cost(PRICES)


def count_tokens(rows: list[RunEvent]) -> dict[str, int]:
    """Return the token counts of a run's replies, added up without `UsageTotals`."""
    sums = {"input": 0, "output": 0, "cached": 0, "uncounted": 0}
    for event in rows:
        if event.event_type == "llm.ai.response":
            counts = event.metadata["usage"]
            sums["uncounted"] += not counts
            sums["input"] += (counts or {}).get("input_tokens", 0)
            sums["output"] += (counts or {}).get("output_tokens", 0)
            details = (counts or {}).get("input_token_details") or {}
            sums["cached"] += details.get("cache_read") or 0
    return sums


def test_totals_of_real_runs_are_those_of_a_short_program() -> None:
    for rows in real_runs().values():
        total = usage_totals(rows).total
        assert count_tokens(rows) == {
            "input": total.input,
            "output": total.output,
            "cached": total.cached,
            "uncounted": total.uncounted_replies,
        }
