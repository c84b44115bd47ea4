"""The names that complete a query: what a run has of tools, models and callers."""

from __future__ import annotations

from whitetail.run.open_run import OpenRun
from whitetail.run.protocols import RunRows
from whitetail.trace.query.complete import FoundValues
from whitetail.trace.stats.usage import UsageTotals

_TAIL_ROWS = 500
"""Of a run that was not read, so many of the last rows are looked at."""
_KIND_ROWS = 20_000
"""Of so many of the last rows the types are listed."""


async def found_values(run: OpenRun) -> FoundValues:
    """Return the names in a run, as far as it was read, each once and sorted.

    Raises:
        StoreError, OSError, IndexError: The rows cannot be read.

    """
    rows, read = run.rows, run.rows_read
    return await run.ask(
        lambda stats: _values(rows, stats.usage if read else _of_tail(rows))
    )


def _of_tail(rows: RunRows) -> UsageTotals:
    usage = UsageTotals()
    usage.feed(rows[max(0, len(rows) - _TAIL_ROWS) :])
    return usage


def _values(rows: RunRows, usage: UsageTotals) -> FoundValues:
    count = len(rows)
    kinds = rows.kinds(range(max(0, count - _KIND_ROWS), count))
    return FoundValues(
        sorted(filter(None, usage.tools)),
        sorted(filter(None, usage.by_model())),
        sorted(filter(None, usage.by_caller())),
        sorted(set(filter(None, kinds))),
    )
