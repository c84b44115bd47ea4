from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import line
from tests.helpers.file_rows import log_of
from tests.helpers.lines import append
from whitetail.source.file_rows import FileRows
from whitetail.state.identity import (
    EventIdentity,
    digest_of,
    identity_of,
    row_of,
    rows_of,
)


@dataclass(frozen=True)
class Mark:
    identity: EventIdentity


def run_of(folder: Path, *texts: str) -> FileRows:
    return log_of(folder, *(line(1, content=text) for text in texts))


def marks_of(rows: FileRows, *numbers: int) -> list[Mark]:
    return [Mark(identity_of(rows, number)) for number in numbers]


def rewrite(rows: FileRows, *texts: str) -> None:
    rows.path.write_bytes(b"".join(line(1, content=text) for text in texts))
    rows.refresh()


def test_the_hash_is_the_same_with_and_without_a_line_break() -> None:
    assert digest_of(b"{}") == digest_of(b"{}\n") == digest_of(b"{}\r\n")
    assert digest_of(b"{}") != digest_of(b"{ }")


def test_a_mark_stays_at_its_row_while_the_run_grows(tmp_path: Path) -> None:
    rows = run_of(tmp_path, "a", "b")
    [mark] = marks_of(rows, 1)
    append(rows.path, line(1, content="c"))
    rows.refresh()
    assert rows_of(rows, [mark]) == {1: mark}
    assert row_of(rows, mark.identity) == 1


def test_a_mark_follows_its_line_to_another_row(tmp_path: Path) -> None:
    rows = run_of(tmp_path, "a", "b", "c")
    [mark] = marks_of(rows, 2)
    rewrite(rows, "c", "x", "y")
    assert rows_of(rows, [mark]) == {0: mark}
    assert row_of(rows, mark.identity) is None


def test_a_mark_is_not_shown_on_another_event(tmp_path: Path) -> None:
    rows = run_of(tmp_path, "a", "b")
    marks = marks_of(rows, 0, 1)
    rewrite(rows, "x", "y")
    assert rows_of(rows, marks) == {}


def test_of_equal_lines_the_same_row_wins(tmp_path: Path) -> None:
    rows = run_of(tmp_path, "a", "b", "a", "a")
    [mark] = marks_of(rows, 2)
    assert rows_of(rows, [mark]) == {2: mark}
    assert row_of(rows, mark.identity) == 2


def test_of_equal_lines_elsewhere_the_nearest_one_wins(tmp_path: Path) -> None:
    rows = run_of(tmp_path, "b", "a", "b", "b", "a")
    [mark] = marks_of(rows, 4)
    rewrite(rows, "a", "b", "b", "a", "b")
    assert rows_of(rows, [mark]) == {3: mark}


def test_two_marks_of_equal_lines_stay_two(tmp_path: Path) -> None:
    rows = run_of(tmp_path, "x", "a", "a")
    first, second = marks_of(rows, 1, 2)
    rewrite(rows, "a", "a")
    assert rows_of(rows, [second, first]) == {1: first, 0: second}


def test_a_run_that_is_gone_has_no_rows(tmp_path: Path) -> None:
    rows = run_of(tmp_path, "a")
    [mark] = marks_of(rows, 0)
    rows.path.unlink()
    rows.refresh()
    assert rows_of(rows, [mark]) == {}
    assert row_of(rows, mark.identity) is None


def test_a_row_of_a_file_that_was_replaced_since_is_not_found(tmp_path: Path) -> None:
    rows = run_of(tmp_path, "a")
    [mark] = marks_of(rows, 0)
    rows.path.unlink()
    assert row_of(rows, mark.identity) is None


texts = st.lists(st.sampled_from("abc"), max_size=8)


@given(before=texts, after=texts, grown=texts, data=st.data())
def test_marks_survive_and_never_move_to_another_event(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[str],
    after: list[str],
    grown: list[str],
    data: st.DataObject,
) -> None:
    rows = run_of(tmp_path_factory.mktemp("run"), *before)
    chosen = data.draw(st.sets(st.integers(0, len(before) - 1))) if before else set()
    marks = marks_of(rows, *chosen)
    for text in grown:
        append(rows.path, line(1, content=text))
    rows.refresh()
    assert rows_of(rows, marks) == {mark.identity.row: mark for mark in marks}

    rewrite(rows, *after)
    found = rows_of(rows, marks)
    for row, mark in found.items():
        assert digest_of(rows.raw(row)) == mark.identity.digest
    for text in "abc":
        marked = [mark for mark in marks if before[mark.identity.row] == text]
        left = [mark for mark in marked if mark in found.values()]
        assert len(left) == min(len(marked), after.count(text))
        for mark in marked:
            row = mark.identity.row
            if row < len(after) and after[row] == text:
                assert found[row] == mark
