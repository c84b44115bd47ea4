from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands import PROGRAM, answer, command, environment, started
from tests.helpers.disk import Disk
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.export.formats import FORMATS
from whitetail.export.redacted import REDACTION
from whitetail.source.file_rows import FileRows
from whitetail.source.locate import TreeLocation
from whitetail.state.database import FILE_NAME, SavedMark, StateDatabase
from whitetail.state.identity import identity_of

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs limits")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def export(disk: Disk, folder: Path, *arguments: str | Path) -> list[str]:
    ended = command("export", "-t", disk.base, *arguments, cwd=folder)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


def refused(disk: Disk, folder: Path, *arguments: str | Path) -> str:
    ended = command("export", "-t", disk.base, *arguments, cwd=folder)
    assert (ended.returncode, ended.stdout) == (2, "")
    return ended.stderr.removeprefix("whitetail: ").removesuffix("\n")


def test_the_raw_lines_are_those_of_the_file(disk: Disk, tmp_path: Path) -> None:
    assert export(disk, tmp_path, "aaa1", "-o", "a.jsonl") == ["a.jsonl"]
    assert (tmp_path / "a.jsonl").read_bytes() == disk.path("elk", "aaa1").read_bytes()


def test_a_filter_leaves_the_lines_that_match(disk: Disk, tmp_path: Path) -> None:
    export(disk, tmp_path, "aaa1", "-o", "a.jsonl", "--filter", "is here")
    lines = disk.path("elk", "aaa1").read_bytes().splitlines(keepends=True)
    assert (tmp_path / "a.jsonl").read_bytes() == lines[2]


def test_a_thread_is_one_file_with_its_runs_in_order(
    disk: Disk, tmp_path: Path
) -> None:
    assert export(disk, tmp_path, "elk", "--format", "jsonl") == ["thread-elk.jsonl"]
    both = [disk.path("elk", run).read_bytes() for run in ("aaa1", "aaa2")]
    assert (tmp_path / "thread-elk.jsonl").read_bytes() == b"".join(both)


def test_several_runs_are_one_file_each(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    arguments = ("aaa1", "fox", "--format", "jsonl", "-o", "out")
    assert export(disk, tmp_path, *arguments) == [
        str(Path("out", "run-aaa1.jsonl")),
        str(Path("out", "thread-fox.jsonl")),
    ]
    assert files(tmp_path / "out") == ["run-aaa1.jsonl", "thread-fox.jsonl"]


def test_several_runs_need_a_folder(disk: Disk, tmp_path: Path) -> None:
    text = refused(disk, tmp_path, "aaa1", "aaa2", "-o", "a.jsonl")
    assert text == "a.jsonl is not a folder, which several files need"
    text = refused(disk, tmp_path, "aaa1", "aaa2", "-o", "out")
    assert text == "out is not a folder, which several files need"
    text = refused(disk, tmp_path, "aaa1", "aaa2", "-o", "-")
    assert text == "only one run or thread can be written to stdout"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("zzz", 'no run begins with "zzz"'), ("a", '"a" is not unique: ')],
)
def test_a_name_means_one_run_or_thread(
    disk: Disk, tmp_path: Path, name: str, reason: str
) -> None:
    assert refused(disk, tmp_path, name).startswith(reason)


def test_a_name_of_a_run_and_a_thread_is_not_unique(disk: Disk, tmp_path: Path) -> None:
    disk.write_run("aaa1-thread", "ccc1", "Prompt", "Reply")
    text = refused(disk, tmp_path, "aaa")
    assert text == '"aaa" is not unique: aaa1-thread elk/aaa1 elk/aaa2'
    assert export(disk, tmp_path, "aaa1", "--format", "jsonl") == ["run-aaa1.jsonl"]
    assert export(disk, tmp_path, "aaa1-", "--format", "jsonl") == [
        "thread-aaa1-thread.jsonl"
    ]


