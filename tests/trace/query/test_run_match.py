"""Which runs and threads a query matches, also while not all is known of them."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import NOON
from tests.trace.query.test_parse import query_texts
from whitetail.trace.query.errors import QueryError
from whitetail.trace.query.fields import FIELDS, Scope
from whitetail.trace.query.parse import parse_query
from whitetail.trace.query.run_match import ListMatcher, ListValues
from whitetail.trace.verdict.status import RunStatus

DAY = 86_400
ENTRIES = [
    ListValues(
        ids=("thread-a", "run-1"),
        title="Deer of Shanghai",
        prompts=["Count the\n deer"],
        status=RunStatus.FAILED,
        started=NOON - 60,
        ended=NOON,
        size=20_000,
        events=100,
        models=["gpt-5", "doe-3"],
        tokens=5_000,
        cost=0.75,
        calls=12,
        errors=2,
    ),
    ListValues(
        ids=("thread-b",),
        title="Foxes",
        prompts=["Where?", "Why?"],
        status=RunStatus.CUT_OFF,
        started=NOON - 10 * DAY,
        ended=NOON - 9 * DAY,
        size=900,
        events=7,
        runs=4,
        models=[],
        tokens=0,
        cost=0,
        calls=0,
        errors=0,
    ),
    ListValues(ids=("thread-c", "run-2"), title="deer", size=5),
]


def matcher_of(text: str) -> ListMatcher:
    return ListMatcher(parse_query(text), now=NOON, zone=UTC)


CASES = [
    ("", [0, 1, 2], []),
    ("deer", [0, 2], []),
    ("Deer", [0], [2]),
    ('"the deer"', [0], [2]),
    ("/w(hy|here)/", [1], [2]),
    ("not foxes", [0], [2]),
    ("status:failed", [0], [2]),
    ("status:failed,cut_off", [0, 1], [2]),
    ("not status:failed", [1], [2]),
    ("title:DEER", [], []),
    ("title:deer", [0, 2], []),
    ("title=deer", [2], []),
    ("title=deer*", [0, 2], []),
    ("prompt:deer", [0], [2]),
    ('prompt:"the deer"', [0], [2]),
    ("id:run-1", [0], []),
    ("id:thread", [0, 1, 2], []),
    ("id=*-b", [1], []),
    ("model:gpt*", [0], [2]),
    ("errors>0", [0], [2]),
    ("not errors>0", [1], [2]),
    ("cost>0.5", [0], [2]),
    ("cost>0.5 or size<10", [0, 2], []),
    ("cost>0.5 size<10", [], [2]),
    ("cost<1 size>10", [0, 1], []),
    ("tokens:4k..6k", [0], [2]),
    ("calls>=12", [0], [2]),
    ("events<10", [1], [2]),
    ("runs>3", [1], [0, 2]),
    ("size>10kB", [0], []),
    ("took:1m", [0], [2]),
    ("took>1h", [1], [2]),
    ("has:error", [0], [2]),
    ("has:call,tokens", [0], [2]),
    ("time>=2026-08-03", [0], [2]),
    ("since:2h", [0], [2]),
    ("since:today", [0], [2]),
    ("before:7d", [1], [2]),
    ("before:2026-08-03", [1], [2]),
    ("before:2026-08-03T12:00:01", [0, 1], [2]),
    ("tool:bash", [], []),
]


@pytest.mark.parametrize(
    ("text", "rows", "undecided"), CASES, ids=[text for text, *_ in CASES]
)
def test_a_query_matches(text: str, rows: list[int], undecided: list[int]) -> None:
    matcher = matcher_of(text)
    assert [at for at, each in enumerate(ENTRIES) if matcher.matches(each)] == rows
    maybe = [at for at, each in enumerate(ENTRIES) if matcher.is_undecided(each)]
    assert maybe == undecided


def test_every_field_of_lists_has_a_case() -> None:
    lists = {Scope.RUNS, Scope.THREADS}
    of_lists = {name for name, spec in FIELDS.items() if spec.scopes & lists}
    assert of_lists == {
        name for name in of_lists if any(name in text for text, *_ in CASES)
    }


def test_a_query_of_numbers_needs_the_metrics() -> None:
    for text in ("cost>1", "a or errors>0", "not has:error", "model:x", "tokens>5"):
        assert matcher_of(text).needs_metrics
    for text in ("", "a", "status:failed", "size>5", "before:7d", "runs>3", "took>5s"):
        assert not matcher_of(text).needs_metrics


def test_a_regex_that_backtracks_without_end_is_stopped_and_counted() -> None:
    matcher = ListMatcher(parse_query("/(a|a)+$b/"), limit_s=0.05)
    assert not matcher.matches(ListValues(title="a" * 5_000))
    assert matcher.stopped == 1


numbers = st.none() | st.integers(-5, 10**9) | st.floats(allow_nan=False)
names = st.none() | st.lists(st.text(max_size=5), max_size=2)
entries = st.builds(
    ListValues,
    ids=st.lists(st.text(max_size=5), max_size=2),
    title=st.none() | st.text(max_size=9),
    prompts=names,
    status=st.none() | st.sampled_from(RunStatus),
    started=numbers,
    ended=numbers,
    size=numbers,
    models=names,
    tokens=numbers,
    cost=numbers,
    errors=numbers,
)


@given(query_texts, st.lists(entries, max_size=5))
def test_a_query_never_raises_and_decides_once_all_is_known(
    text: str, runs: list[ListValues]
) -> None:
    try:
        matcher = matcher_of(text)
    except QueryError:
        return
    for entry in runs:
        assert not (matcher.matches(entry) and matcher.is_undecided(entry))
    assert not matcher.is_undecided(ENTRIES[0]) or "runs" in text
