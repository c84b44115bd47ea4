from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.state.database import SavedMark, StateDatabase
from whitetail.state.identity import EventIdentity
from whitetail.state.tree_state import TreeState

RUN = ("thread", "run")
MARK = SavedMark(RUN, EventIdentity(7, "aa"), True, "", "Title", "8 reply", 5.0)
MARKER = """
import sys
from pathlib import Path
from whitetail.state.database import SavedMark, StateDatabase
from whitetail.state.identity import EventIdentity
from whitetail.state.tree_state import TreeState

# SQLite gives no process its turn: on a slow disk one can wait for all others.
wait = {"busy_timeout_s": float(sys.argv[3])}
database = StateDatabase(Path(sys.argv[1]), "/tree", **wait)
sys.stdin.readline()
for number in range(10):
    run = "thread", sys.argv[2]
    mark = SavedMark(run, EventIdentity(number, "aa"), True, marked_at=1.0)
    assert database.set_bookmarks([mark])
    query = f"{sys.argv[2]} {number}"
    assert database.save_tree_state(TreeState(queries={"filter": (query,)}))
"""


def database_in(folder: Path, tree: str = "/tree") -> StateDatabase:
    return StateDatabase(folder / "state.sqlite", tree)


def test_a_state_is_that_of_its_tree(tmp_path: Path) -> None:
    assert database_in(tmp_path).save_tree_state(TreeState("thread", "run"))
    assert database_in(tmp_path).tree_state() == TreeState("thread", "run")
    assert database_in(tmp_path, "/other").tree_state() is None


def test_the_trees_opened_last_are_remembered(tmp_path: Path) -> None:
    for number in range(202):
        database_in(tmp_path, f"/{number}").save_tree_state(TreeState())
    assert database_in(tmp_path, "/0").tree_state() is None
    assert database_in(tmp_path, "/2").tree_state() is not None


def test_marks_are_those_of_a_run_or_of_the_tree(tmp_path: Path) -> None:
    database = database_in(tmp_path)
    other = replace(MARK, run=("thread", "other"), marked_at=9.0)
    assert database.set_bookmarks([MARK, other])
    assert database.marks(RUN) == [MARK]
    assert database.marks() == [other, MARK]
    assert database_in(tmp_path, "/other").marks() == []


def test_bookmark_and_note_do_not_overwrite_each_other(tmp_path: Path) -> None:
    one, two = database_in(tmp_path), database_in(tmp_path)
    bookmarked, noted = MARK, replace(MARK, bookmarked=False, note="why?")
    assert one.set_bookmarks([bookmarked])
    assert two.set_note(noted)
    assert one.marks() == [replace(MARK, note="why?")]
    assert one.set_bookmarks([replace(bookmarked, bookmarked=False)])
    assert one.marks() == [replace(MARK, bookmarked=False, note="why?")]
    assert two.set_note(replace(noted, note=""))
    assert one.marks() == []


def test_any_python_text_can_be_kept(tmp_path: Path) -> None:
    tree = os.fsdecode(b"/tree-\xff")
    database = StateDatabase(tmp_path / "state.sqlite", tree)
    odd = replace(MARK, note="\ud800 \0 \N{DEER}", title="\udfff", label="\ud800")
    assert database.set_note(odd)
    [mark] = database.marks()
    assert mark.note == "\\ud800 \0 \N{DEER}"
    assert database.save_tree_state(TreeState(filter_text="\ud800"))
    state = database.tree_state()
    assert state is not None
    assert state.filter_text == "\ud800"


def test_processes_that_mark_and_save_at_once_lose_nothing(tmp_path: Path) -> None:
    path, wait_s = str(tmp_path / "state.sqlite"), str(WAIT_TIMEOUT_S)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", MARKER, path, run, wait_s],
            stdin=subprocess.PIPE,
            text=True,
        )
        for run in ("one", "two", "three")
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    database = database_in(tmp_path)
    assert len(database.marks()) == 30
    state = database.tree_state()
    assert state is not None
    assert len(state.queries["filter"]) == 30


def test_of_several_bookmarks_all_are_saved_or_none(tmp_path: Path) -> None:
    database = database_in(tmp_path)
    no_row = replace(MARK, identity=EventIdentity(1 << 70, "aa"))
    with pytest.raises(OverflowError):
        database.set_bookmarks([MARK, no_row])
    assert database.marks() == []


def test_without_a_file_nothing_is_kept() -> None:
    database = StateDatabase(None, "/tree")
    assert not database.keeps
    assert not database.set_bookmarks([MARK])
    assert not database.save_tree_state(TreeState())
    assert database.marks() == []
    assert database.tree_state() is None
    assert database.new_problems() == []


def test_a_broken_file_is_set_aside_with_a_message(tmp_path: Path) -> None:
    database = database_in(tmp_path)
    (tmp_path / "state.sqlite").write_bytes(b"broken " * 1_000)
    assert database.tree_state() is None
    [problem] = database.new_problems()
    assert problem.startswith("Bookmarks, notes and positions are begun anew")
    assert database.set_bookmarks([MARK])
    assert database.marks() == [MARK]
