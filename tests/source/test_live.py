from __future__ import annotations

from pathlib import Path

from tests.helpers.disk import Disk
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.source.live import live_run
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail_store import RunKey


def live(disk: Disk) -> RunKey | None:
    source = FileSource(TreeLocation(disk.base))
    source.start(timeout_s=WAIT_TIMEOUT_S)
    try:
        return live_run(source.catalog)
    finally:
        source.close()


def test_the_newest_run_without_an_end_is_live(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write_run("ended", "r", "a question", "an answer", age=1)
    disk.write_run("quiet", "r", "a question", age=120, ended=False)
    assert live(disk) == ("quiet", "r")
    disk.write_run("running", "r", "a question", age=2, ended=False)
    assert live(disk) == ("running", "r")


def test_runs_that_ended_or_were_cut_off_are_not_live(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write_run("ended", "r", "a question", "an answer", age=1)
    disk.write_run("cut off", "r", "a question", age=4_000, ended=False)
    assert live(disk) is None
