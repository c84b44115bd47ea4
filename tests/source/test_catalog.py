from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.disk import Disk
from tests.helpers.events import START
from whitetail.source.catalog import Catalog
from whitetail.source.prompt_and_end import read_prompt_and_end
from whitetail.source.run_files import TreeFiles
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus, StatusFacts
from whitetail_store import HeadAndTail, RunKey, Stamp


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time


def stamp(size: int = 100, *, age: float = 0, ino: int = 1) -> Stamp:
    written = int((START - age) * 1e9)
    return Stamp(1, ino, size, written, written)


def listing(disk: Disk) -> dict[RunKey, Stamp | None]:
    """Return the stamp of each run, as the first listing of a watcher."""
    return {
        (path.parent.parent.name, path.stem): Stamp.of(path.stat())
        for path in disk.threads.glob("*/runs/*.jsonl")
    }


def read(catalog: Catalog, *keys: RunKey) -> None:
    """Read the head and tail of runs into a catalog."""
    for key in keys:
        catalog.set_head_and_tail(key, read_prompt_and_end(catalog.path(key)))


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.fixture
def catalog(disk: Disk) -> Catalog:
    return Catalog(TreeFiles(disk.threads), Clock())


def test_the_thread_written_to_last_comes_first(catalog: Catalog) -> None:
    catalog.apply(
        {
            ("old", "r"): stamp(age=50),
            ("new", "r"): stamp(age=10),
            ("middle", "r"): stamp(age=20),
        }
    )
    assert [each.key for each in catalog.thread_entries()] == ["new", "middle", "old"]


def test_a_thread_is_as_new_as_its_newest_run(catalog: Catalog) -> None:
    catalog.apply(
        {
            ("a", "r1"): stamp(age=50),
            ("a", "r2"): stamp(age=5),
            ("b", "r1"): stamp(age=10),
        }
    )
    assert [(each.key, each.runs) for each in catalog.thread_entries()] == [
        ("a", 2),
        ("b", 1),
    ]


def test_a_run_that_was_never_read_is_listed_by_its_id(catalog: Catalog) -> None:
    catalog.apply({("thread-1", "run-1"): stamp(age=60)})
    [thread] = catalog.thread_entries()
    [run] = catalog.run_entries("thread-1")
    assert (thread.title, thread.title_known) == ("thread-1", False)
    assert (run.prompt, run.prompt_known, run.status) == (
        "run-1",
        False,
        RunStatus.UNKNOWN,
    )


def test_a_run_that_was_read_is_listed_by_its_prompt(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "r", "Count the deer", "Seven")
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    [thread] = catalog.thread_entries()
    [run] = catalog.run_entries("t")
    assert (thread.title, thread.title_known) == ("Count the deer", True)
    assert (run.prompt, run.prompt_known, run.status) == (
        "Count the deer",
        True,
        RunStatus.UNKNOWN,
    )
    assert run.events == 4


def test_a_prompt_with_an_image_of_some_megabytes_is_the_title(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "r", ended=False)
    image = {"type": "image", "base64": "A" * 3_000_000, "mime_type": "image/png"}
    blocks = [{"type": "text", "text": "What is this?"}, image]
    disk.add_event("t", "r", "llm.human.input", {"content": blocks})
    for number in range(20):
        disk.add_reply("t", "r", f"A deer, {number}")
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    [thread] = catalog.thread_entries()
    assert (thread.title, thread.title_known) == ("What is this?", True)


def test_a_thread_with_a_title_is_listed_by_it(disk: Disk, catalog: Catalog) -> None:
    disk.write_run("t", "r", "count all the deer you see")
    disk.add_event(
        *("t", "r", "llm.ai.response", {"content": "Deer count"}),
        {"caller": "middleware:title"},
    )
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    assert catalog.thread_entries()[0].title == "Deer count"


def test_a_thread_without_a_title_is_listed_by_its_first_prompt(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "z", "the first question", age=900)
    disk.write_run("t", "a", "the second question", age=100)
    catalog.apply(listing(disk))
    read(catalog, ("t", "a"), ("t", "z"))
    assert catalog.thread_entries()[0].title == "the first question"


def test_the_run_started_last_comes_first(disk: Disk, catalog: Catalog) -> None:
    for name, age in [("b", 900.0), ("c", 100.0), ("a", 500.0)]:
        disk.write_run("t", name, name, age=age)
    catalog.apply(listing(disk))
    read(catalog, *catalog.run_keys("t"))
    assert [run.prompt for run in catalog.run_entries("t")] == ["c", "a", "b"]


