"""The app over a database: it lists, opens, follows and searches runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.any_store import location
from tests.helpers.app import AppDriver
from tests.helpers.pilot import drawn, press, until
from tests.helpers.table import Table
from whitetail.app import WhitetailApp
from whitetail.panes.line_list import LineList
from whitetail.panes.status import StatusPane
from whitetail.panes.threads import ThreadsPane
from whitetail.panes.trash import TrashPane
from whitetail.screens.browse import BrowseScreen
from whitetail.screens.results import ResultsScreen
from whitetail.source.database.source import DatabaseSource


@pytest.fixture(params=["sqlite", "postgres"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    kind = str(request.param)
    server = request.getfixturevalue("postgres") if kind == "postgres" else ""
    with location(kind, tmp_path, server) as url:
        table = Table(url)
        table.create()
        yield table
        table.close()


def prompt(table: Table, seq: int, text: str) -> None:
    content = {"type": "human", "content": text}
    table.add(seq, content, event_type="llm.human.input", event_metadata={"a": 1})


async def test_a_database_is_listed_opened_and_followed(table: Table) -> None:
    prompt(table, 1, "Count the deer")
    table.add(2, {"type": "ai", "content": "Seven [b]bold[/b] \x1b[31mred"})
    app = WhitetailApp(DatabaseSource(table.open()))
    async with app.run_test(size=(150, 42), notifications=True) as pilot:
        screen = app.screen
        assert isinstance(screen, BrowseScreen)
        view = screen.run
        ui = AppDriver(pilot, app)
        await ui.until_shown("threads", "Count the deer")
        await until(pilot, lambda: "Seven [b]bold[/b]" in "".join(drawn(view.events)))
        assert "\x1b" not in "".join(drawn(view.events))

        await press(pilot, "3", "G")
        prompt(table, 3, "And the boars?")
        await until(pilot, lambda: "And the boars?" in "".join(drawn(view.events)))

        await press(pilot, "1", "d")
        await ui.until_notified("Nothing can be deleted here")
        table.run("ALTER TABLE run_events RENAME TO gone")
        status = screen.query_one(StatusPane)
        await until(pilot, lambda: status.problems)
        assert "no table" in status.problems[0]
        assert "Count the deer" in "".join(drawn(screen.query_one(ThreadsPane)))
        table.run("ALTER TABLE gone RENAME TO run_events")
        await until(pilot, lambda: not status.problems)

        table.run("DELETE FROM run_events")
        await press(pilot, "ctrl+r")
        await until(pilot, lambda: screen.has_class("-empty"))


async def test_runs_are_deleted_restored_and_in_the_trash(
    table: Table, tmp_path: Path
) -> None:
    prompt(table, 1, "Count the deer")
    table.add(2, {"type": "ai", "content": "Seven"}, run_id="second")
    before = table.run("SELECT * FROM run_events ORDER BY id")
    source = DatabaseSource(table.open(), trash=tmp_path / "trash")
    app = WhitetailApp(source)
    async with app.run_test(size=(150, 42), notifications=True) as pilot:
        ui = AppDriver(pilot, app)
        await ui.until_shown("threads", "Count the deer")
        await ui.until(lambda: ui.runs.count == 2)
        await ui.delete("2", "asterisk")
        await ui.until_notified("Deleted 2 runs, 2 events")
        assert table.run("SELECT count(*) FROM run_events") == [(0,)]
        await ui.press("u")
        await ui.until_notified("Restored 2 runs")
        await ui.until_shown("threads", "Count the deer")
        assert table.run("SELECT * FROM run_events ORDER BY id") == before

        await ui.until(lambda: ui.runs.count == 2)
        await ui.press("3", "slash", *"seven", "tab", "enter")
        await ui.until(lambda: isinstance(app.screen, ResultsScreen))
        await ui.until(
            lambda: "Seven" in "".join(drawn(app.screen.query_one(LineList)))
        )
        await ui.delete()
        await ui.until_notified("Deleted 1 run, 1 event")
        await ui.press("escape", "escape")
        await ui.until(lambda: app.screen is ui.browse)
        await ui.delete("1")
        await ui.until(lambda: ui.browse.has_class("-empty"))
        await ui.press("U")
        await ui.until(lambda: app.screen.query(TrashPane))
        pane = app.screen.query_one(TrashPane)
        await ui.until(lambda: "Count the deer" in "".join(drawn(pane)))
        await ui.press("asterisk", "enter")
        await ui.until(lambda: table.run("SELECT 1 FROM run_events") == [(1,), (1,)])


async def test_nothing_is_deleted_if_whitetail_may_only_read(
    table: Table, tmp_path: Path
) -> None:
    prompt(table, 1, "Count the deer")
    source = DatabaseSource(table.open(), trash=tmp_path / "trash")
    app = WhitetailApp(source, read_only=True)
    async with app.run_test(size=(150, 42), notifications=True) as pilot:
        ui = AppDriver(pilot, app)
        await ui.until_shown("threads", "Count the deer")
        await ui.press("1", "d")
        await ui.until_notified("started with --read-only")
