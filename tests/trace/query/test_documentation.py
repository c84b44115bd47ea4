"""docs/query.md has all fields, and its examples find what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.trace.query.test_event_match import found
from tests.trace.query.test_run_match import ENTRIES, matcher_of
from whitetail.trace.query.errors import QueryError
from whitetail.trace.query.fields import FIELDS, Scope, ValueType, unsupported
from whitetail.trace.query.parse import parse_query

DOCUMENT = (Path(__file__).parents[3] / "docs" / "query.md").read_text(encoding="utf-8")
SCOPES = {
    Scope.FILTER: "filter",
    Scope.SEARCH: "search",
    Scope.RUNS: "runs",
    Scope.THREADS: "threads",
}
ALL = list(range(15))
WITH_TIME = [row for row in ALL if row != 13]

EVENTS = {
    "deer": [1, 6, 11],
    "Deer": [],
    '"white deer"': [1],
    "/de+r$/": [6, 11],
    "deer -shanghai": [6, 11],
    "deer or title": [1, 6, 9, 11],
    "(deer or title) not caller:middleware:*": [1, 6, 11],
    "kind:call,result tool:bash": [2, 3],
    "tool:bash took>1s": [2, 3],
    "has:error": [8, 11, 13],
    "caller:sc*": [6],
    "tokens>=1k or is:slow": [2],
    "seq:2..4": [1, 2, 3],
    "time:12:00..12:30": WITH_TIME,
    "since:2h": WITH_TIME,
    "meta.agent_name=lead": [0],
    "content.tool_calls.args.path=/mnt/*": [2],
    "content.n>2": [12],
    "http://elk.org/a:b": [12],
    '"note: elk"': [12],
}
"""The examples of events, with the rows of the example run that they find."""
LISTS = {
    "status:failed,degraded": [0],
    "cost>0.5 errors>0": [0],
    "title:deer": [0, 2],
    "runs>3": [1],
    "before:7d": [1],
    "took>1h or tokens>1M": [1],
    "not status:failed": [1],
}
"""The examples of runs and threads, with the entries that they find."""
ERRORS = {
    "tol:bash": 'There is no field "tol" (did you mean "tool"?); '
    'to search for the text, write "tol:bash".',
    "took>5x": '"5x" is not a duration such as 300ms, 5s or 1h30m.',
    "(a or b": 'This "(" has no ")" after it.',
}


def fields_table() -> str:
    """Return the table of fields, as the documentation has it."""
    lines = ["| field | operators | value | works in | what it is |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for spec in FIELDS.values():
        name = f"{spec.name}.PATH" if spec.has_path else spec.name
        operators = " ".join(f"`{each}`" for each in spec.operators)
        scopes = ", ".join(SCOPES[scope] for scope in Scope if scope in spec.scopes)
        cells = (f"`{name}`", operators, spec.type.name.lower(), scopes)
        what = f"{spec.description}: `{spec.example}`"
        lines.append(f"| {' | '.join(cells)} | {what} |")
    return "\n".join(lines)


def words_table() -> str:
    """Return the table of the words that some fields have as values."""
    lines = ["| word | works in | what it is |", "| --- | --- | --- |"]
    for spec in FIELDS.values():
        for word, choice in spec.choices.items():
            scopes = ", ".join(
                SCOPES[scope] for scope in Scope if scope in choice.scopes
            )
            lines.append(f"| `{spec.name}:{word}` | {scopes} | {choice.description} |")
    return "\n".join(lines)


def types_table() -> str:
    """Return the table of the types of values."""
    lines = ["| type | a value is |", "| --- | --- |"]
    lines += [f"| {each.name.lower()} | {each.value} |" for each in ValueType]
    return "\n".join(lines)


@pytest.mark.parametrize("table", [fields_table, words_table, types_table])
def test_the_tables_are_those_of_the_program(table: Callable[[], str]) -> None:
    assert table() in DOCUMENT


def test_each_example_is_run() -> None:
    examples = re.findall(r'^\| `(.+?)` \| ["A-Z]', DOCUMENT, flags=re.M)
    assert examples == [*EVENTS, *LISTS, *ERRORS]


@pytest.mark.parametrize(("text", "rows"), EVENTS.items(), ids=list(EVENTS))
def test_an_example_finds_events(text: str, rows: list[int]) -> None:
    assert unsupported(parse_query(text), Scope.FILTER) is None
    assert found(text) == rows


@pytest.mark.parametrize(("text", "rows"), LISTS.items(), ids=list(LISTS))
def test_an_example_finds_runs(text: str, rows: list[int]) -> None:
    query = parse_query(text)
    assert None in [unsupported(query, Scope.RUNS), unsupported(query, Scope.THREADS)]
    matcher = matcher_of(text)
    assert [at for at, each in enumerate(ENTRIES) if matcher.matches(each)] == rows


@pytest.mark.parametrize(("text", "message"), ERRORS.items(), ids=list(ERRORS))
def test_an_example_of_an_error_gives_its_sentence(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert caught.value.message == message
    assert message in DOCUMENT
