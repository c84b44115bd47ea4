from __future__ import annotations

import json
from array import array
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.helpers.events import line
from tests.helpers.file_rows import log_of
from tests.helpers.lines import append
from whitetail.run.search import (
    FoundRow,
    Matches,
    Rank,
    RowTest,
    failed,
    find_row,
    matching,
)
from whitetail.source.file_rows import FileRows
from whitetail.trace.query.nodes import Text


def find_in_file_order(
    log: FileRows, start: int, step: int, test: RowTest, stop: Event
) -> int | None:
    found = find_row(log, range(len(log)), start, step, test, stop)
    return None if found is None else found.row


def texts(query: str, *, raw: bool = False) -> RowTest:
    return matching(Text(query), raw=raw)


def replies(*texts: str) -> list[bytes]:
    return [line(seq, content=text) for seq, text in enumerate(texts, 1)]


def result(seq: int, **changes: Any) -> bytes:
    return line(
        seq,
        event_type="llm.tool.result",
        content={"type": "tool", "name": "bash", "content": "so", **changes},
    )


@pytest.mark.parametrize(
    ("start", "step", "row"),
    [
        *[(0, 1, 1), (1, 1, 1), (2, 1, 3), (4, 1, 1), (5, 1, 1)],
        *[(4, -1, 3), (3, -1, 3), (2, -1, 1), (0, -1, 3), (-1, -1, 3)],
    ],
)
def test_the_next_match_is_found_in_either_direction_and_from_the_other_end(
    tmp_path: Path, start: int, step: int, row: int
) -> None:
    log = log_of(tmp_path, *replies("none", "a deer", "none", "a deer", "none"))
    assert find_in_file_order(log, start, step, texts("deer"), Event()) == row


def test_the_only_match_is_found_when_the_search_starts_there(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("none", "a deer", "none"))
    assert find_in_file_order(log, 2, 1, texts("deer"), Event()) == 1
    assert find_in_file_order(log, 0, -1, texts("deer"), Event()) == 1


def test_a_text_that_no_row_contains_is_not_found(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("none", "a deer", "none"))
    assert find_in_file_order(log, 1, 1, texts("wolf"), Event()) is None
    assert find_in_file_order(log, 1, -1, texts("wolf"), Event()) is None


def test_nothing_is_found_in_an_empty_run(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    for start, step in [(0, 1), (1, 1), (0, -1), (-1, -1)]:
        assert find_in_file_order(log, start, step, texts("deer"), Event()) is None


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("deer", "A DEER"),
        ("über", "ÜBER"),
        ("Deer", "a Deer"),
        ('say "no"', 'they say "no" to it'),
        ("back\\slash", "a back\\slash"),
        ("鹿", "the 鹿"),
        ("[/]", "a [/] b"),
        (".*", "literally .* this"),
    ],
)
def test_a_text_is_found_as_it_was_typed(tmp_path: Path, query: str, text: str) -> None:
    log = log_of(tmp_path, *replies("none", text))
    assert find_in_file_order(log, 0, 1, texts(query), Event()) == 1


def test_a_text_with_upper_case_is_found_in_this_case_only(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("a deer", "a Deer"))
    assert find_in_file_order(log, 0, 1, texts("Deer"), Event()) == 1


def test_bad_lines_are_searched(tmp_path: Path) -> None:
    log = log_of(tmp_path, line(1), b"{half a deer \xff\n", line(2))
    assert find_in_file_order(log, 0, 1, texts("deer"), Event()) == 1


def test_a_match_thousands_of_rows_away_is_found(tmp_path: Path) -> None:
    lines = replies(*["none"] * 3_000)
    lines[2_345] = line(2_346, content="a deer")
    log = log_of(tmp_path, *lines)
    assert find_in_file_order(log, 0, 1, texts("deer"), Event()) == 2_345
    assert find_in_file_order(log, 2_000, -1, texts("deer"), Event()) == 2_345


