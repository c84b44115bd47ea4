from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.helpers.commands import PROGRAM, answer, command, environment, records
from tests.helpers.disk import Disk
from tests.helpers.terminal import Terminal

ROOT = Path(__file__).parents[2]
terminal_only = pytest.mark.skipif(
    sys.platform == "win32", reason="needs a pseudo-terminal"
)


def delete(disk: Disk, *names: str) -> None:
    for name in names:
        answer("rm", "-t", disk.base, name, "--yes")


def listed(disk: Disk) -> list[str]:
    """Return the runs in the trash, the last deleted at the front."""
    return [line.split("\t")[1] for line in answer("trash", "-t", disk.base)]


def test_the_last_deleted_run_is_listed_first(disk: Disk) -> None:
    size = disk.path("elk", "aaa1").stat().st_size
    delete(disk, "bbb1", "aaa1")
    first, second = (line.split("\t") for line in answer("trash", "-t", disk.base))
    assert (first[1], second[1]) == ("elk/aaa1", "fox/bbb1")
    assert (first[2], first[5]) == (str(size), "Find the elk")
    deleted, until = (datetime.fromisoformat(text) for text in first[3:5])
    assert (until - deleted).total_seconds() == 7 * 86_400
    assert answer("trash", "list", "-t", disk.base) == answer("trash", "-t", disk.base)


def test_a_trash_without_runs_has_an_empty_answer(disk: Disk, tmp_path: Path) -> None:
    assert answer("trash", "-t", disk.base) == []
    assert answer("trash", "-t", disk.base, "--json") == []
    empty = tmp_path / "empty" / ".deer-flow"
    (empty / "threads").mkdir(parents=True)
    assert answer("trash", "-t", empty) == []
    ended = command("trash", "-t", empty, "empty", "--yes")
    assert (ended.returncode, ended.stderr) == (0, "whitetail: the trash is empty\n")


def test_objects_have_the_schema_of_the_trash(disk: Disk) -> None:
    delete(disk, "aaa1")
    (entry,) = records("trash", "-t", disk.base)
    assert entry["schema"] == "whitetail.trash/1"
    assert (entry["thread_id"], entry["run_id"]) == ("elk", "aaa1")
    assert entry["name"] == "Find the elk"
    assert Path(entry["path"]).stat().st_size == entry["size_bytes"]
    for name in ("deleted_at", "expires_at"):
        assert datetime.fromisoformat(entry[name]).tzinfo is not None
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    section = text.split("## `whitetail.trash/1`")[1].split("\n## ")[0]
    for name in entry:
        assert f"`{name}`" in section
    (restored,) = records("trash", "restore", entry["trash_id"], "-t", disk.base)
    assert restored == entry


def test_the_id_of_a_deleted_run_stays_the_same(disk: Disk, tmp_path: Path) -> None:
    delete(disk, "aaa1")
    ids = {answer("trash", "-t", path)[0].split()[0] for path in (disk.base, tmp_path)}
    moved = disk.base.rename(tmp_path / "moved")
    ids.add(answer("trash", "-t", moved)[0].split()[0])
    assert len(ids) == 1


def test_a_run_is_restored_by_the_beginning_of_its_id(disk: Disk) -> None:
    before = disk.path("elk", "aaa1").read_bytes()
    delete(disk, "aaa1")
    (entry,) = records("trash", "-t", disk.base)
    begin = entry["trash_id"][:5]
    (line,) = answer("trash", "-t", disk.base, "restore", begin)
    assert line.split("\t")[1] == "elk/aaa1"
    assert disk.path("elk", "aaa1").read_bytes() == before
    assert not (disk.base / ".trash").exists()


@pytest.mark.parametrize(
    ("names", "restored"),
    [
        (["elk/aaa1"], ["elk/aaa1"]),
        (["aaa1"], ["elk/aaa1"]),
        (["fo"], ["fox/bbb1"]),
        (["elk"], ["elk/aaa1", "elk/aaa2"]),
        # Only names with letters after f are never the beginning of an id.
        (["run-7", "elk", "aaa2"], ["elk/aaa1", "elk/aaa2", "owl/run-77"]),
    ],
)
def test_runs_are_restored_by_what_they_were_called(
    disk: Disk, names: list[str], restored: list[str]
) -> None:
    disk.write_run("owl", "run-77", "Find the owl")
    delete(disk, "elk", "fox", "owl")
    lines = answer("trash", "-t", disk.base, "restore", *names)
    assert sorted(line.split("\t")[1] for line in lines) == restored
    rest = {"elk/aaa1", "elk/aaa2", "fox/bbb1", "owl/run-77"} - set(restored)
    assert sorted(listed(disk)) == sorted(rest)


def test_a_whole_name_is_not_the_beginning_of_another_one(disk: Disk) -> None:
    disk.write_run("elk", "aaa10", "Find ten elks")
    delete(disk, "elk")
    (line,) = answer("trash", "-t", disk.base, "restore", "aaa1")
    assert line.split("\t")[1] == "elk/aaa1"
    (line,) = answer("trash", "-t", disk.base, "restore", "elk/aaa10")
    assert line.split("\t")[1] == "elk/aaa10"


def test_a_run_that_was_deleted_twice_is_restored_by_its_id_only(disk: Disk) -> None:
    delete(disk, "aaa1")
    disk.write_run("elk", "aaa1", "Again")
    delete(disk, "aaa1")
    newest, oldest = records("trash", "-t", disk.base)
    ended = command("trash", "-t", disk.base, "restore", "elk/aaa1")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f'whitetail: "elk/aaa1" is not unique: {newest["trash_id"]} (elk/aaa1), '
        f"{oldest['trash_id']} (elk/aaa1)\n"
    )
    answer("trash", "-t", disk.base, "restore", oldest["trash_id"])
    assert "Find the elk" in disk.path("elk", "aaa1").read_text()


