from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.commands import answer, command, records, started
from tests.helpers.disk import Disk, growing
from tests.helpers.waiting import WAIT_TIMEOUT_S, wait_until
from whitetail.cli import main
from whitetail.source.file_listing import FileListing
from whitetail.source.locate import TreeLocation
from whitetail_store import RunKey, Stamp

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


def texts(lines: list[str]) -> list[str]:
    return [line.split()[-1] for line in lines]


def replies(disk: Disk, count: int, *, age: float = 60, ended: bool = True) -> None:
    words = [f"word{number}" for number in range(count)]
    disk.write_run("deer", "ccc1", "Go", *words, age=age, ended=ended)


class Follower:
    """A command that follows, and the lines that it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def line(self) -> str:
        """Return the next line; waits for it."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def line_of(self, run: str) -> str:
        """Return the next line of a run; those of other runs before it do not count."""
        while not (line := self.line()).startswith(f"{run} "):
            assert line, "the command has ended"
        return line

    def end(self) -> int:
        """Return the exit code once the command has ended by itself."""
        return self.process.wait(WAIT_TIMEOUT_S)

    def interrupt(self) -> tuple[int, str]:
        """Press ctrl+c; return the exit code and what is on stderr."""
        self.process.send_signal(signal.SIGINT)
        wait_until(lambda: self.process.poll() is not None)
        assert self.process.stderr is not None
        return self.process.returncode, self.process.stderr.read()


@contextmanager
def following(*arguments: str | Path) -> Iterator[Follower]:
    with started("tail", *arguments) as process:
        yield Follower(process)


def test_the_newest_events_are_printed_oldest_first(disk: Disk) -> None:
    replies(disk, 40)
    lines = answer("tail", "-t", disk.base, "ccc1", "-n", "3")
    assert texts(lines) == ["word38", "word39", "success"]
    assert len(answer("tail", "-t", disk.base, "ccc1")) == 20


def test_without_a_run_it_is_the_newest_that_is_running(disk: Disk) -> None:
    ended = command("tail", "-t", disk.base)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("whitetail: no run is being written;")
    replies(disk, 2, ended=False)
    with growing(disk.path("deer", "ccc1")):
        assert texts(answer("tail", "-t", disk.base, "-n", "1")) == ["word1"]


def test_objects_have_the_schema_of_events(disk: Disk) -> None:
    replies(disk, 3)
    found = records("tail", "-t", disk.base, "ccc1", "-n", "2")
    assert [event["schema"] for event in found] == ["whitetail.event/1"] * 2
    assert [event["text"] for event in found] == ["word2", "success"]


def test_a_filter_prints_the_newest_events_that_match(disk: Disk) -> None:
    replies(disk, 30)
    found = ("tail", "-t", disk.base, "ccc1", "-n", "2", "--filter", "word1")
    assert texts(answer(*found)) == ["word18", "word19"]
    refused = command("tail", "-t", disk.base, "ccc1", "--filter", "is:slow")
    assert refused.returncode == 2


@pytest.mark.parametrize(("run", "code"), [("aaa1", 0), ("bbb1", 1)])
def test_following_a_run_that_has_ended_returns_its_status(
    disk: Disk, run: str, code: int
) -> None:
    assert len(answer("tail", "-f", "-t", disk.base, run, code=code)) == 4


def test_following_a_degraded_run_returns_3(disk: Disk) -> None:
    disk.write_run("none", "ccc1", "Go")
    assert len(answer("tail", "-f", "-t", disk.base, "ccc1", code=3)) == 3


def test_a_run_is_followed_until_it_ends(disk: Disk) -> None:
    replies(disk, 2, age=1, ended=False)
    with following("ccc1", "-f", "-t", disk.base, "-n", "1") as follower:
        assert texts([follower.line()]) == ["word1"]
        disk.add_reply("deer", "ccc1", "new1")
        assert texts([follower.line()]) == ["new1"]
        metadata = {"status": "success"}
        disk.add_event("deer", "ccc1", "run.end", {"messages": []}, metadata)
        assert texts([follower.line()]) == ["success"]
        assert follower.line() == ""
        assert follower.end() == 0


def test_a_run_that_fails_while_it_is_followed_returns_1(disk: Disk) -> None:
    replies(disk, 1, age=1, ended=False)
    with following("ccc1", "-f", "-t", disk.base, "--json") as follower:
        for _ in range(3):
            follower.line()
        disk.add_event("deer", "ccc1", "run.error", "no deer")
        assert json.loads(follower.line())["error"] is True
        assert follower.end() == 1


def test_a_filter_also_holds_for_what_is_appended(disk: Disk) -> None:
    replies(disk, 1, age=1, ended=False)
    with following(
        "ccc1", "-f", "-t", disk.base, "--filter", "elk or word0"
    ) as follower:
        assert texts([follower.line()]) == ["word0"]
        disk.add_reply("deer", "ccc1", "fox")
        disk.add_reply("deer", "ccc1", "elk")
        assert texts([follower.line()]) == ["elk"]


