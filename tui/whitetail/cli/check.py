"""`whitetail check`: the status and the faults of runs, with an exit code for CI."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from whitetail.cli.exit_codes import DEGRADED, DONE, FOUND, code_of
from whitetail.cli.output import Output, ReaderGoneError
from whitetail.cli.records import check_record
from whitetail.cli.run_query import RunQuery
from whitetail.cli.streams import discard_stdout
from whitetail.cli.tree import open_tree, read_or_note, unique_length
from whitetail.run.examined_run import examine_run
from whitetail.source.listing import Listing
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.brief import reason
from whitetail.view.json_fields import status_word
from whitetail.view.lists.entries import STATUS_SIGNS, RunEntry
from whitetail_store import Fault, Finding, RunKey, StoreError
from whitetail_store.check import FaultLocation

_STATUS_CELLS = 11


@dataclass(frozen=True, slots=True)
class CheckedRun:
    """What was found in a run."""

    entry: RunEntry
    reason: str
    """Why it has its status. Not sanitized."""
    faults: tuple[Finding, ...]

    @property
    def code(self) -> int:
        """The exit code for it alone."""
        return FOUND if self.faults else code_of(self.entry.status)

    @property
    def fault_texts(self) -> list[str]:
        """Its faults, each in one line; not sanitized. Rows count from 1."""
        texts = []
        for fault in self.faults:
            row = fault.location.row
            where = "" if row is None else f"row {row + 1}: "
            texts.append(f"{where}{fault.kind}: {fault.reason}")
        return texts


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `check`."""
    parser.add_argument("query", nargs="*", metavar="QUERY", help="see docs/query.md")
    parser.add_argument("--json", action="store_true", help="see docs/json.md")
    parser.add_argument(
        "--junit", type=Path, metavar="FILE", help="also write a JUnit report"
    )


def run(arguments: Namespace, output: Output) -> int:
    """Print each run and its faults; return the worst code."""
    query = RunQuery(" ".join(arguments.query))
    listing = open_tree(arguments, output)
    printer = _Printer(listing, output, as_json=arguments.json)
    checked: list[CheckedRun] = []
    codes = {DONE}
    for each in _checked_runs(listing, query, output):
        codes.add(each.code)
        printer.add(each)
        if arguments.junit is not None:
            checked.append(each)
    if arguments.junit is not None:
        from whitetail.cli.junit import write_junit

        write_junit(arguments.junit, checked)
    return next(code for code in (FOUND, DEGRADED, DONE) if code in codes)


def _checked_runs(
    listing: Listing, query: RunQuery, output: Output
) -> Iterator[CheckedRun]:
    total = len(listing.stamps)

    def whole(key: RunKey) -> RunEntry | None:
        read_or_note(listing, key, output)
        return listing.entry(key)

    for number, key in enumerate(listing.newest_first()):
        output.progress(number, total, "runs")
        entry = listing.entry(key)
        if entry is None or not query.matches(entry, partial(whole, key)):
            continue
        checked = _check(listing, key)
        if checked is not None:
            yield checked


def _check(listing: Listing, key: RunKey) -> CheckedRun | None:
    """Return what was found in a run; None if it was deleted meanwhile."""
    rows = listing.open(key)
    faults: tuple[Finding, ...]
    status: RunStatus | None = None
    try:
        builder, found = examine_run(rows)
    except FileNotFoundError:
        return None
    except (OSError, StoreError) as error:
        why, status = reason(error), RunStatus.UNKNOWN
        faults = (Finding(FaultLocation(Path(rows.location)), Fault.UNREADABLE, why),)
    else:
        totals = builder.totals()
        listing.catalog.set_metrics(key, totals.metrics(listing.prices), rows.stamp)
        listing.remember(key, totals, rows.stamp)
        growing = listing.catalog.is_growing(key)
        why = builder.verdict.verdict(time.time(), growing).reason
        faults = tuple(found)
    entry = listing.entry(key)
    if entry is None:
        return None
    return CheckedRun(replace(entry, status=status or entry.status), why, faults)


class _Printer:
    """Prints runs and their faults.

    A reader that stops early does not end the check: its answer is the exit code.
    """

    def __init__(self, listing: Listing, output: Output, *, as_json: bool) -> None:
        self._listing, self._output, self._as_json = listing, output, as_json
        self._id_cells = unique_length(key[1] for key in listing.stamps)
        self._reads = True

    def add(self, checked: CheckedRun) -> None:
        """Print a run."""
        if self._reads:
            try:
                self._print(checked)
            except ReaderGoneError:
                discard_stdout()
                self._reads = False

    def _print(self, checked: CheckedRun) -> None:
        entry, output = checked.entry, self._output
        if self._as_json:
            path = self._listing.location_of(entry.key)
            faults = checked.faults
            output.json(check_record(entry, checked.reason, faults, path))
            return
        sign, tone = STATUS_SIGNS[entry.status]
        status, name = status_word(entry.status), "/".join(entry.key)
        if output.is_terminal:
            status, name = f"{sign} {entry.status}", entry.key[1][: self._id_cells]
        widths = (_STATUS_CELLS, self._id_cells)
        output.row(
            [(status, tone), (name, "strong"), (checked.reason, "plain")], widths
        )
        for text in checked.fault_texts:
            shown = "" if output.is_terminal else name
            output.row([("fault", "error"), (shown, "muted"), (text, "plain")], widths)
