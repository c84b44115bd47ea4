"""One event in the app: its formats, copies of it, its folds and its relatives."""

from __future__ import annotations

import json

from tests.helpers.app import open_app
from tests.helpers.disk import Disk


async def test_r_shows_an_event_rendered_plain_and_raw(tree: Disk) -> None:
    tree.add_reply("new", "r2", "a **third** answer")
    async with open_app(tree) as ui:
        pane = ui.browse.run.detail
        await ui.until_shown("detail", "a third answer")
        assert not ui.shows("detail", '"event_type"')
        await ui.press("r")
        await ui.until_shown("detail", "a **third** answer")
        assert str(pane.border_title).endswith(" · plain")
        await ui.press("r")
        await ui.until_shown("detail", '"event_type"')
        assert str(pane.border_title).endswith(" · raw")
        await ui.press("r")
        await ui.until_shown("detail", "a third answer")
        assert str(pane.border_title).endswith(" · reply")


async def test_copying_the_raw_line_copies_the_whole_line(tree: Disk) -> None:
    long = " ".join(f"word{number}" for number in range(2_000))
    tree.add_reply("new", "r2", long)
    async with open_app(tree) as ui:
        await ui.press("3", "G")
        await ui.until_shown("detail", "word1 ")
        await ui.press("Y")
        await ui.until(lambda: ui.app.clipboard)
        assert json.loads(ui.app.clipboard)["content"]["content"] == long


async def test_copying_the_path_copies_the_path_of_the_file(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("ctrl+y")
        await ui.until(lambda: ui.app.clipboard)
        assert ui.app.clipboard == str(tree.path("new", "r2"))


def add_call(tree: Disk, thread: str, run: str) -> None:
    """Append a reply that calls a tool, and the tool's result."""
    call = {"name": "ls", "id": "call-1", "args": {"path": "/deer"}}
    reply = {"type": "ai", "content": "", "tool_calls": [call]}
    tree.add_event(thread, run, "llm.ai.response", reply)
    result = {"type": "tool", "name": "ls", "content": "antlers"}
    result["tool_call_id"] = "call-1"
    tree.add_event(thread, run, "llm.tool.result", result)


async def test_a_run_that_is_opened_again_has_the_same_folds(tree: Disk) -> None:
    add_call(tree, "new", "r2")
    async with open_app(tree) as ui:
        await ui.until_shown("events", "ls → antlers")
        await ui.press("3", "G", "h", "h")
        await ui.until_gone("events", "ls → antlers")
        await ui.press("2", "j")
        await ui.until_shown("events", "a first answer")
        await ui.press("k")
        await ui.until_shown("events", "a second answer")
        await ui.until_shown("events", "+1")
        assert not ui.shows("events", "ls → antlers")
        await ui.press("3", "s")
        await ui.until_shown("events", "ls → antlers")


async def test_the_event_of_a_call_shows_its_result(tree: Disk) -> None:
    add_call(tree, "new", "r2")
    async with open_app(tree) as ui:
        await ui.until_shown("events", "ls → antlers")
        await ui.press("3", "G", "h")
        await ui.until_shown("detail", "→ result")
        await ui.until_shown("detail", "antlers")
