"""The real runs are the same in a database as in files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.helpers.real_runs import real_folder
from tests.helpers.table import Table
from whitetail.run.whole_run import WholeRun
from whitetail.source.database.rows import DatabaseRows
from whitetail.source.file_rows import FileRows
from whitetail.source.protocols import RunRows
from whitetail_store import JsonlRunEventStore, RunEvent, copy
from whitetail_store.sql import DbRunEventStore

_WHOLE, _CUT = 1 << 30, 10_240
"""Limits of trace content: one that no real run reaches, and DeerFlow's."""


@pytest.mark.parametrize("max_trace_content", [_WHOLE, _CUT])
async def test_statuses_verdicts_tokens_and_order_are_those_of_the_files(
    tmp_path: Path, max_trace_content: int
) -> None:
    table = Table(f"sqlite:///{tmp_path}/runs.db")
    files = JsonlRunEventStore(real_folder())
    target = DbRunEventStore(
        table.url, create=True, max_trace_content=max_trace_content
    )
    report = await copy(files, target)
    folder = real_folder()
    if max_trace_content == _CUT:
        # Files with what the table has of the runs.
        folder = tmp_path / "cut"
        await copy(target, JsonlRunEventStore(folder))
    await target.close()
    paths = sorted(folder.glob("threads/*/runs/*.jsonl"))
    assert len(paths) == report.runs
    for path in paths:
        key = path.parent.parent.name, path.stem
        in_files = facts_of(FileRows(key, path))
        in_table = facts_of(DatabaseRows(key, table.open(), Counter()))
        assert in_table == in_files, key
    table.close()


def facts_of(rows: RunRows) -> dict[str, object]:
    whole = WholeRun(rows)
    stats = whole.stats
    verdict = stats.verdict.verdict(2e9, False)
    return {
        "order": list(whole.outline.order()),
        "depths": [whole.outline.depth(row) for row in whole.outline.order()],
        "events": [as_utc(each) for each in rows[:]],
        "status": verdict.status,
        "reason": verdict.reason,
        "evidence": [(each.row, each.seq, each.text) for each in verdict.evidence],
        "tokens": stats.usage.total,
        "models": stats.usage.by_model(),
        "callers": stats.usage.by_caller(),
        "tools": {
            name: (tool.calls, tool.errors) for name, tool in stats.usage.tools.items()
        },
        "files": stats.files.changes(),
    }


def as_utc(event: object) -> object:
    """Return what an event has, its time in seconds."""
    assert isinstance(event, RunEvent)
    return event.seq, event.event_type, event.content, event.metadata, event.time
