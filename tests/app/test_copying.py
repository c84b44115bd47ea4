"""The menu of what can be copied of an event."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import HeldExecutor, InlineExecutor, drawn
from whitetail.panes.menu import MenuPane

HOSTILE = "[red]a[/red]\x1b]52;c;eA==\x07\u202e"


@pytest.fixture
def called(tmp_path: Path) -> Disk:
    """Return a tree with a call of two arguments, and its result."""
    disk = Disk(tmp_path)
    disk.write_run("t", "r", "a question", ended=False)
    args = {"command": "ls -l\ncat é", "limit": 5}
    call = {"name": "bash", "args": args, "id": "c1"}
    reply = {"type": "ai", "content": "", "tool_calls": [call]}
    disk.add_event("t", "r", "llm.ai.response", reply)
    result = {
        "type": "tool",
        "name": "bash",
        "content": "no file",
        "tool_call_id": "c1",
    }
    disk.add_event("t", "r", "llm.tool.result", result)
    return disk


async def at_event(ui: AppDriver, seq: int) -> None:
    """Put the cursor of the events on an event.

    From then on it is read at once: the menu waits for a slow disk only so long.
    """
    await ui.until(lambda: ui.events.count >= seq)
    await ui.press("3")
    ui.events.go_to(seq - 1)
    await ui.until_shown("events", "bash")
    asyncio.get_running_loop().set_default_executor(InlineExecutor())


@pytest.mark.parametrize(
    ("seq", "key", "text"),
    [
        (3, "1", "ls -l\ncat é"),
        (3, "2", "5"),
        (3, "a", '{\n  "command": "ls -l\\ncat é",\n  "limit": 5\n}'),
        (3, "r", "no file"),
        (4, "1", "ls -l\ncat é"),
        (4, "r", "no file"),
        (4, "t", "no file"),
        (3, "i", "r"),
        (3, "h", "t"),
    ],
)
async def test_two_keys_copy_a_part_of_the_event(
    called: Disk, seq: int, key: str, text: str
) -> None:
    async with open_app(called) as ui:
        await at_event(ui, seq)
        await ui.press("y", key)
        await ui.until(lambda: ui.app.clipboard == text)
        assert ui.app.screen is ui.browse


async def test_the_event_is_the_one_under_the_cursor_and_not_the_one_shown(
    called: Disk,
) -> None:
    async with open_app(called) as ui:
        await at_event(ui, 3)
        # Nothing has waited for the pane that shows the event to follow the cursor.
        await ui.press("g", "y", "l")
        await ui.until(lambda: '"seq": 1,' in ui.app.clipboard)


async def test_the_command_and_the_path_are_those_of_the_event(called: Disk) -> None:
    async with open_app(called) as ui:
        await at_event(ui, 3)
        await ui.press("y", "c")
        start = "whitetail show t/r --event 3 --tree "
        await ui.until(lambda: ui.app.clipboard.startswith(start))
        await ui.until_letters_act()
        await ui.press("y", "p")
        await ui.until(lambda: ui.app.clipboard == str(called.path("t", "r")))


async def test_an_event_without_a_call_has_no_arguments_to_copy(called: Disk) -> None:
    async with open_app(called) as ui:
        await at_event(ui, 2)
        await ui.press("y", "a")
        await ui.until(lambda: ui.app.screen.query(MenuPane))
        assert ui.app.clipboard == ""
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.browse)


async def test_a_slow_disk_leaves_a_menu_of_what_is_known_of_the_run(
    called: Disk,
) -> None:
    async with open_app(called) as ui:
        await at_event(ui, 3)
        # The threads that lay out the event are not what is held.
        await ui.until_shown("detail", "no file")
        await ui.until(
            lambda: not any(each.group == "lay out" for each in ui.app.workers)
        )
        loop, held = asyncio.get_running_loop(), HeldExecutor(free=0)
        loop.set_default_executor(held)
        await ui.press("y")
        await ui.until(lambda: ui.app.screen.query(MenuPane))
        pane = ui.app.screen.query_one(MenuPane)
        assert [item.key for item in pane.items] == ["i", "h", "p"]
        assert str(pane.border_title) == "Copy (the event is not read yet)"
        loop.set_default_executor(InlineExecutor())
        await ui.press("p")
        await ui.until(lambda: ui.app.clipboard == str(called.path("t", "r")))
        # What is read in the background may be held, too; the program goes on with it.
        await ui.until(lambda: any(future.cancelled() for future in held.held))
        await ui.until_letters_act()
        await ui.press("y", "r")
        await ui.until(lambda: ui.app.clipboard == "no file")


async def test_the_value_under_the_cursor_is_copied_whole(called: Disk) -> None:
    long = "word " * 60
    disk_args = {"note": long, "short": "wide " * 28}
    call = {"name": "mystery", "args": disk_args, "id": "c2"}
    reply = {"type": "ai", "content": "", "tool_calls": [call]}
    called.add_event("t", "r", "llm.ai.response", reply)
    async with open_app(called, size=(80, 40)) as ui:
        await ui.until(lambda: ui.events.count == 5)
        ui.events.go_to(4)
        await ui.press("4")
        await ui.until_shown("detail", "short")
        detail = ui.browse.run.detail
        line = next(
            number for number, text in enumerate(ui.lines("detail")) if "short" in text
        )
        detail.cursor = line + 1  # The second line of a value that is wrapped.
        asyncio.get_running_loop().set_default_executor(InlineExecutor())
        await ui.press("y", "v")
        await ui.until(lambda: ui.app.clipboard == disk_args["short"])


async def test_names_and_values_of_a_log_are_shown_and_copied_as_text(
    called: Disk,
) -> None:
    call = {"name": HOSTILE, "args": {HOSTILE: HOSTILE}, "id": "c2"}
    reply = {"type": "ai", "content": HOSTILE, "tool_calls": [call]}
    called.add_event("t", "r", "llm.ai.response", reply)
    async with open_app(called) as ui:
        await ui.until(lambda: ui.events.count == 5)
        ui.events.go_to(4)
        asyncio.get_running_loop().set_default_executor(InlineExecutor())
        await ui.press("3", "y")
        await ui.until(lambda: ui.app.screen.query(MenuPane))
        pane = ui.app.screen.query_one(MenuPane)
        await ui.until(lambda: any("[red]a[/red]" in each for each in drawn(pane)))
        assert all(each.isprintable() for each in drawn(pane))
        await ui.press("1")
        await ui.until(lambda: "[red]a[/red]" in ui.app.clipboard)
        assert ui.app.clipboard.isprintable()
