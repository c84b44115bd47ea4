from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers.disk import Disk


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """A tree with an older thread of two runs, and a newer one that failed."""
    disk = Disk(tmp_path)
    disk.write_run("elk", "aaa1", "Find the elk", "It is here", age=7_200)
    disk.write_run("elk", "aaa2", "And now?", "It is gone", age=3_600)
    path = disk.write_run(
        "fox", "bbb1", "Find the fox", "Where?", age=1_800, ended=False
    )
    then, error = path.stat().st_mtime, {"error_type": "FoxError"}
    disk.add_event("fox", "bbb1", "run.error", "no fox", error, at=then)
    os.utime(path, (then, then))
    return disk
