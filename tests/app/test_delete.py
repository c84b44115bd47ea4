"""Deleting runs and threads: the question, undo, and runs that come back."""

from __future__ import annotations

import gc
import re
from pathlib import Path
from time import monotonic
from warnings import catch_warnings, simplefilter

import pytest
from textual.app import App
from textual.events import Key, Paste
from textual.screen import Screen
from textual.worker import WorkerCancelled

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.list_source import ListSource
from whitetail.screens.confirm import ConfirmDelete
from whitetail.screens.delete_flow import DeleteFlow
from whitetail.source.deletion import DeletePlan
from whitetail.view.lists.entries import PlanLine
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
        summary = "1 thread, 2 runs, 8 events"
        await ui.until(lambda: summary in ui.dialog_text("#summary"))
        assert "a first question (2 runs)" in ui.dialog_text()


async def test_the_question_lists_each_run_with_its_status_and_date(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("runs", "✓ a second question")
        await ui.press("space", "space", "d")
        await ui.until_asked()
        assert ui.dialog_text("#summary").startswith("2 threads, 3 runs, ")
        first, second, *_ = ui.dialog_text("PlanLines").splitlines()
        assert first == "  a first question (2 runs)"
        date = r"\d{4}-\d\d-\d\d \d\d:\d\d"
        assert re.fullmatch(f"    ✓ answered +{date}  a second question", second)


async def test_a_long_title_keeps_its_indent_in_the_question(tree: Disk) -> None:
    tree.write_run("long", "r", "word " * 60, age=10)
    async with open_app(tree, size=(80, 24)) as ui:
        await ui.until_shown("threads", "word")
        await ui.press("2", "d")
        await ui.until_asked()
        lines = ui.dialog_text("PlanLines").splitlines()
        begin = lines[0].index("word")
        assert len(lines) > 3
        assert {line.index("word") for line in lines} == {begin}
        await ui.press("escape", "1", "d")
        await ui.until_asked()
        lines = ui.dialog_text("PlanLines").splitlines()
        assert {line.index("word") for line in lines if "word" in line[:6]} == {2}


async def test_the_question_is_asked_even_if_the_events_cannot_be_counted(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        plan = DeletePlan((("new", "r2"),), (PlanLine("a second question"),), 0, 800, 0)

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
        runs = tree.path("new", "r1"), tree.path("new", "r2")
        await ui.until(lambda: all(run.exists() for run in runs))


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


async def test_deleted_runs_stay_in_the_trash_when_the_user_quits(tree: Disk) -> None:
    before = tree.path("new", "r2").read_bytes()
    async with open_app(tree) as ui:
        await ui.delete("2")
        await ui.until_notified("Deleted")
    assert not tree.path("new", "r2").exists()
    (kept,) = tree.base.joinpath(".trash").rglob("*.jsonl")
    assert kept.read_bytes() == before


async def test_a_run_that_another_program_deleted_first_is_reported(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.press("2", "d")
        await ui.until_asked()
        tree.path("new", "r2").unlink()
        await ui.press("y")
        await ui.until_notified("1 run was gone already: another program deleted it")
        assert not any("Deleted" in each for each in ui.notifications())


async def test_the_runs_that_were_still_there_are_counted_alone(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.press("d")
        await ui.until_asked()
        tree.path("new", "r2").unlink()
        await ui.press("y")
        await ui.until_notified("Deleted 1 run, 4 events. u restores it.")
        await ui.until_notified("1 run was gone already")


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
        await ui.until_notified("Written again after the delete")


async def test_a_deleted_run_that_is_written_again_much_later_is_reported(
    live: Disk,
) -> None:
    async with open_app(live) as ui:
        await ui.delete("2")
        await ui.until_notified("Deleted 1 run")
        await ui.until(lambda: not ui.notifications())
        live.add_reply("live", "r", "I was not done")
        await ui.until_notified("Written again after the delete")


async def cancel_an_undo_before_it_begins() -> None:
    app = App[None]()
    async with app.run_test():
        screen = Screen[None]()
        await app.push_screen(screen)
        flow = DeleteFlow(screen, ListSource(), lambda: None, read_only=False)
        flow.undo()
        app.workers.cancel_all()
        with pytest.raises(WorkerCancelled):
            await app.workers.wait_for_complete()


async def test_work_that_is_cancelled_before_it_begins_leaves_no_coroutine() -> None:
    with catch_warnings(record=True) as warned:
        simplefilter("always")
        await cancel_an_undo_before_it_begins()
        gc.collect()
    messages = [str(each.message) for each in warned]
    assert not [each for each in messages if "DeleteFlow" in each]


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


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (150, 42)])
async def test_the_question_fits_on_the_screen_with_its_keys(
    live: Disk, size: tuple[int, int]
) -> None:
    for number in range(20):
        live.write_run("live", f"r{number}", "words " * 30, age=10)
    async with open_app(live, size=size) as ui:
        await ui.until(lambda: ui.runs.count == 21)
        await ui.press("1", "d")
        await ui.until_asked()
        box = ui.app.screen.query_one("Vertical").content_region
        for selector in (
            *("#summary", "VerticalScroll"),
            *(".confirm--warning", ".confirm--keys"),
        ):
            assert box.contains_region(ui.app.screen.query_one(selector).region)


def pressed(key: str, time: float) -> Key:
    """Return the event of a key that was pressed at a monotonic time."""
    event = Key(key, key)
    event.time = time
    return event


async def all_handled(ui: AppDriver) -> None:
    """Wait until keys that were posted to the app were handled by the screen, too."""
    for _ in range(2):
        await ui.pilot.pause()


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
        await all_handled(ui)
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
        await all_handled(ui)
        await ui.until_accepted()
        assert isinstance(ui.app.screen, ConfirmDelete)
        assert tree.path("new", "r2").exists()


async def test_a_y_that_was_typed_before_the_question_was_there_is_no_answer(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.press("2")
        # The main screen gets all of them before the first one opens the question.
        for key in "dyyy":
            ui.app.post_message(Key(key, key))
        await ui.until_asked()
        assert isinstance(ui.app.screen, ConfirmDelete)
        assert tree.path("new", "r2").exists()


async def test_keys_of_a_screen_on_top_of_the_question_begin_another_pause(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.press("2", "d")
        await ui.until_asked()
        question = ui.app.screen
        ui.app.action_help()
        await ui.until(lambda: ui.app.screen is not question)
        typed_in_help = monotonic()
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is question)
        ui.app.post_message(pressed("y", typed_in_help))
        await all_handled(ui)
        assert ui.app.screen is question


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


@pytest.mark.parametrize("following", [True, False])
async def test_after_undo_the_run_is_shown_as_before(
    tmp_path: Path, following: bool
) -> None:
    disk = Disk(tmp_path)
    replies = [f"Deer {number}" for number in range(60)]
    disk.write_run("thread", "run", "Count", *replies, age=1, ended=False)
    async with open_app(disk) as ui:
        await ui.until(lambda: ui.events.count == 62)
        ui.events.following = following
        if not following:
            ui.events.go_to(30)
        await ui.delete("2")
        await ui.until_notified("Deleted 1 run")
        await ui.until(lambda: not ui.events.count)
        await ui.press("u")
        await ui.until(lambda: ui.events.count == 62)
        assert ui.events.row == (61 if following else 30)
        assert (ui.events.following, ui.events.unseen) == (following, 0)
