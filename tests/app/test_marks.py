"""Bookmarks and notes on events."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn
from whitetail.panes.bookmarks import BookmarksPane
from whitetail.panes.menu import MenuPane
from whitetail.screens.bookmarks import BookmarksScreen
from whitetail.screens.export_prompt import PathInput
from whitetail.screens.note_bar import NoteBar
from whitetail.settings.user import UserSettings
from whitetail.source.file_rows import FileRows
from whitetail.state.database import SavedMark, StateDatabase
from whitetail.state.identity import EventIdentity, digest_of, identity_of
from whitetail.view.lists.mark import BOOKMARK_SIGN, NOTE_SIGN


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return the path of the file of what is remembered."""
    return tmp_path / "state.sqlite"


async def open_run(ui: AppDriver, thread: str, run: str, row: int) -> None:
    ui.browse.lists.select(thread, run)
    await ui.until_open(thread, run)
    await ui.until(lambda: ui.events.count > row)
    ui.browse.go_to_row(row)
    await ui.until(lambda: ui.events.row == row and ui.focused_id == "events")


async def bookmark(ui: AppDriver, thread: str, run: str, row: int) -> None:
    await open_run(ui, thread, run, row)
    await ui.press("m")
    await ui.until(lambda: ui.browse.run.marks.is_bookmarked(row))


async def note(ui: AppDriver, text: str) -> None:
    """Write a note on the event under the cursor."""
    await ui.press("a")
    await ui.until(lambda: isinstance(ui.app.focused, NoteBar))
    await ui.press("ctrl+u", *text, "enter")
    await ui.until(lambda: not ui.browse.query(NoteBar))


async def list_bookmarks(ui: AppDriver, count: int) -> BookmarksPane:
    await ui.press("apostrophe")
    await ui.until(lambda: isinstance(ui.app.screen, BookmarksScreen))
    pane = ui.app.screen.query_one(BookmarksPane)
    await ui.until(lambda: pane.count == count and pane.size)
    return pane


def line_of(ui: AppDriver, text: str) -> str:
    """Return the visible line with a text; empty if there is none."""
    return next((line for line in ui.lines("events") if text in line), "")


@pytest.mark.parametrize("size", [(150, 42), (80, 24)])
async def test_m_bookmarks_an_event_and_again_removes_it(
    tree: Disk, state: Path, size: tuple[int, int]
) -> None:
    async with open_app(tree, state=state, size=size) as ui:
        await bookmark(ui, "new", "r2", 1)
        await ui.until(lambda: line_of(ui, "second question")[:1] == BOOKMARK_SIGN)
        await ui.press("m")
        await ui.until(lambda: line_of(ui, "second question")[:1] == " ")
    assert StateDatabase(state, str(tree.base)).marks() == []


async def test_a_bookmark_is_there_again_next_time(tree: Disk, state: Path) -> None:
    async with open_app(tree, state=state) as ui:
        await bookmark(ui, "new", "r2", 1)
    async with open_app(tree, state=state) as ui:
        await open_run(ui, "new", "r2", 0)
        await ui.until(lambda: line_of(ui, "second question")[:1] == BOOKMARK_SIGN)


async def test_enter_goes_to_a_bookmark_of_another_thread(
    tree: Disk, state: Path
) -> None:
    async with open_app(tree, state=state) as ui:
        await bookmark(ui, "old", "r1", 2)
        await bookmark(ui, "new", "r1", 1)
        pane = await list_bookmarks(ui, 2)
        assert "a first question" in drawn(pane)[0]
        assert "an old answer" in drawn(pane)[1]
        await ui.press("j", "enter")
        await ui.until(lambda: ui.browse.run.key == ("old", "r1"))
        await ui.until(lambda: ui.events.row == 2 and ui.focused_id == "events")


