from __future__ import annotations

from pathlib import Path

from tests.helpers.events import line
from tests.helpers.file_rows import log_of
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.state.identity import identity_of
from whitetail.state.keeper import StateKeeper
from whitetail.state.tree_state import TreeState


def keeper_in(folder: Path) -> StateKeeper:
    return StateKeeper(folder / "state.sqlite", "/tree")


def loaded(folder: Path) -> TreeState:
    keeper = keeper_in(folder)
    keeper.start()
    return keeper.state(timeout_s=WAIT_TIMEOUT_S)


def save(folder: Path, state: TreeState) -> None:
    keeper = keeper_in(folder)
    keeper.note(state, None, 0)
    keeper.save()


def test_what_was_noted_last_is_saved_at_the_end(tmp_path: Path) -> None:
    keeper = keeper_in(tmp_path)
    keeper.note(TreeState("a"), None, 0)
    keeper.note(TreeState("b"), None, 0)
    keeper.close()
    assert loaded(tmp_path) == TreeState("b")


def test_nothing_is_written_without_a_change(tmp_path: Path) -> None:
    keeper = keeper_in(tmp_path)
    keeper.note(TreeState("a"), None, 0)
    keeper.save()
    save(tmp_path, TreeState("b"))
    keeper.note(TreeState("a"), None, 0)
    keeper.close()
    assert loaded(tmp_path) == TreeState("b")


def test_an_end_before_anything_was_shown_keeps_the_state(tmp_path: Path) -> None:
    save(tmp_path, TreeState("a"))
    keeper_in(tmp_path).close()
    assert loaded(tmp_path) == TreeState("a")


def test_the_event_is_saved_with_the_hash_of_its_line(tmp_path: Path) -> None:
    rows = log_of(tmp_path, line(1), line(2))
    keeper = keeper_in(tmp_path)
    keeper.note(TreeState("t", "r"), rows, 1)
    keeper.save()
    assert loaded(tmp_path).event == identity_of(rows, 1)


def test_a_run_that_is_gone_is_saved_without_an_event(tmp_path: Path) -> None:
    rows = log_of(tmp_path, line(1))
    rows.path.unlink()
    keeper = keeper_in(tmp_path)
    keeper.note(TreeState("t", "r"), rows, 0)
    keeper.save()
    assert loaded(tmp_path) == TreeState("t", "r")


def test_a_filter_that_is_no_query_is_not_restored(tmp_path: Path) -> None:
    save(tmp_path, TreeState("t", filter_text="has:error"))
    assert loaded(tmp_path).filter_text == "has:error"
    save(tmp_path, TreeState("t", filter_text="has:("))
    assert loaded(tmp_path) == TreeState("t")


def test_what_is_loaded_too_late_is_not_used(tmp_path: Path) -> None:
    save(tmp_path, TreeState("a"))
    assert keeper_in(tmp_path).state() == TreeState()
