from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.demo import NOW, records, run_files
from whitetail.demo import demo_tree


@pytest.fixture(scope="session")
def demo_records() -> list[dict[str, Any]]:
    """All events of the demo, run after run, each run in the order of its file."""
    with demo_tree(live=False, now=NOW) as root:
        return [record for run in run_files(root) for record in records(run)]
