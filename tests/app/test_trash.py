"""The trash: deleted runs of all sessions are listed, restored and removed for good."""

from __future__ import annotations

import errno
import sys
import time
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn
from tests.helpers.terminal import WHITETAIL, Terminal
from whitetail.panes.trash import TrashPane
from whitetail.screens.confirm import ConfirmRemove
from whitetail_store import Trash

DAY_NS = 86_400 * 10**9


def deleted_before(tree: Disk, *keys: tuple[str, str], days: float = 0) -> list[Path]:
    """Delete runs as a session does that has ended; return the files in the trash."""
    trash = Trash(tree.base)
    kept = []
    for key in keys:
        discarded = trash.discard(*key)
        assert discarded is not None
        folder = discarded.kept.parent
        when = int(int(folder.name) - days * DAY_NS)
        kept.append(folder.rename(folder.with_name(str(when))) / discarded.kept.name)
    trash.close()
    return kept


def delete_the_open_run(terminal: Terminal) -> None:
    """Delete the run under the cursor."""
    terminal.press("1", "2", "d", until=" deletes")
    since = len(terminal.written)
    terminal.answer("y", lambda: terminal.written.find(b"Deleted 1 run", since) >= 0)


async def open_trash(ui: AppDriver) -> TrashPane:
    """Press the key of the trash, and return its list once that was read."""
    await ui.press("U")
    await ui.until(lambda: ui.app.screen.query(TrashPane))
    pane = ui.app.screen.query_one(TrashPane)
    await ui.until(lambda: pane.contents)
    return pane


async def test_the_trash_lists_title_time_and_size_of_runs_of_earlier_sessions(
    tree: Disk,
) -> None:
    size = tree.path("new", "r2").stat().st_size
    deleted_before(tree, ("new", "r2"))
    async with open_app(tree) as ui:
        pane = await open_trash(ui)
        await ui.until(lambda: "a second question" in drawn(pane)[0])
        assert f"{size} B" in drawn(pane)[0]
        assert time.strftime("%H:") in drawn(pane)[0]
        assert pane.border_subtitle == (
            f"1 run, {size} B, kept for 7 days, up to 5.0 GB"
        )


async def test_enter_restores_a_run_of_an_earlier_session(tree: Disk) -> None:
    before = tree.path("new", "r2").read_bytes()
    deleted_before(tree, ("new", "r2"), ("old", "r1"))
    async with open_app(tree) as ui:
        pane = await open_trash(ui)
        await ui.until(lambda: "an old question" in drawn(pane)[0])
        await ui.press("j", "enter")
        await ui.until_notified("Restored 1 run")
        assert tree.path("new", "r2").read_bytes() == before
        assert not tree.path("old", "r1").exists()
        await ui.until(lambda: pane.count == 1)
        await ui.press("escape")
        await ui.until_shown("runs", "a second question")


