"""The pager and the editor: which program, its file, and the terminal before and after.

Also covers the keys that open them.
"""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.helpers.disk import Disk
from tests.helpers.terminal import WHITETAIL, Terminal
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.terminal.programs import ProgramError, editor, pager, temporary_file

CTRL_C, CTRL_L, CTRL_O, CTRL_Z = "\x03", "\x0c", "\x0f", "\x1a"
READS_KEYS = "\x1b[?2004h"
"""What the app writes once it reads keys."""
HOSTILE = "A\x1b[1337mB\x1b]52;c;cHduZWQ=\x07C\u202eD\x9b1337mE"

PAGER = """#!/bin/sh
cp "$1" {folder}/shown
ls -ld "$1" "$(dirname "$1")" > {folder}/modes
cat "$1"
echo "PAGER $# READS"
read answer
echo "PAGER GOT $answer"
exit {code}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Disk:
    tree = Disk(tmp_path)
    tree.write_run("t", "r", "a question", HOSTILE, age=4_000)
    return tree


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary files"
    folder.mkdir()
    return folder


def program(folder: Path, code: int = 0, text: str = PAGER) -> Path:
    """Return a program, in a folder with a space in its name."""
    path = folder / "a pager" / "pager"
    path.parent.mkdir()
    path.write_text(text.format(folder=folder, code=code))
    path.chmod(0o755)
    return path


def by_its_name(pager: Path) -> dict[str, str]:
    """Return the variables that choose a pager by its name.

    A message with its path is wrapped at another word with each length of the path.
    """
    path = f"{pager.parent}{os.pathsep}{os.environ['PATH']}"
    return {"PAGER": pager.name, "PATH": path}


@contextmanager
def lasting_pager(folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Return a pager, and a function that waits until its process has ended.

    The system can need a moment for that after the app has ended. Until then, the
    pager has a pipe open.
    """
    os.mkfifo(folder / "pipe")
    text = PAGER.replace("\n", "\nexec 9> {folder}/pipe\n", 1)
    flags = os.O_RDONLY | os.O_NONBLOCK
    with os.fdopen(os.open(folder / "pipe", flags), "rb") as pipe:

        def ends() -> None:
            assert select.select([pipe], [], [], WAIT_TIMEOUT_S)[0]
            assert pipe.read(1) == b""

        yield f"'{program(folder, text=text)}'", ends


def whitetail(tree: Disk, temporary: Path, **env: str) -> Terminal:
    """Start the program; the answer of the run is in the last event but one."""
    plain = {"PAGER": "", "VISUAL": "", "EDITOR": "", "TMPDIR": str(temporary)}
    argv = [*WHITETAIL, str(tree.base)]
    return Terminal(argv, env={**plain, **env}, forked=True)


def at_reply(terminal: Terminal) -> None:
    """Wait for the reply, at which the run opens, and go to the events."""
    terminal.wait_until(lambda: terminal.shows("4 Event 3 "))
    terminal.press("3")


def open_pager(terminal: Terminal, key: str = "o") -> None:
    """Open the pager, and wait until it reads from the terminal."""
    terminal.press(key, until="PAGER 1 READS")


def close_pager(terminal: Terminal) -> None:
    """Answer the pager, and wait until the app reads keys again."""
    since = len(terminal.written)
    terminal.press("yes\r")
    terminal.wait_for(READS_KEYS, since=since)


def quit_and_check(terminal: Terminal, temporary: Path) -> None:
    terminal.press("q")
    assert terminal.finish() == 0
    assert list(temporary.iterdir()) == []


def test_one_key_opens_the_event_in_the_pager(
    tree: Disk, temporary: Path, tmp_path: Path
) -> None:
    command = f"'{program(tmp_path)}'"
    with whitetail(tree, temporary, PAGER=command) as terminal:
        at_reply(terminal)
        open_pager(terminal)
        close_pager(terminal)
        quit_and_check(terminal, temporary)
    shown = (tmp_path / "shown").read_text()
    assert "A␛[1337mB" in shown
    assert shown.replace("\n", "").isprintable()
    modes = (tmp_path / "modes").read_text().splitlines()
    file, folder = sorted(modes)
    assert file.startswith("-r--------")
    assert folder.startswith("drwx------")


def test_one_key_opens_the_event_in_the_editor_as_exact_json(
    tree: Disk, temporary: Path, tmp_path: Path
) -> None:
    command = f"'{program(tmp_path)}'"
    with whitetail(tree, temporary, EDITOR=command) as terminal:
        at_reply(terminal)
        open_pager(terminal, CTRL_O)
        close_pager(terminal)
        quit_and_check(terminal, temporary)
    text = (tmp_path / "shown").read_text()
    assert json.loads(text)["content"]["content"] == HOSTILE
    assert text.startswith('{\n  "thread_id": "t",\n')
    assert text.replace("\n", "").isprintable()


