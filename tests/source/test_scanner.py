from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.helpers.watching import append
from whitetail.source.run_files import TreeFiles
from whitetail.source.scanner import Scanner
from whitetail_store.paths import RunKey, Stamp, run_path, runs_folder, stamp

ALL_RUNS = {(t, r) for t in ("a", "b") for r in ("r1", "r2")}


def sweep(scanner: Scanner, *, files: bool = True) -> dict[RunKey, Stamp | None]:
    """Sweep once, and return the changes."""
    for _ in scanner.sweep(files=files):
        pass
    return scanner.pop_changes()


@pytest.fixture
def scanner(threads: Path) -> Scanner:
    """Return a scanner that has listed all runs, in folders written to long ago."""
    for thread_id in ("a", "b"):
        os.utime(runs_folder(threads, thread_id), (1e9, 1e9))
    scanner = Scanner(TreeFiles(threads))
    sweep(scanner)
    scanner.folders_changed = False
    return scanner


def test_the_first_sweep_lists_every_run(threads: Path) -> None:
    scanner = Scanner(TreeFiles(threads))
    assert sweep(scanner) == {key: stamp(run_path(threads, *key)) for key in ALL_RUNS}
    assert len(scanner) == 2
    assert scanner.folders_changed


def test_a_sweep_without_changes_reports_none(scanner: Scanner) -> None:
    assert sweep(scanner) == {}
    assert not scanner.folders_changed


def test_a_sweep_over_files_finds_an_append(threads: Path, scanner: Scanner) -> None:
    path = append(threads, "a", "r1")
    assert sweep(scanner) == {("a", "r1"): stamp(path)}


def test_a_sweep_over_folders_finds_new_and_deleted_runs_only(
    threads: Path, scanner: Scanner
) -> None:
    append(threads, "a", "r1")
    assert sweep(scanner, files=False) == {}
    path = append(threads, "b", "new")
    run_path(threads, "b", "r1").unlink()
    changes = {("b", "new"): stamp(path), ("b", "r1"): None}
    assert sweep(scanner, files=False) == changes


def test_a_sweep_over_folders_lists_a_folder_that_changed_just_now(
    threads: Path, scanner: Scanner
) -> None:
    # A second change within the resolution of the clock leaves the folder's stamp.
    append(threads, "a", "new")
    sweep(scanner)
    path = append(threads, "a", "r1")
    assert sweep(scanner, files=False) == {("a", "r1"): stamp(path)}


def test_a_deleted_thread_is_a_change_of_each_of_its_runs(
    threads: Path, scanner: Scanner
) -> None:
    shutil.rmtree(threads / "a")
    assert sweep(scanner) == {("a", "r1"): None, ("a", "r2"): None}
    assert scanner.folders_changed


def test_a_deleted_root_has_no_runs_and_no_identity(
    threads: Path, scanner: Scanner
) -> None:
    shutil.rmtree(threads)
    assert sweep(scanner) == dict.fromkeys(ALL_RUNS)
    assert scanner.root_identity is None
    assert scanner.problems == {}


def test_the_caller_can_work_after_each_thread(threads: Path) -> None:
    scanner = Scanner(TreeFiles(threads))
    seen = []
    for _ in scanner.sweep(files=True):
        seen.append(len(scanner.pop_changes()))
    assert seen == [2, 2]


def test_one_run_can_be_checked_alone(threads: Path, scanner: Scanner) -> None:
    path = append(threads, "a", "r1")
    append(threads, "a", "r2")
    assert scanner.stat_run(("a", "r1"))
    assert scanner.pop_changes() == {("a", "r1"): stamp(path)}


def test_a_run_can_be_opened_to_check_it(threads: Path, scanner: Scanner) -> None:
    path = append(threads, "a", "r1")
    assert scanner.stat_run(("a", "r1"), reopen=True)
    assert scanner.pop_changes() == {("a", "r1"): stamp(path)}


def test_a_run_of_an_unknown_thread_is_not_checked(
    threads: Path, scanner: Scanner
) -> None:
    append(threads, "c", "r1")
    assert not scanner.stat_run(("c", "r1"))
    assert scanner.pop_changes() == {}


def test_one_thread_can_be_scanned_alone(threads: Path, scanner: Scanner) -> None:
    append(threads, "a", "r1")
    path = append(threads, "c", "r1")
    assert not scanner.scan_thread("c")
    assert scanner.pop_changes() == {("c", "r1"): stamp(path)}


def test_a_scanned_thread_without_runs_is_reported_as_empty(
    threads: Path, scanner: Scanner
) -> None:
    (threads / "c").mkdir()
    assert scanner.scan_thread("c")
    assert not scanner.scan_thread("missing")


def test_the_newest_threads_are_those_with_the_latest_write_to_a_run(
    threads: Path, scanner: Scanner
) -> None:
    for thread_id, seconds in (("b", 3e9), ("a", 4e9)):
        os.utime(run_path(threads, thread_id, "r2"), (seconds, seconds))
        sweep(scanner)
        status = runs_folder(threads, thread_id).stat()
        assert scanner.newest(1) == {thread_id: (status.st_dev, status.st_ino)}
    assert list(scanner.newest(9)) == ["a", "b"]


def test_a_file_named_runs_holds_no_runs(threads: Path) -> None:
    shutil.rmtree(runs_folder(threads, "a"))
    runs_folder(threads, "a").write_text("not a folder")
    scanner = Scanner(TreeFiles(threads))
    assert {thread_id for thread_id, _ in sweep(scanner)} == {"b"}
    assert scanner.problems == {}


def test_a_linked_runs_folder_holds_no_runs(threads: Path) -> None:
    append(threads, "c", "r").parent.rename(threads / "c" / "elsewhere")
    (threads / "c" / "runs").symlink_to(threads / "c" / "elsewhere")
    scanner = Scanner(TreeFiles(threads))
    assert {thread_id for thread_id, _ in sweep(scanner)} == {"a", "b"}


def test_an_unreadable_folder_is_a_problem_and_its_runs_are_not_deleted(
    unprivileged: Path,
) -> None:
    path = append(unprivileged, "a", "r1")
    scanner = Scanner(TreeFiles(unprivileged))
    sweep(scanner)
    try:
        path.parent.chmod(0)
        assert sweep(scanner) == {}
        problem = "cannot read threads/a/runs: permission denied"
        assert scanner.problems == {"a": problem}
        assert scanner.newest(9) == {}
        unprivileged.chmod(0)
        assert sweep(scanner) == {}
        assert str(unprivileged) in scanner.problems[""]
    finally:
        unprivileged.chmod(0o700)
        path.parent.chmod(0o700)
    append(unprivileged, "a", "r1")
    assert sweep(scanner) == {("a", "r1"): stamp(path)}
    assert scanner.problems == {}
