from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.watching import append


@pytest.fixture
def threads(tmp_path: Path) -> Path:
    """Return a `threads` folder: threads a and b, each with the runs r1 and r2."""
    root = tmp_path / "threads"
    for thread_id in ("a", "b"):
        append(root, thread_id, "r1")
        append(root, thread_id, "r2")
    return root


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """Return a folder to create, while file modes apply to the test even as root."""
    if sys.platform == "win32":
        pytest.skip("needs file modes")
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / "threads"
    finally:
        os.seteuid(user)
