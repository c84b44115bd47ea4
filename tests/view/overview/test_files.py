"""The overview's section with the changed files."""

from __future__ import annotations

from typing import Any

from tests.helpers.events import START, event
from tests.helpers.overview import entry_texts, overview_texts, stats_of
from whitetail.view.overview.overview import overview
from whitetail_store import RunEvent

NOTE = {"path": "/outputs/note.md", "root": "outputs", "status": "created"}
END = event(8, "run.end")


def changed(*files: dict[str, Any]) -> RunEvent:
    metadata = {"workspace_changes": {"files": list(files)}}
    return event(7, "workspace_changes", metadata=metadata)


def test_a_file_shows_its_added_and_removed_lines() -> None:
    lines = overview_texts(changed(NOTE | {"additions": 12, "deletions": 0}), END)
    words = ["+", "created", "+12", "-0", "not", "presented", NOTE["path"]]
    assert any(line.split() == words for line in lines)


def test_only_of_a_run_that_has_ended_files_are_marked_as_not_presented() -> None:
    assert not any("not presented" in line for line in overview_texts(changed(NOTE)))
    lines = overview_texts(changed(NOTE), END)
    assert any("not presented" in line for line in lines)


def test_a_presented_file_is_marked() -> None:
    delivery = event(9, "run.delivery", content={"presented_paths": [NOTE["path"]]})
    lines = overview_texts(changed(NOTE), END, delivery)
    assert any("✓ presented" in line for line in lines)


def test_a_file_has_the_row_of_its_event_and_a_sanitized_name() -> None:
    stats = stats_of([changed(NOTE | {"path": "/outputs/\x1b[31m.md"})])
    entries = overview(stats, now=START, growing=False)
    (file,) = [entry for entry in entries if "/outputs/" in entry_texts([entry])[0]]
    assert file.row == 0
    assert "\x1b" not in entry_texts([file])[0]


def test_files_beyond_two_hundred_are_counted() -> None:
    files = [NOTE | {"path": f"/outputs/{number}"} for number in range(205)]
    assert "  and 5 more files" in overview_texts(changed(*files))
