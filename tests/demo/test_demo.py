from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from whitetail.demo import demo_tree
from whitetail.demo.folder import ThreadFolder
from whitetail.demo.live import begin
from whitetail.demo.tales import LIVE

NOW = 1_790_000_000.0
KEYS = [
    "thread_id",
    "run_id",
    "event_type",
    "category",
    "content",
    "metadata",
    "seq",
    "created_at",
]


def runs(root: Path) -> list[Path]:
    return sorted(root.glob("threads/*/runs/*.jsonl"), key=lambda p: p.stat().st_mtime)


def rows(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.read_bytes().splitlines()]


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in runs(root)
    }


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def agents() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "whitetail-demo"]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    with demo_tree(live=False, now=NOW) as root:
        return [row for run in runs(root) for row in rows(run)]


def test_every_line_is_what_json_dumps_writes_of_deerflow_s_eight_keys() -> None:
    with demo_tree(live=False, now=NOW) as root:
        text = b"".join(run.read_bytes() for run in runs(root))
    for line in text.split(b"\n")[:-1]:
        record = json.loads(line)
        assert list(record) == KEYS
        assert line.decode() == json.dumps(record, ensure_ascii=False)


def test_a_row_stands_in_the_file_of_its_run_and_thread() -> None:
    with demo_tree(live=False, now=NOW) as root:
        for run in runs(root):
            for row in rows(run):
                assert row["run_id"] == run.stem
                assert row["thread_id"] == run.parent.parent.name


def test_seq_counts_from_one_through_a_thread_in_the_order_of_its_runs() -> None:
    with demo_tree(live=False, now=NOW) as root:
        threads: dict[str, list[int]] = {}
        for run in runs(root):
            seqs = threads.setdefault(run.parent.parent.name, [])
            seqs += [row["seq"] for row in rows(run)]
    assert len(threads) == 7
    for seqs in threads.values():
        assert seqs == list(range(1, len(seqs) + 1))


def test_the_same_moment_gives_the_same_bytes_and_times() -> None:
    began = time.perf_counter()
    with demo_tree(live=False, now=NOW) as one:
        print(f"made in {1_000 * (time.perf_counter() - began):.0f} ms")
        with demo_tree(live=False, now=NOW) as two:
            assert tree(one) == tree(two)


def test_another_moment_gives_the_same_ids() -> None:
    with demo_tree(live=False, now=NOW) as one, demo_tree(live=False) as two:
        assert tree(one).keys() == tree(two).keys()


def test_nothing_happens_after_now() -> None:
    with demo_tree(live=False, now=NOW) as root:
        last = max(run.stat().st_mtime for run in runs(root))
        stamps = [row["created_at"] for run in runs(root) for row in rows(run)]
    assert last == NOW
    assert max(stamps) == "2026-09-21T14:13:20.000000+00:00"


def test_a_file_looks_last_written_when_its_last_event_was() -> None:
    with demo_tree(live=False, now=NOW) as root:
        for run in runs(root):
            newest = max(datetime.fromisoformat(r["created_at"]) for r in rows(run))
            assert run.stat().st_mtime == pytest.approx(newest.timestamp(), abs=1e-3)


