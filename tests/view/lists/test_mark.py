"""A text and the note after it share the cells of a line."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from whitetail.view.lists.bookmark import BookmarkEntry, bookmark_line
from whitetail.view.lists.mark import NOTE_SIGN, with_note


@pytest.mark.parametrize("note", ["", "why", "\u754c" * 30, "\u754c" * 300])
@pytest.mark.parametrize("text", ["", "a prompt", "\u754c" * 40, "x" * 400])
@pytest.mark.parametrize("cells", [0, 1, 9, 60])
def test_a_text_with_its_note_has_the_cells_that_there_are(
    text: str, note: str, cells: int
) -> None:
    spans = with_note(text, "plain", note, cells)
    assert sum(cell_len(each) for each, _ in spans) == cells


def test_a_note_has_the_cells_that_the_text_does_not_need() -> None:
    short, note = with_note("a prompt", "plain", "n" * 80, 60)
    assert (short[0].rstrip(), note[1]) == ("a prompt", "accent")
    assert cell_len(note[0]) == 50
    _, note = with_note("x" * 400, "plain", "n" * 80, 60)
    assert cell_len(note[0]) == 30


@pytest.mark.parametrize("width", [40, 80, 141])
def test_the_line_of_a_bookmark_with_a_wide_note_is_as_wide_as_the_list(
    width: int,
) -> None:
    entry = BookmarkEntry("a thread", "2 prompt: find the elk", "\u754c" * 30, 1e9)
    spans = bookmark_line(entry, width, 1e9)
    assert sum(cell_len(text) for text, _ in spans) == width
    assert any(NOTE_SIGN in text for text, _ in spans)
