"""`whitetail --run --thread --event --filter`: what the screen shows first."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.commands import PROGRAM, command, environment
from tests.helpers.disk import Disk
from tests.helpers.terminal import Terminal
from whitetail.view.lists.event import PROMPT_SIGN

needs_a_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo-terminals"
)


@contextmanager
def screen(disk: Disk, *arguments: str) -> Iterator[Terminal]:
    argv = [PROGRAM, *arguments, str(disk.base)]
    with Terminal(argv, columns=160, env=environment()) as terminal:
        yield terminal
        terminal.send(b"q")
        assert terminal.finish() == 0


@needs_a_terminal
@pytest.mark.parametrize("name", ["aaa1", "elk/aaa1", "el/aaa1"])
def test_the_screen_opens_a_run(disk: Disk, name: str) -> None:
    with screen(disk, "--run", name) as terminal:
        terminal.wait_until(
            lambda: terminal.shows("It is here") and not terminal.shows("FoxError")
        )


@needs_a_terminal
def test_the_screen_opens_the_newest_failed_run(disk: Disk) -> None:
    disk.write_run("zoo", "zzz1", "Newest", "the newest answer", age=60)
    with screen(disk, "--run", "@failed") as terminal:
        terminal.wait_until(lambda: terminal.shows("FoxError"))


@needs_a_terminal
def test_the_screen_opens_a_thread(disk: Disk) -> None:
    with screen(disk, "--thread", "el") as terminal:
        terminal.wait_until(lambda: terminal.shows("It is gone"))


@needs_a_terminal
def test_the_screen_goes_to_an_event(disk: Disk) -> None:
    with screen(disk, "--run", "aaa1", "--event", "2") as terminal:
        terminal.wait_until(lambda: terminal.shows("4 Event 2 · prompt"))


@needs_a_terminal
def test_the_screen_lists_only_what_a_filter_matches(disk: Disk) -> None:
    with screen(disk, "--run", "aaa1", "--filter", "kind:prompt") as terminal:
        terminal.wait_until(
            lambda: (
                terminal.shows("kind:prompt")
                and terminal.shows(f"{PROMPT_SIGN} prompt")
                and not terminal.shows("✦ reply")
            )
        )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--run", "zzz"), 'no run begins with "zzz"'),
        (("--run", "aaa"), '"aaa" is not unique: elk/aaa1 elk/aaa2'),
        (("--run", "bbb1", "--thread", "elk"), 'no run begins with "bbb1"'),
        (("--run", "aaa1", "--event", "99"), "elk/aaa1 has no event 99"),
        (("--event", "1"), "RUN is missing; @latest is the newest one"),
        (("--filter", "(a"), 'This "(" has no ")" after it.'),
    ],
)
def test_what_does_not_exist_is_refused_before_the_screen(
    disk: Disk, arguments: tuple[str, ...], words: str
) -> None:
    ended = command(*arguments, disk.base)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"whitetail: {words}\n"


def test_made_up_runs_have_no_names(tmp_path: Path) -> None:
    ended = command("--demo", "--run", "x", cwd=tmp_path)
    words = "--demo has no --run, --thread, --event, --filter and --user"
    assert (ended.returncode, ended.stderr) == (2, f"whitetail: {words}\n")
