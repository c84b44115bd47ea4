"""The fields of a query, in one table for parser, completion and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from whitetail.trace.query.nodes import Field, Query, leaves
from whitetail.trace.verdict.status import RunStatus


class Scope(Enum):
    """What a query is used for; the value is its name in sentences."""

    FILTER = "the filter of a run"
    """Events of a run that was read completely."""
    SEARCH = "the search over runs"
    """Events, each known by its line and the lines before it at most."""
    RUNS = "the list of runs"
    THREADS = "the list of threads"


class ValueType(Enum):
    """The type of a field's values; the value describes them."""

    CHOICE = "one of the words below"
    NAME = "a name; `*` is any text, `?` any character"
    ID = "an id or its beginning; `*` is any text"
    TEXT = "a text that it contains"
    NUMBER = "a number such as `12`, `1.5k` or `2M`"
    DURATION = "a duration such as `300ms`, `5s`, `1h30m`; seconds without a unit"
    SIZE = "a size such as `800B`, `10kB`, `1.5MB` or `1MiB`; bytes without a unit"
    AMOUNT = "an amount such as `0.5`"
    TIME = "a time such as `14:03`, `2026-11-20` or `2026-11-20T14:03`"
    MOMENT = "an age such as `2h` or `7d`, a time, `today` or `yesterday`"
    ANY = "a text with `*` and `?` as in names, or a number"


_COMPARISONS = (":", "=", ">", ">=", "<", "<=")
_OPERATORS: Mapping[ValueType, tuple[str, ...]] = {
    ValueType.NUMBER: _COMPARISONS,
    ValueType.DURATION: _COMPARISONS,
    ValueType.SIZE: _COMPARISONS,
    ValueType.AMOUNT: _COMPARISONS,
    ValueType.TIME: _COMPARISONS,
    ValueType.ANY: _COMPARISONS,
    ValueType.MOMENT: (":",),
}

