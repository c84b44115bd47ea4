from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.disk import Disk
from tests.helpers.events import START, event
from tests.helpers.waiting import PATIENCE_S
from whitetail.source.catalog import Catalog
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.trace.run_summary import RunState
from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus, StatusRule
from whitetail_store import RunKey, Stamp
from whitetail_store.event import encode


class Clock:
    """A time that a test can change."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time


def stamp(size: int = 100, *, age: float = 0, ino: int = 1) -> Stamp:
    written = int((START - age) * 1e9)
    return Stamp(1, ino, size, written, written)


def listed(tree: Disk) -> dict[RunKey, Stamp | None]:
    """Return what a watcher would tell of a tree at first."""
    return {
        (path.parent.parent.name, path.stem): Stamp.of(path.stat())
        for path in tree.threads.glob("*/runs/*.jsonl")
    }


def read(catalog: Catalog, *keys: RunKey) -> None:
    for key in keys:
        catalog.set_head_and_tail(key, catalog.read_head_and_tail(key))


@pytest.fixture
def tree(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.fixture
def catalog(tree: Disk) -> Catalog:
    return Catalog(tree.threads, Clock())


def test_the_thread_written_last_comes_first(catalog: Catalog) -> None:
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


def test_what_was_never_read_goes_by_its_id(catalog: Catalog) -> None:
    catalog.apply({("thread-1", "run-1"): stamp()})
    [thread] = catalog.thread_entries()
    [run] = catalog.run_entries("thread-1")
    assert (thread.title, thread.title_known) == ("thread-1", False)
    assert (run.prompt, run.prompt_known, run.state) == (
        "run-1",
        False,
        RunState.UNKNOWN,
    )


def test_what_was_read_goes_by_what_was_asked(tree: Disk, catalog: Catalog) -> None:
    tree.write_run("t", "r", "Count the deer", "Seven")
    catalog.apply(listed(tree))
    read(catalog, ("t", "r"))
    [thread] = catalog.thread_entries()
    [run] = catalog.run_entries("t")
    assert (thread.title, thread.title_known) == ("Count the deer", True)
    assert (run.prompt, run.prompt_known, run.state) == (
        "Count the deer",
        True,
        RunState.FINISHED,
    )
    assert run.events == 4


def test_a_title_goes_before_what_was_asked(tree: Disk, catalog: Catalog) -> None:
    tree.write_run("t", "r", "count all the deer you see")
    tree.add_event(
        *("t", "r", "llm.ai.response", {"content": "Deer count"}),
        {"caller": "middleware:title"},
    )
    catalog.apply(listed(tree))
    read(catalog, ("t", "r"))
    assert catalog.thread_entries()[0].title == "Deer count"


def test_a_thread_goes_by_what_its_first_run_asked(
    tree: Disk, catalog: Catalog
) -> None:
    tree.write_run("t", "z", "the first question", age=900)
    tree.write_run("t", "a", "the second question", age=100)
    catalog.apply(listed(tree))
    read(catalog, ("t", "a"), ("t", "z"))
    assert catalog.thread_entries()[0].title == "the first question"


def test_the_run_begun_last_comes_first(tree: Disk, catalog: Catalog) -> None:
    for name, age in [("b", 900.0), ("c", 100.0), ("a", 500.0)]:
        tree.write_run("t", name, name, age=age)
    catalog.apply(listed(tree))
    read(catalog, *catalog.run_keys("t"))
    assert [run.prompt for run in catalog.run_entries("t")] == ["c", "a", "b"]


def test_titles_are_inert(tree: Disk, catalog: Catalog) -> None:
    tree.write_run("t", "r", "evil \x1b]0;title\x07\u202e\x9b31m")
    catalog.apply(listed(tree))
    read(catalog, ("t", "r"))
    for said in (catalog.thread_entries()[0].title, catalog.run_entries("t")[0].prompt):
        assert said.isprintable()


def test_a_run_that_is_gone_leaves_the_lists(catalog: Catalog) -> None:
    catalog.apply({("t", "a"): stamp(), ("t", "b"): stamp(), ("u", "a"): stamp()})
    catalog.apply({("t", "a"): None, ("u", "a"): None})
    assert [each.key for each in catalog.thread_entries()] == ["t"]
    assert [each.key for each in catalog.run_entries("t")] == [("t", "b")]
    assert catalog.thread_count == 1


def test_that_a_run_is_gone_may_be_told_twice(catalog: Catalog) -> None:
    catalog.apply({("t", "a"): None})
    catalog.apply({("t", "a"): None})
    assert catalog.thread_count == 0
    assert catalog.thread_entries() == []


def test_what_grew_a_moment_ago_is_running() -> None:
    clock = Clock()
    catalog = Catalog(Path("nowhere"), clock)
    catalog.apply({("t", "r"): stamp(100)})
    assert catalog.state(("t", "r")) is RunState.UNKNOWN
    catalog.apply({("t", "r"): stamp(200)})
    assert catalog.state(("t", "r")) is RunState.RUNNING
    assert catalog.thread_entries()[0].live
    clock.time += 3_600
    assert catalog.state(("t", "r")) is not RunState.RUNNING
    assert not catalog.thread_entries()[0].live


def test_what_was_merely_touched_is_not_running(catalog: Catalog) -> None:
    catalog.apply({("t", "r"): stamp(100, age=50)})
    catalog.apply({("t", "r"): stamp(100, age=0)})
    assert catalog.state(("t", "r")) is RunState.UNKNOWN


def test_a_run_that_ended_is_not_running_though_it_grew(tree: Disk) -> None:
    catalog = Catalog(tree.threads, lambda: START)
    tree.write_run("t", "r", "a question", ended=False)
    catalog.apply(listed(tree))
    tree.add_event("t", "r", "run.end", {}, {"status": "success"})
    catalog.apply(listed(tree))
    read(catalog, ("t", "r"))
    assert catalog.state(("t", "r")) is RunState.FINISHED


def test_hidden_runs_are_left_out_until_they_are_shown_again(catalog: Catalog) -> None:
    catalog.apply({("t", "a"): stamp(), ("t", "b"): stamp(), ("u", "a"): stamp()})
    catalog.hide([("t", "a"), ("u", "a")])
    assert [(each.key, each.runs) for each in catalog.thread_entries()] == [("t", 1)]
    assert catalog.run_keys("t") == [("t", "b")]
    catalog.unhide([("t", "a"), ("u", "a")])
    assert len(catalog.thread_entries()) == 2
    assert len(catalog.run_entries("t")) == 2


def test_unread_runs_are_named_the_newest_first(tree: Disk, catalog: Catalog) -> None:
    for name, age in [("old", 900.0), ("new", 100.0), ("middle", 500.0)]:
        tree.write_run("t", name, age=age)
    catalog.apply(listed(tree))
    read(catalog, ("t", "middle"))
    assert catalog.unread(9) == [("t", "new"), ("t", "old")]


def test_runs_in_sight_are_wanted_until_they_are_read(
    tree: Disk, catalog: Catalog
) -> None:
    tree.write_run("t", "r", "a question")
    catalog.apply(listed(tree))
    assert catalog.runs_to_read([], [("t", "r")]) == [("t", "r")]
    read(catalog, ("t", "r"))
    assert catalog.runs_to_read([], [("t", "r")]) == []


def test_a_run_that_changed_is_wanted_again(tree: Disk, catalog: Catalog) -> None:
    tree.write_run("t", "r", "a question")
    catalog.apply(listed(tree))
    read(catalog, ("t", "r"))
    tree.add_reply("t", "r", "more")
    catalog.apply(listed(tree))
    assert catalog.runs_to_read([], [("t", "r")]) == [("t", "r")]


def test_what_was_read_before_the_change_was_told_is_not_wanted_again(
    tree: Disk, catalog: Catalog
) -> None:
    tree.write_run("t", "r", "a question")
    catalog.apply(listed(tree))
    tree.add_reply("t", "r", "more")
    read(catalog, ("t", "r"))
    assert catalog.runs_to_read([], [("t", "r")]) == []
    catalog.apply(listed(tree))
    assert catalog.runs_to_read([], [("t", "r")]) == []


def test_growth_that_a_read_finds_first_counts_too(tree: Disk) -> None:
    catalog = Catalog(tree.threads, lambda: START)
    tree.write_run("t", "r", "a question", age=9_000, ended=False)
    catalog.apply(listed(tree))
    tree.add_reply("t", "r", "more", at=0)
    read(catalog, ("t", "r"))
    catalog.apply(listed(tree))
    assert catalog.state(("t", "r")) is RunState.RUNNING


def test_of_a_thread_in_sight_its_first_and_last_runs_are_wanted(
    tree: Disk, catalog: Catalog
) -> None:
    for number in range(9):
        tree.write_run("t", f"r{number}", "a question", age=900 - number)
    catalog.apply(listed(tree))
    wanted = catalog.runs_to_read(["t"], [])
    assert ("t", "r0") in wanted
    assert ("t", "r8") in wanted
    assert len(wanted) < 6


def test_what_can_t_be_read_is_not_tried_again_until_it_changes(
    tree: Disk, catalog: Catalog
) -> None:
    tree.write_run("t", "r", "a question")
    catalog.apply(listed(tree))
    catalog.set_head_and_tail(("t", "r"), None)
    assert catalog.runs_to_read(["t"], [("t", "r")]) == []
    tree.add_reply("t", "r", "more")
    catalog.apply(listed(tree))
    assert catalog.runs_to_read([], [("t", "r")]) == [("t", "r")]


def test_what_is_learnt_of_a_run_that_is_gone_is_forgotten(
    tree: Disk, catalog: Catalog
) -> None:
    tree.write_run("t", "r", "a question")
    catalog.apply(listed(tree))
    ends = catalog.read_head_and_tail(("t", "r"))
    catalog.apply({("t", "r"): None})
    catalog.set_head_and_tail(("t", "r"), ends)
    assert catalog.thread_count == 0


def test_a_counted_run_says_how_many_rows_it_has(catalog: Catalog) -> None:
    catalog.apply({("t", "r"): stamp()})
    catalog.set_row_count(("t", "r"), 1_234)
    catalog.set_row_count(("no", "such"), 1)
    assert catalog.run_entries("t")[0].events == 1_234


def test_reading_a_run_that_is_gone_is_an_os_error(
    tree: Disk, catalog: Catalog
) -> None:
    with pytest.raises(OSError):
        catalog.read_head_and_tail(("t", "r"))


def test_nothing_but_runs_is_ever_opened(tree: Disk, catalog: Catalog) -> None:
    path = tree.write_run("t", "r", "a question")
    path.with_name("link.jsonl").symlink_to("/etc/passwd")
    with pytest.raises(OSError):
        catalog.read_head_and_tail(("t", "link"))


async def test_a_run_too_long_for_its_ends_is_counted_when_it_is_in_sight(
    tmp_path: Path,
) -> None:
    runs = tmp_path / ".deer-flow" / "threads" / "t" / "runs"
    runs.mkdir(parents=True)
    line = event(1, content="x" * 400)
    record = {
        "thread_id": "t",
        "run_id": "r",
        "event_type": line.event_type,
        "category": line.category,
        "content": line.content,
        "metadata": {},
        "created_at": line.created_at,
    }
    lines = (encode({**record, "seq": seq}) for seq in range(1, 1_001))
    (runs / "r.jsonl").write_bytes(b"".join(lines))
    tree = FileSource(TreeLocation(tmp_path / ".deer-flow"))
    tree.start(timeout_s=PATIENCE_S)
    tree.close()
    assert tree.catalog.run_entries("t")[0].events is None
    while await tree.read_some(["t"], [("t", "r")]):
        pass
    assert tree.catalog.run_entries("t")[0].events == 1_000


def figures(**changes: Any) -> RunMetrics:
    status_rule = StatusRule(None, START - 5_000, False, False)
    return replace(RunMetrics(7, Total(100), None, 2, 1, status_rule), **changes)


def test_a_run_is_measured_after_its_ends_are_known(
    tree: Disk, catalog: Catalog
) -> None:
    tree.write_run("t", "r", "a question")
    catalog.apply(listed(tree))
    assert catalog.unmeasured([("t", "r"), ("no", "such")]) == []
    read(catalog, ("t", "r"))
    assert catalog.unmeasured([("t", "r"), ("no", "such")]) == [("t", "r")]
    catalog.set_metrics(("t", "r"), figures(), listed(tree)["t", "r"])
    assert catalog.unmeasured([("t", "r")]) == []
    [entry] = catalog.run_entries("t")
    assert (entry.metrics, entry.events) == (figures(), 7)
    assert entry.status is RunStatus.CUT_OFF


def test_what_can_t_be_measured_is_not_tried_again_until_it_changes(
    tree: Disk, catalog: Catalog
) -> None:
    tree.write_run("t", "r", "a question")
    catalog.apply(listed(tree))
    read(catalog, ("t", "r"))
    catalog.set_metrics(("t", "r"), None, None)
    catalog.set_metrics(("no", "such"), None, None)
    assert catalog.unmeasured([("t", "r")]) == []
    tree.add_reply("t", "r", "more")
    catalog.apply(listed(tree))
    assert catalog.unmeasured([("t", "r")]) == [("t", "r")]


@pytest.mark.parametrize("other", [stamp(60, ino=1), stamp(500, ino=2)])
def test_figures_of_another_file_are_forgotten(catalog: Catalog, other: Stamp) -> None:
    catalog.apply({("t", "r"): stamp(100)})
    catalog.set_metrics(("t", "r"), figures(), stamp(100))
    catalog.apply({("t", "r"): stamp(200)})
    assert catalog.run_entries("t")[0].metrics
    catalog.apply({("t", "r"): other})
    assert catalog.run_entries("t")[0].metrics is None


def test_what_was_told_while_a_run_was_measured_is_not_undone(
    catalog: Catalog,
) -> None:
    catalog.apply({("t", "r"): stamp(100, age=9)})
    catalog.apply({("t", "r"): stamp(300, age=3)})
    catalog.set_metrics(("t", "r"), figures(), stamp(200, age=6))
    assert catalog.size(("t", "r")) == 300
    assert catalog.run_entries("t")[0].metrics


def test_a_run_that_was_written_a_moment_ago_is_running_till_it_is_quiet() -> None:
    clock = Clock()
    catalog = Catalog(Path("nowhere"), clock)
    catalog.apply({("t", "r"): stamp(100, age=1)})
    status_rule = StatusRule(None, START, False, False)
    catalog.set_metrics(("t", "r"), figures(status_rule=status_rule), stamp(100, age=1))
    stood = []
    for seconds in (0, 60, 600):
        clock.time = START + seconds
        stood.append(catalog.run_entries("t")[0].status)
    assert stood == [RunStatus.RUNNING, RunStatus.QUIET, RunStatus.CUT_OFF]


def test_an_end_that_is_not_measured_yet_is_not_denied(
    tree: Disk, catalog: Catalog
) -> None:
    tree.write_run("t", "r", "a question", ended=False)
    catalog.apply(listed(tree))
    read(catalog, ("t", "r"))
    catalog.set_metrics(("t", "r"), figures(), listed(tree)["t", "r"])
    tree.add_event("t", "r", "run.end", {}, {"status": "success"})
    read(catalog, ("t", "r"))
    [entry] = catalog.run_entries("t")
    assert (entry.state, entry.status) == (RunState.FINISHED, None)
