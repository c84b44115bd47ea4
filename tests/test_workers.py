"""Workers begin their work: if they never run, no coroutine waits to be awaited."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_work_is_started_in_one_way() -> None:
    sources = (ROOT / "tui").rglob("*.py")
    # `DismissedOnce` changes the method of its base class, which all of them use.
    texts = {path.name: path.read_text("utf-8") for path in sources}
    users = [
        name
        for name, text in texts.items()
        if ".run_worker(" in text.replace("super().run_worker(", "")
    ]
    assert users == ["work.py"]
