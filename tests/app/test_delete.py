"""Deleting runs and threads: the question, undo, and runs that come back."""

from __future__ import annotations

from time import monotonic

import pytest
from textual.events import Key, Paste

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from whitetail.screens.confirm import AskLeftovers, ConfirmDelete
from whitetail.source.deletion import DeletePlan
from whitetail_store import LogChangedError, RunKey


async def test_d_asks_and_y_deletes_and_u_restores_a_run(tree: Disk) -> None:
    path = tree.path("new", "r2")
    before = path.read_bytes()
    async with open_app(tree) as ui:
        await ui.press("2", "d")
        await ui.until_asked()
        assert path.exists()
        await ui.press("y")
        await ui.until_notified("Deleted 1 run, 4 events")
        assert not path.exists()
        assert ui.runs.key == ("new", "r1")
        await ui.until_gone("runs", "a second question")
        await ui.press("u")
        await ui.until_shown("runs", "a second question")
        assert path.read_bytes() == before


async def test_every_key_but_y_cancels_the_delete(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.press("2")
        for key in ("enter", "escape", "n", "q", "d", "space", "Y"):
            await ui.press("d")
            await ui.until_asked()
            await ui.press(key, "escape")
            await ui.until(lambda: ui.app.screen is ui.browse)
            assert tree.path("new", "r2").exists()
        assert ui.app.is_running
        assert not tree.base.joinpath(".trash").exists()
        assert ui.notifications() == []


async def test_the_question_names_the_threads_and_counts_runs_and_events(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("threads", "a first question")
        await ui.press("d")
        await ui.until_asked()
        await ui.until(lambda: "2 runs, 8 events" in ui.dialog_text("#summary"))
        assert "a first question (2 runs)" in ui.dialog_text()


async def test_the_question_is_asked_even_if_the_events_cannot_be_counted(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        plan = DeletePlan((("new", "r2"),), ("a second question",), 800, 0)

        def count(key: RunKey) -> int:
            raise LogChangedError(tree.path(*key))

        ui.app.push_screen(ConfirmDelete(plan, count))
        await ui.until_asked()
        await ui.until(lambda: "1 run cannot be read" in ui.dialog_text("#summary"))


async def test_the_question_warns_of_a_run_that_is_being_written(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.press("2", "d")
        await ui.until_asked()
        assert "still being written" in ui.dialog_text(".confirm--warning")


async def test_deleting_a_thread_deletes_all_its_runs_and_undo_restores_them(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.delete()
        await ui.until_notified("Deleted 2 runs, 8 events")
        assert ui.threads.key == "old"
        await ui.until_shown("events", "an old answer")
        await ui.press("u")
        await ui.until(lambda: ui.threads.count == 2)
        assert tree.path("new", "r1").exists() and tree.path("new", "r2").exists()


async def test_all_selected_threads_are_deleted_and_restored_together(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.delete("space", "space")
        await ui.until_notified("Deleted 3 runs, 12 events")
        await ui.until(lambda: ui.browse.has_class("-empty"))
        await ui.press("u")
        await ui.until(lambda: ui.threads.count == 2)


async def test_keys_work_after_everything_was_deleted_and_restored(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.delete("space", "space")
        await ui.until(lambda: ui.browse.has_class("-empty"))
        await ui.press("u")
        await ui.until(lambda: ui.threads.count == 2)
        await ui.until(lambda: not ui.browse.has_class("-empty"))
        await ui.press("g", "j")
        assert ui.threads.cursor == 1


async def test_quitting_removes_deleted_runs_from_the_disk(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.delete("2")
        await ui.until_notified("Deleted")
        assert tree.base.joinpath(".trash").exists()
    assert not tree.base.joinpath(".trash").exists()
    assert not tree.path("new", "r2").exists()


async def test_a_read_only_session_deletes_nothing(tree: Disk) -> None:
    async with open_app(tree, read_only=True) as ui:
        await ui.press("d")
        await ui.until_notified("--read-only")
        assert ui.app.screen is ui.browse
        assert "read-only" in ui.status.location


async def test_a_deleted_run_that_is_written_again_is_reported(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.delete("2")
        await ui.until_notified("Deleted 1 run")
        live.add_reply("live", "r", "I was not done")
        await ui.until_notified("came back")


async def test_a_deleted_run_that_is_written_again_much_later_is_reported(
    live: Disk,
) -> None:
    async with open_app(live) as ui:
        await ui.delete("2")
        await ui.until_notified("Deleted 1 run")
        await ui.until(lambda: not ui.notifications())
        live.add_reply("live", "r", "I was not done")
        await ui.until_notified("came back")


async def test_a_delete_that_fails_is_reported_and_leaves_everything(
    tree: Disk,
) -> None:
    tree.base.joinpath(".trash").write_text("in the way")
    async with open_app(tree) as ui:
        await ui.delete()
        await ui.until_notified("Nothing was deleted")
        assert tree.path("new", "r1").exists() and tree.path("new", "r2").exists()
        await ui.until_shown("threads", "a first question")
        await ui.press("u")
        await ui.until_notified("nothing to undo")


@pytest.mark.parametrize(("key", "restored"), [("enter", True), ("y", False)])
async def test_deleted_runs_of_a_crashed_session_are_restored_or_removed(
    tree: Disk, key: str, restored: bool
) -> None:
    path = tree.path("new", "r2")
    leftover = tree.base / ".trash" / "1" / "new.r2.jsonl"
    leftover.parent.mkdir(parents=True)
    path.rename(leftover)
    async with open_app(tree) as ui:
        await ui.until(lambda: isinstance(ui.app.screen, AskLeftovers))
        await ui.until_accepted()
        await ui.press(key)
        await ui.until(lambda: ui.app.screen is ui.browse)
        if restored:
            await ui.until_shown("runs", "a second question")
    assert path.exists() == restored
    assert not leftover.exists()


async def test_a_read_only_session_does_not_ask_about_deleted_runs_of_a_crash(
    tree: Disk,
) -> None:
    leftover = tree.base / ".trash" / "1" / "new.r2.jsonl"
    leftover.parent.mkdir(parents=True)
    tree.path("new", "r2").rename(leftover)
    async with open_app(tree, read_only=True) as ui:
        await ui.until_shown("events", "a first answer")
        assert ui.app.screen is ui.browse
    assert leftover.exists()


def pressed(key: str, time: float) -> Key:
    """Return the event of a key that was pressed at a monotonic time."""
    event = Key(key, key)
    event.time = time
    return event


async def test_a_sentence_that_is_typed_in_the_wrong_pane_deletes_nothing(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        begin = monotonic()
        await ui.press("2", "d")
        await ui.until_asked()
        # They are handled now, but were pressed before, with 0.39 s between them.
        for number in range(20):
            ui.app.post_message(pressed("y", begin + 0.39 * number))
        await ui.until(lambda: "after a pause" in ui.dialog_text(".confirm--keys"))
        await ui.until_accepted()
        assert isinstance(ui.app.screen, ConfirmDelete)
        assert " deletes" in ui.dialog_text(".confirm--keys")
        ui.app.post_message(pressed("y", begin + 0.39 * 19 + 0.4))
        await ui.until_notified("Deleted 1 run")


async def test_a_key_that_is_no_answer_begins_another_pause(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.press("2", "d")
        await ui.until_asked()
        now = monotonic() + 1
        ui.app.post_message(pressed("j", now))
        ui.app.post_message(pressed("y", now + 0.39))
        await ui.until(lambda: "after a pause" in ui.dialog_text(".confirm--keys"))
        await ui.until_accepted()
        assert isinstance(ui.app.screen, ConfirmDelete)
        assert tree.path("new", "r2").exists()


async def test_escape_cancels_without_a_pause(tree: Disk) -> None:
    async with open_app(tree) as ui:
        begin = monotonic()
        await ui.press("2", "d")
        await ui.until_asked()
        ui.app.post_message(pressed("y", begin))
        ui.app.post_message(pressed("escape", begin))
        await ui.until(lambda: ui.app.screen is ui.browse)
        assert tree.path("new", "r2").exists()


async def test_a_paste_is_no_answer(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.press("2", "d")
        await ui.until_asked()
        ui.app.post_message(Paste("y"))
        await ui.pilot.pause()
        assert isinstance(ui.app.screen, ConfirmDelete)
