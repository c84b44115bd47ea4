"""Promise 6: what was acknowledged survives the death of the process."""

import os
from pathlib import Path

import pytest

from tests.bench.torture_store import OURS, THEIRS, kills
from tests.helpers.lines import run_file
from tests.helpers.store import new_event
from whitetail_store import JsonlRunEventStore


def test_6_acknowledged_events_survive_kills() -> None:
    faults = kills(8, [OURS, THEIRS])
    assert set(faults.values()) == {0}, faults


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
async def test_6_durable_writes_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(file: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{file}").readlink()))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    await JsonlRunEventStore(tmp_path).put(**new_event(run_id="a"))
    assert synced == []
    await JsonlRunEventStore(tmp_path, durable=True).put(**new_event())
    path = run_file(tmp_path)
    assert {str(path), str(path.parent), str(path.parents[2])} <= set(synced)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
async def test_6_the_folders_above_a_new_base_folder_are_written_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[str] = set()
    real = os.fsync

    def fsync(file: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{file}").readlink()))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    base = tmp_path / "new" / "deeper" / ".deer-flow"
    await JsonlRunEventStore(base, durable=True).put(**new_event())
    folders = [base, base.parent, base.parent.parent, tmp_path]
    assert {str(folder) for folder in folders} <= synced
