"""The installed program: what it remembers, where, and when it remembers nothing."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.helpers.disk import Disk
from tests.helpers.terminal import WHITETAIL, Terminal
from whitetail.state.database import FILE_NAME, StateDatabase
from whitetail.state.tree_state import TreeState

OLD_EVENT = "4 Event 2 "
"""The title of the second event, at which the program does not open."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return an empty home folder."""
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture(autouse=True)
def folders_of_the_platform(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Have the program use the folders of the home folder, not those of the tests."""
    monkeypatch.delenv("WHITETAIL_STATE_DIR")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))


def state_file(home: Path) -> Path:
    folder = home / "state"
    if sys.platform == "darwin":
        folder = home / "Library" / "Application Support"
    return folder / "whitetail" / FILE_NAME


def saved(home: Path, tree: Disk) -> TreeState | None:
    return StateDatabase(state_file(home), str(tree.base)).tree_state()


def start(*arguments: str | Path) -> Terminal:
    return Terminal([*WHITETAIL, *map(str, arguments)], forked=True)


def open_old_event(terminal: Terminal) -> None:
    """Put the cursor on the second event of the older thread."""
    terminal.wait_for("a second answer")
    terminal.press("j", until="an old answer")
    terminal.press("3", "g", "j", until=OLD_EVENT)


def test_the_next_start_continues_and_no_state_does_not(tree: Disk, home: Path) -> None:
    with start(tree.base) as terminal:
        open_old_event(terminal)
        terminal.press("q")
        terminal.finish()
    with start(tree.base) as terminal:
        terminal.wait_for(OLD_EVENT)
        terminal.press("q")
        terminal.finish()
    before = state_file(home).read_bytes()
    with start("--no-state", tree.base) as terminal:
        terminal.wait_for("a second answer")
        terminal.press("j", until="an old answer")
        terminal.press("q")
        terminal.finish()
        assert OLD_EVENT.encode() not in terminal.written
    assert state_file(home).read_bytes() == before


def test_a_killed_program_loses_the_last_moments_only(tree: Disk, home: Path) -> None:
    with start(tree.base) as terminal:
        open_old_event(terminal)
        terminal.wait_until(
            lambda: (state := saved(home, tree)) and state.thread == "old"
        )
        terminal.process.send_signal(signal.SIGKILL)
        terminal.process.wait()
    with start(tree.base) as terminal:
        terminal.wait_for("an old answer")


def test_an_argument_wins(tree: Disk) -> None:
    with start(tree.base) as terminal:
        open_old_event(terminal)
        terminal.press("q")
        terminal.finish()
    with start(tree.base, "--run", "new/r1") as terminal:
        terminal.wait_for("a first answer")
        assert OLD_EVENT.encode() not in terminal.written


def test_the_demo_and_no_state_leave_nothing(tree: Disk, home: Path) -> None:
    for arguments in (["--demo"], ["--no-state", str(tree.base)]):
        with start(*arguments) as terminal:
            terminal.wait_for("4 Event ")
            terminal.press("q")
            assert terminal.finish() == 0
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_a_broken_file_is_renamed_and_named(tree: Disk, home: Path) -> None:
    path = state_file(home)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"broken " * 999)
    with start(tree.base) as terminal:
        terminal.wait_for("a second answer")
        terminal.wait_for("begun anew")
        terminal.press("q")
        assert terminal.finish() == 0
    [aside] = path.parent.glob(f"{FILE_NAME}.set-aside-*")
    assert aside.read_bytes() == b"broken " * 999


def test_a_home_without_room_for_the_file_costs_one_sentence(
    tree: Disk, home: Path
) -> None:
    # Modes would not keep root from writing.
    blocked = state_file(home).parent
    blocked.parent.mkdir(parents=True)
    blocked.touch()
    with start(tree.base) as terminal:
        open_old_event(terminal)
        terminal.press("q")
        assert terminal.finish() == 0
    text = " ".join(terminal.written.decode().split())
    assert text.count("notes and positions cannot be saved: ") == 1
    assert blocked.read_bytes() == b""
