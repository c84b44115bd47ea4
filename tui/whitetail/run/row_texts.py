"""What of an event matches a query, for a search over runs."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan, nan
from typing import TYPE_CHECKING

from whitetail.trace.order.causality import duration_of
from whitetail.trace.parse import ParsedRow, RowParser
from whitetail.trace.query.event_match import EventMatcher
from whitetail.trace.query.event_values import EventFacts
from whitetail.trace.query.fields import Scope, unsupported
from whitetail.trace.query.nodes import Field, Query, leaves
from whitetail.trace.query.prefilter import line_filter
from whitetail.trace.searchable import searchable_texts
from whitetail.view.lists.event import summarize
from whitetail.view.matches import Finder, TextMatcher
from whitetail.view.text import one_line
from whitetail_store import BadLine, LogRow, RunEvent

if TYPE_CHECKING:
    from whitetail.run.search_all import RowText
    from whitetail.source.scan import LineFinder, ScannedRow

_OF_OTHER_ROWS = frozenset({"tool", "task", "took"})
"""Fields that also depend on the rows before."""
_CHARS_BEFORE, _MAX_CHARS = 24, 300


class QueryTexts:
    """Compares rows with a query; the `RowTexts` of a `SearchAll`."""

    def __init__(self, query: Query) -> None:
        self._matcher = EventMatcher(query)
        fields = [leaf.name for leaf in leaves(query) if isinstance(leaf, Field)]
        self._is_text = not fields
        matcher = TextMatcher.of(query)
        self._finders = [] if matcher is None else matcher.finders
        self.may_match: LineFinder | None = None
        """Finds the lines that may match; None if each row must be compared."""
        if _OF_OTHER_ROWS.isdisjoint(fields):
            self.may_match = line_filter(query)

    @property
    def stopped(self) -> int:
        """Events that do not match because a regex was stopped."""
        return self._matcher.stopped

    def of_run(self) -> RowText:
        """Return what compares the rows of a run, which get there in their order."""
        parser = RowParser()

        def text_of(scanned: ScannedRow) -> str | None:
            event, took = scanned.event, nan
            row: ParsedRow | BadLine
            if isinstance(event, BadLine):
                row = event
            elif self._is_text:
                row = _unparsed(event)
            else:
                row = parser.parse(event)
                took = duration_of(row)
            facts = EventFacts(scanned.size, None if isnan(took) else took)
            if not self._matcher.matches(row, facts):
                return None
            return _excerpt(event, self._finders)

        return text_of


def why_not(query: Query) -> str:
    """Return why runs cannot be searched with a query. Empty if they can."""
    return unsupported(query, Scope.SEARCH) or ""


def _unparsed(event: RunEvent) -> ParsedRow:
    """Return an event for a query that compares only its texts."""
    return ParsedRow(0, event, "", None, "", True, False, "", None, None, None)


def _excerpt(event: LogRow, finders: list[Finder]) -> str:
    """Return what of an event matches, in one sanitized line."""
    for find in finders:
        # Most matches are in one of the first texts: the others need not be decoded.
        for text in _texts(event):
            if (found := next(iter(find(text)), None)) is not None:
                begin = max(0, found[0] - _CHARS_BEFORE)
                line = one_line(text[begin : begin + 2 * _MAX_CHARS], _MAX_CHARS)
                return f"…{line}" if begin else line
    return summarize(event).summary


def _texts(event: LogRow) -> Iterator[str]:
    if isinstance(event, BadLine):
        return iter([event.raw.decode("utf-8", "replace")])
    return searchable_texts(event)
