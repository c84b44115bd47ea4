"""`whitetail show`: prints a run, one of its events, or a thread."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace

from whitetail.cli.commands import RefusedError
from whitetail.cli.event_line import event_line
from whitetail.cli.exit_codes import DONE
from whitetail.cli.output import Output
from whitetail.cli.records import (
    conclusion_record,
    event_record,
    overview_record,
    whole_event_record,
)
from whitetail.cli.tree import (
    find_run,
    find_thread,
    only_run,
    open_tree,
    parsed_query,
)
from whitetail.run.whole_run import WholeRun
from whitetail.source.listing import Listing
from whitetail.trace.query.fields import Scope
from whitetail.trace.run_summary import final_answer
from whitetail.trace.stats.metrics import run_metrics
from whitetail.view.brief import plain
from whitetail.view.lists.entries import STATUS_SIGNS
from whitetail.view.lists.event import summarize
from whitetail_store import RunEvent, RunKey

_BATCH_ROWS = 100
_TIMELINE_CELLS = 100
"""The width of a timeline in a pipe."""
FORMATS = ("text", "markdown", "json", "raw")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `show`."""
    parser.add_argument("run", nargs="?", metavar="RUN", help="see docs/commands.md")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--answer", action="store_true", help="only the final answer")
    what.add_argument("--overview", action="store_true", help="verdict and totals")
    what.add_argument("--event", type=int, metavar="N", help="the event with a number")
    what.add_argument("--thread", metavar="T", help="the conversation of a thread")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument(
        "--json", action="store_const", const="json", dest="format", help="as JSON"
    )
    parser.add_argument("--filter", metavar="QUERY", help="only events that match")


def run(arguments: Namespace, output: Output) -> int:
    """Print what the arguments name."""
    _check(arguments)
    listing = open_tree(arguments, output)
    if arguments.thread is not None:
        from whitetail.cli.conversation import print_conversation

        thread = find_thread(listing, arguments.thread)
        print_conversation(listing, thread, arguments.format, output)
        return DONE
    name = arguments.run
    key = only_run(listing) if name is None else find_run(listing, name)
    if arguments.answer:
        _print_answer(listing, key, arguments.format, output)
    elif arguments.overview:
        _print_overview(listing, key, arguments.format, output)
    elif arguments.event is not None:
        _print_event(listing, key, arguments, output)
    else:
        _print_run(listing, key, arguments, output)
    return DONE


def _check(arguments: Namespace) -> None:
    """Refuse combinations that have no meaning."""
    parts = (arguments.answer, arguments.overview)
    if any(parts) and arguments.format in ("markdown", "raw"):
        raise RefusedError(f"--format {arguments.format} needs a run or an event")
    of_part = any(parts) or arguments.event is not None or arguments.thread is not None
    if arguments.filter is not None and of_part:
        raise RefusedError("--filter works with a whole run only")
    if arguments.run is not None and arguments.thread is not None:
        raise RefusedError("either RUN or --thread can be shown")


def _print_answer(
    listing: Listing, key: RunKey, chosen_format: str, output: Output
) -> None:
    """Print the answer. It is near the end, so that most of the run is not read."""
    answer = final_answer(listing.read_ends(key).tail)
    if answer is None:
        rows = listing.open(key)
        rows.refresh()
        stop = len(rows)
        while answer is None and stop:
            first = max(0, stop - _BATCH_ROWS)
            answer, stop = final_answer(rows[first:stop]), first
    if chosen_format == "json":
        output.json(conclusion_record(key, answer or None))
    elif answer:
        output.texts(answer)
    else:
        output.note("the run has no answer")


def _print_overview(
    listing: Listing, key: RunKey, chosen_format: str, output: Output
) -> None:
    from whitetail.view.overview.entry import heading_entries
    from whitetail.view.overview.overview import overview
    from whitetail.view.overview.timeline import Timeline, timeline_lines

    whole = WholeRun(listing.open(key))
    listing.read(key)
    metrics = run_metrics(whole.stats, listing.prices)
    listing.catalog.set_metrics(key, metrics, whole.rows.stamp)
    now, growing = time.time(), listing.catalog.is_growing(key)
    if chosen_format == "json":
        entry = listing.entry(key)
        if entry is not None:
            verdict = whole.stats.verdict.verdict(now, growing)
            output.json(overview_record(entry, listing, whole.stats, verdict))
        return
    entries = overview(
        whole.stats,
        listing.prices,
        now=now,
        growing=growing,
        written=whole.rows.written_at,
        rows=whole.rows,
    )
    spans = whole.stats.spans
    timeline = Timeline(spans, spans.display_order(), spans.time_range)
    if timeline:
        entries += heading_entries("timeline")
    for line in entries:
        output.wrapped(line.line)
    for each in timeline_lines(timeline, output.width or _TIMELINE_CELLS):
        output.wrapped(each)


def _print_event(
    listing: Listing, key: RunKey, arguments: Namespace, output: Output
) -> None:
    from whitetail.view.detail.document import document
    from whitetail.view.detail.format import DetailFormat
    from whitetail.view.event_values import markdown_of
    from whitetail.view.folding import unfolded_lines

    rows = listing.open(key)
    rows.refresh()
    row = rows.row_of(arguments.event, len(rows))
    if row is None:
        raise RefusedError(f"{'/'.join(key)} has no event {arguments.event}")
    event = rows[row]
    if arguments.format == "json" and isinstance(event, RunEvent):
        output.json(whole_event_record(key, row, event, summarize(event).summary))
    elif arguments.format == "raw":
        output.raw(rows.raw(row))
    else:
        found = WholeRun(rows).snapshot(row)
        if arguments.format == "markdown":
            output.texts(markdown_of(found.event, found.relatives))
            return
        plain_format = DetailFormat.PLAIN
        layout = document(found.event, found.line, plain_format, found.relatives)
        for line in unfolded_lines(layout(0)):
            output.wrapped(line)


def _print_run(
    listing: Listing, key: RunKey, arguments: Namespace, output: Output
) -> None:
    from whitetail.trace.relatives import UNKNOWN_RELATIVES
    from whitetail.view.event_values import markdown_of

    query = None
    if arguments.filter is not None:
        query = parsed_query(arguments.filter, Scope.FILTER)
    whole = WholeRun(listing.open(key))
    if arguments.format == "text":
        _print_head(listing, key, whole, output)
    for row in whole.matching(query):
        event = whole.event(row)
        if arguments.format == "json":
            text = summarize(event).summary
            if isinstance(event, RunEvent):
                output.json(whole_event_record(key, row, event, text))
            else:
                output.json(event_record(key, row, event, text))
        elif arguments.format == "raw":
            output.raw(whole.rows.raw(row))
        elif arguments.format == "markdown":
            output.texts(markdown_of(event, UNKNOWN_RELATIVES))
            output.text("")
        else:
            output.wrapped(event_line(event, whole.outline.depth(row)))


def _print_head(listing: Listing, key: RunKey, whole: WholeRun, output: Output) -> None:
    listing.read(key)
    growing = listing.catalog.is_growing(key)
    verdict = whole.stats.verdict.verdict(time.time(), growing)
    sign, tone = STATUS_SIGNS[verdict.status]
    title = listing.title(key[0]) or listing.catalog.summary(key).prompt
    output.line([(plain(title), "heading")])
    reason = f"  {plain(verdict.reason)}"
    output.wrapped(((f"{sign} {verdict.status}", tone), (reason, "plain")))
    output.line([("/".join(key), "muted")])
    output.line()
