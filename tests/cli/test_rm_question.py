"""`whitetail rm` on a terminal, and what happens while it asks and deletes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.helpers.commands import PROGRAM, answer, environment, started
from tests.helpers.disk import Disk
from tests.helpers.terminal import Terminal
from tests.helpers.waiting import WAIT_TIMEOUT_S, wait_until
from whitetail_store.lock import LOCK_NAME, thread_lock

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal and signals", allow_module_level=True)

QUESTION = "Move 1 run to the trash? [y/N]"


@contextmanager
def asked(disk: Disk, *arguments: str, question: str = QUESTION) -> Iterator[Terminal]:
    """Start `rm` in a terminal, and wait for its question."""
    argv = [PROGRAM, "rm", "-t", str(disk.base), *arguments]
    with Terminal(argv, env=environment(), columns=100) as terminal:
        terminal.wait_for(question)
        yield terminal


def is_there(disk: Disk, thread: str = "elk", run: str = "aaa1") -> bool:
    return disk.path(thread, run).exists()


@pytest.mark.parametrize("word", ["y", "Y", "yes"])
def test_yes_moves_the_run_to_the_trash(disk: Disk, word: str) -> None:
    with asked(disk, "aaa1") as terminal:
        assert is_there(disk)
        terminal.send(f"{word}\n".encode())
        assert terminal.finish() == 0
        assert terminal.shows("Moved 1 run, 4 events to the trash; whitetail trash re")
    (entry,) = answer("trash", "-t", disk.base)
    assert f"restore {entry.split()[0]} restores it" in "".join(terminal.screen())
    assert not is_there(disk)


@pytest.mark.parametrize(
    ("keys", "code", "words"),
    [
        (b"\n", 1, "nothing was deleted"),
        (b"n\n", 1, "nothing was deleted"),
        (b"yesterday\n", 1, "nothing was deleted"),
        (b"\x04", 1, "nothing was deleted"),
        (b"\x03", 130, "interrupted; nothing was deleted"),
    ],
)
def test_all_else_deletes_nothing(
    disk: Disk, keys: bytes, code: int, words: str
) -> None:
    with asked(disk, "aaa1") as terminal:
        terminal.send(keys)
        assert terminal.finish() == code
        assert terminal.shows(f"whitetail: {words}")
        assert not terminal.shows("Traceback")
    assert is_there(disk)


def test_what_was_typed_before_the_question_is_no_answer(disk: Disk) -> None:
    # The shell reads the first line only; the rest is there before whitetail starts.
    script = f"read x; exec {PROGRAM} rm -t '{disk.base}' aaa1"
    with Terminal(["sh", "-c", script], env=environment(), columns=100) as terminal:
        terminal.send(b"go\ny\n")
        terminal.wait_for(QUESTION)
        terminal.send(b"n\n")
        assert terminal.finish() == 1
    assert is_there(disk)


def test_the_question_lists_what_goes(disk: Disk) -> None:
    with asked(disk, "elk", question="Move 2 runs") as terminal:
        screen = terminal.screen()
        assert screen[0] == "Find the elk"
        rows = [line.split() for line in screen[1:3]]
        assert [row[:3] for row in rows] == [
            ["aaa1", "✓", "answered"],
            ["aaa2", "✓", "answered"],
        ]
        assert [" ".join(row[-2:]) for row in rows] == ["the elk", "And now?"]
        assert screen[3].startswith("1 thread, 2 runs, 8 events, ")


def test_a_question_about_many_runs_names_the_first_ones(disk: Disk) -> None:
    for number in range(203):
        disk.write_run("many", f"run-{number:03}", "Go", "Gone")
    with asked(disk, "many", question="Move 203 runs") as terminal:
        assert terminal.shows("… and 3 more runs; --dry-run lists all")
        assert terminal.shows("1 thread, 203 runs, 812 events, ")


def test_a_purge_says_that_nothing_can_restore_the_runs(disk: Disk) -> None:
    question = "Remove 1 run for good? [y/N]"
    with asked(disk, "aaa1", "--purge", question=question) as terminal:
        assert terminal.shows("Nothing can restore them afterwards.")
        terminal.send(b"y\n")
        assert terminal.finish() == 0
        assert terminal.shows("Removed 1 run, 4 events for good.")
    assert not is_there(disk)
    assert answer("trash", "-t", disk.base) == []


def test_a_run_that_is_being_written_is_warned_of(disk: Disk) -> None:
    disk.write_run("deer", "ccc1", "Go", age=60, ended=False)
    with asked(disk, "ccc1", "--running") as terminal:
        assert terminal.shows("The run is still being written.")
        # It goes on while the question is open.
        disk.add_reply("deer", "ccc1", "more")
        terminal.send(b"y\n")
        assert terminal.finish() == 0
    assert not is_there(disk, "deer", "ccc1")


def test_a_run_that_changed_since_the_question_is_not_deleted(disk: Disk) -> None:
    with asked(disk, "elk", question="Move 2 runs") as terminal:
        disk.add_reply("elk", "aaa2", "more")
        terminal.send(b"y\n")
        assert terminal.finish() == 2
        words = "whitetail: elk/aaa2 changed meanwhile; nothing was deleted"
        assert terminal.shows(words)
    assert is_there(disk) and is_there(disk, "elk", "aaa2")


def test_a_run_that_another_program_deleted_since_the_question_is_no_failure(
    disk: Disk,
) -> None:
    with asked(disk, "elk", question="Move 2 runs") as terminal:
        answer("rm", "-t", disk.base, "aaa1", "--yes")
        terminal.send(b"y\n")
        assert terminal.finish() == 0
        assert "whitetail: elk/aaa1 gone already, by another program" in (
            terminal.screen()
        )
        assert terminal.shows("Moved 1 run, 4 events to the trash")
    assert len(answer("trash", "-t", disk.base)) == 2


def test_without_a_terminal_for_the_answer_it_is_refused(disk: Disk) -> None:
    # The question would be invisible here.
    script = f"{PROGRAM} rm -t '{disk.base}' aaa1 | cat"
    with Terminal(["sh", "-c", script], env=environment(), columns=100) as terminal:
        assert terminal.finish() == 0
        assert terminal.shows(
            "there is no terminal to ask on; --yes skips the question"
        )
    assert is_there(disk)


def test_ctrl_c_in_the_middle_restores_what_was_deleted(disk: Disk) -> None:
    before = disk.path("elk", "aaa1").read_bytes()
    with (
        ExitStack() as held,
        started("rm", "-t", disk.base, "elk", "fox", "--yes") as process,
    ):
        held.enter_context(thread_lock(disk.threads / "fox" / "runs" / LOCK_NAME))
        assert process.stderr is not None and process.stdout is not None
        wait_until(lambda: not is_there(disk, "elk", "aaa2"))
        process.send_signal(signal.SIGINT)
        noticed = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        held.close()
        assert process.wait(WAIT_TIMEOUT_S) == 130
        assert noticed == "whitetail: ctrl+c: ends once the run at hand is done\n"
        left = "whitetail: interrupted; nothing was deleted\n"
        assert (process.stdout.read(), process.stderr.read()) == ("", left)
    assert disk.path("elk", "aaa1").read_bytes() == before
    assert is_there(disk, "elk", "aaa2") and is_there(disk, "fox", "bbb1")
    assert answer("trash", "-t", disk.base) == []