async def test_bookmarks_that_lead_nowhere_say_so(tree: Disk, state: Path) -> None:
    async with open_app(tree, state=state) as ui:
        await bookmark(ui, "old", "r1", 2)
        await bookmark(ui, "new", "r1", 1)
    tree.path("old", "r1").unlink()
    path = tree.path("new", "r1")
    path.write_bytes(path.read_bytes().replace(b"a first question", b"another"))
    async with open_app(tree, state=state) as ui:
        pane = await list_bookmarks(ui, 2)
        await ui.until(lambda: "the event is gone: 2 prompt" in drawn(pane)[0])
        await ui.until(lambda: "its run is gone: " in drawn(pane)[1])
        await ui.press("enter")
        await ui.until_notified("There is nothing to go to: the event is gone.")
        assert ui.app.screen.query(BookmarksPane)


async def test_d_removes_bookmarks_and_leaves_their_notes(
    tree: Disk, state: Path
) -> None:
    async with open_app(tree, state=state) as ui:
        await bookmark(ui, "new", "r1", 1)
        await note(ui, "why")
        await bookmark(ui, "old", "r1", 2)
        pane = await list_bookmarks(ui, 2)
        await ui.press("asterisk", "d")
        await ui.until(lambda: pane.count == 0)
        assert "none yet" in str(pane.border_subtitle)
        await ui.press("escape")
        await ui.until(lambda: not ui.browse.run.marks.is_bookmarked(2))
    [mark] = StateDatabase(state, str(tree.base)).marks()
    assert (mark.note, mark.bookmarked) == ("why", False)


async def test_a_bookmark_that_cannot_be_removed_stays_each_time_with_a_message(
    tree: Disk, state: Path
) -> None:
    async with open_app(tree, state=state) as ui:
        await bookmark(ui, "new", "r1", 1)
        pane = await list_bookmarks(ui, 1)
        state.unlink()
        state.mkdir()
        await ui.press("d")
        await ui.until_notified("cannot be saved")
        await ui.press("d")
        await ui.until_notified("Bookmarks and notes cannot be saved.")
        assert pane.count == 1


async def test_bookmarks_of_equal_lines_lead_to_different_lines(
    tree: Disk, state: Path
) -> None:
    path = tree.path("new", "r1")
    first, twice, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, first, twice, twice, *rest]))
    marks = [
        SavedMark(
            ("new", "r1"), EventIdentity(row, digest_of(twice)), True, marked_at=-row
        )
        for row in (1, 2)
    ]
    assert StateDatabase(state, str(tree.base)).set_bookmarks(marks)
    async with open_app(tree, state=state) as ui:
        await list_bookmarks(ui, 2)
        await ui.press("enter")
        await ui.until(lambda: ui.browse.run.key == ("new", "r1"))
        await ui.until(lambda: ui.events.row == 3 and ui.focused_id == "events")


