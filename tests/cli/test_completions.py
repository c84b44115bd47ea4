from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.helpers.commands import command, environment
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.cli.arguments import COMMANDS

BASH = shutil.which("bash")
SHELLS = ("bash", "zsh", "fish")


def script(shell: str) -> str:
    ended = command("completions", shell)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def completed(line: str, folder: Path) -> list[str]:
    """Return what bash offers at the end of a line."""
    words = shlex.split(line + "''") if line.endswith(" ") else shlex.split(line)
    function = "_shtab_whitetail"
    program = (
        f"{script('bash')}\n"
        # It has an effect only while a line is edited.
        "compopt() { :; }\n"
        f"COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}\n"
        f"{function} whitetail\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    assert BASH is not None
    ended = subprocess.run(
        [BASH, "--norc"],
        input=program,
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_TIMEOUT_S,
        cwd=folder,
        env=environment(),
    )
    assert ended.stderr == ""
    return ended.stdout.split()


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_all_commands_and_options(shell: str) -> None:
    text = script(shell)
    for name in COMMANDS:
        assert name in text
    # fish has options without their dashes.
    for option in ("dry-run", "where", "read-only", "threads"):
        assert option in text


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_is_installed_accepts_its_completions(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"needs {shell}")
    ended = subprocess.run(
        [program, "-n"],
        input=script(shell),
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_TIMEOUT_S,
        env=environment(),
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(BASH is None, reason="needs bash")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("whitetail ", list(COMMANDS)),
        ("whitetail comp", ["completions"]),
        ("whitetail --read", ["--read-only"]),
        ("whitetail ./d", ["./deer"]),
        ("whitetail rm --d", ["--dry-run"]),
        ("whitetail trash ", ["list", "restore", "empty"]),
        ("whitetail completions ", ["bash", "zsh", "fish"]),
        ("whitetail ls -t . --sort co", ["cost"]),
        ("whitetail ls --tree d", ["deer"]),
        ("whitetail show abc --format r", ["raw"]),
    ],
)
def test_bash_completes_commands_options_choices_and_paths(
    line: str, offered: list[str], tmp_path: Path
) -> None:
    (tmp_path / "deer").mkdir()
    assert sorted(completed(line, tmp_path)) == sorted(offered)


def test_a_shell_that_is_not_known_is_refused() -> None:
    ended = command("completions", "tcsh")
    assert (ended.returncode, ended.stdout) == (2, "")