def test_a_file_that_is_in_the_way_is_named_and_nothing_is_lost(disk: Disk) -> None:
    path = disk.path("elk", "aaa1")
    before = path.read_bytes()
    delete(disk, "elk")
    disk.add_reply("elk", "aaa1", "new")
    new = path.read_bytes()
    ended = command("trash", "-t", disk.base, "restore", "elk")
    assert ended.returncode == 2
    assert ended.stderr == (f"whitetail: elk/aaa1 not restored: {path} exists again\n")
    # The other run of the thread is restored.
    assert [line.split("\t")[1] for line in ended.stdout.splitlines()] == ["elk/aaa2"]
    assert path.read_bytes() == new
    (entry,) = records("trash", "-t", disk.base)
    assert Path(entry["path"]).read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["restore"], "ID is missing; whitetail trash lists them"),
        (["restore", "zzz"], 'no deleted run begins with "zzz"'),
        (["restore", ""], 'no deleted run begins with ""'),
        (["restore", "elk/"], 'no deleted run begins with "elk/"'),
        (["list", "aaa1"], "list has no ID"),
        (["empty", "aaa1", "--yes"], "empty has no ID"),
        (["empty"], "there is no terminal to ask on; --yes skips the question"),
        (["empty", "--json"], "--json needs --yes"),
    ],
)
def test_what_is_not_clear_is_refused_and_the_trash_stays(
    disk: Disk, arguments: list[str], reason: str
) -> None:
    delete(disk, "aaa1")
    ended = command("trash", "-t", disk.base, *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"whitetail: {reason}\n"
    assert listed(disk) == ["elk/aaa1"]


def test_there_is_no_trash_outside_of_a_tree(disk: Disk, tmp_path: Path) -> None:
    loose = disk.path("elk", "aaa1").rename(tmp_path / "loose.jsonl")
    ended = command("trash", "-t", loose)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "there is no folder for a trash" in ended.stderr


def test_emptying_removes_all_for_good(disk: Disk) -> None:
    delete(disk, "elk", "fox")
    assert len(answer("trash", "-t", disk.base, "empty", "--yes")) == 3
    assert listed(disk) == []
    assert not (disk.base / ".trash").exists()


def test_a_thread_as_the_tree_limits_what_is_listed_and_removed(disk: Disk) -> None:
    delete(disk, "aaa1", "bbb1")
    thread = disk.threads / "elk"
    assert len(answer("trash", "-t", thread)) == 1
    assert len(answer("trash", "-t", thread, "empty", "--yes")) == 1
    assert listed(disk) == ["fox/bbb1"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs capabilities")
def test_a_trash_that_is_read_only_is_one_sentence(disk: Disk) -> None:
    from tests.helpers.privileges import make_file_modes_apply

    delete(disk, "aaa1")
    (kept,) = disk.base.glob(".trash/*/*/*.jsonl")
    kept.parent.chmod(0o555)
    try:
        emptied, restored = (
            command(
                "trash",
                "-t",
                disk.base,
                *arguments,
                prepare=make_file_modes_apply,
            )
            for arguments in (("empty", "--yes"), ("restore", "aaa1"))
        )
        assert (emptied.returncode, restored.returncode) == (2, 2)
        assert emptied.stderr == (
            f"whitetail: {kept}: permission denied; nothing was removed for good\n"
        )
        assert restored.stderr == (
            f"whitetail: elk/aaa1 not restored: {kept}: permission denied\n"
        )
        assert listed(disk) == ["elk/aaa1"]
    finally:
        kept.parent.chmod(0o755)


@terminal_only
@pytest.mark.parametrize(
    ("keys", "code", "words"),
    [
        (b"y\n", 0, "Removed 2 runs for good."),
        (b"\n", 1, "whitetail: nothing was removed"),
        (b"\x04", 1, "whitetail: nothing was removed"),
        (b"\x03", 130, "whitetail: interrupted; nothing was removed for good"),
    ],
)
def test_a_terminal_is_asked_before_the_trash_is_emptied(
    disk: Disk, keys: bytes, code: int, words: str
) -> None:
    delete(disk, "elk")
    argv = [PROGRAM, "trash", "-t", str(disk.base), "empty"]
    with Terminal(argv, env=environment(), columns=100) as terminal:
        terminal.wait_for("Empty the trash? [y/N]")
        assert terminal.shows("Nothing can restore them afterwards.")
        terminal.send(keys)
        assert terminal.finish() == code
        # The echo of ctrl+c can come before or behind it, on the same line.
        assert terminal.shows(words)
    assert len(listed(disk)) == (0 if code == 0 else 2)


@terminal_only
def test_a_terminal_has_columns(disk: Disk) -> None:
    argv = [PROGRAM, "trash", "-t", str(disk.base)]
    with Terminal(argv, env=environment(), columns=100) as terminal:
        assert terminal.finish() == 0
        assert terminal.shows("whitetail: the trash is empty")
    delete(disk, "aaa1")
    (entry,) = records("trash", "-t", disk.base)
    with Terminal(argv, env=environment(), columns=100) as terminal:
        assert terminal.finish() == 0
        head, row = terminal.screen()[:2]
        names = head.split()
        assert names[:5] == ["id", "thread", "run", "size", "deleted"]
        assert row.split()[:3] == [entry["trash_id"][:8], "elk", "aaa1"]
        assert row.endswith("Find the elk")
        assert all(len(line) <= 100 for line in terminal.screen())
    restoring = [*argv, "restore", "aaa1"]
    with Terminal(restoring, env=environment(), columns=100) as terminal:
        assert terminal.finish() == 0
        assert terminal.shows("Restored elk/aaa1.")