async def test_the_list_of_bookmarks_names_the_keys_of_the_user(
    tree: Disk, state: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[keys]\nbookmark = "F6"\nbookmarks.remove = "F7"\n')
    settings = UserSettings({}, path=config)
    async with open_app(tree, state=state, settings=settings) as ui:
        pane = await list_bookmarks(ui, 0)
        await ui.until(lambda: "none yet: F6 bookmarks" in str(pane.border_subtitle))
        assert "F7 removes" in ui.dialog_text()


@pytest.mark.parametrize("size", [(150, 42), (80, 24)])
async def test_a_note_is_shown_in_the_list_and_in_the_event(
    tree: Disk, state: Path, size: tuple[int, int]
) -> None:
    async with open_app(tree, state=state, size=size) as ui:
        await open_run(ui, "new", "r2", 1)
        await note(ui, "why?")
        await ui.until(lambda: f"{NOTE_SIGN} why?" in line_of(ui, "second question"))
        await ui.press("4")
        await ui.until(lambda: ui.lines("detail")[0] == f"{NOTE_SIGN} why?")
        ui.browse.go_to_row(2)
        await ui.until(lambda: ui.shows("events", "a second answer"))
        await ui.press("4")
        await ui.until(lambda: ui.shows("detail", "a second answer"))
        assert not ui.shows("detail", NOTE_SIGN)


async def test_an_empty_note_removes_it_and_escape_leaves_it(
    tree: Disk, state: Path
) -> None:
    async with open_app(tree, state=state) as ui:
        await open_run(ui, "new", "r2", 1)
        await note(ui, "why?")
        await ui.until(lambda: ui.browse.run.marks.note(1) == "why?")
        await ui.press("a")
        await ui.until(lambda: isinstance(ui.app.focused, NoteBar))
        bar = ui.browse.query_one(NoteBar)
        assert bar.value == "why?"
        await ui.press("x", "escape")
        await ui.until(lambda: ui.focused_id == "events")
        assert ui.browse.run.marks.note(1) == "why?"
        await note(ui, "")
        await ui.until(lambda: ui.browse.run.marks.note(1) == "")
        await ui.until_gone("events", NOTE_SIGN)
        assert line_of(ui, "second question")


async def test_the_letters_of_a_note_do_not_act(tree: Disk, state: Path) -> None:
    async with open_app(tree, state=state) as ui:
        await open_run(ui, "new", "r2", 1)
        ui.type("aqdm a")
        await ui.until(lambda: ui.browse.query(NoteBar))
        await ui.until(lambda: ui.browse.query_one(NoteBar).value == "qdm a")


async def test_marks_stay_at_their_events_while_the_run_grows(
    live: Disk, state: Path
) -> None:
    async with open_app(live, state=state) as ui:
        await bookmark(ui, "live", "r", 3)
        live.add_reply("live", "r", "one more")
        await ui.until(lambda: ui.events.row_count == 43)
        assert ui.browse.run.marks.is_bookmarked(3)


async def test_marks_are_gone_with_the_run_and_back_with_it(
    tree: Disk, state: Path
) -> None:
    async with open_app(tree, state=state) as ui:
        await bookmark(ui, "new", "r2", 1)
        await ui.press("2")
        await ui.delete()
        await ui.until_open("new", "r1")
        await ui.until(lambda: not ui.browse.run.marks.is_bookmarked(1))
        await ui.until_letters_act()
        await ui.press("u")
        await ui.until(lambda: ui.runs.count == 2)
        await open_run(ui, "new", "r2", 0)
        await ui.until(lambda: ui.browse.run.marks.is_bookmarked(1))


async def test_a_file_that_is_replaced_shows_no_marks_of_the_one_before(
    tree: Disk, state: Path
) -> None:
    async with open_app(tree, state=state) as ui:
        await bookmark(ui, "new", "r2", 1)
        path = tree.path("new", "r2")
        content = path.read_bytes().replace(b"a second", b"another")
        path.unlink()
        path.write_bytes(content)
        await ui.until_shown("events", "another question")
        await ui.until(lambda: not ui.browse.run.marks.is_bookmarked(1))


async def test_without_a_state_the_keys_say_that_nothing_is_kept(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await open_run(ui, "new", "r2", 1)
        for key in ("m", "a", "apostrophe"):
            await ui.press(key)
        await ui.until_notified("are not kept, because of --no-state")
        assert not ui.browse.query(NoteBar)


async def test_a_hostile_note_is_text(tree: Disk, state: Path) -> None:
    async with open_app(tree, state=state) as ui:
        await open_run(ui, "new", "r2", 1)
        await ui.browse.run.marks.set_note(1, "t", "[red]x[/] \x1b[31m\n\u202ey")
        await ui.until(lambda: "[red]x[/]" in line_of(ui, "second question"))
        text = "".join(ui.lines("events") + ui.lines("detail"))
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize(
    ("key", "name", "has_note"),
    [("m", "run-r2.md", True), ("r", "run-r2.jsonl", False)],
)
async def test_an_export_has_the_notes_and_a_redacted_copy_has_none(
    tree: Disk,
    state: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    name: str,
    has_note: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = FileRows(("new", "r2"), tree.path("new", "r2"))
    rows.refresh()
    mark = SavedMark(rows.key, identity_of(rows, 2), note="look")
    assert StateDatabase(state, str(tree.base)).set_note(mark)
    async with open_app(tree, state=state) as ui:
        await ui.until_shown("events", "look")
        await ui.press("3")
        await ui.press("x")
        await ui.until(lambda: ui.app.screen.query(MenuPane))
        await ui.press(key)
        await ui.until(lambda: isinstance(ui.app.focused, PathInput))
        await ui.press("enter")
        await ui.until_notified(name)
    assert ("look" in (tmp_path / name).read_text()) is has_note
