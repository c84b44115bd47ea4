"""Whether the user's filters are queries; the parser is imported with the first one."""

from __future__ import annotations

from collections.abc import Mapping

from whitetail.settings.problem import Problem
from whitetail.view.text import one_line


def filter_problems(
    filters: Mapping[str, str], lines: Mapping[str, int]
) -> dict[str, Problem]:
    """Return what is wrong with filters, by their names; empty if all can be used."""
    problems = {}
    for name, text in filters.items():
        if why := query_problem(text):
            path = f"filters.{name}"
            sentence = one_line(f"{path} is no filter: {why}", 300)
            problems[name] = Problem(sentence, path, lines.get(path))
    return problems


def query_problem(text: str) -> str:
    """Return why a text is no query for a filter; empty if it is one."""
    from whitetail.trace.query.errors import QueryError
    from whitetail.trace.query.fields import Scope, unsupported
    from whitetail.trace.query.parse import parse_query

    try:
        return unsupported(parse_query(text), Scope.FILTER) or ""
    except QueryError as error:
        return error.message