def test_a_run_that_is_deleted_is_one_sentence(disk: Disk) -> None:
    replies(disk, 1, age=1, ended=False)
    with following("ccc1", "-f", "-t", disk.base, "-n", "1") as follower:
        follower.line()
        disk.path("deer", "ccc1").unlink()
        assert follower.end() == 2
        assert follower.process.stderr is not None
        assert follower.process.stderr.read() == "whitetail: deer/ccc1 was deleted\n"


def test_a_run_can_be_deleted_right_before_its_status_is_read(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Deleted(FileListing):
        def read(self, key: RunKey) -> None:
            self.catalog.path(key).unlink(missing_ok=True)
            super().read(key)

    listing = Deleted(TreeLocation(disk.base))
    listing.scan()
    monkeypatch.setattr("whitetail.cli.tail.open_tree", lambda *_: listing)
    with pytest.raises(SystemExit, match="2"):
        main(["tail", "-f", "-n", "1", "elk/aaa1"])
    assert capsys.readouterr().err == "whitetail: elk/aaa1 was deleted\n"


def follow_through(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], object]
) -> None:
    """Follow deer/ccc1 to its end; each look at its file comes after one more step."""
    left = iter(steps)

    class Changing(FileListing):
        def stat(self, keys: Iterable[RunKey]) -> dict[RunKey, Stamp | None]:
            next(left, lambda: None)()
            return super().stat(keys)

    listing = Changing(TreeLocation(disk.base))
    listing.scan()
    monkeypatch.setattr("whitetail.cli.tail.open_tree", lambda *_: listing)


def end_run(disk: Disk) -> None:
    metadata = {"status": "success"}
    disk.add_event("deer", "ccc1", "run.end", {"messages": []}, metadata)


@pytest.mark.parametrize("query", [(), ("--filter", "word1 or new1 or success")])
def test_a_file_that_only_got_another_time_is_not_printed_again(
    disk: Disk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    query: tuple[str, ...],
) -> None:
    replies(disk, 2, age=1, ended=False)
    follow_through(
        disk,
        monkeypatch,
        lambda: os.utime(disk.path("deer", "ccc1")),
        lambda: disk.add_reply("deer", "ccc1", "new1"),
        lambda: os.utime(disk.path("deer", "ccc1")),
        lambda: end_run(disk),
    )
    with pytest.raises(SystemExit, match="0"):
        main(["tail", "-f", "-n", "1", "ccc1", *query])
    assert texts(capsys.readouterr().out.splitlines()) == ["word1", "new1", "success"]


def test_a_file_that_is_replaced_is_printed_from_its_beginning(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def replace() -> None:
        disk.path("deer", "ccc1").unlink()
        replies(disk, 1, age=0)

    replies(disk, 2, age=1, ended=False)
    follow_through(disk, monkeypatch, replace)
    with pytest.raises(SystemExit, match="0"):
        main(["tail", "-f", "-n", "1", "ccc1"])
    printed = texts(capsys.readouterr().out.splitlines())
    assert (printed[0], printed[-2:]) == ("word1", ["word0", "success"])
    assert len(printed) == 5


@posix_only
def test_ctrl_c_ends_the_following_with_130(disk: Disk) -> None:
    replies(disk, 1, age=1, ended=False)
    with following("ccc1", "-f", "-t", disk.base, "-n", "1") as follower:
        follower.line()
        assert follower.interrupt() == (130, "")


@posix_only
def test_all_runs_are_followed_new_ones_too(disk: Disk) -> None:
    replies(disk, 1, ended=False)
    with following("--all", "-n", "1", "-t", disk.base) as follower:
        with growing(disk.path("deer", "ccc1")):
            follower.line_of("deer/ccc1")
        disk.path("new", "ddd1").parent.mkdir(parents=True)
        disk.add_reply("new", "ddd1", "new1")
        disk.add_reply("new", "ddd1", "new2")
        found = [follower.line_of("new/ddd1") for _ in range(2)]
        assert texts(found) == ["new1", "new2"]
        # A run that was quiet so far begins with its newest event.
        disk.add_reply("elk", "aaa1", "again")
        assert texts([follower.line_of("elk/aaa1")]) == ["again"]
        disk.add_reply("new", "ddd1", "more")
        assert texts([follower.line_of("new/ddd1")]) == ["more"]
        assert follower.interrupt() == (130, "")


def test_no_escape_sequence_of_a_log_is_printed(disk: Disk) -> None:
    disk.write_run("hostile", "ccc1", "\x1b]0;owned\x07 \x9b31m", "\x1b[2J\u202eowned")
    for form in ([], ["--json"]):
        text = "\n".join(answer("tail", "-t", disk.base, "ccc1", *form))
        assert "owned" in text
        assert not set("\x1b\x07\x9b\u202e") & set(text)
