"""Reads a run for its verdict and its faults, without its order."""

from __future__ import annotations

from collections.abc import Sequence

from whitetail.run.faults import FaultList
from whitetail.run.protocols import RunRows
from whitetail.trace.stats.metrics import MetricsBuilder
from whitetail_store import Finding

_STEP_ROWS = 100


def examine_run(rows: RunRows) -> tuple[MetricsBuilder, Sequence[Finding]]:
    """Return the metrics and the faults of the rows that are there now. Blocks.

    Raises:
        StoreError, OSError: The run cannot be read.

    """
    rows.refresh()
    builder, faults = MetricsBuilder(), FaultList()
    while (first := builder.row_count) < len(rows):
        events, found = rows.examine(first, first + _STEP_ROWS)
        builder.feed(events)
        for fault in found:
            faults.add(fault)
    return builder, [*faults.found, *rows.end_faults()]
