"""`whitetail config`, run as the installed program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands import PROGRAM, answer, command, environment
from tests.helpers.disk import Disk
from tests.helpers.terminal import Terminal
from tests.helpers.waiting import WAIT_TIMEOUT_S

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "whitetail" / "config.toml"


def saved(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_path_is_that_of_the_platform_or_of_the_user(
    tmp_path: Path, path: Path
) -> None:
    if sys.platform == "linux":
        listed = command("config", "path", env={"XDG_CONFIG_HOME": str(tmp_path)})
        assert listed.stdout == f"{path}\n"
    listed = command("config", "path", env={"WHITETAIL_CONFIG": str(path)})
    assert listed.stdout == f"{path}\n"
    assert answer("config", "path", "--config", tmp_path / "x") == [f"{tmp_path / 'x'}"]


def test_all_settings_are_shown_with_their_origins(path: Path) -> None:
    saved(
        path, '[ui]\ntheme = "nord"\n[keys]\nundo = ["F7", "F5"]\n[filters]\na = "b"\n'
    )
    variables = {"WHITETAIL_CONFIG": str(path), "WHITETAIL_TRASH_GB": "0.5"}
    shown = command("config", env=variables)
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = {
        line.split("\t")[0]: line.split("\t")[1:] for line in shown.stdout.splitlines()
    }
    assert lines["ui.theme"] == ['"nord"', f"{path}:2"]
    assert lines["ui.wrap"] == ["true", "default"]
    assert lines["trash.size"] == ['"500 MB"', "WHITETAIL_TRASH_GB"]
    assert lines["keys.undo"] == ['["F7", "F5"]', f"{path}:4"]
    assert lines["filters.a"] == ['"b"', f"{path}:6"]


def test_settings_are_objects_for_scripts(path: Path) -> None:
    saved(path, "[trash]\nsize = '2 GB'\n")
    lines = answer("config", "show", "--json", "--config", path)
    objects = {each["path"]: each for each in map(json.loads, lines)}
    assert objects["trash.size"] == {
        "schema": "whitetail.setting/1",
        "path": "trash.size",
        "value": 2e9,
        "default": 5e9,
        "origin": "file",
        "source": str(path),
        "line": 2,
    }
    assert objects["ui.follow"]["origin"] == "default"


def test_mistakes_are_listed_with_their_lines(path: Path) -> None:
    saved(path, '[ui]\nwrap = 3\nthme = 1\n[filters]\nbad = "nope:x"\n')
    lines = answer("config", "check", "--config", path, code=1)
    assert lines == [
        f"{path}:2: ui.wrap has to be true or false; it is 3",
        f"{path}:3: ui.thme is no setting; the nearest is ui.theme",
        f'{path}:5: filters.bad is no filter: There is no field "nope"; to search for '
        'the text, write "nope:x".',
    ]


def test_a_file_without_mistakes_has_an_empty_answer(path: Path) -> None:
    saved(path, "[ui]\nwrap = false\n")
    assert answer("config", "check", "--config", path) == []


def test_a_file_that_is_no_toml_is_a_mistake_and_shows_the_defaults(
    path: Path,
) -> None:
    saved(path, "[ui\n")
    [line] = answer("config", "check", "--config", path, code=1)
    assert line.startswith(f"{path}:1: it is not TOML: ")
    shown = command("config", "show", "--config", path)
    assert shown.returncode == 0
    assert shown.stderr.count("\n") == 1 and "it is not TOML" in shown.stderr
    assert shown.stdout.startswith('ui.theme\t"textual-dark"\tdefault\n')


def test_a_file_that_cannot_be_read_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    ended = command("config", "check", "--config", path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1 and str(path) in ended.stderr


def test_only_a_file_that_the_user_names_must_exist(tmp_path: Path, path: Path) -> None:
    named = command("config", "check", "--config", path)
    assert (named.returncode, named.stdout) == (2, "")
    if sys.platform == "linux":
        usual = command("config", "check", env={"XDG_CONFIG_HOME": str(tmp_path)})
        assert (usual.returncode, usual.stdout) == (0, "")
        assert usual.stderr.endswith("all settings have their defaults\n")


WITHOUT_HOME = """
import os, pwd, sys

os.environ.pop("HOME", None)
os.environ["XDG_CONFIG_HOME"] = ""
pwd.getpwuid = {}.__getitem__
from whitetail.cli import main

main(sys.argv[1:])
"""
"""The program for a user without an entry in the list of users."""


@posix_only
def test_without_a_home_folder_the_reason_is_one_sentence(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", WITHOUT_HOME, "config"]
    ended = subprocess.run(
        [*argv, "path"], capture_output=True, text=True, timeout=WAIT_TIMEOUT_S
    )
    assert (ended.returncode, ended.stderr) == (
        2,
        "whitetail: there is no home folder for settings; --config or "
        "WHITETAIL_CONFIG names a file\n",
    )
    shown = subprocess.run(
        [*argv, "show"], capture_output=True, text=True, timeout=WAIT_TIMEOUT_S
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith('ui.theme\t"textual-dark"\tdefault\n')


def edit(path: Path, editor: str) -> tuple[int | None, str]:
    variables = environment({"EDITOR": editor, "VISUAL": ""})
    argv = [PROGRAM, "config", "edit", "--config", str(path)]
    with Terminal(argv, env=variables, columns=160) as terminal:
        code = terminal.finish()
        return code, "\n".join(terminal.screen())


@posix_only
def test_the_editor_gets_a_file_with_all_settings_as_comments(path: Path) -> None:
    code, _ = edit(path, "true")
    assert code == 0
    text = path.read_text(encoding="utf-8")
    assert '# theme = "textual-dark"' in text
    assert answer("config", "check", "--config", path) == []


@posix_only
def test_the_file_is_checked_after_the_editor(path: Path) -> None:
    code, screen = edit(path, "sed -i 's/# wrap = true/wrap = 1/'")
    assert code == 1
    assert "ui.wrap has to be true or false; it is 1" in screen


@posix_only
def test_an_editor_that_fails_or_is_missing_is_one_sentence(path: Path) -> None:
    assert edit(path, "false")[0] == 2
    code, screen = edit(path, "no-such-editor")
    assert code == 2
    assert "The program 'no-such-editor' in EDITOR was not found" in screen


@posix_only
def test_the_folder_cannot_be_made(path: Path) -> None:
    path.parent.write_text("")
    code, screen = edit(path, "true")
    assert code == 2
    assert "whitetail: " in screen and "Traceback" not in screen


def test_commands_use_the_prices_and_the_limits_of_the_settings(
    disk: Disk, path: Path
) -> None:
    saved(path, "[trash]\ndays = 0\n[prices.doe-3]\ninput = 1\n")
    ended = command("ls", "-t", disk.base, "--config", path)
    assert ended.stderr == (
        f'whitetail: {path}, line 3: prices.doe-3 is not used: in ["doe-3"], output is '
        "missing.\n"
    )
    assert len(ended.stdout.splitlines()) == 3
    saved(path, '[trash]\ndays = 0\n[keys]\nundo = "d"\n')
    assert (
        command("rm", "elk/aaa1", "--yes", "-t", disk.base, "--config", path).stderr
        == ""
    )
    # A mistake in other settings is none of a command that does not use them.
    emptied = command("rm", "elk/aaa2", "--yes", "-t", disk.base, "--config", path)
    assert "removed" in emptied.stderr and "Traceback" not in emptied.stderr
