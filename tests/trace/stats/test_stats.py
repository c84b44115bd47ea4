"""All statistics of a run from one pass over its rows.

Also covers `trace/parse.py`, which they share.
"""

from collections.abc import Sequence

from hypothesis import given, settings

from tests.helpers.events import BAD, NOON, AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import mangled
from whitetail.trace.stats.context_cost import ContextCost
from whitetail.trace.stats.file_changes import FileChanges
from whitetail.trace.stats.spans import Spans
from whitetail.trace.stats.stats import RunStats
from whitetail.trace.stats.usage import UsageTotals
from whitetail.trace.verdict.verdict import VerdictBuilder


def test_lines_that_are_not_events_count_as_rows() -> None:
    run = RunBuilder()
    run.prompt()
    stats = RunStats()
    stats.feed([BAD, *run.rows, BAD])
    assert stats.row_count == 3
    verdict = stats.verdict.verdict(NOON, False)
    assert [each.row for each in verdict.evidence] == [0, 1, 2]


@settings(max_examples=60, deadline=None)
@given(mangled)
def test_aggregators_with_a_common_parser_give_the_same_as_each_alone(
    rows: list[AnyEvent],
) -> None:
    assert_same_as_each_alone(rows)


def test_aggregators_of_a_real_run_give_the_same_as_each_alone() -> None:
    for rows in real_runs().values():
        assert_same_as_each_alone(rows)


def assert_same_as_each_alone(rows: Sequence[AnyEvent]) -> None:
    stats = RunStats()
    stats.feed(rows)
    verdict, usage, spans = VerdictBuilder(), UsageTotals(), Spans()
    cost, files = ContextCost(), FileChanges()
    for alone in (verdict, usage, spans, cost, files):
        alone.feed(rows)
    assert stats.row_count == len(rows)
    assert stats.verdict.verdict(NOON, False) == verdict.verdict(NOON, False)
    assert stats.usage.by_model() == usage.by_model()
    assert stats.usage.by_caller() == usage.by_caller()
    assert stats.usage.tools == usage.tools
    assert stats.spans[:] == spans[:]
    assert stats.spans.display_order() == spans.display_order()
    assert stats.context_cost.most_expensive(100) == cost.most_expensive(100)
    assert stats.context_cost.cache_misses == cost.cache_misses
    assert stats.files.changes() == files.changes()
