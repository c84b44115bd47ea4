from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from tests.helpers.table import Table
from whitetail.source.database.address import DatabaseAddress
from whitetail.source.locate import (
    NoTreeError,
    TreeLocation,
    count_runs,
    discover,
    has_runs,
    locate,
    resolve,
)


def make_pipe(path: Path) -> None:
    """Create a fifo; on Windows, where there are none, a folder."""
    if sys.platform == "win32":
        pytest.skip("Windows has no fifos in folders")
    os.mkfifo(path)


def make_tree(folder: Path) -> Path:
    """Create an empty `.deer-flow` in a folder, and return it."""
    base = folder / ".deer-flow"
    (base / "threads").mkdir(parents=True)
    return base


def test_a_tree_is_remembered_by_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make_tree(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert resolve(Path(".deer-flow")).state_name == str(base)


def test_a_tree_is_found_by_its_own_path(tmp_path: Path) -> None:
    base = make_tree(tmp_path)
    assert resolve(base).base == base


def test_a_tree_is_found_by_the_folder_that_contains_it(tmp_path: Path) -> None:
    base = make_tree(tmp_path)
    assert resolve(tmp_path).base == base


def test_a_tree_is_found_by_its_threads_folder(tmp_path: Path) -> None:
    base = make_tree(tmp_path)
    assert resolve(base / "threads").base == base


def test_a_tree_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "copy" / "threads").mkdir(parents=True)
    assert resolve(tmp_path / "copy").base == tmp_path / "copy"


def test_a_tree_may_be_called_threads(tmp_path: Path) -> None:
    (tmp_path / "threads" / "threads").mkdir(parents=True)
    assert resolve(tmp_path / "threads").base == tmp_path / "threads"


def test_a_tree_need_not_have_threads_yet(tmp_path: Path) -> None:
    (tmp_path / ".deer-flow").mkdir()
    assert resolve(tmp_path).threads == tmp_path / ".deer-flow" / "threads"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "there is no such file or folder"),
        ("pipe", "neither a folder nor a regular file"),
        ("empty", "there is no .deer-flow and no .jsonl file in it"),
        ("n" * 300, "too long"),
    ],
)
def test_a_path_without_a_tree_is_refused_with_the_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    make_pipe(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoTreeError, match=reason) as caught:
        resolve(tmp_path / name)
    assert name in str(caught.value)


def test_without_a_path_the_environment_variable_decides(tmp_path: Path) -> None:
    named = make_tree(tmp_path / "named")
    make_tree(tmp_path / "home")
    found = discover(tmp_path / "home", {"DEER_FLOW_HOME": str(named)})
    assert found.base == named
    assert found.candidates[:2] == (named, tmp_path / "home" / ".deer-flow")


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    base = make_tree(tmp_path)
    assert discover(tmp_path, {"DEER_FLOW_HOME": ""}).base == base


@pytest.mark.parametrize("value", ["missing", "~nobody-of-that-name/x"])
def test_a_variable_that_names_no_tree_is_refused(tmp_path: Path, value: str) -> None:
    make_tree(tmp_path)
    with pytest.raises(NoTreeError, match="DEER_FLOW_HOME: "):
        discover(tmp_path, {"DEER_FLOW_HOME": value})


def test_without_a_path_the_tree_in_the_start_folder_is_opened(tmp_path: Path) -> None:
    base = make_tree(tmp_path)
    assert discover(tmp_path, {}).base == base


def test_a_tree_in_the_backend_folder_of_deerflow_is_found(tmp_path: Path) -> None:
    base = make_tree(tmp_path / "backend")
    assert discover(tmp_path, {}).base == base


def test_the_tree_in_the_start_folder_precedes_the_one_in_backend(
    tmp_path: Path,
) -> None:
    make_tree(tmp_path / "backend")
    base = make_tree(tmp_path)
    assert discover(tmp_path, {}).base == base


def test_a_tree_in_a_folder_above_is_found(tmp_path: Path) -> None:
    base = make_tree(tmp_path)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert discover(deep, {}).base == base


def test_without_any_tree_the_folders_that_were_looked_at_are_listed(
    tmp_path: Path,
) -> None:
    location = discover(tmp_path, {})
    assert location.base == tmp_path / ".deer-flow"
    assert location.candidates[:2] == (
        tmp_path / ".deer-flow",
        tmp_path / "backend" / ".deer-flow",
    )
    assert Path("/.deer-flow") in location.candidates


def tree_with_a_run(folder: Path) -> Path:
    """Create a `.deer-flow` with one run in a folder, and return it."""
    base = make_tree(folder)
    (base / "threads" / "t" / "runs").mkdir(parents=True)
    (base / "threads" / "t" / "runs" / "r.jsonl").touch()
    return base


def test_a_tree_with_runs_precedes_the_one_of_the_variable(tmp_path: Path) -> None:
    named = make_tree(tmp_path / "named")
    base = tree_with_a_run(tmp_path / "home")
    found = discover(tmp_path / "home", {"DEER_FLOW_HOME": str(named)})
    assert found.base == base
    assert found.candidates[0] == named
    (named / "threads" / "t" / "runs").mkdir(parents=True)
    (named / "threads" / "t" / "runs" / "r.jsonl").touch()
    found = discover(tmp_path / "home", {"DEER_FLOW_HOME": str(named)})
    assert found.base == named


