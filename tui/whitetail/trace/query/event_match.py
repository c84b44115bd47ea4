"""Matches events against a query, which is compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import tzinfo
from time import process_time, time

from whitetail.trace.parse import ParsedRow
from whitetail.trace.query import event_values as values
from whitetail.trace.query.amounts import moment
from whitetail.trace.query.comparisons import any_test, number_test, time_test
from whitetail.trace.query.event_values import NO_FACTS, EventFacts
from whitetail.trace.query.fields import ValueType, spec_of
from whitetail.trace.query.globs import contains_test, glob_test
from whitetail.trace.query.nodes import And, Field, Not, Or, Query, Regex, Text, leaves
from whitetail.trace.query.regexes import LIMIT_S, Search, StoppedError
from whitetail.trace.searchable import searchable_texts
from whitetail_store import BadLine

_NEED_FACTS = frozenset({"size", "took", "is"})


class EventMatcher:
    """Decides which events match a query.

    Never raises, whatever the event is. `zone` is the time zone of times in the query,
    None for the system's; `now` is what ages in the query count back from. `limit_s` is
    the processor time that regexes may need for one event.
    """

    def __init__(
        self,
        query: Query,
        *,
        now: float | None = None,
        zone: tzinfo | None = None,
        limit_s: float = LIMIT_S,
    ) -> None:
        self.query = query
        self.needs_facts = any(
            isinstance(leaf, Field) and leaf.name in _NEED_FACTS
            for leaf in leaves(query)
        )
        """Whether the result depends on the `EventFacts`."""
        self.stopped = 0
        """Events that did not match because a regex was stopped after `limit_s`."""
        self._limit_s = limit_s
        self._test = _compile(query, time() if now is None else now, zone)

    def matches(self, row: ParsedRow | BadLine, facts: EventFacts = NO_FACTS) -> bool:
        """Return whether an event, or a line that is none, matches."""
        subject = _Subject(row, facts, self._limit_s)
        try:
            return self._test(subject)
        except StoppedError:
            self.stopped += 1
            return False


class _Subject:
    """One event while it is compared; its texts are made as far as they are needed."""

    __slots__ = ("_rest", "_texts", "deadline", "facts", "limit_s", "row")

    def __init__(
        self, row: ParsedRow | BadLine, facts: EventFacts, limit_s: float
    ) -> None:
        self.row = row
        self.facts = facts
        self.limit_s = limit_s
        self.deadline = 0.0
        """When regexes are stopped; 0 before the first one."""
        self._texts: list[str] = []
        self._rest: Iterator[str] | None = None

    def texts(self) -> Iterator[str]:
        """Yield the texts of the event."""
        yield from self._texts
        if self._rest is None:
            row = self.row
            if isinstance(row, BadLine):
                self._rest = iter([values.raw_text(row)])
            else:
                self._rest = searchable_texts(row.event)
        for text in self._rest:
            self._texts.append(text)
            yield text


_Test = Callable[[_Subject], bool]
_RowTest = Callable[[ParsedRow], bool]


def _compile(query: Query, now: float, zone: tzinfo | None) -> _Test:
    match query:
        case And(parts):
            # Texts last: they need the most time.
            ordered = sorted(parts, key=_cost)
            tests = [_compile(part, now, zone) for part in ordered]
            return lambda subject: all(test(subject) for test in tests)
        case Or(parts):
            tests = [_compile(part, now, zone) for part in sorted(parts, key=_cost)]
            return lambda subject: any(test(subject) for test in tests)
        case Not(part):
            inner = _compile(part, now, zone)
            return lambda subject: not inner(subject)
        case Text(text):
            return _text_test(text)
        case Regex(pattern):
            return _regex_test(pattern)
        case Field():
            return _field_test(query, now, zone)


def _cost(query: Query) -> int:
    """Return how expensive a query is, compared with others."""
    costs = (
        0 if isinstance(leaf, Field) else 1 + isinstance(leaf, Regex)
        for leaf in leaves(query)
    )
    return max(costs, default=0)


def _text_test(text: str) -> _Test:
    contains = contains_test((text,))
    return lambda subject: any(map(contains, subject.texts()))


def _regex_test(pattern: str) -> _Test:
    search = Search(pattern)

    def test(subject: _Subject) -> bool:
        subject.deadline = subject.deadline or process_time() + subject.limit_s
        return search.is_in_one(subject.texts(), subject.deadline)

    return test


def _field_test(field: Field, now: float, zone: tzinfo | None) -> _Test:
    """Return the test of a field. Fields of runs match no event."""
    name, _, path = field.name.partition(".")
    spec = spec_of(field.name)
    if spec is None:
        return lambda subject: False
    if name in _NEED_FACTS:
        return _facts_test(field)
    if name == "kind":
        kinds = frozenset(field.values)
        return lambda subject: (
            not kinds.isdisjoint(
                {"bad"}
                if isinstance(subject.row, BadLine)
                else values.kinds_of(subject.row)
            )
        )
    if name == "has":
        return lambda subject: (
            "error" in field.values
            if isinstance(subject.row, BadLine)
            else any(values.has(subject.row, choice) for choice in field.values)
        )
    if spec.type in (ValueType.NAME, ValueType.ID):
        test = _name_test(name, field, prefix=spec.type is ValueType.ID)
    elif path:
        test = _path_test(name, path, field)
    elif name in ("since", "before"):
        test = _moment_test(name, field, now, zone)
    elif name == "time":
        in_time = time_test(field, zone)
        test = lambda row: row.time is not None and in_time(row.time)  # noqa: E731
    elif name in _NUMBERS:
        test = _number_test(_NUMBERS[name], field)
    else:
        return lambda subject: False
    return lambda subject: not isinstance(subject.row, BadLine) and test(subject.row)


_NAMES: dict[str, Callable[[ParsedRow], list[str]]] = {
    "tool": values.tools_of,
    "caller": values.callers_of,
    "model": values.models_of,
    "type": values.types_of,
    "task": values.tasks_of,
    "id": values.ids_of,
}
_NUMBERS: dict[str, Callable[[ParsedRow], float | None]] = {
    "tokens": values.tokens_of,
    "calls": values.call_count_of,
    "seq": lambda row: row.event.seq,
}


def _name_test(name: str, field: Field, *, prefix: bool) -> _RowTest:
    names_of, test = _NAMES[name], glob_test(field.values, prefix=prefix)
    return lambda row: any(map(test, names_of(row)))


def _number_test(
    number_of: Callable[[ParsedRow], float | None], field: Field
) -> _RowTest:
    spec = spec_of(field.name)
    assert spec is not None
    compare = number_test(spec, field)

    def test(row: ParsedRow) -> bool:
        number = number_of(row)
        return number is not None and compare(number)

    return test


def _path_test(name: str, path: str, field: Field) -> _RowTest:
    keys, test = path.split("."), any_test(field)

    def any_value(row: ParsedRow) -> bool:
        root = row.event.metadata if name == "meta" else row.event.content
        return any(map(test, values.values_at(root, keys)))

    return any_value


def _moment_test(name: str, field: Field, now: float, zone: tzinfo | None) -> _RowTest:
    limits = [moment(value, now, zone) for value in field.values]
    if name == "since":
        limit = min(limits)
        return lambda row: row.time is not None and row.time >= limit
    limit = max(limits)
    return lambda row: row.time is not None and row.time < limit


def _facts_test(field: Field) -> _Test:
    if field.name == "is":
        words = frozenset(field.values)
        return lambda subject: (
            (subject.facts.slow and "slow" in words)
            or (subject.facts.moved and "moved" in words)
        )
    spec = spec_of(field.name)
    assert spec is not None
    compare = number_test(spec, field)
    is_size = field.name == "size"

    def test(subject: _Subject) -> bool:
        facts = subject.facts
        size = facts.size
        if size is None and isinstance(subject.row, BadLine):
            size = subject.row.size
        number = size if is_size else facts.took
        return number is not None and compare(number)

    return test
