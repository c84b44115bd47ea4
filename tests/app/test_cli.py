from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.cli import main


def run(
    *arguments: str, cwd: Path | None = None, python: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the program without a terminal."""
    environment = {k: v for k, v in os.environ.items() if k != "DEER_FLOW_HOME"}
    return subprocess.run(
        [sys.executable, *python, "-m", "whitetail", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_TIMEOUT_S,
        cwd=cwd,
        env=environment,
    )


def test_version_prints_the_version() -> None:
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, version("whitetail") + "\n")


def test_help_names_the_options_and_the_folders_that_are_searched() -> None:
    result = run("--help")
    assert result.returncode == 0
    for word in ("PATH", "--demo", "--read-only", "DEER_FLOW_HOME", ".deer-flow"):
        assert word in result.stdout


def test_a_path_without_a_deer_flow_folder_is_refused_in_one_line(
    tmp_path: Path,
) -> None:
    result = run(str(tmp_path))
    assert result.returncode == 2
    assert result.stdout == ""
    assert (
        result.stderr
        == f"whitetail: {tmp_path}: there is no .deer-flow and no .jsonl file in it\n"
    )


def test_a_start_without_a_terminal_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / ".deer-flow").mkdir()
    result = run(str(tmp_path))
    assert result.returncode == 2
    assert result.stderr.startswith("whitetail: not a terminal")
    assert result.stderr.count("\n") == 1


def test_a_demo_without_a_terminal_leaves_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert run("--demo").returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_start_in_a_deleted_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = (
        "import os, sys; os.mkdir(sys.argv[1]); os.chdir(sys.argv[1]);"
        "os.rmdir(sys.argv[1]); from whitetail.cli import main; main([])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, gone],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_TIMEOUT_S,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("whitetail: ")
    assert result.stderr.count("\n") == 1


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--delete-everything"])
    assert caught.value.code == 2
    assert "--delete-everything" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["missing"]])
def test_a_command_without_a_screen_does_not_load_textual(arguments: list[str]) -> None:
    result = run(*arguments, python=("-X", "importtime"))
    assert "whitetail.cli" in result.stderr
    assert "textual" not in result.stderr
