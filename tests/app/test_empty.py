"""Trees without runs, without folders, or that cannot be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn, press, until
from tests.helpers.table import Table
from whitetail.app import WhitetailApp
from whitetail.panes.empty import EmptyPane
from whitetail.panes.trees import TreesPane
from whitetail.source.locate import discover, resolve
from whitetail.source.source import FileSource


async def test_an_empty_tree_explains_what_to_do_until_there_is_a_run(
    tmp_path: Path,
) -> None:
    tree = Disk(tmp_path)
    async with open_app(tree) as ui:
        text = str(ui.browse.query_one(EmptyPane).render())
        assert "backend: jsonl" in text
        assert str(tree.threads) in text
        await ui.press(*"jdufrwneyY", "enter", "space", "3", "4", "tab")
        tree.write_run("t", "r", "the first question", "an answer", age=0)
        await ui.until_shown("threads", "the first question")
        await ui.until_shown("events", "an answer")


async def test_keys_work_in_a_tree_that_was_empty(tmp_path: Path) -> None:
    tree = Disk(tmp_path)
    async with open_app(tree) as ui:
        tree.write_run("a", "r", "one question", age=10)
        tree.write_run("b", "r", "another question", age=0)
        await ui.until(lambda: ui.threads.count == 2)
        await ui.press("g", "j")
        assert ui.threads.cursor == 1


async def test_the_folders_that_were_looked_at_are_listed_and_one_is_opened(
    tmp_path: Path,
) -> None:
    empty, other = Disk(tmp_path), Disk(tmp_path / "backend")
    location = replace(resolve(tmp_path), base=empty.base)
    other.write_run("t", "r", "a question")
    source = FileSource(location)
    app = WhitetailApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = app.screen.query_one(TreesPane)
        await until(pilot, lambda: pane.has_focus and pane.count == 2)
        assert drawn(pane)[0].rstrip().endswith("no runs")
        assert drawn(pane)[1].rstrip().endswith("1 run")
        await press(pilot, "1", "tab", "3", "enter")
        await until(pilot, lambda: app.return_value)
    assert app.return_value == str(other.base)
    assert source.deletions is not None
    source.deletions.close()


async def test_a_database_beside_the_files_is_offered(tmp_path: Path) -> None:
    tree = Disk(tmp_path)
    tree.write_run("t", "r", "a question")
    table = Table(f"sqlite:///{tree.base}/data/deerflow.db")
    table.path.parent.mkdir()
    table.create()
    table.add(1)
    async with open_app(tree) as ui:
        await ui.until(lambda: ui.status.beside)
        assert ui.status.beside.startswith("deerflow.db has runs, too; ")
        commands = ui.app.get_system_commands(ui.app.screen)
        opens = next(each for each in commands if each.title.startswith("Open: "))
        assert opens.title == f"Open: {table.path}"
        opens.callback()
        await ui.until(lambda: ui.app.return_value)
    assert ui.app.return_value == str(table.path)


async def test_a_folder_that_does_not_exist_is_not_opened(tmp_path: Path) -> None:
    source = FileSource(discover(tmp_path, {}))
    app = WhitetailApp(source)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        pane = app.screen.query_one(TreesPane)
        await until(pilot, lambda: pane.has_focus and pane.count)
        await press(pilot, "enter")
        await until(pilot, lambda: app.screen.query("Toast"))
        assert app.is_running
    assert source.deletions is not None
    source.deletions.close()


async def test_a_tree_that_does_not_exist_yet_is_shown_once_it_exists(
    tmp_path: Path,
) -> None:
    tree = Disk(tmp_path)
    tree.threads.rmdir()
    async with open_app(tree) as ui:
        assert "waiting for" in ui.status.watching
        tree.write_run("t", "r", "the first question", age=0)
        await ui.until_shown("threads", "the first question")


async def test_a_folder_that_cannot_be_read_is_reported_until_it_can(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("threads", "a first question")
        aside = tree.base / "aside"
        tree.threads.rename(aside)
        tree.threads.symlink_to(tree.threads)
        await ui.until(lambda: ui.status.problems)
        assert ui.app.is_running
        tree.threads.unlink()
        aside.rename(tree.threads)
        await ui.press("ctrl+r")
        await ui.until(lambda: not ui.status.problems)
        await ui.until_shown("threads", "a first question")