def test_a_search_stops_when_stop_is_set(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("a deer"))
    stop = Event()
    stop.set()
    assert find_in_file_order(log, 0, 1, texts("deer"), stop) is None


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(line(2, event_type="run.error", content="no"), id="run.error"),
        pytest.param(line(2, event_type="llm.error", content="no"), id="llm.error"),
        pytest.param(result(2, status="error"), id="failed tool"),
        pytest.param(b"no event\n", id="bad line"),
        pytest.param(
            line(2, event_type="subagent.end", content={"status": "failed"}),
            id="failed subagent",
        ),
    ],
)
def test_errors_of_every_kind_are_found(tmp_path: Path, bad: bytes) -> None:
    log = log_of(tmp_path, result(1, status="success"), bad, line(3))
    for test in (failed(frozenset(), read=0), failed(frozenset({1}), read=3)):
        assert find_in_file_order(log, 0, 1, test, Event()) == 1
        assert find_in_file_order(log, 2, -1, test, Event()) == 1


def test_a_run_without_errors_has_no_match(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("error", "failed"), result(3, content="error"))
    assert find_in_file_order(log, 0, 1, failed(frozenset(), 0), Event()) is None


def test_the_next_match_is_the_next_one_in_the_given_order(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("a deer", "none", "a deer", "a deer"))
    order = array("I", [1, 3, 0, 2])
    test, stop = texts("deer"), Event()
    assert find_row(log, order, 1, 1, test, stop) == FoundRow(3, False)
    assert find_row(log, order, 2, 1, test, stop) == FoundRow(0, False)
    assert find_row(log, order, 4, 1, test, stop) == FoundRow(3, True)
    assert find_row(log, order, 2, -1, test, stop) == FoundRow(0, False)
    assert find_row(log, order, 0, -1, test, stop) == FoundRow(2, True)


def test_a_text_is_found_as_it_reads_not_as_the_file_has_it(tmp_path: Path) -> None:
    escaped = line(1, content="the \u9e7f of caf\u00e9").decode()
    ascii_line = json.dumps(json.loads(escaped)).encode() + b"\n"
    assert b"\\u9e7f" in ascii_line
    inner = json.dumps({"hits": [{"note": 'a "white" tail'}]})
    log = log_of(tmp_path, ascii_line, result(2, content=inner))
    for query, row in [("\u9e7f", 0), ("Caf\u00e9".lower(), 0), ('"white" t', 1)]:
        assert find_in_file_order(log, 0, 1, texts(query), Event()) == row
    for query in ("[", "{", "seq", "llm", "content", "event_type", "lead_agent"):
        assert find_in_file_order(log, 0, 1, texts(query), Event()) is None


def test_the_raw_view_is_searched_as_the_file_has_it(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("none", 'a "deer"'))
    test = texts('\\"deer', raw=True)
    assert find_in_file_order(log, 0, 1, test, Event()) == 1
    assert find_in_file_order(log, 1, 1, texts("event_type", raw=True), Event()) == 1


def test_a_match_has_a_number_among_all_in_the_order_that_is_shown(
    tmp_path: Path,
) -> None:
    log = log_of(tmp_path, *replies("a deer", "none", "a deer", "a deer"))
    matches = Matches(log, texts("deer"))
    assert matches.rank(range(4), 2, Event()) == Rank(2, 3)
    assert matches.rank(array("I", [3, 1, 2, 0]), 0, Event()) == Rank(3, 3)


def test_the_number_of_matches_grows_with_the_run(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("a deer", "none"))
    matches = Matches(log, texts("deer"))
    assert matches.rank(range(2), 0, Event()) == Rank(1, 1)
    append(log.path, line(3, content="a deer"))
    log.refresh()
    assert matches.rank(range(3), 0, Event()) == Rank(1, 2)


def test_counting_matches_stops_when_stop_is_set(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("a deer"))
    stop = Event()
    stop.set()
    assert Matches(log, texts("deer")).rank(range(1), 0, stop) is None
