"""Runs outside of any tree: how their files are found and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.events import line
from whitetail.source.run_files import LooseFiles
from whitetail.source.scanner import Scanner
from whitetail_store import RunKey


def write(path: Path, thread: str = "t", run: str = "r") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(line(1, thread_id=thread, run_id=run))
    return path


def found(files: LooseFiles) -> dict[RunKey, Path]:
    """Return the path of each run that a scan finds."""
    scanner = Scanner(files)
    for _ in scanner.sweep(files=True):
        pass
    assert not scanner.problems
    return {key: files.path(key) for key in scanner.changes}


def test_a_file_has_the_ids_of_its_first_event(tmp_path: Path) -> None:
    path = write(tmp_path / "run (1).jsonl", "the-thread", "the-run")
    write(tmp_path / "other.jsonl")
    assert found(LooseFiles(path)) == {("the-thread", "the-run"): path}


@pytest.mark.parametrize("data", [b"", b"not JSON at all", b"\xff\xfe\0", b"{}\n"])
def test_a_file_without_events_has_ids_made_of_its_names(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "a folder" / "a b.jsonl"
    path.parent.mkdir()
    path.write_bytes(data)
    assert found(LooseFiles(path)) == {("a_folder", "a_b"): path}


def test_a_folder_called_runs_has_the_name_of_the_one_above(tmp_path: Path) -> None:
    path = tmp_path / "a-thread" / "runs" / "r.jsonl"
    path.parent.mkdir(parents=True)
    path.touch()
    assert found(LooseFiles(path.parent)) == {("a-thread", "r"): path}


def test_an_id_that_is_not_safe_is_changed(tmp_path: Path) -> None:
    path = write(tmp_path / "r.jsonl", "../up\x1b[2J" + "x" * 80, "../../etc/passwd")
    [(thread_id, run_id)] = found(LooseFiles(path))
    assert thread_id == ("___up__2J" + "x" * 80)[:64]
    assert run_id == "______etc_passwd"


def test_the_files_of_a_folder_are_the_runs_of_one_thread(tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", run="r1")
    two = write(tmp_path / "two b.jsonl", "another", "r2")
    copy = write(tmp_path / "zcopy.jsonl", run="r1")
    for number in range(1_000):
        (tmp_path / f"{number}.json").touch()
    (tmp_path / "link.jsonl").symlink_to(one)
    (tmp_path / ".hidden.jsonl").touch()
    (tmp_path / "folder.jsonl").mkdir()
    expected = {("t", "r1"): one, ("t", "r2"): two, ("t", "r1-2"): copy}
    assert found(LooseFiles(tmp_path)) == expected


def test_a_run_keeps_its_id_when_files_come_and_go(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", run="r")
    files = LooseFiles(tmp_path)
    scanner = Scanner(files)
    list(scanner.sweep(files=True))
    assert set(scanner.pop_changes()) == {("t", "r")}
    write(tmp_path / "a.jsonl", run="r")
    list(scanner.sweep(files=True))
    assert set(scanner.pop_changes()) == {("t", "r-2")}
    (tmp_path / "b.jsonl").unlink()
    list(scanner.sweep(files=True))
    assert scanner.pop_changes() == {("t", "r"): None}


def test_a_file_that_was_removed_is_gone_until_it_is_there_again(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "r.jsonl")
    scanner = Scanner(LooseFiles(path))
    list(scanner.sweep(files=True))
    assert scanner.root_identity is not None
    path.unlink()
    list(scanner.sweep(files=True))
    assert scanner.pop_changes() == {("t", "r"): None}
    assert scanner.root_identity is None and not scanner.problems
    write(path)
    list(scanner.sweep(files=True))
    [(key, stamp)] = scanner.pop_changes().items()
    assert key == ("t", "r") and stamp is not None
