"""The overview screen of a run."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers.overview import counted_reply
from tests.helpers.pilot import until
from whitetail.app import WhitetailApp
from whitetail.panes.events import EventsPane
from whitetail.panes.overview import OverviewPane
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail_store.event import encode


def tree(folder: Path, rows: int) -> Path:
    runs = folder / ".deer-flow" / "threads" / "t" / "runs"
    runs.mkdir(parents=True)
    lines = [line(seq) for seq in range(1, rows + 1)]
    (runs / "r.jsonl").write_bytes(b"".join(lines))
    return folder / ".deer-flow"


def line(seq: int) -> bytes:
    each = counted_reply(seq)
    return encode(
        {
            "thread_id": "t",
            "run_id": "r",
            "event_type": each.event_type,
            "category": each.category,
            "content": json.loads(json.dumps(each.content)),
            "metadata": dict(each.metadata),
            "seq": seq,
            "created_at": each.created_at,
        }
    )


async def test_i_shows_it_and_enter_goes_to_the_row(tmp_path: Path) -> None:
    app = WhitetailApp(FileSource(TreeLocation(tree(tmp_path, 30))))
    async with app.run_test(size=(120, 40)) as pilot:
        events = app.screen.query_one(EventsPane)
        await until(pilot, lambda: events.count == 30)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(OverviewPane))
        pane = app.screen.query_one(OverviewPane)
        await until(pilot, lambda: pane.count > 30)
        assert pane.cursor == pane.scroll_offset.y == 0
        await pilot.press("G", "k", "k")
        wanted = pane.row
        assert wanted is not None
        await pilot.press("enter")
        await until(pilot, lambda: events.cursor == wanted)


async def test_a_zoomed_timeline_goes_where_the_cursor_goes(tmp_path: Path) -> None:
    app = WhitetailApp(FileSource(TreeLocation(tree(tmp_path, 30))))
    async with app.run_test(size=(120, 45)) as pilot:
        await until(pilot, lambda: app.screen.query_one(EventsPane).count == 30)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(OverviewPane))
        pane = app.screen.query_one(OverviewPane)
        await until(pilot, lambda: pane.count > 30)

        def bar_of(line: int) -> str:
            return "".join(text for text, _ in pane.draw(line, 110))[44:].strip()

        await pilot.press("G")
        small = bar_of(pane.cursor)
        await pilot.press("+", "+", "+")
        assert len(bar_of(pane.cursor)) > len(small)
        away = pane.cursor - 20
        assert bar_of(away) == ""
        await pilot.press(*["k"] * 20)
        assert pane.cursor == away
        assert bar_of(away)
        await pilot.press("0")
        assert bar_of(away + 20)


async def test_the_overview_follows_a_run_that_grows(tmp_path: Path) -> None:
    base = tree(tmp_path, 3)
    app = WhitetailApp(FileSource(TreeLocation(base)))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query_one(EventsPane).count == 3)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(OverviewPane))
        pane = app.screen.query_one(OverviewPane)

        def shows(text: str) -> bool:
            lines = (
                "".join(text for text, _ in pane.draw(at, 100))
                for at in range(pane.count)
            )
            return any(text in each for each in lines)

        await until(pilot, lambda: shows("3 events"))
        with (base / "threads" / "t" / "runs" / "r.jsonl").open("ab") as file:
            file.write(line(4))
        await until(pilot, lambda: shows("4 events"))


async def test_the_overview_of_a_run_that_is_deleted_is_left(tmp_path: Path) -> None:
    base = tree(tmp_path, 3)
    app = WhitetailApp(FileSource(TreeLocation(base)))
    async with app.run_test(size=(120, 40)) as pilot:
        lists = app.screen
        await until(pilot, lambda: app.screen.query_one(EventsPane).count == 3)
        await pilot.press("i")
        await until(pilot, lambda: app.screen.query(OverviewPane))
        (base / "threads" / "t" / "runs" / "r.jsonl").unlink()
        await until(pilot, lambda: app.screen is lists)
        messages = [each.message for each in app._notifications]
        assert "The run is not there any more." in messages
