from __future__ import annotations

import shutil
import threading
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.helpers.demo import NOW, agents, call, records, run_files, scenario
from tests.helpers.waiting import wait_until
from whitetail.demo import demo_tree
from whitetail.demo.folder import ThreadFolder
from whitetail.demo.live import LiveAgent, start_live_run
from whitetail.demo.load import LIVE, load_scenario
from whitetail.demo.scenario import Ask, Turn


def test_the_agent_appends_whole_lines() -> None:
    with demo_tree() as root:
        newest = run_files(root)[-1]
        before = newest.read_bytes()
        assert before.count(b"\n") >= 12

        def has_more_lines() -> bool:
            # A part of a line can be seen while it is written.
            after = newest.read_bytes()
            assert after.startswith(before)
            return len(after) > len(before) and after.endswith(b"\n")

        wait_until(has_more_lines)


def test_the_agent_s_events_go_on_from_now() -> None:
    began = time.monotonic()
    with demo_tree(now=NOW) as root:
        newest = run_files(root)[-1]
        wait_until(lambda: len(records(newest)) > 13)
        found = records(newest)
    latest = datetime.fromtimestamp(NOW + time.monotonic() - began, UTC)
    assert [record["seq"] for record in found] == list(range(10, 10 + len(found)))
    times = [datetime.fromisoformat(record["created_at"]) for record in found]
    assert times == sorted(times)
    assert datetime.fromtimestamp(NOW, UTC) < times[-1] <= latest


def test_the_live_run_lasts_at_least_40_s_with_short_gaps(tmp_path: Path) -> None:
    live = load_scenario(LIVE)
    folder = ThreadFolder(tmp_path, live, "seed")
    for turn in live.turns:
        at = [batch.at for batch in start_live_run(folder, turn).pending]
        if turn is live.turns[1]:
            assert at[-1] - at[11] > 40
        gaps = [b - a for a, b in pairwise(at)]
        assert all(0.4 <= gap <= 2.4 for gap in gaps)


def test_stopping_does_not_wait_for_the_next_event(tmp_path: Path) -> None:
    turn = Turn("Count the acorns", (Ask((call("12"),)),))
    folder = ThreadFolder(tmp_path, scenario(turn), "seed")
    run = folder.start_run(turn, lambda seconds, chance: 3_600.0, flush_events=1)
    agent = LiveAgent(tmp_path, folder, run, lambda: NOW, max_gap_s=3_600.0)
    agent.start()
    wait_until(run.path.exists)
    stopping = threading.Thread(target=agent.stop, daemon=True)
    stopping.start()
    wait_until(lambda: not stopping.is_alive())
    assert not agent.is_alive()
    assert len(records(run.path)) == 1


def test_the_agent_repeats_the_scenario_in_a_new_thread(tmp_path: Path) -> None:
    turn = Turn("Count the acorns", (Ask((call("12"),)),))
    folder = ThreadFolder(tmp_path, scenario(turn), "seed")
    run = folder.start_run(turn)
    agent = LiveAgent(tmp_path, folder, run, lambda: NOW, max_gap_s=0, pause_s=0.01)
    agent.start()
    wait_until(lambda: len(list(tmp_path.glob("*/runs/*.jsonl"))) >= 3)
    agent.stop()


def test_a_run_that_was_deleted_appears_again_without_its_first_events() -> None:
    with demo_tree() as root:
        newest = run_files(root)[-1]
        newest.unlink()
        wait_until(lambda: newest.exists() and records(newest))
        assert records(newest)[0]["event_type"] != "run.start"


def test_the_agent_ends_without_a_message_when_its_folder_is_removed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with demo_tree() as root:
        shutil.move(run_files(root)[-1].parent, root / "trash")
        wait_until(lambda: not agents())
    assert not root.parent.exists()
    assert capfd.readouterr().err == ""


def test_the_agent_ends_without_a_message_when_the_tree_is_removed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with demo_tree() as root:
        moved = root.parent.with_suffix(".moved")
        root.parent.rename(moved)
        wait_until(lambda: not agents())
        shutil.rmtree(moved)
    assert capfd.readouterr().err == ""
