"""What was read of whole runs is not read again, unless a file has changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.helpers.commands import PROGRAM, environment
from tests.helpers.disk import Disk
from tests.helpers.events import NOON, RunBuilder, encoded
from tests.helpers.trace_rows import mangled
from tests.helpers.waiting import wait_until
from whitetail.own_database import BUSY_TIMEOUT_S
from whitetail.source.file_listing import FileListing
from whitetail.source.locate import TreeLocation
from whitetail.source.metrics_cache import (
    CachedRun,
    CacheLimits,
    FileIdentities,
    MetricsCache,
    RunIdentities,
    user_cache,
)
from whitetail.source.run_files import TreeFiles
from whitetail.trace.run_summary import RunSummary, summarize_run
from whitetail.trace.stats.metrics import MetricsBuilder, RunTotals
from whitetail.trace.stats.pricing import Prices
from whitetail.trace.stats.totals import TokenTotals, Total
from whitetail.trace.verdict.status import RunStatus, StatusFacts
from whitetail_store import BadLine, RunEvent, Stamp

KEY = ("elk", "aaa1")
ONE_RUN = 1 << 20, 1
MINUTE_S = 60
DAY_S = 86_400
PROGRAM_THAT_COUNTS = """
import sys

opened = []

def record(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".jsonl"):
        opened.append(arguments[0])

sys.addaudithook(record)
from whitetail.cli import main
try:
    main(sys.argv[1:])
finally:
    print(len(opened), file=sys.stderr)