def test_titles_and_prompts_are_sanitized(disk: Disk, catalog: Catalog) -> None:
    disk.write_run("t", "r", "evil \x1b]0;title\x07\u202e\x9b31m")
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    for text in (catalog.thread_entries()[0].title, catalog.run_entries("t")[0].prompt):
        assert text.isprintable()


def test_a_run_that_is_gone_is_not_listed(catalog: Catalog) -> None:
    catalog.apply({("t", "a"): stamp(), ("t", "b"): stamp(), ("u", "a"): stamp()})
    catalog.apply({("t", "a"): None, ("u", "a"): None})
    assert [each.key for each in catalog.thread_entries()] == ["t"]
    assert [each.key for each in catalog.run_entries("t")] == [("t", "b")]
    assert catalog.thread_count == 1


def test_the_same_run_may_be_removed_twice(catalog: Catalog) -> None:
    catalog.apply({("t", "a"): None})
    catalog.apply({("t", "a"): None})
    assert catalog.thread_count == 0
    assert catalog.thread_entries() == []


def test_a_run_that_grew_a_moment_ago_is_running() -> None:
    clock = Clock()
    catalog = Catalog(TreeFiles(Path("threads")), clock)
    catalog.apply({("t", "r"): stamp(100, age=60)})
    assert catalog.status(("t", "r")) is RunStatus.UNKNOWN
    catalog.apply({("t", "r"): stamp(200)})
    assert catalog.status(("t", "r")) is RunStatus.RUNNING
    assert catalog.thread_entries()[0].status is RunStatus.RUNNING
    clock.time += 3_600
    assert catalog.status(("t", "r")) is RunStatus.UNKNOWN
    assert catalog.thread_entries()[0].status is RunStatus.UNKNOWN


@pytest.mark.parametrize(
    ("age", "status"),
    [(5, RunStatus.RUNNING), (60, RunStatus.UNKNOWN), (-86_400, RunStatus.UNKNOWN)],
)
def test_a_run_is_running_when_first_seen_if_it_was_just_written(
    catalog: Catalog, age: float, status: RunStatus
) -> None:
    catalog.apply({("t", "r"): stamp(100, age=age)})
    assert catalog.status(("t", "r")) is status
    assert catalog.thread_entries()[0].status is status


def test_a_run_with_a_new_time_but_no_new_bytes_is_not_running(
    catalog: Catalog,
) -> None:
    catalog.apply({("t", "r"): stamp(100, age=50)})
    catalog.apply({("t", "r"): stamp(100, age=0)})
    assert catalog.status(("t", "r")) is RunStatus.UNKNOWN


def test_a_run_that_ended_is_not_running_although_it_grew(disk: Disk) -> None:
    catalog = Catalog(TreeFiles(disk.threads), lambda: START)
    disk.write_run("t", "r", "a question", ended=False)
    catalog.apply(listing(disk))
    disk.add_event("t", "r", "run.end", {}, {"status": "success"})
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    assert catalog.status(("t", "r")) is RunStatus.UNKNOWN


def test_hidden_runs_are_not_listed_until_they_are_shown_again(
    catalog: Catalog,
) -> None:
    catalog.apply({("t", "a"): stamp(), ("t", "b"): stamp(), ("u", "a"): stamp()})
    catalog.hide([("t", "a"), ("u", "a")])
    assert [(each.key, each.runs) for each in catalog.thread_entries()] == [("t", 1)]
    assert catalog.run_keys("t") == [("t", "b")]
    catalog.unhide([("t", "a"), ("u", "a")])
    assert len(catalog.thread_entries()) == 2
    assert len(catalog.run_entries("t")) == 2


def test_unread_runs_are_returned_newest_first(disk: Disk, catalog: Catalog) -> None:
    for name, age in [("old", 900.0), ("new", 100.0), ("middle", 500.0)]:
        disk.write_run("t", name, age=age)
    catalog.apply(listing(disk))
    read(catalog, ("t", "middle"))
    assert catalog.unread(9) == [("t", "new"), ("t", "old")]


