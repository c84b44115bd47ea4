"""The input line for a search in the run, in its thread, or in all threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from whitetail.panes.query_language import mistakes, suggestions
from whitetail.panes.query_prompt import QueryHistory, QueryPrompt
from whitetail.trace.query.complete import FoundValues
from whitetail.trace.query.fields import Scope

_PLACEHOLDER = "words, /regex/, or a query such as tool:bash; empty ends the search"
_HINT = "tab changes it · ctrl+space: fields"


class SearchScope(Enum):
    """What is searched; the value is its name."""

    RUN = "this run"
    THREAD = "this thread"
    ALL = "all threads"

    def next(self, step: int) -> SearchScope:
        """Return the scope that tab leads to; with step -1 the one before."""
        scopes = list(SearchScope)
        return scopes[(scopes.index(self) + step) % len(scopes)]


class SearchPrompt(QueryPrompt):
    """A `QueryPrompt` for a search, with messages of its own."""

    @dataclass
    class Changed(QueryPrompt.Changed):
        """The text is another one."""

    @dataclass
    class Submitted(QueryPrompt.Submitted):
        """The user wants to search; an empty text ends the search."""

    @dataclass
    class Left(QueryPrompt.Left):
        """The user closed the prompt."""

    @dataclass
    class ScopeChanged(QueryPrompt.ScopeChanged):
        """The prompt has another scope."""

    def __init__(self, history: QueryHistory, found: Callable[[], FoundValues]) -> None:
        """`found` returns the values of the run that are known at the time."""
        self.scope = SearchScope.RUN
        """What is searched."""
        super().__init__(
            f"search in {self.scope.value}",
            history=history,
            placeholder=_PLACEHOLDER,
            hint=_HINT,
            find_mistake=mistakes(Scope.SEARCH),
            suggest=suggestions(Scope.SEARCH, found),
        )

    def change_scope(self, step: int) -> None:
        """Search in the next scope."""
        self.scope = self.scope.next(step)
        self.set_hint(f"search in {self.scope.value}", _HINT)
        super().change_scope(step)
