"""Which threads and runs a text leaves in a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from whitetail.trace.query.errors import QueryError
from whitetail.trace.query.fields import Scope
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus, StatusFacts
from whitetail.view.lists.entries import RunEntry, ThreadEntry
from whitetail.view.lists.narrow import Narrowing, looks_like_query, query_narrowing
from whitetail.view.lists.numbers import Numbers

NOW = 1_800_000_000.0
DAY = 86_400.0
FAILED = RunStatus.FAILED


def thread(
    key: str,
    title: str = "",
    *prompts: str,
    age: float = 0,
    status: RunStatus = RunStatus.ANSWERED,
    numbers: Numbers | None = None,
) -> ThreadEntry:
    return ThreadEntry(
        key,
        title or key,
        True,
        1,
        NOW - age,
        status,
        numbers=numbers or Numbers(1, size=1_000),
        prompts=prompts,
    )


def run(name: str, **changes: Any) -> RunEntry:
    facts = StatusFacts()
    metrics = RunMetrics(9, Total(500), Total(2.5), 3, 1, facts, ("gpt-5",))
    entry = RunEntry(
        ("t", name), name, True, RunStatus.ANSWERED, NOW - 99, NOW, 9, 1_000, metrics
    )
    return replace(entry, **changes)


def names(narrowing: Narrowing, entries: list[ThreadEntry]) -> str:
    return " ".join(entry.key for entry in narrowing.of(entries))


def query(text: str, scope: Scope = Scope.THREADS) -> Narrowing:
    return query_narrowing(text, scope, NOW)


def test_names_with_all_words_come_before_those_with_letters_left_out() -> None:
    threads = [thread("a", "deer map"), thread("b", "map"), thread("c", "m-a-p")]
    assert names(Narrowing("map"), threads) == "a b c"
    assert names(Narrowing("map"), threads[::-1]) == "b a c"


def test_a_thread_is_found_by_a_prompt_but_not_by_letters_spread_in_it() -> None:
    threads = [thread("a", "one", "count the deer"), thread("b", "two", "d.e.e.r")]
    assert names(Narrowing("deer"), threads) == "a"


@pytest.mark.parametrize(
    ("text", "is_query"),
    [
        ("before:7d", True),
        ("cost>0.5", True),
        ("deer -status:failed", True),
        ("(title:deer or runs>3)", True),
        ("before:", True),
        ("status:fai", True),
        ("deer", False),
        ("fix: the parser", False),
        ("a or b", False),
        ("https://example.org", False),
        ("notes>1", False),
        ("", False),
    ],
)
def test_a_text_with_a_field_is_a_query(text: str, is_query: bool) -> None:
    assert looks_like_query(text) is is_query


def test_before_means_the_last_event() -> None:
    threads = [thread("new", age=6 * DAY), thread("old", age=8 * DAY)]
    assert names(query("before:7d"), threads) == "old"
    assert names(query("since:7d"), threads) == "new"


def test_threads_have_the_fields_of_their_runs() -> None:
    many = Numbers(4, 1, 9_000, 0, None, Total(5_000), Total(2), Total(7), Total(3))
    threads = [
        thread("a", "deer", status=FAILED),
        thread("b", "deer", numbers=many),
        thread("c", "fox", "where are the deer"),
    ]
    assert names(query("status:failed"), threads) == "a"
    assert names(query("runs>3 tokens>=5k cost>1 errors>2 calls:7"), threads) == "b"
    assert names(query("title:deer size<5kB"), threads) == "a"
    assert names(query("prompt:deer"), threads) == "c"
    assert names(query("deer runs:1"), threads) == "a c"


def test_runs_have_their_own_fields() -> None:
    runs = [run("fast"), run("slow", started=NOW - 500), run("new", metrics=None)]
    for text, found in [
        ("took>2m", ["slow"]),
        ("cost>2", ["fast", "slow"]),
        ("model:gpt*", ["fast", "slow"]),
        ("prompt:new", ["new"]),
        ("title:deer", []),
    ]:
        narrowed = query(text, Scope.RUNS).of(runs)
        assert [each.prompt for each in narrowed] == found


def test_what_a_list_does_not_have_is_an_error() -> None:
    for text in ("tool:bash", "status:odd", "before:7", "runs>x"):
        with pytest.raises(QueryError):
            query(text)


def test_an_entry_that_has_not_changed_is_not_matched_again() -> None:
    matched: list[str] = []

    def matches(entry: ThreadEntry | RunEntry) -> bool:
        matched.append(entry.name)
        return True

    narrowing = Narrowing("", matches)
    threads = [thread("a"), thread("b")]
    narrowing.of(threads)
    narrowing.of([thread("a"), thread("b", age=1), thread("c")])
    assert matched == ["a", "b", "b", "c"]


def test_a_regex_that_backtracks_is_given_up() -> None:
    threads = [thread(str(n), "a" * 300 + "!") for n in range(200)]
    narrowing = query("/(a|a)*$/ runs:1")
    assert narrowing.of(threads) == []
