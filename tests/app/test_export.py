"""The export from the screen: the menu of formats, the file, the writing."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.events import RunBuilder
from tests.helpers.exported import Page
from tests.helpers.list_source import ListSource
from whitetail.app import WhitetailApp
from whitetail.panes.menu import MenuPane
from whitetail.panes.results import ResultsPane
from whitetail.screens.export_prompt import ExportPrompt, PathInput
from whitetail.screens.results import ResultsScreen
from whitetail.source.locate import resolve


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of the app."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@asynccontextmanager
async def open_run(tree: Disk) -> AsyncIterator[AppDriver]:
    """Run the app with the focus on the events of the newest run."""
    async with open_app(tree) as ui:
        await ui.until(lambda: ui.events.count == 4)
        await ui.press("3")
        yield ui


async def ask(ui: AppDriver, key: str) -> PathInput:
    """Choose a format; return the input for the path."""
    await ui.press("x")
    await ui.until(lambda: ui.app.screen.query(MenuPane))
    await ui.press(key)
    await ui.until(lambda: isinstance(ui.app.screen, ExportPrompt))
    entry = ui.app.screen.query_one(PathInput)
    await ui.until(lambda: entry.has_focus)
    return entry


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_the_open_run_is_exported_to_the_file_that_is_suggested(
    tree: Disk, folder: Path
) -> None:
    async with open_run(tree) as ui:
        assert (await ask(ui, "h")).value == "run-r2.html"
        await ui.press("enter")
        await ui.until_notified(f"Exported to {folder / 'run-r2.html'}")
        assert "a second answer" in "".join(
            Page((folder / "run-r2.html").read_bytes()).text
        )
        assert names(folder) == ["run-r2.html"]
        # The next one gets another name.
        await ui.until_letters_act()
        assert (await ask(ui, "h")).value == "run-r2-2.html"
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.browse)
        assert names(folder) == ["run-r2.html"]


@pytest.mark.parametrize(
    ("key", "name"),
    [("m", "run-r2.md"), ("o", "run-r2.json"), ("l", "run-r2.jsonl")],
)
async def test_each_format_has_its_key(
    tree: Disk, folder: Path, key: str, name: str
) -> None:
    async with open_run(tree) as ui:
        await ask(ui, key)
        await ui.press("enter")
        await ui.until_notified("Exported to ")
        data = (folder / name).read_bytes()
        assert b"a second answer" in data
        assert (data == tree.path("new", "r2").read_bytes()) is (key == "l")


async def test_an_existing_file_is_kept(tree: Disk, folder: Path) -> None:
    (folder / "mine.md").write_text("mine")
    async with open_run(tree) as ui:
        (await ask(ui, "m")).value = "mine.md"
        await ui.press("enter")
        await ui.until_notified("mine.md exists.")
    assert (folder / "mine.md").read_text() == "mine"
    assert names(folder) == ["mine.md"]


async def test_a_filter_can_be_exported_or_everything(tree: Disk, folder: Path) -> None:
    async with open_run(tree) as ui:
        ui.browse.run.filter.set_text("answer")
        for key, rows in (("o", 1), ("O", 4)):
            path = folder / f"{rows}.json"
            (await ask(ui, key)).value = path.name
            await ui.press("enter")
            await ui.until(path.exists)
            await ui.until_notified(f"Exported to {path}")
            found = json.loads(path.read_text())
            assert len(found["runs"][0]["events"]) == rows
            await ui.until_letters_act()


async def test_a_thread_is_one_file(tree: Disk, folder: Path) -> None:
    async with open_app(tree) as ui:
        await ui.press("1")
        assert (await ask(ui, "l")).value == "thread-new.jsonl"
        await ui.press("enter")
        await ui.until_notified("Exported to ")
    both = [tree.path("new", run).read_bytes() for run in ("r1", "r2")]
    assert (folder / "thread-new.jsonl").read_bytes() == b"".join(both)


async def test_the_selected_runs_are_a_file_each(tree: Disk, folder: Path) -> None:
    async with open_app(tree) as ui:
        await ui.until(lambda: ui.runs.count == 2)
        await ui.press("2", "asterisk")
        assert (await ask(ui, "l")).value == "."
        await ui.press("enter")
        await ui.until_notified(f"Exported 2 files to {folder}")
    assert names(folder) == ["run-r1.jsonl", "run-r2.jsonl"]


async def test_runs_of_a_search_are_exported(tree: Disk, folder: Path) -> None:
    async with open_app(tree) as ui:
        await ui.until(lambda: ui.events.count == 4)
        await ui.press("3", "slash", *"old", "tab", "tab", "enter")
        await ui.until(lambda: isinstance(ui.app.screen, ResultsScreen))
        results = ui.app.screen.query_one(ResultsPane)
        await ui.until(lambda: results.chosen_runs)
        assert (await ask(ui, "l")).value == "run-r1.jsonl"
        await ui.press("enter")
        await ui.until(lambda: names(folder) == ["run-r1.jsonl"])
    assert (folder / "run-r1.jsonl").read_bytes() == tree.path("old", "r1").read_bytes()


async def test_a_text_of_a_log_is_no_path(folder: Path, tmp_path: Path) -> None:
    loose = tmp_path / "log"
    loose.mkdir()
    (loose / "[red]a b\x1b.jsonl").write_bytes(b'{"seq": 1, "event_type": "a"}\n')
    async with open_app(resolve(loose)) as ui:
        await ui.until(lambda: ui.events.count == 1)
        await ui.press("3")
        assert (await ask(ui, "h")).value == "run-red_a_b.html"


@asynccontextmanager
async def writing() -> AsyncIterator[tuple[AppDriver, ListSource]]:
    """Run the app over a source in memory while an export waits for its rows."""
    source, run = ListSource(), RunBuilder()
    run.prompt()
    run.reply("an answer")
    source.write(("t", "r"), run.rows)
    app = WhitetailApp(source)
    async with app.run_test(size=(150, 40), notifications=True) as pilot:
        ui = AppDriver(pilot, app)
        await ui.until(lambda: ui.events.count == 2)
        await ui.press("3")
        source.apart_gate.clear()
        await ask(ui, "h")
        await ui.press("enter")
        await ui.until(lambda: "exporting… · esc stops" in ui.status.activity)
        yield ui, source


async def test_escape_stops_an_export_and_leaves_nothing_behind(folder: Path) -> None:
    async with writing() as (ui, source):
        await ui.press("escape")
        source.apart_gate.set()
        await ui.until_notified("The export was stopped; the file was not written.")
        assert names(folder) == []
        assert "exporting" not in ui.status.activity


async def test_a_stopped_export_of_several_files_says_how_many_it_has_written(
    folder: Path,
) -> None:
    source = ListSource()
    for name in ("r1", "r2"):
        run = RunBuilder()
        run.prompt()
        source.write(("t", name), run.rows)
    app = WhitetailApp(source)
    async with app.run_test(size=(150, 40), notifications=True) as pilot:
        ui = AppDriver(pilot, app)
        await ui.until(lambda: ui.runs.count == 2)
        source.apart_gate.clear()
        await ui.press("2", "asterisk")
        assert (await ask(ui, "l")).value == "."
        await ui.press("enter")
        await ui.until(lambda: "exporting…" in ui.status.activity)
        await ui.press("escape")
        source.apart_gate.set()
        await ui.until_notified("The export was stopped; 0 of 2 files were written.")
    assert names(folder) == []


async def test_one_export_is_written_at_a_time(folder: Path) -> None:
    async with writing() as (ui, source):
        await ui.until_letters_act()
        await ui.press("x")
        await ui.until_notified("An export is being written; esc stops it.")
        source.apart_gate.set()
        await ui.until_notified("Exported to ")
    assert names(folder) == ["run-r.html"]


async def test_a_program_that_ends_leaves_no_half_file(folder: Path) -> None:
    async with writing() as (_, source):
        pass
    source.apart_gate.set()
    for thread in threading.enumerate():
        if thread.name == "export":
            # The end of the program waits for it, too.
            assert not thread.daemon
            thread.join()
    assert names(folder) == []


async def test_a_folder_that_is_missing_is_one_sentence(
    tree: Disk, folder: Path
) -> None:
    async with open_run(tree) as ui:
        (await ask(ui, "m")).value = "gone/a.md"
        await ui.press("enter")
        path = Path("gone", "a.md")
        await ui.until_notified(f"The export failed: {path}: no such file or directory")


async def test_a_redacted_copy_has_no_word_of_the_run(tree: Disk, folder: Path) -> None:
    async with open_run(tree) as ui:
        assert (await ask(ui, "r")).value == "run-r2.jsonl"
        await ui.press("enter")
        await ui.until_notified(f"Exported to {folder / 'run-r2.jsonl'}")
        await ui.until_notified("Redacted: the texts are replaced")
    copy = (folder / "run-r2.jsonl").read_bytes()
    assert copy.count(b"\n") == 4
    assert b"answer" not in copy


async def test_a_trace_is_exported(tree: Disk, folder: Path) -> None:
    async with open_run(tree) as ui:
        assert (await ask(ui, "t")).value == "run-r2.otlp.json"
        await ui.press("enter")
        await ui.until_notified(f"Exported to {folder / 'run-r2.otlp.json'}")
        # The name of the next one has the ending of the format, too.
        await ui.until_letters_act()
        assert (await ask(ui, "t")).value == "run-r2-2.otlp.json"
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.browse)
    assert json.loads((folder / "run-r2.otlp.json").read_bytes())["resourceSpans"]
