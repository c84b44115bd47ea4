from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.helpers.commands import (
    PROGRAM,
    answer,
    command,
    environment,
    records,
    redirected,
    without_room,
)
from tests.helpers.disk import Disk, growing
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.demo import demo_tree
from whitetail_store import JsonlRunEventStore

ROOT = Path(__file__).parents[2]
HOSTILE = "\x1b]0;owned\x07\x9b31m\u202egnp.exe"


def existing(disk: Disk) -> list[str]:
    """Return the runs that have a file."""
    found = disk.threads.glob("*/runs/*.jsonl")
    return sorted(f"{path.parts[-3]}/{path.stem}" for path in found)


def in_trash(disk: Disk) -> list[str]:
    """Return the names of the files in the trash."""
    return sorted(path.name for path in disk.base.glob(".trash/*/*/*.jsonl"))


ALL = ["elk/aaa1", "elk/aaa2", "fox/bbb1"]


def test_a_deleted_run_is_in_the_trash_with_the_same_bytes(disk: Disk) -> None:
    path = disk.path("elk", "aaa1")
    before, size = path.read_bytes(), path.stat().st_size
    (line,) = answer("rm", "-t", disk.base, "aaa1", "--yes")
    name, status, started, *cells = line.split("\t")
    assert (name, status) == ("elk/aaa1", "answered")
    assert datetime.fromisoformat(started).tzinfo is not None
    assert cells == ["4", str(size), "Find the elk"]
    assert existing(disk) == ALL[1:]
    (kept,) = disk.base.glob(".trash/*/*/*.jsonl")
    assert kept.read_bytes() == before


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["elk"], ALL[2:]),
        (["el", "elk/aaa1"], ALL[2:]),
        (["aaa2", "bbb"], ALL[:1]),
        (["@latest"], ALL[:2]),
        (["@failed", "elk/aaa1"], ALL[1:2]),
        (["--where", "status:answered prompt:now"], ["elk/aaa1", "fox/bbb1"]),
        (["--where", "before:1h"], ["fox/bbb1"]),
        (["--where", "errors>0"], ALL[:2]),
    ],
)
def test_runs_and_threads_are_deleted_by_what_they_are_called(
    disk: Disk, names: list[str], left: list[str]
) -> None:
    assert len(answer("rm", "-t", disk.base, "--yes", *names)) == 3 - len(left)
    assert existing(disk) == left


def test_a_thread_as_the_tree_limits_what_can_be_named(disk: Disk) -> None:
    every = ("--where", "errors>=0")
    ended = command("rm", "-t", disk.threads / "fox", "aaa1", "--yes")
    assert ended.returncode == 2
    assert len(answer("rm", "-t", disk.threads / "elk", *every, "--yes")) == 2
    assert existing(disk) == ALL[2:]


def test_a_query_without_a_match_deletes_nothing(disk: Disk) -> None:
    ended = command("rm", "-t", disk.base, "--where", "title:zebra", "--yes")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == "whitetail: no run matches; nothing was deleted\n"
    assert existing(disk) == ALL


