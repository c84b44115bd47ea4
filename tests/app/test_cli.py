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


def test_it_says_its_version() -> None:
    said = run("--version")
    assert (said.returncode, said.stdout) == (0, version("whitetail") + "\n")


def test_help_says_where_it_looks() -> None:
    said = run("--help")
    assert said.returncode == 0
    for word in ("PATH", "--demo", "--read-only", "DEER_FLOW_HOME", ".deer-flow"):
        assert word in said.stdout


def test_a_path_without_a_tree_is_refused_in_one_line(tmp_path: Path) -> None:
    said = run(str(tmp_path))
    assert said.returncode == 2
    assert said.stdout == ""
    assert said.stderr == f"whitetail: {tmp_path}: there is no .deer-flow in it\n"


def test_without_a_terminal_it_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / ".deer-flow").mkdir()
    said = run(str(tmp_path))
    assert said.returncode == 2
    assert said.stderr.startswith("whitetail: not a terminal")
    assert said.stderr.count("\n") == 1


def test_a_demo_without_a_terminal_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert run("--demo").returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_in_a_folder_that_is_gone_it_says_so_in_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = (
        "import os, sys; os.mkdir(sys.argv[1]); os.chdir(sys.argv[1]);"
        "os.rmdir(sys.argv[1]); from whitetail.cli import main; main([])"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, gone],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_TIMEOUT_S,
    )
    assert said.returncode == 2
    assert said.stderr.startswith("whitetail: ")
    assert said.stderr.count("\n") == 1


def test_a_wrong_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--delete-everything"])
    assert caught.value.code == 2
    assert "--delete-everything" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["missing"]])
def test_what_needs_no_screen_loads_none(arguments: list[str]) -> None:
    said = run(*arguments, python=("-X", "importtime"))
    assert "whitetail.cli" in said.stderr
    assert "textual" not in said.stderr