"""


class Tree:
    """Runs on disk, and the cache of their metrics."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk(folder)
        self.path = folder / "cache" / "metrics.sqlite"
        self.later_s = MINUTE_S
        """How much later than now it is for the cache."""
        self.limits = CacheLimits()
        self.busy_timeout_s = BUSY_TIMEOUT_S
        self.prices = Prices({})
        self.problems: list[str] = []

    def cache(self, runs: RunIdentities) -> MetricsCache:
        return user_cache(
            runs,
            self.path,
            lambda: time.time() + self.later_s,
            self.limits,
            busy_timeout_s=self.busy_timeout_s,
        )

    def read(self) -> dict[str, CachedRun | None]:
        """Read all runs as a command does; return what the cache had of each."""
        listing = FileListing(TreeLocation(self.disk.base), self.cache)
        listing.prices = self.prices
        listing.scan()
        cache = self.cache(FileIdentities(TreeFiles(self.disk.threads)))
        cache.load()
        had = {}
        for key in listing.newest_first():
            had[key[1]] = cache.get(key, listing.stamps[key])
            self.totals = listing.read_whole(key)
            entry = listing.entry(key)
            assert entry is not None
            self.entry = entry
        self.problems += cache.new_problems() + listing.close()
        return had

    def known(self) -> list[str]:
        """Read all runs; return those that the cache had."""
        return sorted(run for run, had in self.read().items() if had is not None)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A tree with one run of two replies."""
    tree = Tree(tmp_path)
    tree.disk.write_run(*KEY, "Find the elk", "It is here", "No, there")
    return tree


def test_what_was_read_is_known_the_next_time(tree: Tree) -> None:
    assert tree.known() == []
    entry, totals = tree.entry, tree.totals
    assert tree.known() == ["aaa1"]
    assert (tree.entry, tree.totals) == (entry, totals)
    assert entry.prompt == "Find the elk"
    assert tree.problems == []


def append(disk: Disk) -> None:
    disk.add_reply(*KEY, "And here", at=time.time() - 3_600)


def rewrite(disk: Disk) -> None:
    path = disk.path(*KEY)
    status = path.stat()
    path.write_bytes(path.read_bytes().replace(b"here", b"HERE"))
    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))


def replace(disk: Disk) -> None:
    path = disk.path(*KEY)
    content, status = path.read_bytes(), path.stat()
    new = path.with_name("new")
    new.write_bytes(content.replace(b"here", b"HERE"))
    os.utime(new, ns=(status.st_mtime_ns, status.st_mtime_ns))
    new.replace(path)


def restore(disk: Disk) -> None:
    path = disk.path(*KEY)
    kept = disk.base / "kept"
    path.rename(kept)
    kept.rename(path)


def restore_a_copy(disk: Disk) -> None:
    copy = disk.base / "copy"
    shutil.copytree(disk.threads, copy)
    shutil.rmtree(disk.threads)
    copy.rename(disk.threads)


@pytest.mark.parametrize("change", [append, rewrite, replace, restore, restore_a_copy])
def test_a_file_that_may_have_changed_is_read_again(
    tree: Tree, change: Callable[[Disk], None]
) -> None:
    tree.read()
    before = tree.disk.path(*KEY).stat()
    # Within a tick of its clock, a file system gives a change the same time.
    wait_until(lambda: _changed(tree.disk, change, before))
    assert tree.known() == []
    assert tree.known() == ["aaa1"]


def _changed(
    disk: Disk, change: Callable[[Disk], None], before: os.stat_result
) -> bool:
    change(disk)
    return disk.path(*KEY).stat().st_ctime_ns > before.st_ctime_ns


def test_a_copied_tree_is_read(tree: Tree, tmp_path: Path) -> None:
    tree.read()
    shutil.copytree(tree.disk.base, tmp_path / "copy" / ".deer-flow")
    copy = Tree(tmp_path / "copy2")
    copy.disk.base = tmp_path / "copy" / ".deer-flow"
    copy.disk.threads = copy.disk.base / "threads"
    copy.path = tree.path
    assert copy.known() == []
    assert copy.known() == tree.known() == ["aaa1"]


def test_a_file_that_was_written_a_moment_ago_is_not_kept(tree: Tree) -> None:
    tree.later_s = 0
    tree.read()
    assert tree.known() == []


def test_a_run_that_may_go_on_is_not_kept(tree: Tree) -> None:
    tree.disk.write_run("elk", "open", "Go on", "Yes", age=100, ended=False)
    tree.read()
    assert tree.known() == ["aaa1"]


def test_a_run_that_was_cut_off_is_kept(tree: Tree) -> None:
    tree.disk.write_run("elk", "cut", "Go on", "Yes", age=4_000, ended=False)
    tree.read()
    assert tree.known() == ["aaa1", "cut"]


def test_a_cost_follows_from_the_prices_of_today(tree: Tree) -> None:
    run = RunBuilder()
    run.reply("done", usage=(1_000_000, 0, 0))
    rows = [each for each in run.rows if isinstance(each, RunEvent)]
    path = tree.disk.path(*KEY)
    path.write_bytes(b"".join(encoded(_fields(each)) for each in rows))
    os.utime(path, (time.time() - 3_600,) * 2)
    tree.read()
    assert tree.entry.numbers.cost is None
    tree.prices = Prices({"doe-3": (2.0, 10.0, 0.5)})
    assert tree.known() == ["aaa1"]
    assert tree.entry.numbers.cost == Total(2.0)


def _fields(event: RunEvent) -> dict[str, Any]:
    names = ("event_type", "category", "content", "metadata", "seq", "created_at")
    return {name: getattr(event, name) for name in names}


def test_what_another_version_has_kept_is_not_used(tree: Tree) -> None:
    tree.read()
    with closing(sqlite3.connect(tree.path)) as database, database:
        database.execute("UPDATE runs SET version = '0'")
    assert tree.known() == []
    assert tree.known() == ["aaa1"]


@pytest.mark.parametrize(
    "kept", ["", "x", "[]", "[1, 2]", '[{"facts": {}}, {}]', "null", '[{}, {"a": 1}]']
)
def test_a_row_that_makes_no_sense_is_read_again(tree: Tree, kept: str) -> None:
    tree.read()
    with closing(sqlite3.connect(tree.path)) as database, database:
        database.execute("UPDATE runs SET totals = ?", (kept.encode(),))
    assert tree.known() == []
    assert tree.known() == ["aaa1"]


def test_a_broken_file_is_set_aside_and_begun_anew(tree: Tree) -> None:
    tree.path.parent.mkdir()
    tree.path.write_bytes(b"no database\n" * 400)
    assert tree.known() == []
    assert tree.known() == ["aaa1"]
    assert len(tree.problems) == 1
    assert "begun anew" in tree.problems[0]


def test_without_a_folder_for_it_runs_are_read(tree: Tree) -> None:
    tree.path.parent.write_text("a file")
    assert tree.known() == tree.known() == []
    assert tree.entry.numbers.events == Total(5)
    assert "cannot be saved" in tree.problems[0]


def test_a_locked_file_delays_but_does_not_stop(tree: Tree) -> None:
    tree.read()
    with closing(sqlite3.connect(tree.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        tree.busy_timeout_s = 0.0
        assert tree.known() == []
    assert "locked" in tree.problems[0]
    assert tree.known() == ["aaa1"]


def test_the_file_may_be_deleted_at_any_time(tree: Tree) -> None:
    tree.read()
    tree.path.unlink()
    assert tree.known() == []
    assert tree.known() == ["aaa1"]


def test_what_was_not_used_for_the_longest_time_is_dropped_first(tree: Tree) -> None:
    tree.read()
    tree.limits = CacheLimits(runs=12)
    for number in range(11):
        tree.disk.write_run("fox", f"old{number:02}", "Find", "Here")
    tree.later_s = 2 * DAY_S
    tree.read()
    for number in range(11):
        tree.disk.path("fox", f"old{number:02}").rename(tree.disk.base / f"{number}")
    for number in range(4):
        tree.disk.write_run("fox", f"new{number}", "Find", "Here")
    tree.later_s = 5 * DAY_S
    assert tree.known() == ["aaa1"]
    assert tree.known() == ["aaa1", "new0", "new1", "new2", "new3"]
    with closing(sqlite3.connect(tree.path)) as database:
        ((count,),) = database.execute("SELECT count(*) FROM runs")
    assert count <= 12


def test_the_size_is_limited(tree: Tree) -> None:
    tree.limits = CacheLimits(bytes=1 << 16)
    for number in range(60):
        tree.disk.write_run("fox", f"r{number:02}", "Find it " * 300, "Here")
    tree.read()
    assert 9 < len(tree.known()) < 27


def test_a_run_with_a_very_long_prompt_is_read_each_time(tree: Tree) -> None:
    tree.disk.write_run("fox", "long", "Find it " * 3_000, "Here")
    tree.read()
    assert tree.known() == ["aaa1"]


def test_processes_share_the_cache_and_the_next_one_opens_no_run(tree: Tree) -> None:
    for number in range(40):
        tree.disk.write_run("fox", f"r{number:02}", "Find", "Here")
    newest = tree.disk.path("fox", "r39").stat().st_ctime
    # Files that have just been written are not kept.
    wait_until(lambda: time.time() - newest > 3)
    env = environment({"WHITETAIL_CACHE_DIR": str(tree.path.parent)})
    arguments = ["ls", "--sort", "tokens", "-t", str(tree.disk.base)]
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen([PROGRAM, *arguments], stdout=pipe, stderr=pipe, env=env)
        for _ in range(4)
    ]
    answers = [process.communicate() for process in started]
    assert len({printed for printed, _ in answers}) == 1
    # On a slow disk one can wait too long for all others, and keep nothing.
    assert all(not errors or b"is locked" in errors for _, errors in answers)
    assert any(not errors for _, errors in answers)
    for command in (arguments, ["stats", "-t", str(tree.disk.base)]):
        again = subprocess.run(
            [sys.executable, "-c", PROGRAM_THAT_COUNTS, *command],
            capture_output=True,
            env=env,
        )
        assert again.stderr.split() == [b"0"]
        assert again.stdout == answers[0][0] or command != arguments


@given(rows=mangled)
def test_any_run_is_known_as_it_was_read(
    rows: list[RunEvent | BadLine], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    builder = MetricsBuilder()
    builder.feed(rows)
    run = CachedRun(
        Stamp(1, 2, 3, 4, 5), summarize_run(rows, rows[-3:]), builder.totals()
    )
    path = folder / "metrics.sqlite"
    runs = FileIdentities(TreeFiles(folder))
    cache = user_cache(runs, path, lambda: 1e12, CacheLimits(run_bytes=1 << 30))
    cache.add(KEY, run)
    assert cache.save()
    again = user_cache(runs, path)
    again.load()
    # Only what JSON cannot have is not kept: it is read again.
    assert again.get(KEY, run.stamp) in (run, None)


def test_what_is_kept_means_the_same_as_before() -> None:
    """If this fails because the numbers mean something else now, raise `MEANING`."""
    run = RunBuilder()
    run.add("run.start", {"chain": "lead_agent"}, caller="lead_agent")
    run.prompt("Find the deer")
    run.launch("t1")
    run.reply("step", ("ls", "c1"), caller="subagent:scout", usage=(40, 2, 0))
    run.result("c1", "Error: none", status="error")
    run.finish("t1", usage={"input_tokens": 40, "output_tokens": 2})
    run.result("t1", "It is in the forest")
    run.reply("In the forest", usage=(100, 20, 60))
    run.add("run.end", {}, status="success")
    builder = MetricsBuilder()
    builder.feed(run.rows)
    facts = StatusFacts(RunStatus.ANSWERED, True, NOON + 9)
    tokens = TokenTotals(3, 1, 140, 22, 60, 0, {50: 3})
    assert builder.totals() == RunTotals(9, 2, 1, facts, {"doe-3": tokens})
    assert summarize_run(run.rows[:3], run.rows[-3:]) == RunSummary(
        prompt="Find the deer",
        started=NOON + 1,
        ended=NOON + 9,
        facts=StatusFacts(None, True, NOON + 9),
        model="doe-3",
    )
