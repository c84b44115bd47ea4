"""Files that a run produced, opened from the screen in a pseudo-terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.helpers.disk import Disk
from tests.helpers.terminal import WHITETAIL, Terminal

ENTER, CTRL_C = "\r", "\x03"
READS_KEYS = "\x1b[?2004h"
"""What the app writes once it reads keys."""
OPENER_NAME = "open" if sys.platform == "darwin" else "xdg-open"
TEXT, PICTURE = "a report.md", "deer.png"

PAGER = """#!/bin/sh
cp "$1" {folder}/shown
echo "PAGER $# READS"
read answer
"""
OPENER = """#!/bin/sh
for each; do echo "$each" >> {folder}/opening; done
if [ {code} = 0 ]; then mv {folder}/opening {folder}/opened; fi
exit {code}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Disk:
    """Return a tree with a run that has presented two files, which are there."""
    tree = Disk(tmp_path)
    tree.write_run("t", "r", "a question", "an answer", age=4_000)
    paths = [f"/mnt/user-data/outputs/{name}" for name in (TEXT, PICTURE)]
    delivery = {"presented_paths": paths, "produced_paths": paths, "presented": 2}
    tree.add_event("t", "r", "run.delivery", {**delivery, "stage": "presented"})
    outputs = tree.threads / "t" / "user-data" / "outputs"
    outputs.mkdir(parents=True)
    (outputs / TEXT).write_text("# Deer\x1b[1337m\n", encoding="utf-8")
    (outputs / PICTURE).write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    return tree


def program(folder: Path, name: str, text: str, code: int = 0) -> Path:
    path = folder / "programs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.format(folder=folder, code=code))
    path.chmod(0o755)
    return path


def whitetail(tree: Disk, *options: str, **env: str) -> Terminal:
    return Terminal([*WHITETAIL, *options, str(tree.base)], env=env, forked=True)


def to_line(terminal: Terminal, title: str, text: str) -> None:
    """Move the cursor of a pane from its top to the line with a text."""
    terminal.wait_until(lambda: terminal.shows(title) and terminal.shows(text))
    lines = terminal.screen()
    top = next(number for number, line in enumerate(lines) if title in line)
    below = (n for n, line in enumerate(lines) if n > top and text in line)
    terminal.press("g", *"j" * (next(below) - top - 1))


def at_delivery(terminal: Terminal, name: str) -> None:
    """Put the cursor on a presented file in the detail of the last event."""
    terminal.wait_until(lambda: terminal.shows("4 Event 3 "))
    terminal.press("3", "G")
    terminal.wait_until(lambda: terminal.shows("4 Event 5 "))
    terminal.press("4")
    to_line(terminal, "4 Event 5 ", f"✓ /mnt/user-data/outputs/{name}")


def in_overview(terminal: Terminal, name: str) -> None:
    """Put the cursor on a file in the overview."""
    terminal.wait_until(lambda: terminal.shows("4 Event 3 "))
    terminal.press("i")
    to_line(terminal, "╭─", f"outputs/{name}")


def closes(terminal: Terminal) -> None:
    """Type the key that leaves the overview, and quit."""
    terminal.press("q")
    terminal.wait_until(lambda: terminal.shows("4 Event 3 "))
    terminal.press(CTRL_C)


def quits(terminal: Terminal) -> None:
    terminal.press("q")


@pytest.mark.parametrize("options", [(), ("--read-only",)])
@pytest.mark.parametrize(("go", "ends"), [(at_delivery, quits), (in_overview, closes)])
def test_a_text_opens_in_the_pager_and_the_next_key_is_not_lost(
    tree: Disk,
    tmp_path: Path,
    options: tuple[str, ...],
    go: Callable[[Terminal, str], None],
    ends: Callable[[Terminal], None],
) -> None:
    command = str(program(tmp_path, "pager", PAGER))
    with whitetail(tree, *options, PAGER=command) as terminal:
        go(terminal, TEXT)
        terminal.press(ENTER, until="text, 14 B")
        terminal.press("o", until="PAGER 1 READS")
        since = len(terminal.written)
        terminal.press(ENTER)
        terminal.wait_for(READS_KEYS, since=since)
        ends(terminal)
        assert terminal.finish() == 0
    assert (tmp_path / "shown").read_text() == "# Deer␛[1337m\n"


@pytest.mark.parametrize("options", [(), ("--read-only",)])
@pytest.mark.parametrize("go", [at_delivery, in_overview])
def test_another_file_opens_with_the_opener_of_the_system(
    tree: Disk,
    tmp_path: Path,
    options: tuple[str, ...],
    go: Callable[[Terminal, str], None],
) -> None:
    path = f"{program(tmp_path, OPENER_NAME, OPENER).parent}:{os.environ['PATH']}"
    opened = tmp_path / "opened"
    with whitetail(tree, *options, PATH=path) as terminal:
        go(terminal, PICTURE)
        terminal.press(ENTER, until="png, 10 B")
        terminal.press("o")
        terminal.wait_until(opened.exists)
    picture = tree.threads / "t" / "user-data" / "outputs" / PICTURE
    assert opened.read_text() == f"{picture}\n"


def test_an_opener_that_fails_or_is_missing_is_one_sentence(
    tree: Disk, tmp_path: Path
) -> None:
    opener = program(tmp_path, OPENER_NAME, OPENER, code=4)
    with whitetail(tree, PATH=str(opener.parent)) as terminal:
        at_delivery(terminal, PICTURE)
        terminal.press(ENTER, until="png, 10 B")
        terminal.press("o", until=f"{OPENER_NAME} could not open the file.")
        opener.unlink()
        terminal.press(ENTER, until="png, 10 B")
        terminal.press("o", until=f"The program {OPENER_NAME}, which opens files,")


def test_a_file_that_is_gone_is_one_sentence(tree: Disk) -> None:
    with whitetail(tree) as terminal:
        at_delivery(terminal, TEXT)
        (tree.threads / "t" / "user-data" / "outputs" / TEXT).unlink()
        terminal.press(ENTER, until="This file is not on this machine.")
