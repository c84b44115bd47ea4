"""Which events a query matches: each field and operator, and texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import BAD, NOON, AnyEvent, RunBuilder
from tests.helpers.trace_rows import events_with_any_json, mangled
from tests.trace.query.test_parse import query_texts
from whitetail.trace.parse import ParsedRow, RowParser
from whitetail.trace.query.errors import QueryError
from whitetail.trace.query.event_match import EventMatcher
from whitetail.trace.query.event_values import EventFacts, slow_limit
from whitetail.trace.query.fields import FIELDS, Scope, unsupported
from whitetail.trace.query.nodes import EVERYTHING, Query
from whitetail.trace.query.parse import parse_query
from whitetail_store import BadLine, RunEvent


def parsed(rows: Sequence[AnyEvent]) -> list[ParsedRow | BadLine]:
    parser = RowParser()
    return [row if isinstance(row, BadLine) else parser.parse(row) for row in rows]


def example_run() -> list[ParsedRow | BadLine]:
    """Return a run with a call of each kind; the comments are the row numbers."""
    run = RunBuilder()
    run.add("run.start", {}, agent_name="lead", mode={"plan.x": True})  # 0
    run.prompt("Find the white\n deer in Shanghai")  # 1
    call = {"name": "bash", "id": "c1", "args": {"path": "/mnt/a b", "n": 5}}
    run.reply("I look", usage=(900, 100, 0), tool_calls=[call])  # 2
    run.result("c1", "ERROR 57: Straße", name="bash")  # 3
    run.launch("t1")  # 4
    run.step("t1", "tool")  # 5
    run.reply("A deer", caller="subagent:scout", usage=(10, 5, 0))  # 6
    run.finish("t1")  # 7
    run.result("t1", "Error: no more")  # 8
    run.add("middleware:title", "A title", caller="middleware:title")  # 9
    extra = {"reasoning_content": "I think"}
    run.reply("Done", usage=None, additional_kwargs=extra)  # 10
    run.add("run.error", "out of deer")  # 11
    items = [{"path": "x"}, {"path": "y"}]
    note = "elk of http://elk.org/a:b"
    run.add("context:memory", {"items": items, "n": 2.5, "note": note})  # 12
    run.rows.append(BAD)  # 13
    run.add("brand.new", None)  # 14
    return parsed(run.rows)


RUN = example_run()
FACTS = {
    2: EventFacts(size=20_000, took=6.0, slow=True),
    3: EventFacts(size=300, took=2.0),
    6: EventFacts(size=500, moved=True),
}
NOW = NOON + 60


def found(query: Query | str) -> list[int]:
    """Return the rows of the example that match."""
    query = parse_query(query) if isinstance(query, str) else query
    matcher = EventMatcher(query, now=NOW, zone=UTC)
    return [
        row
        for row, parsed in enumerate(RUN)
        if matcher.matches(parsed, FACTS.get(row, EventFacts()))
    ]


CASES = [
    ("", list(range(15))),
    ("deer", [1, 6, 11]),
    ("Deer", []),
    ("SHANGHAI or Shanghai", [1]),
    ("shanghai", [1]),
    ('"white deer"', [1]),
    ('"the  white"', [1]),
    ("straße", [3]),
    ("oops", [13]),
    ("title", [9]),
    ("deer -shanghai", [6, 11]),
    ("-(deer or kind:reply,run)", [3, 5, 7, 8, 9, 12, 13, 14]),
    ("/d[aeiou]{2}r$/", [6, 11]),
    ("/^done/", [10]),
    ("/DONE/", []),
    (r"/\S+ Deer|[Oo]ut of/", [11]),
    ("kind:prompt", [1]),
    ("kind:reply", [2, 4, 6, 10]),
    ("kind:call", [2, 4]),
    ("kind:result", [3, 5, 8]),
    ("kind:step", [5]),
    ("kind:subagent", [5, 6, 7]),
    ("kind:middleware", [9]),
    ("kind:run", [0, 11]),
    ("kind:error", [11]),
    ("kind:memory", [12]),
    ("kind:bad", [13]),
    ("kind:other,delivery,files", [14]),
    ("kind=call,result", [2, 3, 4, 5, 8]),
    ("tool:bash", [2, 3]),
    ("tool:b*h", [2, 3]),
    ("tool:task,bash", [2, 3, 4, 8]),
    ("tool:BASH", []),
    ("tool:?ash", [2, 3]),
    ("caller:lead_agent", [row for row in range(15) if row not in (6, 9, 13)]),
    ("caller:scout", [6]),
    ("caller:subagent:*", [6]),
    ("model:doe*", [2, 4, 6, 10]),
    ("type:middleware:*", [9]),
    ("type:run.error", [11]),
    ("task:t1", [4, 5, 6, 7, 8]),
    ("task:t", [4, 5, 6, 7, 8]),
    ("id:c1", [2, 3]),
    ("has:error", [8, 11, 13]),
    ("has:reasoning", [10]),
    ("has:call", [2, 4]),
    ("has:tokens", [2, 6]),
    ("has:image", []),
    ("is:slow", [2]),
    ("is:moved", [6]),
    ("is:slow,moved", [2, 6]),
    ("took>2s", [2]),
    ("took>=2s", [2, 3]),
    ("took<=2000ms", [3]),
    ("took:1s..3s", [3]),
    ("tokens>=1k", [2]),
    ("tokens:15", [6]),
    ("tokens<1000", [6]),
    ("calls:1", [2, 4]),
    ("calls>0", [2, 4]),
    ("size>10kB", [2]),
    ("size<=500B", [3, 6, 13]),
    ("size:..300", [3, 13]),
    ("seq:2..3", [1, 2]),
    ("seq>14", [14]),
    ("seq:14..", [14]),
    ("time:12:00", [row for row in range(15) if row != 13]),
    ("time>12:00", []),
    ("time:12:00:02,12:00:04", [1, 3]),
    ("time<=12:00:02", [0, 1]),
    ("time:2026-08-03T12:00:03..2026-08-03T12:00:04", [2, 3]),
    ("time:2026-08-03", [row for row in range(15) if row != 13]),
    ("time<2026-08-03", []),
    ("since:50s", [9, 10, 11, 12, 14]),
    ("since:12:00:30", []),
    ("before:2026-08-03T12:00:03", [0, 1]),
    ("before:today", []),
    ("since:yesterday", [row for row in range(15) if row != 13]),
    ("meta.agent_name=lead", [0]),
    ("meta.mode.plan.x:true", [0]),
    ("content.path:x", []),
    ("content.items.path:y", [12]),
    ("content.items.1.path:x", []),
    ("content.items.0.path:x", [12]),
    ("content.n>2", [12]),
    ("content.n:2.50", [12]),
    ("content.tool_calls.args.path=/mnt/*", [2]),
    ('content.tool_calls.args.path="/mnt/a b"', [2]),
    ("content.tool_calls.args.n<=5", [2]),
    ("kind:result -has:error", [3, 5]),
    ("status:failed", []),
]


@pytest.mark.parametrize(("text", "rows"), CASES, ids=[text for text, _ in CASES])
def test_a_query_matches(text: str, rows: list[int]) -> None:
    assert found(text) == rows


def test_every_field_of_events_has_a_case() -> None:
    of_events = {name for name, spec in FIELDS.items() if Scope.FILTER in spec.scopes}
    cased = {name for name in of_events if any(name in text for text, _ in CASES)}
    assert of_events == cased


def test_json_in_a_result_is_matched_as_its_values() -> None:
    run = RunBuilder()
    run.result("c", json.dumps({"city": 'Zürich "deer"'}))
    [row] = parsed(run.rows)
    assert EventMatcher(parse_query(r'"city: zürich \"deer\""')).matches(row)


def test_facts_are_asked_for_only_if_a_field_needs_them() -> None:
    assert EventMatcher(parse_query("a or not took>5s")).needs_facts
    assert EventMatcher(parse_query("size>5")).needs_facts
    assert not EventMatcher(parse_query("a tool:b time>14:03")).needs_facts
    assert not EventMatcher(EVERYTHING).needs_facts


@pytest.mark.parametrize(
    ("durations", "limit"),
    [([], 10), ([0.1, 0.1], 1), ([1, 2, 2.5], 6), ([60], 10), ([0.0], 1)],
)
def test_a_call_is_slow_from_three_times_the_median(
    durations: list[float], limit: float
) -> None:
    assert slow_limit(durations) == limit


@pytest.mark.parametrize("pattern", ["(a|a)+$b", "(a|aa)+[bc]", "(a+)+[bc]"])
def test_a_regex_that_backtracks_without_end_is_stopped_and_counted(
    pattern: str,
) -> None:
    run = RunBuilder()
    run.prompt("a" * 5_000)
    [row] = parsed(run.rows)
    matcher = EventMatcher(parse_query(f"/{pattern}/"), limit_s=0.05)
    assert not matcher.matches(row)
    assert matcher.stopped == 1


@pytest.mark.parametrize(
    ("text", "scope", "sentence"),
    [
        ("a tool:x has:error", Scope.SEARCH, None),
        ("a took>5s", Scope.FILTER, None),
        ("a took>5s", Scope.SEARCH, "took> does not work in the search over runs."),
        ("not (a is:slow)", Scope.RUNS, "is: does not work in the list of runs."),
        (
            "status:failed",
            Scope.FILTER,
            "status: does not work in the filter of a run.",
        ),
        (
            "has:error,reasoning",
            Scope.THREADS,
            "has:reasoning does not work in the list of threads.",
        ),
        ("runs>3", Scope.THREADS, None),
    ],
)
def test_a_field_that_a_scope_lacks_gives_a_sentence(
    text: str, scope: Scope, sentence: str | None
) -> None:
    assert unsupported(parse_query(text), scope) == sentence


@given(query_texts, mangled | st.lists(events_with_any_json, max_size=3))
def test_a_query_never_raises_on_odd_events(
    text: str, rows: list[RunEvent | BadLine]
) -> None:
    try:
        query = parse_query(text)
    except QueryError:
        return
    matcher = EventMatcher(query, now=NOW, zone=UTC)
    for row in parsed(rows):
        assert matcher.matches(row) in (True, False)


EXAMPLES = [
    EventMatcher(parse_query(spec.example), now=NOW, zone=UTC)
    for spec in FIELDS.values()
]


@given(mangled | st.lists(events_with_any_json, max_size=3))
def test_no_field_raises_on_odd_events(rows: list[RunEvent | BadLine]) -> None:
    for row in parsed(rows):
        for matcher in EXAMPLES:
            assert matcher.matches(row) in (True, False)
