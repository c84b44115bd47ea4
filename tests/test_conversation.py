"""A thread as a conversation: how it reads, and how it is read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support import event, until
from textual.app import App

from whitetail.screens.conversation import ConversationPane, ConversationScreen
from whitetail.view.conversation import message
from whitetail_store import JsonlRunEventStore

Message = dict[str, Any]


def said(*messages: tuple[str, Any]) -> list[str]:
    events = [
        event(seq, kind, content=content)
        for seq, (kind, content) in enumerate(messages, 1)
    ]
    return [
        "".join(text for text, _ in line)
        for event in events
        for line in message(event, 80)
    ]


def test_prompts_and_answers_stand_whole() -> None:
    lines = said(
        ("llm.human.input", {"content": "one\ntwo", "type": "human"}),
        ("llm.ai.response", {"content": "three\nfour", "type": "ai"}),
    )
    assert [line for line in lines if line.startswith("  ")] == [
        "  one",
        "  two",
        "  three",
        "  four",
    ]


def test_a_tool_call_has_one_line() -> None:
    call = {"name": "web_search", "args": {"query": "deer"}, "id": "c1"}
    lines = said(
        ("llm.ai.response", {"content": "", "tool_calls": [call], "type": "ai"}),
        ("llm.tool.result", {"content": "many", "tool_call_id": "c1"}),
    )
    assert lines == ['  ⇢ web_search("deer")']


def test_a_result_that_failed_is_told() -> None:
    result = {"content": "403", "name": "web_fetch", "status": "error"}
    assert said(("llm.tool.result", result)) == ["  ✗ web_fetch → error: 403"]


def test_what_subagents_and_middleware_said_is_left_out() -> None:
    content = {"content": "hush", "type": "ai"}
    heard = [
        event(1, content=content, metadata={"caller": "subagent:scout"}),
        event(2, content=content, metadata={"caller": "middleware:title"}),
    ]
    assert [line for event in heard for line in message(event, 80)] == []


class Reading(App[None]):
    """The screen over a store."""

    def __init__(self, store: JsonlRunEventStore) -> None:
        super().__init__()
        self.store = store

    def on_mount(self) -> None:
        self.push_screen(ConversationScreen(self.store, "t", "[/] a title"))


async def fill(store: JsonlRunEventStore, first: int, last: int) -> None:
    await store.put_batch(
        [
            {
                "thread_id": "t",
                "run_id": f"r{number // 100}",
                "event_type": "llm.human.input",
                "category": "message",
                "content": {"content": f"prompt {number}", "type": "human"},
            }
            for number in range(first, last + 1)
        ]
    )


def shown(pane: ConversationPane) -> list[str]:
    return [
        pane.render_line(y).text.strip()
        for y in range(pane.scrollable_content_region.height)
    ]


async def test_it_opens_at_the_newest_message(tmp_path: Path) -> None:
    store = JsonlRunEventStore(tmp_path)
    await fill(store, 1, 250)
    app = Reading(store)
    async with app.run_test(size=(80, 30)) as pilot:
        await until(pilot, lambda: app.screen.query(ConversationPane))
        pane = app.screen.query_one(ConversationPane)
        await until(pilot, lambda: "prompt 250" in shown(pane))
        assert "more above" in str(pane.border_subtitle)


async def test_scrolling_back_reads_older_ones_and_keeps_the_place(
    tmp_path: Path,
) -> None:
    store = JsonlRunEventStore(tmp_path)
    await fill(store, 1, 250)
    app = Reading(store)
    async with app.run_test(size=(80, 30)) as pilot:
        await until(pilot, lambda: app.screen.query(ConversationPane))
        pane = app.screen.query_one(ConversationPane)
        await until(pilot, lambda: "prompt 250" in shown(pane))
        while "prompt 1" not in shown(pane):
            top = next(line for line in shown(pane) if line.startswith("prompt"))
            before = int(top.split()[1])
            await pilot.press("pageup")
            await pilot.pause(0.05)
            numbers = [
                int(line.split()[1]) for line in shown(pane) if line[:6] == "prompt"
            ]
            assert numbers == sorted(numbers)
            assert before - 40 <= numbers[0] <= before
        assert "more above" not in str(pane.border_subtitle)


async def test_what_is_said_meanwhile_comes_in_below(tmp_path: Path) -> None:
    store = JsonlRunEventStore(tmp_path)
    await fill(store, 1, 3)
    app = Reading(store)
    async with app.run_test(size=(80, 30)) as pilot:
        await until(pilot, lambda: app.screen.query(ConversationPane))
        pane = app.screen.query_one(ConversationPane)
        await until(pilot, lambda: "prompt 3" in shown(pane))
        await fill(store, 4, 4)
        await until(pilot, lambda: "prompt 4" in shown(pane))


async def test_escape_leads_back(tmp_path: Path) -> None:
    store = JsonlRunEventStore(tmp_path)
    await fill(store, 1, 3)
    app = Reading(store)
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
