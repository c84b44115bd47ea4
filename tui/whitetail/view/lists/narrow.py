"""Which threads and runs a list shows while a text narrows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from whitetail.trace.stats.totals import Total
from whitetail.view.lists.entries import ThreadEntry
from whitetail.view.lists.fuzzy import FuzzyText, Span
from whitetail.view.lists.order import Entry, ListEntry

if TYPE_CHECKING:
    from whitetail.trace.query.fields import Scope
    from whitetail.trace.query.run_match import ListMatcher, ListValues

_FIELD = re.compile(r"(?<![^\s(-])([a-z]+)(?:>=|<=|[=<>:])(?!//)")
_REGEX_LIMIT_S = 0.05
"""How long a regex may look at one entry. Titles and prompts are short."""
_MAX_STOPPED = 20
"""After so many entries for which a regex was stopped, it is given up."""


class Narrowing:
    """A text that narrows a list: a query if it has a field, else names.

    Names are found by their words, of which letters may be left out. Those that have
    all words as they are come first.
    """

    def __init__(
        self, text: str, matches: Callable[[ListEntry], bool] | None = None
    ) -> None:
        """Narrow by the names in `text`, or by what the query in it `matches`."""
        self.text = text
        """As the user wrote it."""
        self._matches = matches
        self._fuzzy = FuzzyText("" if matches else text)
        self._known: dict[object, tuple[ListEntry, bool]] = {}

    @property
    def by_name(self) -> bool:
        """Whether the text is not a query."""
        return self._matches is None

    def of(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the entries that match.

        A query looks only at entries that have changed since the last call.
        """
        if self._matches is not None:
            return self._of_query(entries, self._matches)
        literal: list[Entry] = []
        spaced: list[Entry] = []
        for entry in entries:
            rank = self._rank(entry)
            if rank is not None:
                (spaced if rank else literal).append(entry)
        return literal + spaced

    def marks(self, name: str) -> list[Span]:
        """Return the characters of a name that match. Empty for a query."""
        return self._fuzzy.marks(name)

    def _rank(self, entry: ListEntry) -> int | None:
        """Return 0 if an entry has all words, 1 if some have gaps; None if not.

        A thread also has the words of its prompts, but without gaps: they are not
        shown, so the letters that match could not be either.
        """
        rank = self._fuzzy.rank(entry.name)
        if rank == 0 or not isinstance(entry, ThreadEntry):
            return rank
        return 0 if any(map(self._fuzzy.is_in, entry.prompts)) else rank

    def _of_query(
        self, entries: Sequence[Entry], matches: Callable[[ListEntry], bool]
    ) -> list[Entry]:
        before, self._known = self._known, {}
        found: list[Entry] = []
        for entry in entries:
            known = before.get(entry.key)
            if known is None or known[0] != entry:
                known = (entry, matches(entry))
            self._known[entry.key] = known
            if known[1]:
                found.append(entry)
        return found


def looks_like_query(text: str) -> bool:
    """Return whether a text has a field of a query, perhaps one with a mistake."""
    if not _FIELD.search(text):
        return False
    from whitetail.trace.query.fields import FIELDS

    return any(match[1] in FIELDS for match in _FIELD.finditer(text))


def query_narrowing(text: str, scope: Scope, now: float) -> Narrowing:
    """Return the narrowing by a query. The first call imports the parser.

    `now` is what ages in the query count back from.

    Raises:
        QueryError: The text is no query, or has a field that lists do not have.

    """
    from whitetail.trace.query.errors import QueryError
    from whitetail.trace.query.fields import unsupported
    from whitetail.trace.query.parse import parse_query
    from whitetail.trace.query.run_match import ListMatcher

    query = parse_query(text)
    problem = unsupported(query, scope)
    if problem is not None:
        raise QueryError(problem, 0)
    matcher = ListMatcher(query, now=now, limit_s=_REGEX_LIMIT_S)
    return Narrowing(text, lambda entry: _matches(matcher, entry))


def _matches(matcher: ListMatcher, entry: ListEntry) -> bool:
    return matcher.stopped <= _MAX_STOPPED and matcher.matches(list_values(entry))


def list_values(entry: ListEntry) -> ListValues:
    """Return the values of an entry that a query compares."""
    from whitetail.trace.query.run_match import ListValues

    numbers, known = entry.numbers, entry.name_known
    if isinstance(entry, ThreadEntry):
        ids: tuple[str, ...] = (entry.key,)
        prompts, ended, runs = entry.prompts, entry.time, numbers.runs
    else:
        ids, prompts, ended, runs = entry.key, (entry.prompt,), entry.ended, None
    return ListValues(
        ids,
        entry.title if known else None,
        prompts if known else None,
        entry.status,
        entry.started,
        ended,
        numbers.size,
        _whole(numbers.events),
        runs,
        entry.models,
        numbers.tokens.amount if numbers.tokens else None,
        numbers.cost.amount if numbers.cost else None,
        _whole(numbers.calls),
        _whole(numbers.errors),
    )


def _whole(total: Total | None) -> int | None:
    return None if total is None else int(total.amount)