def test_every_type_of_event_can_be_seen(everything: list[dict[str, Any]]) -> None:
    assert {row["event_type"] for row in everything} == {
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


def test_runs_end_in_every_way() -> None:
    with demo_tree(live=False, now=NOW) as root:
        types = [{row["event_type"] for row in rows(run)} for run in runs(root)]
    assert sum("run.end" in each for each in types) == 12
    assert sum("run.error" in each for each in types) == 1
    # One whose process died, and the one at work.
    assert sum("run.delivery" not in each for each in types) == 2


def test_every_thread_has_a_title(everything: list[dict[str, Any]]) -> None:
    titles = [
        row["thread_id"]
        for row in everything
        if row["metadata"].get("caller") == "middleware:title"
    ]
    assert len(titles) == len(set(titles)) == 7


def test_what_subagents_did_belongs_to_a_call_that_was_answered(
    everything: list[dict[str, Any]],
) -> None:
    asked = {
        call["id"]
        for row in everything
        if row["event_type"] == "llm.ai.response"
        for call in row["content"]["tool_calls"]
        if call["name"] == "task"
    }
    answered = {
        row["content"]["tool_call_id"]: row["content"]["status"]
        for row in everything
        if row["event_type"] == "llm.tool.result" and row["content"]["name"] == "task"
    }
    ended = {
        row["metadata"]["task_id"]: row["content"]["status"]
        for row in everything
        if row["event_type"] == "subagent.end"
    }
    assert asked == answered.keys() == ended.keys()
    assert sorted(ended.values()) == ["completed", "completed", "failed", "timed_out"]
    assert all((answered[t] == "error") == (ended[t] != "completed") for t in ended)


def test_rows_of_subagents_stand_before_the_call_that_launched_them(
    everything: list[dict[str, Any]],
) -> None:
    place = {
        call["id"]: number
        for number, row in enumerate(everything)
        if row["event_type"] == "llm.ai.response"
        for call in row["content"]["tool_calls"]
    }
    starts = [
        (number, row["metadata"]["task_id"])
        for number, row in enumerate(everything)
        if row["event_type"] == "subagent.start"
    ]
    assert any(number < place[task_id] for number, task_id in starts)


def test_a_guardrail_allows_several_calls_in_a_row(
    everything: list[dict[str, Any]],
) -> None:
    actions = [
        row["content"]["action"] if row["event_type"] == "middleware:guardrail" else ""
        for row in everything
    ]
    place = actions.index("allow")
    assert actions[place : place + 5] == ["allow"] * 4 + [""]


def test_cached_tokens_are_part_of_the_tokens_read(
    everything: list[dict[str, Any]],
) -> None:
    usages = [
        row["metadata"]["usage"]
        for row in everything
        if row["event_type"] == "llm.ai.response"
    ]
    for usage in usages:
        cached = usage.get("input_token_details", {}).get("cache_read", 0)
        assert cached <= usage["input_tokens"]
        total = usage["input_tokens"] + usage["output_tokens"]
        assert usage["total_tokens"] == total


def test_diffs_count_what_they_hold(everything: list[dict[str, Any]]) -> None:
    changes = [
        row["metadata"]["workspace_changes"]
        for row in everything
        if row["event_type"] == "workspace_changes"
    ]
    assert changes
    for change in changes:
        for file in change["files"]:
            lines = file["diff"].splitlines()[2:]
            assert file["additions"] == sum(line[0] == "+" for line in lines)
            assert file["deletions"] == sum(line[0] == "-" for line in lines)


def test_a_tree_that_is_not_live_has_nobody_at_work() -> None:
    with demo_tree(live=False):
        assert not agents()


def test_the_agent_at_work_appends_whole_lines() -> None:
    with demo_tree() as root:
        newest = runs(root)[-1]
        before = newest.read_bytes()
        assert before.count(b"\n") >= 12
        assert within(10, lambda: newest.stat().st_size > len(before))
        after = newest.read_bytes()
        assert after.startswith(before)
        assert after.endswith(b"\n")


def test_the_agent_s_events_go_on_from_now() -> None:
    with demo_tree(now=NOW) as root:
        newest = runs(root)[-1]
        assert within(10, lambda: len(rows(newest)) > 13)
        found = rows(newest)
    assert [row["seq"] for row in found] == list(range(10, 10 + len(found)))
    stamps = [row["created_at"] for row in found]
    assert stamps == sorted(stamps)
    assert stamps[-1] < "2026-09-21T14:14:00"


def test_the_agent_s_run_goes_on_for_a_while() -> None:
    with demo_tree(live=False) as root:
        folder = ThreadFolder(root / "threads", LIVE, "another")
        for turn in LIVE.turns:
            at = [batch.at for batch in begin(folder, turn).rest]
            if turn is LIVE.turns[1]:
                assert at[-1] - at[11] > 40
            gaps = [b - a for a, b in pairwise(at)]
            assert all(0.4 <= gap <= 2.4 for gap in gaps)


def test_nothing_is_left_on_leaving() -> None:
    with demo_tree() as root:
        assert len(agents()) == 1
        (root / "bookmarks.json").write_text("{}")
        shutil.move(runs(root)[0], root / "moved.jsonl")
    assert not agents()
    assert not root.parent.exists()


def test_nothing_is_left_when_the_app_fails() -> None:
    with pytest.raises(KeyboardInterrupt), demo_tree() as root:
        raise KeyboardInterrupt
    assert not agents()
    assert not root.parent.exists()


def test_leaving_does_not_wait_for_the_next_event() -> None:
    with demo_tree() as root:
        newest = runs(root)[-1]
        size = newest.stat().st_size
        assert within(10, lambda: newest.stat().st_size > size)
        began = time.monotonic()
    assert time.monotonic() - began < 0.4


def test_a_run_that_was_deleted_at_work_comes_back_headless() -> None:
    with demo_tree() as root:
        newest = runs(root)[-1]
        newest.unlink()
        assert within(10, lambda: newest.exists() and newest.stat().st_size > 0)
        assert rows(newest)[0]["event_type"] != "run.start"


def test_the_agent_stops_quietly_when_its_folder_is_gone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with demo_tree() as root:
        shutil.move(runs(root)[-1].parent, root / "trash")
        assert within(10, lambda: not agents())
    assert not root.parent.exists()
    assert capfd.readouterr().err == ""


def test_the_agent_stops_quietly_when_all_is_gone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with demo_tree() as root:
        root.parent.rename(root.parent.with_suffix(".moved"))
        moved = root.parent.with_suffix(".moved")
        assert within(10, lambda: not agents())
        shutil.rmtree(moved)
    assert capfd.readouterr().err == ""


def test_a_folder_that_cannot_be_removed_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remove = shutil.rmtree

    def refuse(path: Path) -> None:
        raise PermissionError(path)

    with demo_tree(live=False) as root:
        pass
    assert not root.parent.exists()
    with pytest.raises(PermissionError), demo_tree(live=False) as root:
        monkeypatch.setattr(shutil, "rmtree", refuse)
    monkeypatch.undo()
    remove(root.parent)
