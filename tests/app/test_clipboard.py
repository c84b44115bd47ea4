"""Copying: which clipboard gets the text, and what is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.app import open_app
from tests.helpers.disk import Disk

XCLIP = """
case "$*" in
*-o*) cat {0}/xclip.copied ;;
*) cat > {0}/xclip.copied ;;
esac
"""


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder of programs. No display, no tmux, no ssh."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("TMUX", "SSH_CONNECTION", "SSH_TTY", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return folder


def add_program(programs: Path, name: str, script: str) -> Path:
    """Add a program that is a shell script; return the file for what it gets."""
    path, copied = programs / name, programs / f"{name}.copied"
    path.write_text(f"#!/bin/sh\nexport PATH=/usr/bin:/bin\n{script}\n")
    path.chmod(0o755)
    return copied


async def copied_text(tree: Disk, text: str) -> None:
    """Copy the event in full, and wait for a notification."""
    async with open_app(tree) as ui:
        await ui.until_shown("detail", "a second answer")
        await ui.press("y", "e")
        await ui.until_notified(text)


async def test_without_any_clipboard_the_user_reads_that_nothing_is_confirmed(
    tree: Disk,
) -> None:
    await copied_text(tree, "Terminals do not confirm a copy")


async def test_in_tmux_its_buffer_gets_the_text(
    tree: Disk, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    copied = add_program(programs, "tmux", f"cat > {programs}/tmux.copied")
    await copied_text(tree, "Copied the event to tmux's buffer.")
    assert "a second answer" in copied.read_text()


async def test_a_tmux_without_the_option_w_gets_the_text_too(
    tree: Disk, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    copied = add_program(
        programs, "tmux", f'[ "$2" = - ] && cat > {programs}/tmux.copied'
    )
    await copied_text(tree, "Copied the event to tmux's buffer.")
    assert "a second answer" in copied.read_text()


async def test_a_tmux_that_refuses_is_not_reported(
    tree: Disk, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    add_program(programs, "tmux", "exit 1")
    await copied_text(tree, "Terminals do not confirm a copy")


async def test_the_system_clipboard_gets_the_text(
    tree: Disk, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":9")
    copied = add_program(programs, "xclip", XCLIP.format(programs))
    await copied_text(tree, "Copied the event to the system clipboard.")
    assert "a second answer" in copied.read_text()


async def test_a_system_clipboard_that_fails_is_not_reported(
    tree: Disk, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":9")
    add_program(programs, "xclip", "exit 1")
    await copied_text(tree, "Terminals do not confirm a copy")


async def test_over_ssh_the_clipboard_of_the_other_computer_is_left_alone(
    tree: Disk, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    copied = add_program(programs, "xclip", XCLIP.format(programs))
    await copied_text(tree, "Terminals do not confirm a copy")
    assert not copied.exists()
