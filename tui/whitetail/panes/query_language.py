"""What a `QueryPrompt` needs of the query language: mistakes and suggestions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whitetail.panes.query_prompt import Mistake, Suggestion
from whitetail.trace.query.complete import FoundValues, complete
from whitetail.trace.query.errors import QueryError
from whitetail.trace.query.fields import Scope, unsupported
from whitetail.trace.query.parse import parse_query
from whitetail.view.text import sanitize


def mistakes(scope: Scope) -> Callable[[str], Mistake | None]:
    """Return a function that finds what is wrong with a query of a scope."""

    def find_mistake(text: str) -> Mistake | None:
        try:
            query = parse_query(text)
        except QueryError as error:
            return Mistake(error.message, error.position)
        sentence = unsupported(query, scope)
        return None if sentence is None else Mistake(sentence, 0)

    return find_mistake


def suggestions(
    scope: Scope, found: Callable[[], FoundValues]
) -> Callable[[str, int], Sequence[Suggestion]]:
    """Return a function that completes a query of a scope.

    `found` returns the values that are known at the time.
    """

    def suggest(text: str, cursor: int) -> Sequence[Suggestion]:
        completion = complete(text, cursor, found(), scope)
        start, end = completion.start, completion.end
        return [
            Suggestion(_typable(each.text), start, each.description, end)
            for each in completion.candidates
        ]

    return suggest


def _typable(value: str) -> str:
    """Return a value with `?`, which is any character, for what an input replaces."""
    shown = sanitize(value)
    if len(shown) != len(value):
        return shown
    pairs = zip(value, shown, strict=True)
    return "".join(char if char == kept else "?" for char, kept in pairs)
