"""Workers begin their work: if they never run, no coroutine waits to be awaited."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_work_is_started_in_one_way() -> None:
    sources = (ROOT / "tui").rglob("*.py")
    users = [path.name for path in sources if ".run_worker(" in path.read_text("utf-8")]
    assert users == ["work.py"]
