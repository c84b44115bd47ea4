"""The list of folders that can be opened."""

from __future__ import annotations

from tests.helpers.pilot import Stage, drawn, press
from whitetail.panes.trees import TreesPane
from whitetail.view.lists.entries import TreeEntry

ENTRIES = [
    TreeEntry("a", "/a", 0),
    TreeEntry("b", "/b", None),
    TreeEntry("c", "/c", 12),
    TreeEntry("d", "/d", None, "permission denied"),
    TreeEntry("e", "/e", None, uncounted=True),
]


async def test_each_folder_is_listed_with_the_number_of_its_runs() -> None:
    pane = TreesPane("trees")
    async with Stage(pane).run_test(size=(60, 12)) as pilot:
        pane.show(ENTRIES)
        await pilot.pause()
        lines = [" ".join(line.split()) for line in drawn(pane)]
        assert lines[:5] == [
            "/a no runs",
            "/b no such folder",
            "/c 12 runs",
            "/d permission denied",
            "/e has runs",
        ]


async def test_the_cursor_begins_at_the_first_folder_with_runs_and_stays() -> None:
    pane = TreesPane("trees")
    async with Stage(pane).run_test(size=(60, 12)) as pilot:
        pane.show(ENTRIES)
        assert pane.under_cursor.key == "c"
        pane.focus()
        await press(pilot, "k")
        pane.show(list(ENTRIES))
        assert pane.under_cursor.key == "b"
