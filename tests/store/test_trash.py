"""Deleted runs can be restored until they are purged."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from whitetail_store import Discarded, RestoreConflictError, Trash


@pytest.fixture
def trash(tmp_path: Path) -> Trash:
    return Trash(tmp_path)


def discard(trash: Trash, run_id: str = "r") -> Discarded:
    discarded = trash.discard("t", run_id)
    assert discarded is not None
    return discarded


def test_a_new_trash_creates_nothing(tmp_path: Path, trash: Trash) -> None:
    assert trash.discard("t", "r") is None
    assert trash.leftovers() == []
    trash.close()
    assert list(tmp_path.iterdir()) == []


def test_a_discarded_run_is_moved_whole(path: Path, trash: Trash) -> None:
    append(path, line(1))
    discarded = discard(trash)
    assert not path.exists()
    assert discarded.kept.read_bytes() == line(1)
    assert (discarded.thread_id, discarded.run_id, discarded.path) == ("t", "r", path)
    assert trash.kept == [discarded]


def test_a_restored_run_is_as_it_was(path: Path, trash: Trash) -> None:
    append(path, line(1))
    before = path.stat()
    trash.restore(discard(trash))
    assert path.read_bytes() == line(1)
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert trash.kept == []


def test_a_run_is_restored_though_its_thread_s_folder_is_gone(
    path: Path, trash: Trash
) -> None:
    append(path, line(1))
    discarded = discard(trash)
    for left in path.parent.iterdir():
        left.unlink()
    path.parent.rmdir()
    trash.restore(discarded)
    assert path.read_bytes() == line(1)


def test_a_run_that_was_written_again_is_not_overwritten(
    path: Path, trash: Trash
) -> None:
    append(path, line(1))
    discarded = discard(trash)
    append(path, line(2))
    with pytest.raises(RestoreConflictError) as caught:
        trash.restore(discarded)
    assert (caught.value.path, caught.value.kept) == (path, discarded.kept)
    assert path.read_bytes() == line(2)
    assert discarded.kept.read_bytes() == line(1)
    assert trash.kept == [discarded]


def test_a_run_that_was_written_again_can_be_discarded_again(
    path: Path, trash: Trash
) -> None:
    discarded = []
    for seq in range(1, 4):
        append(path, line(seq))
        discarded.append(discard(trash))
    assert [each.kept.read_bytes() for each in discarded] == [line(1), line(2), line(3)]


def test_a_purged_run_is_gone_for_good(path: Path, trash: Trash) -> None:
    append(path, line(1))
    discarded = discard(trash)
    trash.purge(discarded)
    assert not discarded.kept.exists()
    assert trash.kept == []


def test_an_emptied_trash_leaves_no_folder(
    tmp_path: Path, path: Path, trash: Trash
) -> None:
    for seq in range(1, 3):
        append(path, line(seq))
        discard(trash)
    for discarded in list(trash.kept):
        trash.purge(discarded)
    trash.close()
    assert not (tmp_path / ".trash").exists()


def test_a_link_is_not_discarded(tmp_path: Path, path: Path, trash: Trash) -> None:
    other = tmp_path / "other"
    other.write_text("mine")
    path.symlink_to(other)
    assert trash.discard("t", "r") is None
    assert path.is_symlink()


def test_a_run_in_the_trash_of_a_live_session_is_no_leftover(
    tmp_path: Path, path: Path, trash: Trash
) -> None:
    append(path, line(1))
    discard(trash)
    assert Trash(tmp_path).leftovers() == []


def test_a_run_that_a_closed_session_did_not_purge_is_a_leftover(
    tmp_path: Path, path: Path, trash: Trash
) -> None:
    append(path, line(1))
    discarded = discard(trash)
    trash.close()
    assert Trash(tmp_path).leftovers() == [discarded]


def test_a_run_in_the_trash_of_a_killed_session_is_a_leftover(
    tmp_path: Path, path: Path
) -> None:
    append(path, line(1))
    program = (
        "import os, pathlib, sys; from whitetail_store import Trash\n"
        "Trash(pathlib.Path(sys.argv[1])).discard('t', 'r'); os.abort()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
    other = Trash(tmp_path)
    (left,) = other.leftovers()
    other.restore(left)
    assert path.read_bytes() == line(1)


def test_leftovers_are_runs_and_nothing_else(
    tmp_path: Path, path: Path, trash: Trash
) -> None:
    append(path, line(1))
    discarded = discard(trash)
    folder = discarded.kept.parent
    (folder / "note.txt").write_text("x")
    (folder / "no-run.jsonl").write_text("x")
    (folder / "t.link.jsonl").symlink_to(discarded.kept)
    (folder / "t.a b.jsonl").write_text("x")
    trash.close()
    assert Trash(tmp_path).leftovers() == [discarded]


def test_a_run_is_restored_where_there_are_no_hard_links(
    tmp_path: Path, path: Path, trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "no hard links here")

    append(path, line(1))
    discarded = discard(trash)
    monkeypatch.setattr(os, "link", no_links)
    trash.restore(discarded)
    assert path.read_bytes() == line(1)
    append(run_file(tmp_path, "t", "s"), line(2))
    discarded = discard(trash, "s")
    append(run_file(tmp_path, "t", "s"), line(3))
    with pytest.raises(RestoreConflictError):
        trash.restore(discarded)
    assert run_file(tmp_path, "t", "s").read_bytes() == line(3)


def test_only_the_user_can_read_the_trash(
    tmp_path: Path, path: Path, trash: Trash
) -> None:
    append(path, line(1))
    kept = discard(trash).kept
    assert (tmp_path / ".trash").stat().st_mode & 0o777 == 0o700
    assert kept.parent.stat().st_mode & 0o777 == 0o700
