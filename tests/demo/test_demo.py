from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.demo import NOW, NOW_ISO, agents, records, run_files
from whitetail.demo import demo_tree


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in run_files(root)
    }


def test_a_record_is_in_the_file_of_its_run_and_thread() -> None:
    with demo_tree(live=False, now=NOW) as root:
        for run in run_files(root):
            for record in records(run):
                assert record["run_id"] == run.stem
                assert record["thread_id"] == run.parent.parent.name


def test_seq_counts_from_one_through_a_thread_in_the_order_of_its_runs() -> None:
    with demo_tree(live=False, now=NOW) as root:
        threads: dict[str, list[int]] = {}
        for run in run_files(root):
            seqs = threads.setdefault(run.parent.parent.name, [])
            seqs += [record["seq"] for record in records(run)]
    assert len(threads) == 7
    for seqs in threads.values():
        assert seqs == list(range(1, len(seqs) + 1))


def test_the_same_now_gives_the_same_bytes_and_times() -> None:
    with (
        demo_tree(live=False, now=NOW) as one,
        demo_tree(live=False, now=NOW) as two,
    ):
        assert contents(one) == contents(two)


def test_another_now_gives_the_same_ids() -> None:
    with demo_tree(live=False, now=NOW) as one, demo_tree(live=False) as two:
        assert contents(one).keys() == contents(two).keys()


def test_the_newest_event_happens_now() -> None:
    with demo_tree(live=False, now=NOW) as root:
        last = max(run.stat().st_mtime for run in run_files(root))
        times = [each["created_at"] for run in run_files(root) for each in records(run)]
    assert last == NOW
    assert max(times) == NOW_ISO


def test_a_file_was_modified_when_its_last_event_happened() -> None:
    with demo_tree(live=False, now=NOW) as root:
        for run in run_files(root):
            times = [datetime.fromisoformat(r["created_at"]) for r in records(run)]
            newest = max(times).timestamp()
            assert run.stat().st_mtime == pytest.approx(newest, abs=1e-3)


def test_every_event_type_of_deerflow_occurs(
    demo_records: list[dict[str, Any]],
) -> None:
    assert {record["event_type"] for record in demo_records} == {
        "run.start",
        "context:memory",
        "llm.human.input",
        "llm.ai.response",
        "llm.tool.result",
        "llm.error",
        "middleware:guardrail",
        "subagent.start",
        "subagent.step",
        "subagent.end",
        "run.error",
        "run.end",
        "run.delivery",
        "workspace_changes",
    }


def test_runs_succeed_fail_are_cut_off_and_go_on() -> None:
    with demo_tree(live=False, now=NOW) as root:
        types = [{each["event_type"] for each in records(r)} for r in run_files(root)]
    assert sum("run.end" in each for each in types) == 12
    assert sum("run.error" in each for each in types) == 1
    # One was cut off, one goes on.
    assert sum("run.delivery" not in each for each in types) == 2


def test_every_thread_has_a_title(demo_records: list[dict[str, Any]]) -> None:
    titled = [
        record["thread_id"]
        for record in demo_records
        if record["metadata"].get("caller") == "middleware:title"
    ]
    assert len(titled) == len(set(titled)) == 7


def test_no_agent_works_in_a_tree_that_is_not_live() -> None:
    with demo_tree(live=False):
        assert not agents()


def test_the_tree_and_its_agent_are_gone_at_the_end() -> None:
    with demo_tree() as root:
        assert len(agents()) == 1
        (root / "bookmarks.json").write_text("{}")
        shutil.move(run_files(root)[0], root / "moved.jsonl")
    assert not agents()
    assert not root.parent.exists()


def test_the_tree_and_its_agent_are_gone_after_an_exception() -> None:
    with pytest.raises(KeyboardInterrupt), demo_tree() as root:
        raise KeyboardInterrupt
    assert not agents()
    assert not root.parent.exists()


def test_a_folder_that_cannot_be_removed_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(path)

    with pytest.raises(PermissionError), demo_tree(live=False) as root:
        monkeypatch.setattr(shutil, "rmtree", refuse)
    monkeypatch.undo()
    shutil.rmtree(root.parent)