@pytest.mark.parametrize(("rows", "expected"), [(1_000, [("t", "r")]), (1_100, [])])
def test_a_run_without_a_size_is_left_out_if_it_has_many_rows(
    rows: int, expected: list[RunKey]
) -> None:
    catalog = Catalog(None, Clock())
    catalog.apply({("t", "r"): stamp(age=900)})
    catalog.set_row_count(("t", "r"), rows)
    assert catalog.newest_without_metrics(9, 1 << 20) == expected


def test_what_could_not_be_read_is_read_again(catalog: Catalog) -> None:
    catalog.apply({("t", "r"): stamp(), ("t", "s"): stamp()})
    for name in ("r", "s"):
        catalog.set_head_and_tail(("t", name), None)
    catalog.set_metrics(("t", "s"), None, None)
    keys = [("t", "r"), ("t", "s")]
    assert catalog.runs_to_read([], keys) == []
    assert catalog.retry_unreadable() == set(keys)
    assert catalog.runs_to_read([], keys) == keys
    for key in keys:
        catalog.set_head_and_tail(key, HeadAndTail(stamp(), [], [], 0))
    assert catalog.without_metrics(keys) == keys


def test_a_run_is_to_be_read_until_it_was(disk: Disk, catalog: Catalog) -> None:
    disk.write_run("t", "r", "a question")
    catalog.apply(listing(disk))
    assert catalog.runs_to_read([], [("t", "r")]) == [("t", "r")]
    read(catalog, ("t", "r"))
    assert catalog.runs_to_read([], [("t", "r")]) == []


def test_a_run_that_changed_is_to_be_read_again(disk: Disk, catalog: Catalog) -> None:
    disk.write_run("t", "r", "a question")
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    disk.add_reply("t", "r", "more")
    catalog.apply(listing(disk))
    assert catalog.runs_to_read([], [("t", "r")]) == [("t", "r")]


def test_a_change_that_was_read_before_it_was_applied_is_not_read_again(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "r", "a question")
    catalog.apply(listing(disk))
    disk.add_reply("t", "r", "more")
    read(catalog, ("t", "r"))
    assert catalog.runs_to_read([], [("t", "r")]) == []
    catalog.apply(listing(disk))
    assert catalog.runs_to_read([], [("t", "r")]) == []


def test_a_run_whose_growth_is_found_by_reading_it_is_running(disk: Disk) -> None:
    catalog = Catalog(TreeFiles(disk.threads), lambda: START)
    disk.write_run("t", "r", "a question", age=9_000, ended=False)
    catalog.apply(listing(disk))
    disk.add_reply("t", "r", "more", at=0)
    read(catalog, ("t", "r"))
    catalog.apply(listing(disk))
    assert catalog.status(("t", "r")) is RunStatus.RUNNING


def test_of_a_thread_its_first_and_last_runs_are_to_be_read(
    disk: Disk, catalog: Catalog
) -> None:
    for number in range(9):
        disk.write_run("t", f"r{number}", "a question", age=900 - number)
    catalog.apply(listing(disk))
    wanted = catalog.runs_to_read(["t"], [])
    assert ("t", "r0") in wanted
    assert ("t", "r8") in wanted
    assert len(wanted) < 6


def test_an_unreadable_run_is_not_tried_again_until_it_changes(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "r", "a question")
    catalog.apply(listing(disk))
    catalog.set_head_and_tail(("t", "r"), None)
    assert catalog.runs_to_read(["t"], [("t", "r")]) == []
    disk.add_reply("t", "r", "more")
    catalog.apply(listing(disk))
    assert catalog.runs_to_read([], [("t", "r")]) == [("t", "r")]


def test_the_head_and_tail_of_a_run_that_is_gone_are_ignored(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "r", "a question")
    catalog.apply(listing(disk))
    ends = read_prompt_and_end(disk.path("t", "r"))
    catalog.apply({("t", "r"): None})
    catalog.set_head_and_tail(("t", "r"), ends)
    assert catalog.thread_count == 0


def test_a_row_count_is_listed(catalog: Catalog) -> None:
    catalog.apply({("t", "r"): stamp()})
    catalog.set_row_count(("t", "r"), 1_234)
    catalog.set_row_count(("no", "such"), 1)
    assert catalog.run_entries("t")[0].events == 1_234


def metrics_of(**changes: Any) -> RunMetrics:
    facts = StatusFacts(latest_time=START - 5_000)
    return replace(RunMetrics(7, Total(100), None, 2, 1, facts), **changes)


