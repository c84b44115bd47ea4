from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.helpers.commands import PROGRAM, command, environment
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.cli.arguments import COMMANDS

BASH = shutil.which("bash")
SHELLS = ("bash", "zsh", "fish")


def script(shell: str) -> str:
    ended = command("completions", shell)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def run_in_bash(program: str, folder: Path) -> list[str]:
    """Return the words that a program of bash prints; it writes no errors."""
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


def completed(line: str, folder: Path) -> list[str]:
    """Return what bash offers at the end of a line."""
    words = shlex.split(line + "''") if line.endswith(" ") else shlex.split(line)
    words[0] = PROGRAM
    program = (
        f"{script('bash')}\n"
        # It has an effect only while a line is edited.
        "compopt() { :; }\n"
        f"COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}\n"
        f"COMP_LINE={shlex.quote(line)}\n"
        f"_whitetail whitetail {shlex.quote(words[-1])}\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    return run_in_bash(program, folder)


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


def tree_with(folder: Path, **runs: str) -> Path:
    """Write threads with runs, whose ids are separated by spaces."""
    for thread, ids in runs.items():
        for run in ids.split():
            path = folder / ".deer-flow" / "threads" / thread / "runs" / f"{run}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return folder


def ids(kind: str, beginning: str, folder: Path) -> list[str]:
    ended = command(
        "completions", "--ids", kind, f"--beginning={beginning}", cwd=folder
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.split()


@pytest.mark.parametrize(
    ("kind", "beginning", "found"),
    [
        ("runs", "", ["@failed", "@latest", "@running", "ash", "oak", "roe-1"]),
        ("runs", "o", ["oak"]),
        ("runs", "@l", ["@latest"]),
        ("runs", "red/", ["red/ash", "red/oak"]),
        ("runs", "r/a", ["r/ash"]),
        ("threads", "r", ["red", "roe"]),
        ("both", "ro", ["roe", "roe-1"]),
        ("both", "-", []),
    ],
)
def test_shells_get_the_ids_that_begin_so(
    kind: str, beginning: str, found: list[str], tmp_path: Path
) -> None:
    tree = tree_with(tmp_path, red="ash oak", roe="roe-1")
    assert ids(kind, beginning, tree) == found


def test_a_file_that_could_act_in_a_shell_is_no_name(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, red="ash")
    runs = tree / ".deer-flow" / "threads" / "red" / "runs"
    for name in ("$(id)", "a;b", "a\x1b]0;x", "a b", "a`id`"):
        (runs / f"{name}.jsonl").touch()
    assert ids("both", "", tree)[3:] == ["ash", "red"]


def test_a_folder_without_runs_is_a_sentence_which_shells_do_not_show(
    tmp_path: Path,
) -> None:
    gone = tmp_path / "gone"
    ended = command("completions", "--ids", "runs", "--tree", gone)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"whitetail: {gone}: there is no such file or folder\n"


def test_ids_do_not_wait_for_the_server_of_the_variable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"postgresql://127.0.0.1:{server.getsockname()[1]}/d"
        arguments = ("completions", "--ids", "runs")
        ended = command(*arguments, cwd=tmp_path, env={"DATABASE_URL": url})
        assert (ended.returncode, ended.stdout) == (2, "")
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.skipif(BASH is None, reason="needs bash")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("whitetail show ro", ["roe-1"]),
        ("whitetail rm ash ro", ["roe", "roe-1"]),
        ("whitetail show --thread r", ["red", "roe"]),
        ("whitetail show -t other f", ["fir"]),
        ("whitetail other/ --run f", ["fir"]),
        ("whitetail show -t gone ", []),
    ],
)
def test_bash_completes_ids_of_the_tree_in_the_line(
    line: str, offered: list[str], tmp_path: Path
) -> None:
    tree_with(tmp_path, red="ash oak", roe="roe-1")
    tree_with(tmp_path / "other", elk="fir")
    assert completed(line, tmp_path) == offered


@pytest.mark.skipif(BASH is None, reason="needs bash")
def test_bash_splits_words_at_an_at_sign(tmp_path: Path) -> None:
    tree_with(tmp_path, red="ash")
    program = f"""{script("bash")}
        COMP_WORDS=({shlex.quote(PROGRAM)} show @ l) COMP_CWORD=3
        COMP_LINE='whitetail show @l'
        _whitetail whitetail @l @; printf '%s\\n' "${{COMPREPLY[@]}}"
        _whitetail whitetail l @; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert run_in_bash(program, tmp_path) == ["@latest", "latest"]
    newest = ["@failed", "@latest", "@running"]
    assert sorted(completed("whitetail show ", tmp_path)) == [*newest, "ash"]


@pytest.mark.skipif(BASH is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "at", "offered"),
    [
        ("show --tree = other f", 5, ["fir"]),
        ("show --tree = other --thread = e", 7, ["elk"]),
        ("show --tree other --thread =", 5, ["elk"]),
        ("--thread = r", 3, ["red"]),
    ],
)
def test_bash_splits_words_at_an_equals_sign(
    words: str, at: int, offered: list[str], tmp_path: Path
) -> None:
    tree_with(tmp_path, red="ash")
    tree_with(tmp_path / "other", elk="fir")
    split = words.split()
    typed = split[at - 1].strip("=")
    program = f"""{script("bash")}
        COMP_WORDS=({shlex.join([PROGRAM, *split])}) COMP_CWORD={at}
        COMP_LINE={shlex.quote(f"whitetail {words}".replace(" = ", "="))}
        _whitetail whitetail {shlex.quote(typed)}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert run_in_bash(program, tmp_path) == offered
