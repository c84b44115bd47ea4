"""Workspace changes: the list of files and their diffs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.real_runs import real_runs
from tests.helpers.styled import (
    all_blocks,
    assert_well_formed,
    plain_text,
    texts_in_tone,
)
from whitetail.view.detail.sections import section_parts
from whitetail.view.detail.unshown import Unshown
from whitetail.view.detail.workspace import workspace_parts
from whitetail.view.folding import unfolded_lines
from whitetail.view.styled import StyledLine
from whitetail_store import RunEvent

DIFF = "--- a/o/a\n+++ b/o/a\n@@ -1,2 +1,2 @@\n same\n---- old\n+new"


def file(**more: Any) -> dict[str, Any]:
    return {
        "path": "/o/a",
        "root": "outputs",
        "status": "modified",
        "binary": False,
        "sensitive": False,
        "size_before": 9,
        "size_after": 1_200,
        "sha256_before": "be4",
        "sha256_after": "af7er",
        "diff": DIFF,
        "diff_truncated": False,
        "diff_unavailable_reason": None,
        "additions": 1,
        "deletions": 1,
        "symlink": False,
    } | more


def changed(*files: Any, truncated: bool = False) -> RunEvent:
    changes = {"files": list(files), "summary": {"truncated": truncated}}
    return RunEvent(1, "workspace_changes", metadata={"workspace_changes": changes})


def laid_out(*files: Any, truncated: bool = False) -> list[StyledLine]:
    return list(
        unfolded_lines(workspace_parts(Unshown(changed(*files, truncated=truncated))))
    )


def test_the_first_block_is_a_list_of_the_files() -> None:
    made = file(path="/o/b", status="created", deletions=0, additions=1_200)
    gone = file(path="/o/c", status="deleted", additions=0)
    text = plain_text(laid_out(file(), made, gone))
    assert text.startswith(
        "files (3)\n~ /o/a  +1  -1\n+ /o/b  +1,200\n- /o/c  -1\nmodified /o/a\n"
    )


def test_lines_of_a_diff_have_the_tones_of_a_diff() -> None:
    lines = laid_out(file())
    assert texts_in_tone(lines, "added")[-1:] == ["+new"]
    assert texts_in_tone(lines, "removed")[-1:] == ["---- old"]
    muted = texts_in_tone(lines, "muted")
    assert muted[-4:] == ["9 B → 1.2 kB", *DIFF.split("\n")[:3]]
    assert "sha256_before  be4" in plain_text(lines)


def test_each_file_is_a_block() -> None:
    parts = workspace_parts(Unshown(changed(file(), file(path="/o/b"))))
    assert [block.name for block in all_blocks(parts)] == ["files", "file", "file"]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"diff_unavailable_reason": "binary", "binary": True}, "binary file: no diff"),
        ({"diff_unavailable_reason": "large"}, "too large for a diff"),
        ({"diff_unavailable_reason": "sensitive", "sensitive": True}, "not recorded"),
        ({"diff_unavailable_reason": "symlink"}, "symbolic link: "),
        ({"diff_unavailable_reason": "truncated"}, "over DeerFlow's limit"),
        ({"diff_unavailable_reason": "moonlight"}, "no diff: moonlight"),
        ({"diff_truncated": True}, "the diff was truncated"),
        ({"binary": True}, "binary file: no diff"),
    ],
)
def test_the_reason_of_a_missing_diff_is_shown(more: dict[str, Any], text: str) -> None:
    lines = laid_out(file(**{"diff": "", "additions": 0, "deletions": 0} | more))
    listed, shown = plain_text(lines[:2]), plain_text(lines[2:])
    assert text in listed
    assert text in shown


def test_an_incomplete_list_has_a_note() -> None:
    assert "incomplete: some files or diffs" in plain_text(
        laid_out(file(), truncated=True)
    )
    assert "incomplete" not in plain_text(laid_out(file()))


def test_sizes_show_new_and_deleted_files() -> None:
    assert "new → 9 B" in plain_text(laid_out(file(size_before=None, size_after=9)))
    assert "9 B → deleted" in plain_text(laid_out(file(size_after=None)))
    assert "size_after" in plain_text(laid_out(file(size_after="many")))


keys = st.sampled_from(list(file()))

values = st.none() | st.booleans() | st.integers() | st.text(max_size=4)


@given(st.lists(values | st.dictionaries(keys, values | st.lists(values)), max_size=3))
def test_every_change_is_laid_out_without_an_error(files: list[Any]) -> None:
    assert_well_formed(section_parts(Unshown(changed(*files))))


markers = st.integers(0, 10**9).map(lambda n: f"deer{n:09}")


@given(st.dictionaries(keys, markers | st.lists(markers, max_size=2)))
def test_every_field_of_a_file_is_shown(changes: dict[str, Any]) -> None:
    text = plain_text(laid_out(changes))
    for value in changes.values():
        for each in value if isinstance(value, list) else [value]:
            assert each in text


def test_real_changes_show_their_diffs() -> None:
    rows = [row for events in real_runs().values() for row in events]
    found = [row for row in rows if row.event_type == "workspace_changes"]
    assert found
    for row in found:
        assert_well_formed(section_parts(Unshown(row)))
        assert texts_in_tone(unfolded_lines(section_parts(Unshown(row))), "added")
