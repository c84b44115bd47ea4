"""The input line for the filter of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whitetail.panes.query_language import mistakes, suggestions
from whitetail.panes.query_prompt import QueryHistory, QueryPrompt
from whitetail.trace.query.complete import FoundValues
from whitetail.trace.query.fields import Scope

_PLACEHOLDER = "tool:bash took>5s, has:error, kind:call, or words; empty shows all"


class FilterPrompt(QueryPrompt):
    """A `QueryPrompt` for a query that filters a run, with messages of its own."""

    @dataclass
    class Submitted(QueryPrompt.Submitted):
        """The user entered a filter; an empty one shows all events."""

    @dataclass
    class Left(QueryPrompt.Left):
        """The user closed the prompt."""

    def __init__(
        self, history: QueryHistory, value: str, found: Callable[[], FoundValues]
    ) -> None:
        """`found` returns the values of the run that are known at the time."""
        super().__init__(
            "filter this run",
            history=history,
            value=value,
            placeholder=_PLACEHOLDER,
            find_mistake=mistakes(Scope.FILTER),
            suggest=suggestions(Scope.FILTER, found),
        )