def test_a_run_is_measured_after_its_head_and_tail_were_read(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "r", "a question")
    catalog.apply(listing(disk))
    assert catalog.without_metrics([("t", "r"), ("no", "such")]) == []
    read(catalog, ("t", "r"))
    assert catalog.without_metrics([("t", "r"), ("no", "such")]) == [("t", "r")]
    catalog.set_metrics(("t", "r"), metrics_of(), listing(disk)["t", "r"])
    assert catalog.without_metrics([("t", "r")]) == []
    [entry] = catalog.run_entries("t")
    assert (entry.metrics, entry.events) == (metrics_of(), 7)
    assert entry.status is RunStatus.CUT_OFF


def test_a_run_that_cannot_be_measured_is_not_tried_again_until_it_changes(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "r", "a question")
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    catalog.set_metrics(("t", "r"), None, None)
    catalog.set_metrics(("no", "such"), None, None)
    assert catalog.without_metrics([("t", "r")]) == []
    disk.add_reply("t", "r", "more")
    catalog.apply(listing(disk))
    assert catalog.without_metrics([("t", "r")]) == [("t", "r")]


@pytest.mark.parametrize("other", [stamp(60, ino=1), stamp(500, ino=2)])
def test_metrics_of_a_replaced_file_are_dropped(catalog: Catalog, other: Stamp) -> None:
    catalog.apply({("t", "r"): stamp(100)})
    catalog.set_metrics(("t", "r"), metrics_of(), stamp(100))
    catalog.apply({("t", "r"): stamp(200)})
    assert catalog.run_entries("t")[0].metrics
    catalog.apply({("t", "r"): other})
    assert catalog.run_entries("t")[0].metrics is None


def test_a_change_applied_while_a_run_was_measured_is_kept(
    catalog: Catalog,
) -> None:
    catalog.apply({("t", "r"): stamp(100, age=9)})
    catalog.apply({("t", "r"): stamp(300, age=3)})
    catalog.set_metrics(("t", "r"), metrics_of(), stamp(200, age=6))
    assert catalog.cost(("t", "r")) == 300
    assert catalog.run_entries("t")[0].metrics


def test_a_run_written_to_a_moment_ago_is_running_until_it_is_quiet() -> None:
    clock = Clock()
    catalog = Catalog(TreeFiles(Path("threads")), clock)
    catalog.apply({("t", "r"): stamp(100, age=1)})
    facts = StatusFacts(latest_time=START)
    catalog.set_metrics(("t", "r"), metrics_of(status_facts=facts), stamp(100, age=1))
    statuses = []
    for seconds in (0, 60, 600):
        clock.time = START + seconds
        statuses.append(catalog.run_entries("t")[0].status)
    assert statuses == [RunStatus.RUNNING, RunStatus.QUIET, RunStatus.CUT_OFF]


def test_the_status_of_a_run_that_ended_since_it_was_measured_is_unknown(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "r", "a question", ended=False)
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    catalog.set_metrics(("t", "r"), metrics_of(), listing(disk)["t", "r"])
    disk.add_event("t", "r", "run.end", {}, {"status": "success"})
    read(catalog, ("t", "r"))
    [entry] = catalog.run_entries("t")
    assert entry.status is RunStatus.UNKNOWN


def test_a_run_that_ended_keeps_its_status_while_later_rows_are_read(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "r", "a question")
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    facts = StatusFacts(RunStatus.DEGRADED, ended=True)
    metrics = metrics_of(status_facts=facts)
    catalog.set_metrics(("t", "r"), metrics, listing(disk)["t", "r"])
    disk.add_event("t", "r", "run.delivery", {})
    catalog.apply(listing(disk))
    read(catalog, ("t", "r"))
    assert catalog.status(("t", "r")) is RunStatus.DEGRADED


def test_a_thread_says_that_an_older_run_failed_until_the_user_opens_it(
    disk: Disk, catalog: Catalog
) -> None:
    disk.write_run("t", "old", "a question", age=9_000, ended=False)
    disk.add_event("t", "old", "run.error", "no", at=START - 8_000)
    disk.write_run("t", "new", "another question", age=7_000)
    catalog.apply(listing(disk))
    for run_id in ("old", "new"):
        read(catalog, ("t", run_id))
    assert catalog.thread_entries()[0].older_failed
    catalog.mark_opened(("t", "old"))
    assert not catalog.thread_entries()[0].older_failed
