from __future__ import annotations

from array import array
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from whitetail.run.search import FoundRow, RowTest, contains_text, find_row, has_failed
from whitetail_store import RunLog


def log_of(tmp_path: Path, *lines: bytes) -> RunLog:
    path = run_file(tmp_path)
    append(path, b"".join(lines))
    log = RunLog(path)
    log.refresh()
    return log


def found(log: RunLog, start: int, step: int, test: RowTest, stop: Event) -> int | None:
    """Return the row that is found in file order."""
    hit = find_row(log, range(len(log)), start, step, test, stop)
    return None if hit is None else hit.row


def said(*texts: str) -> list[bytes]:
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
def test_the_next_hit_is_found_in_either_direction_and_round_the_end(
    tmp_path: Path, start: int, step: int, row: int
) -> None:
    log = log_of(tmp_path, *said("none", "a deer", "none", "a deer", "none"))
    assert found(log, start, step, contains_text("deer"), Event()) == row


def test_the_only_hit_is_found_from_itself(tmp_path: Path) -> None:
    log = log_of(tmp_path, *said("none", "a deer", "none"))
    assert found(log, 2, 1, contains_text("deer"), Event()) == 1
    assert found(log, 0, -1, contains_text("deer"), Event()) == 1


def test_what_is_nowhere_is_not_found(tmp_path: Path) -> None:
    log = log_of(tmp_path, *said("none", "a deer", "none"))
    assert found(log, 1, 1, contains_text("wolf"), Event()) is None
    assert found(log, 1, -1, contains_text("wolf"), Event()) is None


def test_in_an_empty_run_nothing_is_found(tmp_path: Path) -> None:
    log = RunLog(run_file(tmp_path))
    log.refresh()
    for start, step in [(0, 1), (1, 1), (0, -1), (-1, -1)]:
        assert found(log, start, step, contains_text("deer"), Event()) is None


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
    log = log_of(tmp_path, *said("none", text))
    assert found(log, 0, 1, contains_text(query), Event()) == 1


def test_capitals_are_looked_for_as_such(tmp_path: Path) -> None:
    log = log_of(tmp_path, *said("a deer", "a Deer"))
    assert found(log, 0, 1, contains_text("Deer"), Event()) == 1


def test_bad_lines_are_looked_into(tmp_path: Path) -> None:
    log = log_of(tmp_path, line(1), b"{half a deer \xff\n", line(2))
    assert found(log, 0, 1, contains_text("deer"), Event()) == 1


def test_hits_far_apart_are_found(tmp_path: Path) -> None:
    lines = said(*["none"] * 3_000)
    lines[2_345] = line(2_346, content="a deer")
    log = log_of(tmp_path, *lines)
    assert found(log, 0, 1, contains_text("deer"), Event()) == 2_345
    assert found(log, 2_000, -1, contains_text("deer"), Event()) == 2_345


def test_a_search_gives_up_when_asked_to(tmp_path: Path) -> None:
    log = log_of(tmp_path, *said("a deer"))
    stop = Event()
    stop.set()
    assert found(log, 0, 1, contains_text("deer"), stop) is None


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
    assert found(log, 0, 1, has_failed, Event()) == 1
    assert found(log, 2, -1, has_failed, Event()) == 1


def test_a_run_that_went_well_has_no_errors(tmp_path: Path) -> None:
    log = log_of(tmp_path, *said("error", "failed"), result(3, content="error"))
    assert found(log, 0, 1, has_failed, Event()) is None


def test_the_next_hit_is_that_of_the_order_that_is_shown(tmp_path: Path) -> None:
    log = log_of(tmp_path, *said("a deer", "none", "a deer", "a deer"))
    order = array("I", [1, 3, 0, 2])
    test, stop = contains_text("deer"), Event()
    assert find_row(log, order, 1, 1, test, stop) == FoundRow(3, False)
    assert find_row(log, order, 2, 1, test, stop) == FoundRow(0, False)
    assert find_row(log, order, 4, 1, test, stop) == FoundRow(3, True)
    assert find_row(log, order, 2, -1, test, stop) == FoundRow(0, False)
    assert find_row(log, order, 0, -1, test, stop) == FoundRow(2, True)