def test_ctrl_c_in_the_pager_does_not_end_the_app(
    tree: Disk, temporary: Path, tmp_path: Path
) -> None:
    # Some shells end `read` with the signal, others go on with it.
    reading = 'until [ -n "$answer" ]; do read answer; done'
    begin = "#!/bin/sh\ntrap 'echo PAGER HEARD' INT"
    text = PAGER.replace("#!/bin/sh", begin).replace("read answer", reading)
    command = f"'{program(tmp_path, text=text)}'"
    with whitetail(tree, temporary, PAGER=command) as terminal:
        at_reply(terminal)
        open_pager(terminal)
        terminal.press(CTRL_C, until="PAGER HEARD")
        close_pager(terminal)
        quit_and_check(terminal, temporary)


def test_the_terminal_can_be_resized_while_the_pager_has_it(
    tree: Disk, temporary: Path, tmp_path: Path
) -> None:
    command = f"'{program(tmp_path)}'"
    with whitetail(tree, temporary, PAGER=command) as terminal:
        at_reply(terminal)
        open_pager(terminal)
        terminal.resize(80, 24)
        close_pager(terminal)
        terminal.wait_until(lambda: "quit" in terminal.screen()[-1].lower())
        quit_and_check(terminal, temporary)


@pytest.mark.parametrize(("code", "message"), [(3, "ended with exit code 3."), (0, "")])
def test_a_pager_that_fails_is_one_sentence(
    tree: Disk, temporary: Path, tmp_path: Path, code: int, message: str
) -> None:
    by_name = by_its_name(program(tmp_path, code))
    with whitetail(tree, temporary, **by_name) as terminal:
        at_reply(terminal)
        open_pager(terminal)
        close_pager(terminal)
        if message:
            terminal.wait_until(lambda: terminal.shows(message[-12:]))
        quit_and_check(terminal, temporary)


def test_a_pager_that_is_killed_gives_the_terminal_back(
    tree: Disk, temporary: Path, tmp_path: Path
) -> None:
    text = "#!/bin/sh\necho PAGER 1 READS\nkill -KILL $$\n"
    by_name = by_its_name(program(tmp_path, text=text))
    with whitetail(tree, temporary, **by_name) as terminal:
        at_reply(terminal)
        open_pager(terminal)
        terminal.wait_until(lambda: terminal.shows("signal 9"))
        terminal.press("k")
        terminal.wait_until(lambda: terminal.shows("4 Event 2 "))
        quit_and_check(terminal, temporary)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_app_and_the_pager(
    tree: Disk, temporary: Path, tmp_path: Path, number: int
) -> None:
    with lasting_pager(tmp_path) as (command, ends):
        with whitetail(tree, temporary, PAGER=command) as terminal:
            at_reply(terminal)
            open_pager(terminal)
            terminal.process.send_signal(number)
            terminal.finish()
        ends()


def test_a_terminal_that_closes_while_the_pager_has_it_ends_both(
    tree: Disk, temporary: Path, tmp_path: Path
) -> None:
    with lasting_pager(tmp_path) as (command, ends):
        terminal = whitetail(tree, temporary, PAGER=command)
        at_reply(terminal)
        open_pager(terminal)
        terminal.hang_up()
        terminal.process.wait(WAIT_TIMEOUT_S)
        ends()
    assert list(temporary.iterdir()) == []


def test_stopping_the_pager_with_ctrl_z_stops_the_app_too(
    tree: Disk, temporary: Path, tmp_path: Path
) -> None:
    command = f"'{program(tmp_path)}'"
    with whitetail(tree, temporary, PAGER=command) as terminal:
        at_reply(terminal)
        open_pager(terminal)
        terminal.stop()
        terminal.process.send_signal(signal.SIGCONT)
        close_pager(terminal)
        quit_and_check(terminal, temporary)


def test_a_missing_program_is_one_sentence(tree: Disk, temporary: Path) -> None:
    env = {"PAGER": "no-such-pager -x", "VISUAL": "'unbalanced"}
    with whitetail(tree, temporary, **env) as terminal:
        at_reply(terminal)
        terminal.press("o", until="in PAGER was not found.")
        terminal.press(CTRL_O, until="VISUAL is not a command")
        quit_and_check(terminal, temporary)


def test_variables_are_split_as_a_shell_does(tmp_path: Path) -> None:
    path = program(tmp_path)
    quoted = f"'{path}' -x \"a b\""
    words = [str(path), "-x", "a b"]
    assert pager({"PAGER": quoted}) == words
    assert editor({"EDITOR": "no-such", "VISUAL": quoted}) == words
    assert editor({"EDITOR": quoted, "VISUAL": " "}) == words


@pytest.mark.parametrize(
    "env", [{"PAGER": "$(touch x)"}, {"PAGER": "no-such; ls"}, {"PAGER": "'"}]
)
def test_a_variable_is_no_shell_command(env: Mapping[str, str]) -> None:
    with pytest.raises(ProgramError, match=r"PAGER.*\.$"):
        pager(env)


def test_without_any_program_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramError, match="Neither less nor more was found"):
        pager({})


def test_a_temporary_file_is_only_for_its_user_and_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with temporary_file(("a\n", "b\n"), "event.txt") as path:
        assert path.read_text() == "a\nb\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with (
        pytest.raises(UnicodeEncodeError),
        temporary_file(("a", "\ud800"), "event.txt"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
