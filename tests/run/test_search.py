from __future__ import annotations

from array import array
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.helpers.events import line
from tests.helpers.file_rows import log_of
from whitetail.run.search import FoundRow, RowTest, contains_text, failed, find_row
from whitetail.source.file_rows import FileRows


def find_in_file_order(
    log: FileRows, start: int, step: int, test: RowTest, stop: Event
) -> int | None:
    found = find_row(log, range(len(log)), start, step, test, stop)
    return None if found is None else found.row


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
    assert find_in_file_order(log, start, step, contains_text("deer"), Event()) == row


def test_the_only_match_is_found_when_the_search_starts_there(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("none", "a deer", "none"))
    assert find_in_file_order(log, 2, 1, contains_text("deer"), Event()) == 1
    assert find_in_file_order(log, 0, -1, contains_text("deer"), Event()) == 1


def test_a_text_that_no_row_contains_is_not_found(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("none", "a deer", "none"))
    assert find_in_file_order(log, 1, 1, contains_text("wolf"), Event()) is None
    assert find_in_file_order(log, 1, -1, contains_text("wolf"), Event()) is None


def test_nothing_is_found_in_an_empty_run(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    for start, step in [(0, 1), (1, 1), (0, -1), (-1, -1)]:
        assert (
            find_in_file_order(log, start, step, contains_text("deer"), Event()) is None
        )


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
    assert find_in_file_order(log, 0, 1, contains_text(query), Event()) == 1


def test_a_text_with_upper_case_is_found_in_this_case_only(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("a deer", "a Deer"))
    assert find_in_file_order(log, 0, 1, contains_text("Deer"), Event()) == 1


def test_bad_lines_are_searched(tmp_path: Path) -> None:
    log = log_of(tmp_path, line(1), b"{half a deer \xff\n", line(2))
    assert find_in_file_order(log, 0, 1, contains_text("deer"), Event()) == 1


def test_a_match_thousands_of_rows_away_is_found(tmp_path: Path) -> None:
    lines = replies(*["none"] * 3_000)
    lines[2_345] = line(2_346, content="a deer")
    log = log_of(tmp_path, *lines)
    assert find_in_file_order(log, 0, 1, contains_text("deer"), Event()) == 2_345
    assert find_in_file_order(log, 2_000, -1, contains_text("deer"), Event()) == 2_345


def test_a_search_stops_when_stop_is_set(tmp_path: Path) -> None:
    log = log_of(tmp_path, *replies("a deer"))
    stop = Event()
    stop.set()
    assert find_in_file_order(log, 0, 1, contains_text("deer"), stop) is None


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
    test, stop = contains_text("deer"), Event()
    assert find_row(log, order, 1, 1, test, stop) == FoundRow(3, False)
    assert find_row(log, order, 2, 1, test, stop) == FoundRow(0, False)
    assert find_row(log, order, 4, 1, test, stop) == FoundRow(3, True)
    assert find_row(log, order, 2, -1, test, stop) == FoundRow(0, False)
    assert find_row(log, order, 0, -1, test, stop) == FoundRow(2, True)