_EVENTS = frozenset({Scope.FILTER, Scope.SEARCH})
_LISTS = frozenset({Scope.RUNS, Scope.THREADS})
_ALL = _EVENTS | _LISTS
_FILTER = frozenset({Scope.FILTER})


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that a field can have."""

    description: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of a query."""

    name: str
    type: ValueType
    scopes: frozenset[Scope]
    description: str
    """What it is, in one line."""
    example: str
    choices: Mapping[str, Choice] = field(default_factory=dict[str, Choice])
    """The words of a `CHOICE`, in the order of the documentation."""
    has_path: bool = False
    """Whether a path follows the name after a dot."""

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that may follow the name."""
        return _OPERATORS.get(self.type, (":", "="))

    @property
    def is_ordered(self) -> bool:
        """Whether values can be compared, and written as a range `a..b`."""
        return ">" in self.operators and self.type is not ValueType.ANY


_KINDS = {
    "prompt": "a message of the user",
    "reply": "a reply of a model",
    "call": "a reply or step with tool calls",
    "result": "the result of a tool, steps included",
    "step": "a step of a subagent",
    "subagent": "anything that a subagent wrote",
    "middleware": "anything that a middleware wrote",
    "run": "start, end and error of the run",
    "delivery": "files that were presented",
    "files": "changes of the workspace",
    "memory": "memory that was loaded",
    "error": "an event whose type is an error",
    "bad": "a line that is no event",
    "other": "none of these",
}

_TABLE = (
    FieldSpec(
        "kind",
        ValueType.CHOICE,
        _EVENTS,
        "what the event is; one event can be several of these",
        "kind:call,result",
        {word: Choice(text, _EVENTS) for word, text in _KINDS.items()},
    ),
    FieldSpec(
        "tool",
        ValueType.NAME,
        _EVENTS,
        "a tool it calls or is the result of",
        "tool:bash",
    ),
    FieldSpec(
        "caller",
        ValueType.NAME,
        _EVENTS,
        "who wrote it: `lead_agent`, or the name of a subagent or middleware",
        "caller:general*",
    ),
    FieldSpec(
        "model",
        ValueType.NAME,
        _ALL,
        "the model that replied; of runs: one of its models",
        "model:gpt*",
    ),
    FieldSpec(
        "type",
        ValueType.NAME,
        _EVENTS,
        "the type of the event as the file has it",
        "type:middleware:*",
    ),
    FieldSpec(
        "task",
        ValueType.ID,
        _EVENTS,
        "the `task` call whose subagent wrote it; the call and its result included",
        "task:call_43",
    ),
    FieldSpec(
        "id",
        ValueType.ID,
        _ALL,
        "the id of a tool call, a task, a run or a thread",
        "id:call_7",
    ),
    FieldSpec(
        "has",
        ValueType.CHOICE,
        _ALL,
        "what it has",
        "has:error",
        {
            "error": Choice("it failed; of runs: an event failed", _ALL),
            "reasoning": Choice("the model's thinking was recorded", _EVENTS),
            "call": Choice("it calls a tool; of runs: a tool was called", _ALL),
            "image": Choice("it has an image", _EVENTS),
            "tokens": Choice("its tokens were counted", _ALL),
        },
    ),
    FieldSpec(
        "is",
        ValueType.CHOICE,
        _FILTER,
        "how it compares with other events of the run",
        "is:slow",
        {
            "slow": Choice(
                "it needed 10 s, or 3 times the median of its tool or model and 1 s",
                _FILTER,
            ),
            "moved": Choice("causal order shows it elsewhere than the file", _FILTER),
        },
    ),
    FieldSpec(
        "took",
        ValueType.DURATION,
        frozenset({Scope.FILTER, Scope.RUNS}),
        "how long its call needed; of runs: from the first to the last event",
        "took>5s",
    ),
    FieldSpec(
        "tokens", ValueType.NUMBER, _ALL, "tokens of prompt and reply", "tokens>=1k"
    ),
    FieldSpec("calls", ValueType.NUMBER, _ALL, "the number of tool calls", "calls>2"),
    FieldSpec(
        "size",
        ValueType.SIZE,
        _ALL,
        "the size of its line; of runs: of the file",
        "size>10kB",
    ),
    FieldSpec(
        "seq", ValueType.NUMBER, _EVENTS, "the number of the event", "seq:100..200"
    ),
    FieldSpec(
        "time",
        ValueType.TIME,
        _ALL,
        "when it was written, in your time zone; of runs: when they began",
        "time>14:03",
    ),
    FieldSpec(
        "since",
        ValueType.MOMENT,
        _ALL,
        "written then or later; of runs: the last event",
        "since:2h",
    ),
    FieldSpec(
        "before",
        ValueType.MOMENT,
        _ALL,
        "written earlier; of runs: the last event",
        "before:2026-11-20",
    ),
    FieldSpec(
        "meta",
        ValueType.ANY,
        _EVENTS,
        "a value of the metadata, by its path",
        "meta.agent_name=lead*",
        has_path=True,
    ),
    FieldSpec(
        "content",
        ValueType.ANY,
        _EVENTS,
        "a value of the content, by its path; lists are searched",
        "content.path=/mnt/*",
        has_path=True,
    ),
    FieldSpec(
        "status",
        ValueType.CHOICE,
        _LISTS,
        "the status of the run; of threads: of the newest run",
        "status:failed,degraded",
        {
            each.value.replace(" ", "_"): Choice(text, _LISTS)
            for each, text in (
                (RunStatus.RUNNING, "it is being written"),
                (RunStatus.QUIET, "no end and no new events for a while"),
                (RunStatus.ANSWERED, "it ended with an answer"),
                (RunStatus.DEGRADED, "it ended, but something is missing"),
                (RunStatus.FAILED, "it ended with an error"),
                (RunStatus.CUT_OFF, "no end, and no more events are expected"),
                (RunStatus.INHERITED, "copied from another thread"),
                (RunStatus.UNKNOWN, "its file does not show it"),
            )
        },
    ),
    FieldSpec(
        "title",
        ValueType.TEXT,
        _LISTS,
        "the title of the thread",
        'title:"quarterly report"',
    ),
    FieldSpec(
        "prompt",
        ValueType.TEXT,
        _LISTS,
        "the prompt; of threads: of one of the runs",
        "prompt:deer",
    ),
    FieldSpec("errors", ValueType.NUMBER, _LISTS, "events that failed", "errors>0"),
    FieldSpec(
        "cost", ValueType.AMOUNT, _LISTS, "the cost by the price table", "cost>0.5"
    ),
    FieldSpec("events", ValueType.NUMBER, _LISTS, "the number of events", "events>1k"),
    FieldSpec(
        "runs",
        ValueType.NUMBER,
        frozenset({Scope.THREADS}),
        "the number of runs",
        "runs>3",
    ),
)

FIELDS: Mapping[str, FieldSpec] = {spec.name: spec for spec in _TABLE}
"""All fields by name, in the order of the documentation."""


def spec_of(name: str) -> FieldSpec | None:
    """Return the field of a name, which may have a path; None if there is none."""
    stem, dot, path = name.partition(".")
    spec = FIELDS.get(stem)
    if spec is None or spec.has_path != bool(path) or bool(dot) != bool(path):
        return None
    return spec


def unsupported(query: Query, scope: Scope) -> str | None:
    """Return a sentence on the first field that a scope lacks; None if it has all."""
    for leaf in leaves(query):
        spec = spec_of(leaf.name) if isinstance(leaf, Field) else None
        if spec is None or not isinstance(leaf, Field):
            continue
        if scope not in spec.scopes:
            return f"{leaf.name}{leaf.operator} does not work in {scope.value}."
        for value in leaf.values:
            choice = spec.choices.get(value)
            if choice is not None and scope not in choice.scopes:
                return f"{leaf.name}:{value} does not work in {scope.value}."
    return None