@pytest.mark.parametrize("by_path", [True, False])
def test_a_tree_with_runs_in_backend_precedes_an_empty_one(
    tmp_path: Path, by_path: bool
) -> None:
    empty = make_tree(tmp_path)
    base = tree_with_a_run(tmp_path / "backend")
    found = resolve(tmp_path) if by_path else discover(tmp_path, {})
    assert found.base == base
    assert found.candidates[:2] == (empty, base)


def test_a_tree_with_runs_is_opened_though_the_variable_names_no_folder(
    tmp_path: Path,
) -> None:
    base = tree_with_a_run(tmp_path)
    assert discover(tmp_path, {"DEER_FLOW_HOME": str(tmp_path / "x")}).base == base


def test_a_tree_that_the_user_names_is_opened_and_others_are_listed(
    tmp_path: Path,
) -> None:
    empty = make_tree(tmp_path)
    base = tree_with_a_run(tmp_path / "backend")
    assert resolve(empty) == TreeLocation(empty, (empty, base))
    assert resolve(base / "threads") == TreeLocation(base, (base, empty))


@pytest.mark.parametrize(
    ("path", "run"),
    [("threads/t", None), ("threads/t/runs", None), ("threads/t/runs/r.jsonl", "r")],
)
def test_a_thread_or_a_run_that_the_user_names_is_selected_in_its_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, run: str | None
) -> None:
    base = tree_with_a_run(tmp_path)
    assert resolve(base / path) == TreeLocation(base, (base,), ("t", run))
    monkeypatch.chdir((base / path).parent)
    assert resolve(Path((base / path).name)).selected == ("t", run)


@pytest.mark.parametrize("name", ["run.jsonl", "a b.jsonl", "notes.txt", "noending"])
def test_a_file_outside_of_a_tree_is_opened_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    expected = TreeLocation(tmp_path.resolve() / name, is_loose=True)
    assert resolve(tmp_path / name) == expected


@pytest.mark.parametrize("path", ["copy", "copy/runs"])
def test_a_folder_of_runs_outside_of_a_tree_is_opened(
    tmp_path: Path, path: str
) -> None:
    runs = tmp_path / "copy" / "runs"
    runs.mkdir(parents=True)
    (runs / "a b.jsonl").touch()
    expected = TreeLocation(runs.resolve(), is_loose=True)
    assert resolve(tmp_path / path) == expected


def test_a_folder_without_files_of_runs_is_refused(tmp_path: Path) -> None:
    for number in range(1_000):
        (tmp_path / f"{number}.json").touch()
    (tmp_path / ".hidden.jsonl").touch()
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(NoTreeError, match=r"no \.jsonl file"):
        resolve(tmp_path)


def test_a_link_leads_to_the_run_that_it_names(tmp_path: Path) -> None:
    base = tree_with_a_run(tmp_path.resolve())
    run, link = base / "threads" / "t" / "runs" / "r.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(run)
    assert resolve(link).base == base
    assert resolve(link).selected == ("t", "r")
    # A tree does not list links, so the file is opened alone.
    (tmp_path / "elsewhere").touch()
    (run.parent / "link.jsonl").symlink_to(tmp_path / "elsewhere")
    found = resolve(run.parent / "link.jsonl")
    assert found == TreeLocation(tmp_path.resolve() / "elsewhere", is_loose=True)


def test_a_file_in_a_tree_that_the_tree_does_not_list_is_opened_alone(
    tmp_path: Path,
) -> None:
    path = tree_with_a_run(tmp_path.resolve()) / "threads" / "t" / "runs" / "a b.jsonl"
    path.touch()
    assert resolve(path) == TreeLocation(path, is_loose=True)


def test_the_runs_of_a_tree_are_counted(tmp_path: Path) -> None:
    assert count_runs(tmp_path / "missing") is None
    assert count_runs(make_tree(tmp_path / "empty")) == 0
    (tmp_path / "bare").mkdir()
    assert count_runs(tmp_path / "bare") == 0
    base = tree_with_a_run(tmp_path)
    assert count_runs(base) == 1
    assert has_runs(base) and not has_runs(tmp_path / "empty")


def test_without_run_files_the_database_of_deer_flow_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / ".deer-flow" / "data"
    data.mkdir(parents=True)
    (data / "a.db").write_bytes(b"no database")
    Table(f"sqlite:///{data}/b.db").run("CREATE TABLE other (id INTEGER)")
    empty = Table(f"sqlite:///{data}/c.db")
    empty.create()
    assert isinstance(locate(None, {}), TreeLocation)

    table = Table(f"sqlite:///{data}/deerflow.db")
    table.create()
    table.add(1)
    found = locate(None, {})
    assert isinstance(found, DatabaseAddress)
    assert (found.path, found.found_as) == (
        data / "deerflow.db",
        "there are no run files",
    )
    named = locate(str(data / "deerflow.db"), {})
    assert isinstance(named, DatabaseAddress)
    assert not named.found_as

    (tmp_path / ".deer-flow" / ".trash").mkdir()
    assert isinstance(locate(None, {}), TreeLocation)
    (tmp_path / ".deer-flow" / ".trash").rmdir()
    Disk(tmp_path).write_run("t", "r", "a question", "an answer")
    assert isinstance(locate(None, {}), TreeLocation)
