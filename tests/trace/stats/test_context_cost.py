"""What results cost later, and where the cache broke."""

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


def carriage(rows: Iterable[AnyEvent]) -> ContextCost:
    read = ContextCost()
    read.feed(rows)
    return read


def test_a_result_costs_its_tokens_with_each_later_call() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"), ("cat", "b"))
    small, large = run.result("a", "x" * 40), run.result("b", "x" * 400)
    run.reply("")
    run.reply("A title", caller="middleware:title")
    run.reply("")
    dearest = carriage(run.rows).most_expensive()
    told = [CarriedResult(large, 100, 2, (0, 1)), CarriedResult(small, 10, 2, (0, 0))]
    assert dearest == told
    assert [each.cost for each in dearest] == [200, 20]
    assert carriage(run.rows).most_expensive(1) == dearest[:1]


def test_results_are_carried_until_the_context_is_summarised() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    old = run.result("a", "x" * 40)
    run.reply("", ("ls", "b"))
    run.add("middleware:summarization")
    new = run.result("b", "x" * 40)
    run.reply("")
    dearest = carriage(run.rows).most_expensive()
    assert [(each.row, each.later_replies) for each in dearest] == [(old, 1), (new, 1)]


def test_results_of_a_subagents_tools_are_not_the_lead_agents() -> None:
    run = RunBuilder()
    run.launch("t")
    run.reply("", ("ls", "a"), caller="subagent:scout")
    run.result("a", "x" * 40)
    run.reply("")
    assert carriage(run.rows).most_expensive() == []


def test_letters_beyond_ascii_are_a_token_each() -> None:
    run = RunBuilder()
    run.result("a", "鹿鹿abcd")
    event = run.rows[0]
    assert not hasattr(event, "raw")
    assert estimate_tokens(event) == 3


def test_a_cache_breaks_where_less_than_half_of_it_is_read_again() -> None:
    run = RunBuilder()
    before = run.reply("", ("ls", "a"), usage=(9_000, 10, 8_000))
    run.result("a")
    after = run.reply("", usage=(9_500, 10, 1_000))
    run.reply("", usage=(9_600, 10, 1_000))
    breaks = carriage(run.rows).cache_misses
    models = "doe-3", "doe-3"
    told = CacheMiss("lead_agent", before, after, 8_000, 1_000, models, 1.5)
    assert breaks == [told]
    assert list(breaks[0].between) == [before + 1]


def test_prompts_of_different_talks_share_no_cache() -> None:
    run = RunBuilder()
    run.reply("", usage=(9_000, 10, 8_000))
    run.reply("", caller="middleware:title", usage=(9_000, 10, 0))
    run.launch("s")
    run.reply("", caller="subagent:scout", usage=(9_000, 10, 8_000))
    run.result("s")
    run.launch("t")
    run.reply("", caller="subagent:scout", usage=(9_000, 10, 0))
    run.reply("", usage=(3_000, 10, 0))
    assert carriage(run.rows).cache_misses == []


def test_a_break_tells_what_changed_before_it() -> None:
    run = RunBuilder()
    run.add("context:memory")
    run.reply("", usage=(9_000, 10, 8_000))
    run.add("middleware:summarization")
    run.add("context:memory")
    run.add("context:memory")
    run.second += 600
    other: dict[str, Any] = {"response_metadata": {"model_name": "fawn"}}
    run.reply("", usage=(9_500, 10, 0), **other)
    (told,) = carriage(run.rows).cache_misses
    assert told.models == ("doe-3", "fawn")
    assert told.changes == ("middleware:summarization", "context:memory")
    assert told.pause == 603.5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 300) | st.none(), max_size=400))
def test_the_hundred_dearest_are_those_of_a_plain_count(
    steps: list[int | None],
) -> None:
    run, plain, replies = RunBuilder(), [], 0
    for step in steps:
        if step is None:
            run.reply("")
            replies += 1
        else:
            plain.append((run.result("", "x" * 4 * step), step, replies))
    costs = sorted(((replies - born) * size, -row) for row, size, born in plain)
    told = [(each.cost, -each.row) for each in carriage(run.rows).most_expensive(100)]
    assert told == costs[::-1][:100]


def test_a_reply_that_says_nothing_of_the_cache_breaks_nothing() -> None:
    run = RunBuilder()
    run.reply("", usage=(9_000, 10, 8_000))
    counts = {"input_tokens": 9_000, "output_tokens": 1}
    run.add("llm.ai.response", {}, usage=counts)
    assert carriage(run.rows).cache_misses == []


@settings(max_examples=60, deadline=None)
@given(mangled, cuts)
def test_any_rows_in_any_batches_carry_the_same(
    rows: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, rows, at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> Any:
    read = ContextCost()
    for part in parts:
        read.feed(part)
    return read.most_expensive(100), read.cache_misses


def test_results_of_real_runs_cost_what_a_plain_count_says() -> None:
    for rows in real_runs().values():
        for each in carriage(rows).most_expensive(100):
            assert each.later_replies == sum(
                event.event_type == "llm.ai.response" and event.caller == "lead_agent"
                for event in rows[each.row :]
            )
