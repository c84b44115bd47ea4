"""Threads, runs and events on the browse screen, and how one moves between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from whitetail.app import WhitetailApp
from whitetail.source.locate import resolve
from whitetail.source.source import FileSource

_PANES = ("threads", "runs", "events", "detail")


async def test_the_newest_run_of_the_newest_thread_is_opened_first(tree: Disk) -> None:
    async with open_app(tree) as ui:
        assert ui.threads.key == "new"
        assert ui.runs.key == ("new", "r2")
        await ui.until_shown("events", "a second answer")
        await ui.until_shown("detail", "a second answer")


async def test_a_run_that_ended_opens_with_the_cursor_on_its_answer(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        assert "a second answer" in ui.lines("events")[ui.events.cursor]


async def test_moving_to_another_thread_shows_its_runs_and_events(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.press("j")
        await ui.until_shown("runs", "an old question")
        await ui.until_shown("events", "an old answer")


async def test_enter_goes_to_the_next_pane_and_escape_to_the_previous_one(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        for pane in ("runs", "events", "detail"):
            await ui.press("enter")
            assert ui.focused_id == pane
        for pane in ("events", "runs", "threads", "threads"):
            await ui.press("escape")
            assert ui.focused_id == pane
        assert ui.app.is_running


async def test_a_new_thread_appears_and_the_cursor_stays_on_its_thread(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("threads", "a first question")
        tree.write_run("newest", "r1", "a new question", age=0)
        await ui.until_shown("threads", "a new question")
        assert "a new question" in ui.lines("threads")[0]
        assert ui.threads.key == "new"


async def test_a_new_run_appears_and_the_cursor_stays_on_its_run(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("runs", "a second question")
        tree.write_run("new", "r3", "a third question", age=0)
        await ui.until_shown("runs", "a third question")
        assert ui.runs.key == ("new", "r2")


async def test_a_run_that_another_program_deletes_disappears(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        tree.path("new", "r2").unlink()
        await ui.until_gone("runs", "a second question")
        await ui.until_shown("events", "a first answer")


async def test_a_run_whose_file_is_replaced_is_read_again(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        path = tree.path("new", "r2")
        other = path.with_suffix(".tmp")
        other.write_text(path.read_text().replace("a second answer", "another one"))
        other.replace(path)
        await ui.until_shown("events", "another one")


async def test_a_run_without_events_is_listed_and_every_key_works(tree: Disk) -> None:
    tree.path("new", "r9").write_text("")
    async with open_app(tree) as ui:
        await ui.until_shown("runs", "r9")
        await ui.press("2", "3", "n", "N", "e", "E", "y", "Y", "r", "g", "G")
        assert ui.app.is_running


@pytest.mark.parametrize("size", [(150, 40), (80, 24), (60, 15), (200, 50)])
async def test_every_pane_can_be_reached_and_zoomed_at_any_size(
    tree: Disk, size: tuple[int, int]
) -> None:
    async with open_app(tree, size=size) as ui:
        for key, pane in zip("1234", _PANES, strict=True):
            await ui.press(key)
            focused = ui.app.focused
            assert focused is not None and focused.id == pane
            assert focused.region.area > 0
            await ui.press("z")
            await ui.until(lambda: ui.browse.has_class("-zoomed"))
            assert focused.region.width == size[0]
            await ui.press("z")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("threads/old", "an old answer"),
        ("threads/new/runs", "a second answer"),
        ("threads/new/runs/r1.jsonl", "a first answer"),
    ],
)
async def test_the_thread_or_run_that_the_user_names_is_open(
    tree: Disk, path: str, answer: str
) -> None:
    source = FileSource(resolve(tree.base / path))
    app = WhitetailApp(source)
    async with app.run_test(size=(150, 40)) as pilot:
        ui = AppDriver(pilot, app)
        await ui.until_shown("events", answer)
        await ui.press("r")
        assert ui.threads.key == Path(path).parts[1]
    assert source.deletions is not None
    source.deletions.close()
