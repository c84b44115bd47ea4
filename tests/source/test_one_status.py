"""A run has one status, whichever list, overview or title shows it.

Over generated runs, clocks and file times: with errors, without an end, inherited,
torn, dated in the future.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import NOON, RunBuilder, iso_time, line
from whitetail.run.reader import RunReader
from whitetail.source.catalog import Catalog
from whitetail.source.file_rows import FileRows
from whitetail.source.prompt_and_end import read_prompt_and_end
from whitetail.source.run_files import TreeFiles
from whitetail.trace.stats.metrics import run_metrics
from whitetail.trace.stats.pricing import Prices
from whitetail.view.overview.overview import overview
from whitetail_store import BadLine, Stamp

KEY = ("t", "r")
DAY = 86_400.0

steps = st.lists(
    st.sampled_from(["prompt", "reply", "call", "result", "error", "bad", "seed"]),
    max_size=6,
)
ends = st.sampled_from(["", "run.end", "run.error", "torn"])
moments = st.sampled_from([-3 * DAY, -400.0, -10.0, 0.0, 30.0, 299.0, 301.0, 3 * DAY])


def file_of(steps: list[str], end: str, shift: float) -> bytes:
    """Return a run's file whose events are `shift` seconds after noon."""
    run = RunBuilder()
    data = b""
    for step in steps:
        if step == "bad":
            data += b"not JSON\n"
            continue
        seed = {"branch_seed": True} if step == "seed" else {}
        kinds = {"result": "llm.tool.result", "error": "llm.error"}
        kind = kinds.get(step, "llm.ai.response")
        run.add("llm.human.input" if step == "prompt" else kind, {}, **seed)
        data += encoded(run, shift)
    if end in ("run.end", "run.error"):
        run.add(end, {}, status="success")
        data += encoded(run, shift)
    return data + (b'{"thread_id": "t", "run' if end == "torn" else b"")


def encoded(run: RunBuilder, shift: float) -> bytes:
    event = run.rows[-1]
    assert not isinstance(event, BadLine)
    fields = ("event_type", "category", "content", "metadata")
    changes = {name: getattr(event, name) for name in fields}
    return line(event.seq, **changes, created_at=iso_time(NOON + run.second + shift))


@settings(max_examples=80)
@given(steps, ends, moments, moments)
def test_lists_and_overview_show_the_same_status(
    steps: list[str], end: str, event_shift: float, file_shift: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t" / "runs" / "r.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(file_of(steps, end, event_shift))
        os.utime(path, (NOON + file_shift, NOON + file_shift))
        catalog = Catalog(TreeFiles(Path(folder)), lambda: NOON)
        catalog.apply({KEY: Stamp.of(path.stat())})
        catalog.set_head_and_tail(KEY, read_prompt_and_end(path))
        assert shown_in_lists(catalog) == {str(catalog.status(KEY))}
        rows = FileRows(KEY, path)
        rows.refresh()
        reader = RunReader(rows)
        while reader.read_ahead(10):
            pass
        catalog.set_metrics(KEY, run_metrics(reader.stats, Prices({})), rows.stamp)
        growing = catalog.is_growing(KEY)
        first = overview(reader.stats, now=NOON, growing=growing, rows=rows)[0]
        assert shown_in_lists(catalog) == {first.line[0][0].strip()}


def shown_in_lists(catalog: Catalog) -> set[str]:
    """Return the statuses that thread row, run row and conversation show."""
    return {
        str(catalog.thread_entries()[0].status),
        str(catalog.run_entries("t")[0].status),
        str(catalog.thread_status("t")),
    }
