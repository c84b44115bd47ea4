"""The trees and the price file of the app's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.disk import Disk


@pytest.fixture
def tree(tmp_path: Path) -> Disk:
    """Return a tree of two threads, the newer one with two runs."""
    tree = Disk(tmp_path)
    tree.write_run("old", "r1", "an old question", "an old answer", age=9_000)
    tree.write_run("new", "r1", "a first question", "a first answer", age=4_000)
    tree.write_run("new", "r2", "a second question", "a second answer", age=2_000)
    return tree


@pytest.fixture
def live(tmp_path: Path) -> Disk:
    """Return a tree with one run that is being written."""
    tree = Disk(tmp_path)
    tree.write_run("live", "r", "a question", age=1, ended=False)
    for number in range(40):
        tree.add_reply("live", "r", f"answer {number}")
    return tree


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """Return a price file with one model."""
    path = tmp_path / "prices.toml"
    path.write_text('["doe-3"]\ninput = 2\noutput = 8\n')
    return path
