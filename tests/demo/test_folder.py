from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.helpers.demo import NOW, call, records, scenario
from whitetail.demo.folder import ThreadFolder
from whitetail.demo.scenario import Ask, Say, Turn

TURN = Turn("Count the acorns", (Ask((call("12"),)), Say("Twelve.")))


def test_a_whole_run_is_one_file_that_was_modified_at_its_end(tmp_path: Path) -> None:
    folder = ThreadFolder(tmp_path, scenario(TURN), "seed")
    end = folder.write_run(TURN, NOW)
    (run,) = tmp_path.glob("*/runs/*.jsonl")
    assert run.stat().st_mtime == pytest.approx(end, abs=1e-3)
    assert end > NOW
    types = [record["event_type"] for record in records(run)]
    assert types[0] == "run.start"
    assert types[-1] == "run.delivery"


def test_a_run_that_was_started_has_no_file_before_the_first_batch(
    tmp_path: Path,
) -> None:
    run = ThreadFolder(tmp_path, scenario(TURN), "seed").start_run(TURN)
    assert not run.path.exists()
    run.append([next(run.pending)], NOW)
    assert run.path.exists()


def test_a_file_that_was_deleted_appears_again_without_its_first_events(
    tmp_path: Path,
) -> None:
    folder = ThreadFolder(tmp_path, scenario(TURN), "seed")
    run = folder.start_run(TURN, flush_events=1)
    run.append([next(run.pending)], NOW)
    run.path.unlink()
    run.append([next(run.pending)], NOW)
    assert [record["seq"] for record in records(run.path)] == [2]


def test_a_folder_that_was_removed_is_not_created_again(tmp_path: Path) -> None:
    run = ThreadFolder(tmp_path, scenario(TURN), "seed").start_run(TURN)
    shutil.rmtree(run.path.parent)
    with pytest.raises(FileNotFoundError):
        run.append([next(run.pending)], NOW)


def test_a_thread_needs_the_folder_of_all_threads(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ThreadFolder(tmp_path / "gone", scenario(TURN), "seed")