def test_an_existing_file_is_kept(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("mine")
    text = refused(disk, tmp_path, "aaa1", "-o", "a.jsonl")
    assert text == "a.jsonl exists; --force replaces it"
    assert (tmp_path / "a.jsonl").read_text() == "mine"
    export(disk, tmp_path, "aaa1", "-o", "a.jsonl", "--force")
    assert (tmp_path / "a.jsonl").read_bytes() == disk.path("elk", "aaa1").read_bytes()


def test_no_file_is_written_if_one_of_several_exists(
    disk: Disk, tmp_path: Path
) -> None:
    (tmp_path / "run-bbb1.jsonl").write_text("mine")
    refused(disk, tmp_path, "aaa1", "bbb1", "--format", "jsonl")
    assert files(tmp_path) == ["run-bbb1.jsonl"]


def test_the_longest_ending_is_the_format(disk: Disk, tmp_path: Path) -> None:
    export(disk, tmp_path, "aaa1", "-o", "a.otlp.json")
    assert "resourceSpans" in json.loads((tmp_path / "a.otlp.json").read_bytes())
    export(disk, tmp_path, "aaa1", "-o", "b.otlp.JSON", "--force")
    assert "resourceSpans" in json.loads((tmp_path / "b.otlp.JSON").read_bytes())
    export(disk, tmp_path, "aaa1", "-o", "a.json")
    assert "resourceSpans" not in json.loads((tmp_path / "a.json").read_bytes())


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.json.bak"])
def test_an_ending_of_no_format_is_refused(
    disk: Disk, tmp_path: Path, name: str
) -> None:
    assert refused(disk, tmp_path, "aaa1", "-o", name) == (
        f"{name} ends with none of .html, .md, .json, .jsonl, .otlp.json; --format "
        "names the format"
    )
    assert files(tmp_path) == []
    assert export(disk, tmp_path, "aaa1", "-o", name, "--format", "jsonl") == [name]


def test_a_missing_folder_is_one_sentence(disk: Disk, tmp_path: Path) -> None:
    text = refused(disk, tmp_path, "aaa1", "-o", Path("gone", "a.jsonl"))
    assert text == f"{Path('gone', 'a.jsonl')}: no such file or directory"


@posix_only
def test_a_full_disk_leaves_nothing_behind(disk: Disk, tmp_path: Path) -> None:
    disk.write_run("long", "ccc1", "x" * 100_000, "y" * 100_000)
    # A limit on the size of files fails a write as a full disk does.
    program = f'ulimit -f 8; trap "" XFSZ; exec {PROGRAM} "$@"'
    arguments = ("export", "-t", disk.base, "ccc1", "-o", "a.jsonl")
    ended = subprocess.run(
        ["sh", "-c", program, "sh", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_TIMEOUT_S,
        cwd=tmp_path,
        env=environment(),
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "whitetail: a.jsonl: file too large\n"
    assert files(tmp_path) == []


def test_stdout_gets_the_bytes_of_the_file(disk: Disk) -> None:
    lines = answer("export", "-t", disk.base, "aaa1", "--format", "jsonl", "-o", "-")
    assert lines == disk.path("elk", "aaa1").read_text().splitlines()


@posix_only
def test_a_reader_that_stops_early_is_no_error(disk: Disk) -> None:
    disk.write_run("long", "ccc1", "x" * 200_000, *["y" * 200_000] * 10)
    arguments = ("export", "-t", disk.base, "ccc1", "--format", "jsonl", "-o", "-")
    with started(*arguments) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(WAIT_TIMEOUT_S) == 0


def redacted(disk: Disk, folder: Path, *arguments: str | Path) -> None:
    ended = command("export", "-t", disk.base, "--redact", *arguments, cwd=folder)
    assert ended.returncode == 0
    assert ended.stderr == f"whitetail: {REDACTION}\n"


@pytest.mark.parametrize("chosen", FORMATS)
def test_a_redacted_file_has_no_word_of_the_run(
    disk: Disk, tmp_path: Path, chosen: str
) -> None:
    redacted(disk, tmp_path, "elk", "--format", chosen, "-o", "a.out")
    text = (tmp_path / "a.out").read_text(encoding="utf-8")
    assert not {"Find", "here", "now?", "gone"} & set(re.findall(r"[\w?]+", text))
    assert "aaa1" in text
    if chosen != "jsonl":
        assert "Redacted" in text


def test_a_filter_finds_the_words_that_are_replaced(disk: Disk, tmp_path: Path) -> None:
    arguments = ("aaa1", "--filter", "is here", "-o")
    redacted(disk, tmp_path, *arguments, "a.jsonl")
    [line] = (tmp_path / "a.jsonl").read_bytes().splitlines()
    original = disk.path("elk", "aaa1").read_bytes().splitlines()[2]
    assert json.loads(line)["seq"] == json.loads(original)["seq"]
    assert len(line) == len(original)
    redacted(disk, tmp_path, *arguments, "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "is here" not in page
    assert "Only events that match a filter" in page


def test_the_same_text_is_the_same_in_all_files_of_an_export(
    disk: Disk, tmp_path: Path
) -> None:
    disk.write_run("ibex", "ccc1", "Find the elk", "It is here")
    redacted(disk, tmp_path, "aaa1", "ccc1", "--format", "jsonl")
    prompts = [
        json.loads((tmp_path / f"run-{run}.jsonl").read_bytes().splitlines()[1])
        for run in ("aaa1", "ccc1")
    ]
    assert prompts[0]["content"] == prompts[1]["content"]
    assert prompts[0]["content"]["content"] != "Find the elk"


def test_the_redacted_copies_are_removed(disk: Disk, tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    arguments = ("export", "-t", disk.base, "--redact", "elk", "-o", tmp_path / "a.md")
    ended = command(*arguments, env={"TMPDIR": str(folder), "TEMP": str(folder)})
    assert ended.returncode == 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["html", "markdown", "json"])
def test_notes_are_in_an_export_and_not_in_a_redacted_one(
    disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("WHITETAIL_STATE_DIR", str(tmp_path / "state"))
    database = StateDatabase(
        tmp_path / "state" / FILE_NAME, TreeLocation(disk.base).state_name
    )
    rows = FileRows(("elk", "aaa1"), disk.path("elk", "aaa1"))
    rows.refresh()
    mark = SavedMark(rows.key, identity_of(rows, 2), note="look *here* <b>")
    assert database.set_note(mark)
    shown = {"html": "look *here* &lt;b&gt;", "markdown": r"look \*here\* \<b\>"}
    arguments = ("export", "-t", disk.base, "aaa1", "--format", name, "-o", "-")
    text = command(*arguments).stdout
    assert text.count(shown.get(name, "look *here* <b>")) == 1
    assert "look" not in command(*arguments, "--redact").stdout
    assert "look" not in command(*arguments, "--filter", "type:run.start").stdout