async def test_an_undo_that_ends_after_the_trash_was_opened_is_seen_there(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.delete("2")
        await ui.until_notified("Deleted 1 run")
        pane = await open_trash(ui)
        assert pane.count == 1
        ui.browse.action_undo()
        await ui.until_notified("Restored 1 run")
        await ui.until(lambda: pane.count == 0)


async def test_the_selected_runs_are_restored_together(tree: Disk) -> None:
    deleted_before(tree, ("new", "r1"), ("new", "r2"), ("old", "r1"))
    async with open_app(tree) as ui:
        pane = await open_trash(ui)
        await ui.press("space", "space", "enter")
        await ui.until_notified("Restored 2 runs")
        await ui.until(lambda: pane.count == 1)


@pytest.mark.parametrize(("key", "left"), [("d", 1), ("D", 0)])
async def test_runs_are_removed_for_good_once_the_user_confirms_it(
    tree: Disk, key: str, left: int
) -> None:
    deleted_before(tree, ("new", "r1"), ("new", "r2"))
    async with open_app(tree) as ui:
        pane = await open_trash(ui)
        for answer in ("enter", "y"):
            assert pane.count == 2
            await ui.press(key)
            await ui.until(lambda: isinstance(ui.app.screen, ConfirmRemove))
            await ui.until_accepted()
            assert "Nothing can restore" in ui.dialog_text()
            await ui.press(answer)
            await ui.until(lambda: not isinstance(ui.app.screen, ConfirmRemove))
        await ui.until_notified("for good")
        await ui.until(lambda: pane.count == left)
    assert len(list(tree.base.rglob("*.jsonl"))) == 1 + left


async def test_a_removed_run_cannot_be_undone(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.delete("2")
        await ui.until_notified("Deleted 1 run")
        pane = await open_trash(ui)
        await ui.press("D")
        await ui.until(lambda: isinstance(ui.app.screen, ConfirmRemove))
        await ui.until_accepted()
        await ui.press("y")
        await ui.until(lambda: pane.border_subtitle == "empty")
        await ui.press("escape", "u")
        await ui.until_notified("nothing to undo")


async def test_a_run_that_was_restored_by_another_session_is_reported(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.delete("2")
        await ui.until_notified("Deleted 1 run")
        other = Trash(tree.base)
        other.restore(other.entries()[0])
        await ui.press("u")
        await ui.until_notified("1 run not restored: no longer in the trash")


async def test_a_run_that_exists_again_stays_in_the_trash(tree: Disk) -> None:
    deleted_before(tree, ("new", "r2"))
    tree.write_run("new", "r2", "a new question")
    async with open_app(tree) as ui:
        pane = await open_trash(ui)
        await ui.press("enter")
        await ui.until_notified("stays in the trash")
        assert pane.count == 1


async def test_what_was_deleted_more_than_7_days_ago_is_removed_with_a_notice(
    tree: Disk,
) -> None:
    (old,) = deleted_before(tree, ("new", "r1"), days=7.1)
    (new,) = deleted_before(tree, ("new", "r2"), days=6.9)
    async with open_app(tree) as ui:
        await ui.until_notified("Removed 1 run from the trash for good")
        assert new.exists() and not old.exists()


async def test_a_run_that_an_older_version_left_is_restored_from_the_trash(
    tree: Disk,
) -> None:
    path = tree.path("new", "r2")
    leftover = tree.base / ".trash" / "1664144590123456789-7" / "new.r2.jsonl"
    leftover.parent.mkdir(parents=True)
    path.rename(leftover)
    async with open_app(tree) as ui:
        pane = await open_trash(ui)
        await ui.until(lambda: pane.count)
        await ui.press("enter")
        await ui.until_notified("Restored 1 run")
    assert path.exists()
    assert not leftover.exists()


async def test_a_read_only_session_shows_the_trash_and_changes_nothing(
    tree: Disk,
) -> None:
    kept = deleted_before(tree, ("new", "r1"), ("new", "r2"), days=8)
    async with open_app(tree, read_only=True) as ui:
        pane = await open_trash(ui)
        await ui.until(lambda: pane.count == 2)
        await ui.press("enter", "d", "D", "space")
        assert ui.app.screen.query(TrashPane)
        assert pane.count == 2
    assert all(each.exists() for each in kept)


async def test_a_trash_that_cannot_be_read_is_reported(tree: Disk) -> None:
    deleted_before(tree, ("new", "r1"))
    (session,) = (tree.base / ".trash").iterdir()
    (session / "lock").unlink()
    (session / "lock").symlink_to("lock")
    async with open_app(tree) as ui:
        await ui.until_notified("Old runs in the trash could not be removed:")


async def test_a_failed_delete_says_what_to_do(
    tree: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.suffix == ".jsonl":
            raise OSError(errno.EXDEV, "Invalid cross-device link", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    async with open_app(tree) as ui:
        await ui.delete("2")
        await ui.until_notified("Nothing was deleted: Invalid cross-device link")
        (notice,) = ui.notifications()
        assert "move or remove it by hand" in notice
    assert tree.path("new", "r2").exists()
    assert not (tree.base / ".trash").exists()
    assert not (tree.threads / ".whitetail-trash").exists()


async def test_a_trash_within_threads_is_no_thread(
    tree: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def rename_within_threads(self: Path, target: Path) -> Path:
        if self.is_relative_to(tree.threads) != target.is_relative_to(tree.threads):
            raise OSError(errno.EXDEV, "Invalid cross-device link", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_within_threads)
    async with open_app(tree) as ui:
        await ui.delete("2")
        await ui.until_notified("Deleted 1 run")
        assert len(list((tree.threads / ".whitetail-trash").rglob("*.jsonl"))) == 1
        await ui.press("ctrl+r")
        tree.write_run("newest", "r", "a newest question", age=0)
        await ui.until_shown("threads", "a newest question")
        assert ui.threads.count == 3
        await ui.press("u")
        await ui.until_notified("Restored 1 run")
    assert not (tree.threads / ".whitetail-trash").exists()


def test_quitting_prints_what_stays_in_the_trash(tree: Disk) -> None:
    environment = {"WHITETAIL_TRASH_DAYS": "30"}
    argv = [*WHITETAIL, str(tree.base)]
    with Terminal(argv, env=environment, forked=True) as terminal:
        terminal.wait_for("a second answer")
        delete_the_open_run(terminal)
        terminal.press("q", until="1 deleted run (")
        assert terminal.finish() == 0
    assert b"stays in the trash for 30 days" in terminal.written


def test_quitting_prints_nothing_of_a_trash_without_runs_of_the_session(
    tree: Disk,
) -> None:
    deleted_before(tree, ("old", "r1"))
    with Terminal([*WHITETAIL, str(tree.base)], forked=True) as terminal:
        terminal.wait_for("a second answer")
        delete_the_open_run(terminal)
        terminal.press("u", until="Restored")
        terminal.press("q")
        assert terminal.finish() == 0
    assert b"deleted run" not in terminal.written


def test_a_limit_of_the_trash_that_is_no_number_is_refused(tree: Disk) -> None:
    environment = {"WHITETAIL_TRASH_GB": "much"}
    with Terminal([*WHITETAIL, str(tree.base)], env=environment) as terminal:
        assert terminal.finish() == 2
    assert b"WHITETAIL_TRASH_GB has to be a number" in terminal.written
