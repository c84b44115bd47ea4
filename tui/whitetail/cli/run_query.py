"""Which runs and threads match a query; reads no more of them than it needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from whitetail.cli.tree import parsed_query
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.narrow import list_values
from whitetail.view.lists.order import ListEntry

if TYPE_CHECKING:
    from whitetail.trace.query.run_match import ListMatcher


class RunQuery:
    """A query for runs, or for threads. Without a text, all match."""

    def __init__(self, text: str, *, threads: bool = False) -> None:
        """Parse the query.

        Raises:
            RefusedError: It is no query, or has a field that lists do not have.

        """
        self._matcher: ListMatcher | None = None
        if text.strip():
            from whitetail.trace.query.fields import Scope
            from whitetail.trace.query.run_match import ListMatcher

            query = parsed_query(text, Scope.THREADS if threads else Scope.RUNS)
            self._matcher = ListMatcher(query, now=time.time())

    def matches(
        self,
        entry: ListEntry,
        read_whole: Callable[[], ListEntry | None] = lambda: None,
    ) -> bool:
        """Return whether an entry matches; reads it whole only if that decides it."""
        if self._matcher is None:
            return True
        values = list_values(entry)
        unread = entry.numbers.unread > 0
        if unread and entry.status is RunStatus.UNKNOWN:
            values = replace(values, status=None)
        if not (unread and self._matcher.is_undecided(values)):
            return self._matcher.matches(values)
        whole = read_whole()
        return whole is not None and self._matcher.matches(list_values(whole))
