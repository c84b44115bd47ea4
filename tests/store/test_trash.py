"""Deleted runs can be restored until they are purged."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from whitetail_store import Discarded, RestoreConflictError, Trash
from whitetail_store.file_lock import lock_file
from whitetail_store.paths import thread_ids


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


def test_the_trash_lists_the_runs_of_all_sessions_the_last_deleted_first(
    tmp_path: Path, trash: Trash
) -> None:
    other = Trash(tmp_path)
    found = []
    for number, each in enumerate((trash, other, trash)):
        append(run_file(tmp_path, "t", f"r{number}"), line(1))
        found.append(discard(each, f"r{number}"))
    assert Trash(tmp_path).entries() == found[::-1]
    trash.close()
    assert Trash(tmp_path).entries() == found[::-1]
    assert [each.size for each in found] == [len(line(1))] * 3
    other.close()


def test_the_time_of_a_delete_is_kept(tmp_path: Path, trash: Trash) -> None:
    append(run_file(tmp_path), line(1))
    before = time.time()
    discarded = discard(trash)
    assert before <= discarded.deleted_at <= time.time()
    os.utime(discarded.kept.parent, (0, 0))
    assert Trash(tmp_path).entries() == [discarded]
    trash.close()


def test_runs_in_the_trash_of_an_older_version_are_listed_and_restored(
    tmp_path: Path, trash: Trash
) -> None:
    session = tmp_path / ".trash" / "1764144590123456789-77"
    (session / "1").mkdir(parents=True)
    (session / "lock").touch()
    append(session / "t.r.jsonl", line(1))
    append(session / "1" / "t.r.jsonl", line(2))
    os.utime(session / "t.r.jsonl", (1, 1))
    assert {each.kept for each in trash.entries()} == set(session.rglob("*.jsonl"))
    run_file(tmp_path)
    for each in trash.leftovers():
        trash.restore(each)
        assert run_file(tmp_path).read_bytes() in (line(1), line(2))
        run_file(tmp_path).unlink()
    assert not (tmp_path / ".trash").exists()


def test_a_cleaning_removes_what_was_deleted_long_ago_and_nothing_else(
    tmp_path: Path, trash: Trash
) -> None:
    for run_id in "ab":
        append(run_file(tmp_path, "t", run_id), line(1))
    old, new = discard(trash, "a"), discard(trash, "b")
    trash.close()
    other = Trash(tmp_path)
    assert other.clean(60, 1_000, now=old.deleted_at + 59) == []
    between = (old.deleted_at + new.deleted_at) / 2
    assert other.clean(60, 1_000, now=between + 60) == [old]
    assert other.entries() == [new]
    assert other.clean(60, 1_000, now=new.deleted_at + 61) == [new]
    assert not (tmp_path / ".trash").exists()


def test_a_cleaning_removes_the_oldest_runs_until_the_others_fit(
    tmp_path: Path, trash: Trash
) -> None:
    found = []
    for run_id in "abc":
        append(run_file(tmp_path, "t", run_id), line(1))
        found.append(discard(trash, run_id))
    trash.close()
    limit = 2 * len(line(1))
    now = found[0].deleted_at
    assert Trash(tmp_path).clean(60, limit, now) == found[:1]
    assert Trash(tmp_path).clean(60, limit, now) == []


def test_a_cleaning_keeps_the_runs_of_a_live_session(
    tmp_path: Path, trash: Trash
) -> None:
    append(run_file(tmp_path), line(1))
    discarded = discard(trash)
    assert Trash(tmp_path).clean(60, 0, discarded.deleted_at + 61) == []
    trash.restore(discarded)
    trash.close()


def test_only_one_session_cleans_the_trash_at_a_time(
    tmp_path: Path, trash: Trash
) -> None:
    append(run_file(tmp_path), line(1))
    discarded = discard(trash)
    trash.close()
    other = os.open(tmp_path / ".trash" / "lock", os.O_RDWR | os.O_CREAT)
    lock_file(other)
    assert Trash(tmp_path).clean(0, 0, discarded.deleted_at + 1) == []
    os.close(other)
    assert Trash(tmp_path).clean(0, 0, discarded.deleted_at + 1) == [discarded]


def test_what_an_older_version_kept_is_listed_for_the_whole_time_first(
    tmp_path: Path, trash: Trash
) -> None:
    kept = tmp_path / ".trash" / "1664144590123456789-77" / "t.r.jsonl"
    kept.parent.mkdir(parents=True)
    append(kept, line(1))
    began = time.time()
    assert trash.clean(60, 1_000, now=kept.stat().st_ctime + 59) == []
    assert trash.clean(60, 1_000, now=began + 30) == []
    assert [each.kept for each in trash.clean(60, 1_000, now=began + 90)] == [kept]


def test_a_cleaning_follows_no_link(tmp_path: Path, trash: Trash) -> None:
    mine = tmp_path / "mine" / "1664144590123456789" / "t.r.jsonl"
    mine.parent.mkdir(parents=True)
    append(mine, line(1))
    (tmp_path / ".trash" / "session").mkdir(parents=True)
    (tmp_path / ".trash" / "link").symlink_to(tmp_path / "mine")
    (tmp_path / ".trash" / "session" / "link").symlink_to(tmp_path / "mine")
    assert trash.entries() == trash.clean(0, 0, time.time() + 1) == []
    assert mine.exists()


def test_a_run_of_a_live_session_can_be_restored_by_another_one(
    tmp_path: Path, trash: Trash
) -> None:
    append(run_file(tmp_path), line(1))
    discarded = discard(trash)
    other = Trash(tmp_path)
    other.restore(other.entries()[0])
    assert run_file(tmp_path).read_bytes() == line(1)
    with pytest.raises(FileNotFoundError):
        trash.restore(discarded)
    assert trash.kept == []
    assert discard(trash).kept.exists()
    trash.close()


def test_a_trash_that_was_removed_is_created_again(
    tmp_path: Path, trash: Trash
) -> None:
    append(run_file(tmp_path), line(1))
    discard(trash)
    shutil.rmtree(tmp_path / ".trash")
    append(run_file(tmp_path), line(2))
    assert discard(trash).kept.read_bytes() == line(2)
    trash.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a second file system")
def test_threads_on_another_device_have_their_trash_there(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=other_device(tmp_path)) as other:
        (tmp_path / "threads").symlink_to(other)
        check_trash_within_threads(tmp_path)


def test_threads_that_cannot_be_moved_out_have_their_trash_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, rename = tmp_path / "threads", Path.rename

    def rename_within_a_device(self: Path, target: Path) -> Path:
        if self.is_relative_to(threads) != target.is_relative_to(threads):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), self, None, target)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_within_a_device)
    check_trash_within_threads(tmp_path)


def other_device(folder: Path) -> str:
    """Return a folder on another file system than `folder`; skip if there is none."""
    for other in ("/dev/shm", "/tmp", "/var/tmp"):
        if Path(other).is_dir() and Path(other).stat().st_dev != folder.stat().st_dev:
            return other
    pytest.skip("there is no second file system")


def check_trash_within_threads(base: Path) -> None:
    """Discard, list, clean and restore runs that cannot be moved beside `threads`."""
    for run_id in "ab":
        append(run_file(base, "t", run_id), line(1))
    trash = Trash(base)
    within = base / "threads" / ".whitetail-trash"
    restored, removed = discard(trash, "a"), discard(trash, "b")
    assert removed.kept.is_relative_to(within) and restored.kept.is_relative_to(within)
    assert not (base / ".trash").exists()
    assert list(thread_ids(base / "threads")) == ["t"]
    assert trash.entries() == [removed, restored]
    trash.restore(restored)
    assert run_file(base, "t", "a").read_bytes() == line(1)
    trash.close()
    assert Trash(base).clean(60, 1_000, removed.deleted_at + 61) == [removed]
    assert not within.exists()
