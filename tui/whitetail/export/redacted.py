"""Replaces a run that is to be exported by its redacted copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from whitetail.export.document import (
    ExportOptions,
    LineMap,
    Progress,
    RunToExport,
    no_progress,
)
from whitetail.export.redact.redactor import Redactor
from whitetail.run.protocols import RunRows
from whitetail.run.whole_run import WholeRun
from whitetail.trace.query.nodes import Query

REDACTION = (
    "Redacted: the texts are replaced by fillers of the same length. Ids, names of "
    "tools, models and agents, times and numbers are those of the run. The status can "
    "differ if it rests on wording."
)
"""What a reader of a redacted export has to know."""
_FILTERED = f"{REDACTION} Only events that match a filter are in it."

CopyRun = Callable[[RunRows, LineMap], RunRows]
"""Writes a copy of a run with other lines; each row becomes a line of its own."""


def redacted_options(options: ExportOptions) -> ExportOptions:
    """Return the options of a redacted export: its query is matched before.

    The words of a query would match nothing in the copy, and must not be in the file.
    """
    sentence = REDACTION if options.query is None else _FILTERED
    return replace(options, query=None, query_text="", redaction=sentence)


def redacted_run(
    run: RunToExport,
    query: Query | None,
    redactor: Redactor,
    copy: CopyRun,
    progress: Progress = no_progress,
) -> RunToExport:
    """Return a redacted copy of a run, of which the rows are chosen that match. Blocks.

    It has no notes: the user wrote them for people who see the texts.

    Use one redactor for all runs of an export.

    Raises:
        StoreError, OSError: The run cannot be read, or the copy not be written.

    """
    chosen = None
    if query is not None:
        chosen = frozenset(WholeRun(run.rows).matching(query))
    total = len(run.rows)

    def redact(lines: Iterator[bytes]) -> Iterator[bytes]:
        for done, line in enumerate(lines):
            progress(done, total, "events redacted")
            yield redactor.line(line)

    return replace(run, rows=copy(run.rows, redact), chosen=chosen, notes={})
