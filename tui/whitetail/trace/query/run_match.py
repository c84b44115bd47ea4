"""Matches runs and threads of the lists against a query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from time import process_time, time

from whitetail.trace.query.amounts import moment
from whitetail.trace.query.comparisons import number_test, time_test
from whitetail.trace.query.fields import ValueType, spec_of
from whitetail.trace.query.globs import contains_test, glob_test
from whitetail.trace.query.nodes import And, Field, Not, Or, Query, Regex, Text, leaves
from whitetail.trace.query.regexes import LIMIT_S, Search, StoppedError
from whitetail.trace.verdict.status import RunStatus

_NEED_METRICS = frozenset({"model", "has", "tokens", "calls", "errors", "cost"})


@dataclass(frozen=True, slots=True)
class ListValues:
    """A run or a thread, as far as it is known. Values that are not known are None."""

    ids: Sequence[str] = ()
    """The thread id, and for a run also its own."""
    title: str | None = None
    """The title of the thread."""
    prompts: Sequence[str] | None = None
    """The prompt of the run; of a thread those of its runs that are known."""
    status: RunStatus | None = None
    """The status of the run; of a thread that of its newest run."""
    started: float | None = None
    """Time of the first event, in seconds since the epoch."""
    ended: float | None = None
    """Time of the last event, in seconds since the epoch."""
    size: int | None = None
    """The size of the files in bytes."""
    events: int | None = None
    runs: int | None = None
    """The number of a thread's runs."""
    models: Sequence[str] | None = None
    tokens: float | None = None
    cost: float | None = None
    calls: int | None = None
    errors: int | None = None

    @property
    def took(self) -> float | None:
        """Seconds from the first to the last event."""
        if self.started is None or self.ended is None:
            return None
        return max(self.ended - self.started, 0.0)


class ListMatcher:
    """Decides which runs or threads match a query.

    A value that is not known matches no field, nor the opposite of one: with unknown
    costs, neither `cost>1` nor `not cost>1` matches. Never raises.
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
        self.needs_metrics = any(
            isinstance(leaf, Field) and leaf.name in _NEED_METRICS
            for leaf in leaves(query)
        )
        """Whether a field needs numbers that are known only after a run was read."""
        self.stopped = 0
        """Entries that did not match because a regex was stopped after `limit_s`."""
        self._limit_s = limit_s
        self._test = _compile(query, time() if now is None else now, zone)

    def matches(self, entry: ListValues) -> bool:
        """Return whether a run or a thread matches."""
        return self._result(entry) is True

    def is_undecided(self, entry: ListValues) -> bool:
        """Return whether an entry may match once more of its values are known."""
        return self._result(entry) is None

    def _result(self, entry: ListValues) -> bool | None:
        try:
            return self._test(_Subject(entry, process_time() + self._limit_s))
        except StoppedError:
            self.stopped += 1
            return False


@dataclass(frozen=True, slots=True)
class _Subject:
    entry: ListValues
    deadline: float

    def texts(self) -> list[str]:
        """Return title and prompts, as far as they are known."""
        title = self.entry.title
        return [*([] if title is None else [title]), *(self.entry.prompts or ())]

    @property
    def has_all_texts(self) -> bool:
        """Whether title and prompts are known."""
        return self.entry.title is not None and self.entry.prompts is not None


_Test = Callable[[_Subject], bool | None]
"""None if the answer depends on values that are not known."""


def _compile(query: Query, now: float, zone: tzinfo | None) -> _Test:
    match query:
        case And(parts):
            return _all([_compile(part, now, zone) for part in parts])
        case Or(parts):
            return _any([_compile(part, now, zone) for part in parts])
        case Not(part):
            return _opposite(_compile(part, now, zone))
        case Text(text):
            contains = contains_test((text,))
            return _texts_test(lambda text, deadline: contains(text))
        case Regex(pattern):
            return _texts_test(Search(pattern).is_in)
        case Field():
            return _field_test(query, now, zone)


def _all(tests: list[_Test]) -> _Test:
    def test(subject: _Subject) -> bool | None:
        results = [each(subject) for each in tests]
        return False if False in results else None if None in results else True

    return test


def _any(tests: list[_Test]) -> _Test:
    def test(subject: _Subject) -> bool | None:
        results = [each(subject) for each in tests]
        return True if True in results else None if None in results else False

    return test


def _opposite(inner: _Test) -> _Test:
    def test(subject: _Subject) -> bool | None:
        result = inner(subject)
        return None if result is None else not result

    return test


def _texts_test(is_in: Callable[[str, float], bool]) -> _Test:
    def test(subject: _Subject) -> bool | None:
        if any(is_in(text, subject.deadline) for text in subject.texts()):
            return True
        return False if subject.has_all_texts else None

    return test


_NUMBERS: dict[str, Callable[[ListValues], float | None]] = {
    "took": lambda entry: entry.took,
    "tokens": lambda entry: entry.tokens,
    "calls": lambda entry: entry.calls,
    "size": lambda entry: entry.size,
    "errors": lambda entry: entry.errors,
    "cost": lambda entry: entry.cost,
    "events": lambda entry: entry.events,
    "runs": lambda entry: entry.runs,
}
_NAMES: dict[str, Callable[[ListValues], Sequence[str] | None]] = {
    "id": lambda entry: entry.ids,
    "model": lambda entry: entry.models,
    "title": lambda entry: None if entry.title is None else [entry.title],
    "prompt": lambda entry: entry.prompts,
    "status": lambda entry: (
        None if entry.status is None else [entry.status.value.replace(" ", "_")]
    ),
}
_HAS: dict[str, Callable[[ListValues], float | None]] = {
    "error": _NUMBERS["errors"],
    "call": _NUMBERS["calls"],
    "tokens": _NUMBERS["tokens"],
}


def _field_test(field: Field, now: float, zone: tzinfo | None) -> _Test:
    """Return the test of a field. Fields of events match no run."""
    name, spec = field.name, spec_of(field.name)
    if spec is None:
        return lambda subject: False
    if name in _NUMBERS:
        return _number_test(_NUMBERS[name], number_test(spec, field))
    if name == "has":
        tests = [
            _number_test(_HAS[word], lambda number: number > 0)
            for word in field.values
            if word in _HAS
        ]
        return _any(tests)
    if name in _NAMES:
        if spec.type is ValueType.TEXT and field.operator == ":":
            test = contains_test(field.values)
        else:
            is_id = spec.type is ValueType.ID
            test = glob_test(field.values, prefix=is_id)
        return _name_test(_NAMES[name], test)
    if name == "time":
        return _number_test(lambda entry: entry.started, time_test(field, zone))
    if name not in ("since", "before"):
        return lambda subject: False
    limits = [moment(value, now, zone) for value in field.values]
    if name == "since":
        return _number_test(lambda entry: entry.ended, lambda end: end >= min(limits))
    return _number_test(lambda entry: entry.ended, lambda end: end < max(limits))


def _number_test(
    number_of: Callable[[ListValues], float | None], test: Callable[[float], bool]
) -> _Test:
    def compare(subject: _Subject) -> bool | None:
        number = number_of(subject.entry)
        return None if number is None else test(number)

    return compare


def _name_test(
    names_of: Callable[[ListValues], Sequence[str] | None], test: Callable[[str], bool]
) -> _Test:
    def compare(subject: _Subject) -> bool | None:
        names = names_of(subject.entry)
        return None if names is None else any(map(test, names))

    return compare
