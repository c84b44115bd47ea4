"""`whitetail grep`: finds events in all runs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from whitetail.cli.arguments import positive
from whitetail.cli.exit_codes import DONE, FOUND
from whitetail.cli.output import Output
from whitetail.cli.records import event_record
from whitetail.cli.tree import open_tree, parsed_query
from whitetail.run.row_texts import QueryTexts
from whitetail.source.listing import Listing
from whitetail.trace.query.fields import Scope
from whitetail.view.brief import plural, reason
from whitetail.view.lists.event import summarize
from whitetail.view.matches import TextMatcher
from whitetail_store import BadLine, LogRow, RunKey, StoreError

HITS_SCHEMA = "whitetail.hits/1"


class _Hit(NamedTuple):
    row: int
    event: LogRow
    text: str


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `grep`."""
    parser.add_argument("query", nargs="+", metavar="QUERY", help="see docs/query.md")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument(
        "-l", dest="names_only", action="store_true", help="only the runs, each once"
    )
    shape.add_argument(
        "-c", dest="counts", action="store_true", help="only the number in each run"
    )
    parser.add_argument(
        "-m", dest="most", type=positive, metavar="N", help="at most N events of a run"
    )
    parser.add_argument(
        "-C",
        dest="context",
        type=positive,
        default=0,
        metavar="N",
        help="N events before and after, too",
    )
    parser.add_argument("--json", action="store_true", help="see docs/json.md")


def run(arguments: Namespace, output: Output) -> int:
    """Print the events that match; return whether there are any."""
    query = parsed_query(" ".join(arguments.query), Scope.SEARCH)
    listing = open_tree(arguments, output)
    texts = QueryTexts(query)
    printer = _Printer(listing, output, arguments, TextMatcher.of(query))
    keys = listing.newest_written()
    for number, key in enumerate(keys):
        output.progress(number, len(keys), "runs")
        try:
            printer.add(key, _hits(listing, key, texts))
        except FileNotFoundError:
            # It was deleted meanwhile.
            continue
        except StoreError as error:
            output.note(f"{'/'.join(key)}: {reason(error)}")
    if texts.stopped:
        events = plural(texts.stopped, "event")
        output.note(f"the regex needed too long for {events}")
    return DONE if printer.found else FOUND


def _hits(listing: Listing, key: RunKey, texts: QueryTexts) -> Iterator[_Hit]:
    text_of = texts.of_run()
    for piece in listing.scan_rows(key, texts.may_match):
        for scanned in piece.rows:
            text = text_of(scanned)
            if text is not None:
                yield _Hit(scanned.row, scanned.event, text)


class _Printer:
    """Prints what was found, in the form that the user wants."""

    def __init__(
        self,
        listing: Listing,
        output: Output,
        arguments: Namespace,
        matcher: TextMatcher | None,
    ) -> None:
        self.found = False
        """Whether any event matches."""
        self._listing, self._output, self._matcher = listing, output, matcher
        self._most: int | None = arguments.most
        self._context: int = arguments.context
        self._json: bool = arguments.json
        self._names_only: bool = arguments.names_only
        self._counts: bool = arguments.counts
        self._first_group = True

    def add(self, key: RunKey, hits: Iterator[_Hit]) -> None:
        """Print what was found in a run."""
        hits = islice(hits, 1 if self._names_only else self._most)
        if self._names_only or self._counts:
            self._add_count(key, sum(1 for _ in hits))
        elif self._context and not self._json:
            self._add_groups(key, list(hits))
        else:
            for hit in hits:
                self.found = True
                self._add_hit(key, hit)

    def _add_count(self, key: RunKey, count: int) -> None:
        if not count:
            return
        self.found = True
        if self._json:
            known = None if self._names_only else count
            record: dict[str, Any] = {"schema": HITS_SCHEMA, "thread_id": key[0]}
            self._output.json({**record, "run_id": key[1], "count": known})
        else:
            end = "" if self._names_only else f":{count}"
            self._output.line([("/".join(key), "plain"), (end, "accent")])

    def _add_hit(self, key: RunKey, hit: _Hit) -> None:
        if self._json:
            self._output.json(event_record(key, hit.row, hit.event, hit.text))
        else:
            self._add_line(key, hit.event, hit.text, ":")

    def _add_groups(self, key: RunKey, hits: Sequence[_Hit]) -> None:
        """Print events with those around them; `--` is between groups."""
        if not hits:
            return
        self.found = True
        rows = self._listing.open(key)
        rows.refresh()
        texts = {hit.row: hit.text for hit in hits}
        following = -1
        for hit in hits:
            first = max(hit.row - self._context, following, 0)
            if first > following and not self._first_group:
                self._output.text("--")
            self._first_group = False
            stop = min(hit.row + self._context + 1, len(rows))
            for row, event in enumerate(rows[first:stop], first):
                text = texts.get(row)
                sign = "-" if text is None else ":"
                shown = summarize(event).summary if text is None else text
                self._add_line(key, event, shown, sign)
            following = max(following, stop)

    def _add_line(self, key: RunKey, event: LogRow, text: str, sign: str) -> None:
        seq = "" if isinstance(event, BadLine) else str(event.seq)
        spans = [(text, "plain" if sign == ":" else "muted")]
        if self._matcher is not None and sign == ":":
            spans = self._matcher.marked(spans)
        head = f"{'/'.join(key)}{sign}{seq}"
        self._output.line([(head, "muted"), ("  ", "plain"), *spans])
