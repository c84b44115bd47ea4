"""Runs outside of any tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from whitetail.source.locate import resolve


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Return a folder with two runs, which were copied from a tree."""
    disk = Disk(tmp_path / "tree")
    disk.write_run("a-thread", "r1", "a first question", "a first answer", age=900)
    disk.write_run("a-thread", "r2", "a second question", "a second answer", age=800)
    return disk.threads.parent.parent.rename(tmp_path / "copy") / ".deer-flow"


@pytest.fixture
def folder(runs: Path, tmp_path: Path) -> Path:
    """Return those runs in a folder outside of any tree, one with an odd name."""
    folder = (runs / "threads" / "a-thread" / "runs").rename(tmp_path / "sent")
    (folder / "r1.jsonl").rename(folder / "run (1).jsonl")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


async def test_a_file_is_one_run_of_one_thread_and_has_no_faults(folder: Path) -> None:
    async with open_app(resolve(folder / "run (1).jsonl")) as ui:
        await ui.until_shown("events", "a first answer")
        assert ui.threads.key == "a-thread" and ui.threads.count == 1
        assert ui.runs.key == ("a-thread", "r1") and ui.runs.count == 1
        assert "run (1).jsonl (read-only)" in ui.status.location
        await ui.press("exclamation_mark")
        await ui.until_notified("has no faults")


async def test_a_folder_of_files_is_one_thread(folder: Path) -> None:
    async with open_app(resolve(folder)) as ui:
        await ui.until_shown("events", "a second answer")
        assert ui.threads.count == 1 and ui.runs.count == 2
        await ui.press("2", "j")
        await ui.until_shown("events", "a first answer")


@pytest.mark.parametrize("keys", [["1", "d"], ["2", "d"], ["u"], ["U"]])
async def test_nothing_is_deleted_or_created_outside_of_a_tree(
    folder: Path, keys: list[str]
) -> None:
    before, around = contents(folder), set(folder.parent.iterdir())
    async with open_app(resolve(folder)) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press(*keys)
        await ui.until_notified("there is no folder for a trash")
        assert ui.app.screen is ui.browse
    assert contents(folder) == before
    assert set(folder.parent.iterdir()) == around


async def test_a_file_outside_of_a_tree_is_followed(folder: Path, runs: Path) -> None:
    path = folder / "run (1).jsonl"
    async with open_app(resolve(path)) as ui:
        await ui.until_shown("events", "a first answer")
        answer = path.read_bytes().splitlines(keepends=True)[2]
        with path.open("ab") as file:
            file.write(answer.replace(b"a first answer", b"one more answer"))
        await ui.until_shown("events", "one more answer")


@pytest.mark.parametrize("data", [b"", b"not JSON\n\x1b[2J[red]\n", b"\0" * 500])
async def test_a_file_that_is_no_run_is_opened_with_the_reasons(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "a b.txt"
    path.write_bytes(data)
    async with open_app(resolve(path)) as ui:
        await ui.until(lambda: ui.runs.count == 1 and ui.browse.run.run is not None)
        assert ui.app.is_running
    assert path.read_bytes() == data


async def test_a_file_that_is_removed_leaves_the_lists(folder: Path) -> None:
    path = folder / "run (1).jsonl"
    async with open_app(resolve(path)) as ui:
        await ui.until_shown("events", "a first answer")
        path.unlink()
        await ui.until(lambda: ui.browse.has_class("-empty"))