def test_a_dry_run_lists_what_would_go_and_deletes_nothing(disk: Disk) -> None:
    lines = answer("rm", "-t", disk.base, "elk", "--dry-run")
    assert [line.split("\t")[0] for line in lines] == ["elk/aaa1", "elk/aaa2"]
    assert existing(disk) == ALL
    assert not (disk.base / ".trash").exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["aaa1"], "there is no terminal to ask on; --yes skips the question"),
        (["--yes"], "RUN, THREAD or --where QUERY is missing"),
        (["", "--yes"], '"" is no name of a run or a thread'),
        (["elk/", "--yes"], '"elk/" is no name of a run or a thread'),
        (["--where", "", "--yes"], "an empty query would match all runs"),
        (
            ["aaa1", "--where", "a", "--yes"],
            "either RUN and THREAD or --where can name what goes",
        ),
        (["aaa1", "--json"], "--json needs --yes or --dry-run"),
        (["aaa", "--yes"], '"aaa" is not unique: elk/aaa1 elk/aaa2'),
        (["aaa1", "zzz", "--yes"], 'no run begins with "zzz"'),
    ],
)
def test_what_is_not_clear_is_refused_and_nothing_is_deleted(
    disk: Disk, arguments: list[str], reason: str
) -> None:
    ended = command("rm", "-t", disk.base, *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"whitetail: {reason}\n"
    assert existing(disk) == ALL


def test_nothing_is_deleted_outside_of_a_tree(disk: Disk, tmp_path: Path) -> None:
    loose = disk.path("elk", "aaa1").rename(tmp_path / "loose.jsonl")
    for names in (["@latest"], ["--where", "elk"]):
        ended = command("rm", "-t", loose, *names, "--yes", "--purge")
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "there is no folder for a trash" in ended.stderr
    assert loose.exists()


def test_a_tree_without_runs_has_nothing_to_delete(tmp_path: Path) -> None:
    (tmp_path / ".deer-flow" / "threads").mkdir(parents=True)
    assert command("rm", "-t", tmp_path, "@latest", "--yes").returncode == 2
    assert command("rm", "-t", tmp_path, "--where", "x", "--yes").returncode == 0


@pytest.mark.parametrize("option", [("--yes",), ("--dry-run",)])
def test_a_run_that_is_being_written_is_refused_with_all_others(
    disk: Disk, option: tuple[str, ...]
) -> None:
    path = disk.write_run("deer", "ccc1", "Go", age=60, ended=False)
    with growing(path):
        ended = command("rm", "-t", disk.base, "deer", "elk", *option)
    assert ended.returncode == 2
    assert ended.stderr == (
        "whitetail: deer/ccc1 may still be written, which --running allows; "
        "nothing was deleted\n"
    )
    assert len(ended.stdout.splitlines()) == (3 if option == ("--dry-run",) else 0)
    assert len(existing(disk)) == 4


def test_a_run_that_is_being_written_is_deleted_on_request(disk: Disk) -> None:
    disk.write_run("deer", "ccc1", "Go", age=60, ended=False)
    assert len(answer("rm", "-t", disk.base, "ccc1", "--running", "--yes")) == 1
    assert existing(disk) == ALL


def test_purged_runs_are_not_in_the_trash(disk: Disk) -> None:
    ended = command("rm", "-t", disk.base, "elk", "--purge", "--yes")
    assert (ended.returncode, len(ended.stdout.splitlines())) == (0, 2)
    words = "2 runs removed for good; nothing can restore them"
    assert ended.stderr == f"whitetail: {words}\n"
    assert existing(disk) == ALL[2:]
    assert in_trash(disk) == []


def test_one_run_that_is_purged_is_named_in_the_singular(disk: Disk) -> None:
    ended = command("rm", "-t", disk.base, "aaa1", "--purge", "--yes")
    words = "1 run removed for good; nothing can restore it"
    assert ended.stderr == f"whitetail: {words}\n"


def test_objects_have_the_schema_of_deletions(disk: Disk) -> None:
    arguments = ("rm", "-t", disk.base, "aaa1")
    (planned,) = records(*arguments, "--dry-run")
    assert {**planned, "started_at": None} == {
        "schema": "whitetail.deletion/1",
        "thread_id": "elk",
        "run_id": "aaa1",
        "status": "answered",
        "title": None,
        "prompt": "Find the elk",
        "started_at": None,
        "events": 4,
        "size_bytes": disk.path("elk", "aaa1").stat().st_size,
        "deleted": False,
        "trash_id": None,
    }
    (deleted,) = records(*arguments, "--yes")
    (entry,) = records("trash", "-t", disk.base)
    assert deleted == {**planned, "deleted": True, "trash_id": entry["trash_id"]}
    (purged,) = command(
        "rm", "-t", disk.base, "aaa2", "--purge", "--yes", "--json"
    ).stdout.splitlines()
    assert json.loads(purged)["deleted"] is True
    assert json.loads(purged)["trash_id"] is None
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    section = text.split("## `whitetail.deletion/1`")[1].split("\n## ")[0]
    for name in planned:
        assert f"`{name}`" in section


def test_a_run_that_cannot_be_read_is_deleted_without_its_numbers(disk: Disk) -> None:
    path = disk.path("elk", "aaa1")
    path.write_bytes("{}\n".encode("utf-16"))
    os.utime(path, (0, 0))
    ended = command("rm", "-t", disk.base, "aaa1", "--yes")
    assert ended.returncode == 0
    assert "elk/aaa1 cannot be read: " in ended.stderr
    assert ended.stdout.split("\t")[3] == ""
    assert existing(disk) == ALL[1:]


@pytest.mark.skipif(sys.platform != "linux", reason="needs capabilities")
def test_a_tree_that_is_read_only_is_one_sentence(disk: Disk) -> None:
    from tests.helpers.privileges import make_file_modes_apply

    runs = disk.threads / "fox" / "runs"
    for folder in (runs, disk.base):
        folder.chmod(0o555)
    try:
        ended = command(
            "rm",
            "-t",
            disk.base,
            *("elk", "fox", "--yes"),
            prepare=make_file_modes_apply,
        )
    finally:
        for folder in (runs, disk.base):
            folder.chmod(0o755)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.endswith(": permission denied; nothing was deleted")
    assert existing(disk) == ALL
    assert in_trash(disk) == []


def test_a_trash_that_is_no_folder_is_one_sentence(disk: Disk) -> None:
    (disk.base / ".trash").touch()
    ended = command("rm", "-t", disk.base, "elk", "--yes")
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert line.endswith("; nothing was deleted")
    assert existing(disk) == ALL


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on sizes of files")
async def test_a_disk_without_room_for_a_note_is_one_sentence(disk: Disk) -> None:
    # Our store keeps a note beside the runs, which a delete has to change.
    store = JsonlRunEventStore(disk.base)
    await store.put(
        thread_id="fox", run_id="bbb2", event_type="x", category="message", content="x"
    )
    arguments = ("--where", "elk or fox or x", "--yes", "--running")
    ended = command("rm", "-t", disk.base, *arguments, prepare=without_room)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "whitetail: file too large; nothing was deleted\n"
    assert existing(disk) == ["elk/aaa1", "elk/aaa2", "fox/bbb1", "fox/bbb2"]
    assert in_trash(disk) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_an_answer_that_cannot_be_written_does_not_hide_what_was_deleted(
    disk: Disk,
) -> None:
    ended = redirected(">/dev/full", "rm", "-t", disk.base, "elk", "--yes")
    assert ended.returncode == 2
    assert ended.stderr == (
        "whitetail: 2 runs now in the trash, but cannot write: "
        "no space left on device\n"
    )
    assert in_trash(disk) == ["elk.aaa1.jsonl", "elk.aaa2.jsonl"]


def test_what_the_trash_need_no_longer_keep_is_removed_with_a_note(disk: Disk) -> None:
    answer("rm", "-t", disk.base, "aaa1", "--yes")
    env = {"WHITETAIL_TRASH_DAYS": "0"}
    ended = command("rm", "-t", disk.base, "aaa2", "--yes", env=env)
    assert ended.returncode == 0
    assert ended.stderr.startswith("whitetail: removed 1 run from the trash for good")
    assert in_trash(disk) == ["elk.aaa2.jsonl"]
    ended = command(
        "rm",
        "-t",
        disk.base,
        "bbb1",
        "--yes",
        env={**env, **{"WHITETAIL_TRASH_DAYS": "soon"}},
    )
    assert ended.returncode == 2
    assert "WHITETAIL_TRASH_DAYS has to be a number" in ended.stderr
    assert existing(disk) == ["fox/bbb1"]


def test_a_link_to_a_run_is_left_alone(disk: Disk, tmp_path: Path) -> None:
    work = tmp_path / "work.jsonl"
    work.write_text("precious")
    link = disk.path("elk", "link")
    link.symlink_to(work)
    assert len(answer("rm", "-t", disk.base, "elk", "--yes")) == 2
    assert link.is_symlink() and work.read_text() == "precious"


def test_the_made_up_runs_are_deleted_and_restored() -> None:
    with demo_tree(live=False) as base:
        ended = command("rm", "-t", base, "--where", "a", "--yes", "--running")
        assert ended.returncode == 0
        deleted = [line.split("\t")[0] for line in ended.stdout.splitlines()]
        assert len(deleted) > 3
        left = {line.split("\t")[0] for line in answer("ls", "-t", base)}
        assert left.isdisjoint(deleted)
        ids = [line.split("\t")[0] for line in answer("trash", "-t", base)]
        assert len(answer("trash", "-t", base, "restore", *ids)) == len(deleted)
        now = {line.split("\t")[0] for line in answer("ls", "-t", base)}
        assert now == left | set(deleted)


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_no_escape_sequence_of_a_log_is_printed(
    disk: Disk, option: tuple[str, ...]
) -> None:
    disk.write_run("hostile", "ccc1", HOSTILE, HOSTILE)
    for command_line in (
        ("rm", "-t", disk.base, "ccc1", "--yes"),
        ("trash", "-t", disk.base),
        ("trash", "-t", disk.base, "restore", "ccc1"),
    ):
        text = "\n".join(answer(*command_line, *option))
        assert "owned" in text and "gnp.exe" in text
        assert not set("\x1b\x07\x9b\u202e") & set(text)


def test_two_deletes_at_once_delete_each_run_once(disk: Disk) -> None:
    for number in range(40):
        disk.write_run("many", f"run-{number:02}", "Go", "Gone")
    argv = [PROGRAM, "rm", "-t", str(disk.base), "many", "--yes"]
    both = [
        subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environment(),
        )
        for _ in range(2)
    ]
    printed = [process.communicate(timeout=WAIT_TIMEOUT_S) for process in both]
    deleted = [line.split("\t")[0] for out, _ in printed for line in out.splitlines()]
    assert sorted(deleted) == [f"many/run-{number:02}" for number in range(40)]
    assert len(in_trash(disk)) == 40
    assert existing(disk) == ALL
    for process, (_, errors) in zip(both, printed, strict=True):
        assert process.returncode in (0, 2)
        assert "Traceback" not in errors
