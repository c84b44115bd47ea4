"""Which results cost most in later prompts, and where the cache was missed."""

from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled
from whitetail.trace.stats.context_cost import (
    CacheMiss,
    CarriedResult,
    ContextCost,
    estimate_tokens,
)
from whitetail_store import RunEvent


def context_cost(rows: Iterable[AnyEvent]) -> ContextCost:
    cost = ContextCost()
    cost.feed(rows)
    return cost


def test_a_result_costs_its_tokens_in_each_later_prompt_of_the_lead_agent() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"), ("cat", "b"))
    small, large = run.result("a", "x" * 40), run.result("b", "x" * 400)
    run.reply("")
    run.reply("A title", caller="middleware:title")
    run.reply("")
    results = context_cost(run.rows).most_expensive()
    assert results == [
        CarriedResult(large, 100, 2, (0, 1)),
        CarriedResult(small, 10, 2, (0, 0)),
    ]
    assert [each.cost for each in results] == [200, 20]


def test_only_as_many_results_are_returned_as_asked_for() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"), ("cat", "b"))
    run.result("a", "x" * 40)
    large = run.result("b", "x" * 400)
    run.reply("")
    results = context_cost(run.rows).most_expensive(1)
    assert [each.row for each in results] == [large]


def test_a_result_costs_nothing_more_after_a_summary() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    old = run.result("a", "x" * 40)
    run.reply("", ("ls", "b"))
    run.add("middleware:summarization")
    new = run.result("b", "x" * 40)
    run.reply("")
    results = context_cost(run.rows).most_expensive()
    assert [(each.row, each.later_replies) for each in results] == [(old, 1), (new, 1)]


def test_results_of_a_subagents_calls_do_not_count() -> None:
    run = RunBuilder()
    run.launch("t")
    run.reply("", ("ls", "a"), caller="subagent:scout")
    run.result("a", "x" * 40)
    run.reply("")
    assert context_cost(run.rows).most_expensive() == []


def test_four_ascii_characters_are_a_token_and_so_is_each_other_character() -> None:
    run = RunBuilder()
    run.result("a", "鹿鹿abcd")
    event = run.rows[0]
    assert isinstance(event, RunEvent)
    assert estimate_tokens(event) == 3


def test_the_cache_was_missed_if_less_than_half_of_it_is_read_again() -> None:
    run = RunBuilder()
    before = run.reply("", ("ls", "a"), usage=(9_000, 10, 8_000))
    run.result("a")
    after = run.reply("", usage=(9_500, 10, 1_000))
    run.reply("", usage=(9_600, 10, 1_000))
    misses = context_cost(run.rows).cache_misses
    models = "doe-3", "doe-3"
    expected = CacheMiss("lead_agent", before, after, 8_000, 1_000, models, 1.5)
    assert misses == [expected]
    assert list(misses[0].between) == [before + 1]


def test_prompts_of_different_conversations_share_no_cache() -> None:
    run = RunBuilder()
    run.reply("", usage=(9_000, 10, 8_000))
    run.reply("", caller="middleware:title", usage=(9_000, 10, 0))
    run.launch("s")
    run.reply("", caller="subagent:scout", usage=(9_000, 10, 8_000))
    run.result("s")
    run.launch("t")
    run.reply("", caller="subagent:scout", usage=(9_000, 10, 0))
    assert context_cost(run.rows).cache_misses == []


def test_a_prompt_that_shrank_as_much_as_its_cached_part_missed_no_cache() -> None:
    run = RunBuilder()
    run.reply("", usage=(9_000, 10, 8_000))
    run.reply("", usage=(3_000, 10, 0))
    assert context_cost(run.rows).cache_misses == []


def test_a_cache_miss_names_models_pause_and_changes_of_the_prompt() -> None:
    run = RunBuilder()
    run.add("context:memory")
    run.reply("", usage=(9_000, 10, 8_000))
    run.add("middleware:summarization")
    run.add("context:memory")
    run.add("context:memory")
    run.second += 600
    other: dict[str, Any] = {"response_metadata": {"model_name": "fawn"}}
    run.reply("", usage=(9_500, 10, 0), **other)
    (miss,) = context_cost(run.rows).cache_misses
    assert miss.models == ("doe-3", "fawn")
    assert miss.changes == ("middleware:summarization", "context:memory")
    assert miss.pause == 603.5


def test_a_reply_without_a_count_of_cached_tokens_is_no_cache_miss() -> None:
    run = RunBuilder()
    run.reply("", usage=(9_000, 10, 8_000))
    counts = {"input_tokens": 9_000, "output_tokens": 1}
    run.add("llm.ai.response", {}, usage=counts)
    assert context_cost(run.rows).cache_misses == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 300) | st.none(), max_size=400))
def test_the_hundred_most_expensive_results_are_those_of_a_plain_count(
    steps: list[int | None],
) -> None:
    run, results, replies = RunBuilder(), [], 0
    for step in steps:
        if step is None:
            run.reply("")
            replies += 1
        else:
            results.append((run.result("", "x" * 4 * step), step, replies))
    expected = sorted(
        ((replies - before) * size, -row) for row, size, before in results
    )
    found = context_cost(run.rows).most_expensive(100)
    assert [(each.cost, -each.row) for each in found] == expected[::-1][:100]


@settings(max_examples=60, deadline=None)
@given(mangled, cuts)
def test_batches_of_rows_give_the_same_costs_as_all_at_once(
    rows: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, rows, at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> Any:
    cost = ContextCost()
    for part in parts:
        cost.feed(part)
    return cost.most_expensive(100), cost.cache_misses


def test_results_of_real_runs_have_the_later_replies_of_a_plain_count() -> None:
    for rows in real_runs().values():
        for each in context_cost(rows).most_expensive(100):
            assert each.later_replies == sum(
                event.event_type == "llm.ai.response" and event.caller == "lead_agent"
                for event in rows[each.row :]
            )
