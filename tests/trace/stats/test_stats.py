"""One reading of a run's rows for all that is added up of it."""

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


def test_lines_that_are_no_events_count_as_rows() -> None:
    run = RunBuilder()
    run.prompt()
    account = RunStats()
    account.feed([BAD, *run.rows, BAD])
    assert account.row_count == 3
    said = account.verdict.verdict(NOON, False)
    assert [each.row for each in said.evidence] == [0, 1, 2]


@settings(max_examples=60, deadline=None)
@given(mangled)
def test_those_who_share_a_reading_learn_what_each_would_alone(
    rows: list[AnyEvent],
) -> None:
    shares(rows)


def test_they_do_so_of_real_runs() -> None:
    for rows in real_runs().values():
        shares(rows)


def shares(rows: Sequence[AnyEvent]) -> None:
    account = RunStats()
    account.feed(rows)
    judge, ledger, spans = VerdictBuilder(), UsageTotals(), Spans()
    carriage, files = ContextCost(), FileChanges()
    for alone in (judge, ledger, spans, carriage, files):
        alone.feed(rows)
    assert account.row_count == len(rows)
    assert account.verdict.verdict(NOON, False) == judge.verdict(NOON, False)
    assert account.usage.by_model() == ledger.by_model()
    assert account.usage.by_caller() == ledger.by_caller()
    assert account.usage.tools == ledger.tools
    assert account.spans[:] == spans[:]
    assert account.spans.display_order() == spans.display_order()
    assert account.context_cost.most_expensive(100) == carriage.most_expensive(100)
    assert account.context_cost.cache_misses == carriage.cache_misses
    assert account.files.changes() == files.changes()
