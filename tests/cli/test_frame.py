from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands import PROGRAM, answer, command, environment, started
from tests.helpers.disk import Disk
from tests.helpers.terminal import Terminal
from tests.helpers.waiting import WAIT_TIMEOUT_S, wait_until
from whitetail.cli.arguments import COMMANDS

HOSTILE = "\x1b]0;owned\x07\x9b31m\u202egnp.exe"
OF_COMMANDS = {
    "rm": ["elk/aaa1", "--yes"],
    "trash": ["list"],
    "completions": ["bash"],
    "config": ["show"],
}
"""The arguments of commands that are not called with only a run."""
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_its_options(name: str) -> None:
    ended = command(name, "--help")
    assert ended.returncode == 0
    assert f"whitetail {name}" in ended.stdout
    assert "--tree" in ended.stdout and "--color" in ended.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_loads_neither_textual_nor_watchfiles(
    name: str, disk: Disk, tmp_path: Path
) -> None:
    arguments = ["--tree", str(disk.base), *OF_COMMANDS.get(name, ["elk/aaa1"])]
    if name == "copy":
        arguments = [str(disk.base), str(tmp_path / "copied")]
    program = (
        "import sys\n"
        "from whitetail.cli import main\n"
        f"sys.argv[1:] = {[name, *arguments]!r}\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    loaded = {each.partition('.')[0] for each in sys.modules}\n"
        "    print(*loaded & {'textual', 'watchfiles'}, '-', file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_TIMEOUT_S,
        cwd=tmp_path,
        env=environment(),
    )
    assert ended.stderr.splitlines()[-1:] == ["-"]
    assert ended.returncode in (0, 1), ended.stderr


def test_the_name_of_a_command_is_a_command_and_not_a_folder(
    disk: Disk, tmp_path: Path
) -> None:
    (tmp_path / "ls" / ".deer-flow").mkdir(parents=True)
    listed = command("ls", cwd=tmp_path)
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 3)
    screen = command("./ls", cwd=tmp_path)
    assert screen.returncode == 2
    assert screen.stderr.startswith("whitetail: not a terminal")


def test_a_tree_is_found_as_for_the_screen(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert len(command("ls", cwd=tmp_path / "deep" / "er").stdout.splitlines()) == 3


@pytest.mark.parametrize("option", ["-t", "--tree"])
def test_a_thread_or_a_run_can_be_the_tree(disk: Disk, option: str) -> None:
    assert len(answer("ls", option, disk.threads / "elk")) == 2
    assert len(answer("ls", option, disk.path("elk", "aaa1"))) == 1


def test_a_missing_tree_is_refused_in_one_line(tmp_path: Path) -> None:
    ended = command("ls", "--tree", tmp_path / "gone")
    assert (ended.returncode, ended.stdout) == (2, "")
    reason = "there is no such file or folder"
    assert ended.stderr == f"whitetail: {tmp_path / 'gone'}: {reason}\n"


def test_an_empty_tree_has_an_empty_answer(tmp_path: Path) -> None:
    (tmp_path / ".deer-flow" / "threads").mkdir(parents=True)
    assert answer("ls", "--tree", tmp_path) == []


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_no_escape_sequence_of_a_log_is_printed(
    disk: Disk, option: tuple[str, ...]
) -> None:
    disk.write_run("hostile", "ccc1", HOSTILE, HOSTILE)
    text = "\n".join(answer("ls", "-t", disk.base, *option))
    assert "owned" in text and "gnp.exe" in text
    assert not set("\x1b\x07\x9b\u202e") & set(text)


@pytest.mark.parametrize(
    ("arguments", "variables", "colored"),
    [
        ((), {}, True),
        ((), {"NO_COLOR": "1"}, False),
        (("--color", "never"), {}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
    ],
)
@posix_only
def test_a_terminal_has_colours_unless_the_user_wants_none(
    disk: Disk, arguments: tuple[str, ...], variables: dict[str, str], colored: bool
) -> None:
    argv = [PROGRAM, "ls", "-t", str(disk.base), *arguments]
    with Terminal(argv, env=environment(variables), columns=80) as terminal:
        assert terminal.finish() == 0
        assert terminal.shows("✗ failed")
        assert (b"\x1b[31m" in terminal.written) is colored
        assert all(len(line) <= 80 for line in terminal.screen())


def test_a_pipe_has_no_colours_unless_the_user_wants_them(disk: Disk) -> None:
    assert "\x1b[" not in command("ls", "-t", disk.base).stdout
    # A table for programs has no tones; it stays free of colours.
    assert command("ls", "-t", disk.base, "--color", "always").returncode == 0


def many_runs(disk: Disk, count: int) -> None:
    for number in range(count):
        disk.write_run("many", f"run-{number:04}", "x" * 300, "answer")


@posix_only
def test_a_reader_that_stops_early_is_no_error(disk: Disk) -> None:
    many_runs(disk, 400)
    with started("ls", "-t", disk.base, "--json") as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith('{"schema": "whitetail.run/1"')
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(WAIT_TIMEOUT_S) == 0


@posix_only
def test_ctrl_c_ends_a_command_with_130_and_without_a_traceback(disk: Disk) -> None:
    many_runs(disk, 400)
    with started("ls", "-t", disk.base, "--json") as process:
        assert process.stdout is not None and process.stderr is not None
        # The pipe is full before all runs are printed: the command waits.
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        wait_until(lambda: process.poll() is not None)
        assert process.returncode == 130
        assert process.stderr.read() == ""
