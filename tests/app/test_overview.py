"""The overview screen of a run."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from tests.helpers.events import START
from tests.helpers.overview import counted_reply
from whitetail.panes.menu import MenuPane
from whitetail.panes.overview import OverviewPane


def add_reply(disk: Disk, seq: int) -> None:
    """Append a reply with token counts to the run."""
    reply = counted_reply(seq)
    kind, at = reply.event_type, START + seq
    disk.add_event("t", "r", kind, reply.content, dict(reply.metadata), at=at)


def disk_with(folder: Path, replies: int, *, ended: bool = False) -> Disk:
    """Return a tree with one run of so many replies.

    With an end after them, no clock changes the overview once the run was read.
    """
    disk = Disk(folder)
    disk.path("t", "r").parent.mkdir(parents=True)
    for seq in range(1, replies + 1):
        add_reply(disk, seq)
    if ended:
        status, at = {"status": "success"}, START + replies + 1
        disk.add_event("t", "r", "run.end", {}, status, at=at)
    return disk


async def test_i_shows_it_and_enter_goes_to_the_row(tmp_path: Path) -> None:
    async with open_app(disk_with(tmp_path, 30, ended=True)) as ui:
        await ui.until(lambda: ui.events.count == 31)
        pane = await ui.open_overview()
        assert pane.cursor == pane.scroll_offset.y == 0
        await ui.press("G", "k", "k")
        wanted = pane.row
        assert wanted is not None
        await ui.press("enter")
        await ui.until(lambda: ui.events.cursor == wanted)


async def test_a_zoomed_timeline_goes_where_the_cursor_goes(tmp_path: Path) -> None:
    disk = disk_with(tmp_path, 30, ended=True)
    async with open_app(disk, size=(120, 45)) as ui:
        await ui.until(lambda: ui.events.count == 31)
        pane = await ui.open_overview()

        def bar_of(line: int) -> str:
            return "".join(text for text, _ in pane.draw(line, 110))[44:].strip()

        await ui.press("G")
        small = bar_of(pane.cursor)
        await ui.press("+", "+", "+")
        assert len(bar_of(pane.cursor)) > len(small)
        away = pane.cursor - 20
        assert bar_of(away) == ""
        await ui.press(*["k"] * 20)
        assert pane.cursor == away
        assert bar_of(away)
        await ui.press("0")
        assert bar_of(away + 20)


async def test_the_overview_follows_a_run_that_grows(tmp_path: Path) -> None:
    disk = disk_with(tmp_path, 3)
    async with open_app(disk) as ui:
        await ui.until(lambda: ui.events.count == 3)
        pane = await ui.open_overview()

        def shows(text: str) -> bool:
            lines = (
                "".join(text for text, _ in pane.draw(at, 100))
                for at in range(pane.count)
            )
            return any(text in each for each in lines)

        await ui.until(lambda: shows("3 events"))
        add_reply(disk, 4)
        await ui.until(lambda: shows("4 events"))


async def test_the_overview_of_a_run_that_is_deleted_is_left(tmp_path: Path) -> None:
    disk = disk_with(tmp_path, 3)
    async with open_app(disk) as ui:
        await ui.until(lambda: ui.events.count == 3)
        await ui.open_overview()
        disk.path("t", "r").unlink()
        await ui.until(lambda: ui.app.screen is ui.browse)
        await ui.until_notified("The run was deleted, or another one is open now.")


async def test_the_slowest_tool_call_is_three_keys_away(tmp_path: Path) -> None:
    disk = disk_with(tmp_path, 1)
    for number, seconds in enumerate((2, 40, 5)):
        at = START + 100 * (number + 1)
        call = {"name": "bash", "args": {}, "id": f"c{number}"}
        reply = {"type": "ai", "content": "", "tool_calls": [call]}
        disk.add_event("t", "r", "llm.ai.response", reply, at=at)
        result = {"type": "tool", "content": "x", "tool_call_id": f"c{number}"}
        disk.add_event("t", "r", "llm.tool.result", result, at=at + seconds)
    disk.add_event("t", "r", "run.end", {}, {"status": "success"}, at=START + 900)
    async with open_app(disk) as ui:
        await ui.until(lambda: ui.events.count == 8)
        await ui.open_overview()
        await ui.press("t", "enter")
        await ui.until(lambda: ui.app.screen is ui.browse)
        await ui.until(lambda: ui.events.row == 3)


async def test_enter_on_a_line_of_a_table_lists_its_calls(tmp_path: Path) -> None:
    disk = disk_with(tmp_path, 3, ended=True)
    async with open_app(disk) as ui:
        await ui.until(lambda: ui.events.count == 4)
        pane = await ui.open_overview()
        lines = range(pane.count)
        pane.cursor = next(line for line in lines if _is_table_line(pane, line))
        await ui.press("enter")
        await ui.until(lambda: ui.app.screen.query(MenuPane))
        menu = ui.app.screen.query_one(MenuPane)
        assert "3 calls" in str(menu.border_title)
        await ui.press("j", "enter")
        await ui.until(lambda: ui.app.screen is ui.browse)


def _is_table_line(pane: OverviewPane, line: int) -> bool:
    pane.cursor = line
    return pane.calls is not None
