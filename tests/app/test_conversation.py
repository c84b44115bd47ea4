"""The conversation of a thread: its screen and how it reads messages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from tests.helpers.pilot import HeldExecutor, InlineExecutor, press, until
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.panes.conversation import ConversationPane
from whitetail.run.conversation import Conversation
from whitetail.screens.conversation import ConversationScreen
from whitetail.source.file_rows import FileRows
from whitetail.trace.verdict.status import RunStatus
from whitetail_store import JsonlRunEventStore, RunKey

Message = dict[str, Any]


class CountedRows(FileRows):
    """Rows that count the threads which refresh them at the same time."""

    inside = most_inside = refreshes = 0
    gate: threading.Event | None = None
    """If given, each refresh waits for it."""

    def refresh(self) -> None:
        self.refreshes += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        if self.gate is not None:
            assert self.gate.wait(WAIT_TIMEOUT_S)
        super().refresh()
        self.inside -= 1


class Reading(App[None]):
    """The screen over the runs of a store's thread."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder / "threads" / "t" / "runs"
        self.rows: dict[RunKey, CountedRows] = {}

    def on_mount(self) -> None:
        conversation = Conversation(self.run_keys, self.open)
        self.push_screen(
            ConversationScreen(conversation, "[/] a title", lambda: RunStatus.FAILED)
        )

    def run_keys(self) -> list[RunKey]:
        return [("t", path.stem) for path in self.folder.glob("*.jsonl")]

    def open(self, key: RunKey) -> CountedRows:
        path = self.folder / f"{key[1]}.jsonl"
        return self.rows.setdefault(key, CountedRows(key, path))

    def touch(self) -> None:
        """Report that the runs have changed, as the source does."""
        assert isinstance(self.screen, ConversationScreen)
        self.screen.touch()


async def fill(folder: Path, first: int, last: int) -> None:
    """Write prompts with these numbers, 100 to a run."""
    await JsonlRunEventStore(folder).put_batch(
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


@asynccontextmanager
async def reading(
    folder: Path, text: str
) -> AsyncIterator[tuple[Pilot[None], ConversationPane]]:
    """Open the screen, wait for a text, and yield the pane."""
    app = Reading(folder)
    async with app.run_test(size=(80, 30)) as pilot:
        await until(pilot, lambda: app.screen.query(ConversationPane))
        pane = app.screen.query_one(ConversationPane)
        await until(pilot, lambda: text in shown(pane))
        yield pilot, pane


def touch(pilot: Pilot[None]) -> None:
    """Report that the runs have changed, as the source does."""
    assert isinstance(pilot.app, Reading)
    pilot.app.touch()


def numbers(pane: ConversationPane) -> list[int]:
    """Return the numbers of the visible prompts."""
    prompts = [line.split() for line in shown(pane) if line.startswith("prompt")]
    return [int(number) for _, number in prompts]


async def test_the_conversation_opens_at_the_newest_message(tmp_path: Path) -> None:
    await fill(tmp_path, 1, 250)
    async with reading(tmp_path, "prompt 250") as (_, pane):
        assert "more above" in str(pane.border_subtitle)


async def test_messages_read_before_the_first_layout_open_at_the_newest(
    tmp_path: Path,
) -> None:
    await fill(tmp_path, 1, 250)
    asyncio.get_running_loop().set_default_executor(InlineExecutor())
    async with reading(tmp_path, "prompt 250"):
        pass


async def test_the_newest_message_stays_visible_when_the_terminal_shrinks(
    tmp_path: Path,
) -> None:
    await fill(tmp_path, 1, 250)
    async with reading(tmp_path, "prompt 250") as (pilot, pane):
        await pilot.resize_terminal(60, 12)
        await until(pilot, lambda: pane.size.height < 12 and 250 in numbers(pane))


async def test_a_reader_who_scrolled_back_keeps_the_distance_to_the_end(
    tmp_path: Path,
) -> None:
    await fill(tmp_path, 1, 250)
    async with reading(tmp_path, "prompt 250") as (pilot, pane):
        pane.scroll_relative(y=-20, animate=False)
        await until(pilot, lambda: 250 not in numbers(pane))
        last = shown(pane)[-1]
        await pilot.resize_terminal(60, 12)
        await until(pilot, lambda: shown(pane)[-1] == last and pane.size.height < 12)
        await fill(tmp_path, 251, 251)
        touch(pilot)
        await until(pilot, lambda: "61 messages" in str(pane.border_subtitle))
        assert shown(pane)[-1] == last


async def test_older_messages_are_read_until_there_is_something_to_scroll(
    tmp_path: Path,
) -> None:
    await fill(tmp_path, 1, 30)
    await JsonlRunEventStore(tmp_path).put_batch(
        [
            {
                "thread_id": "t",
                "run_id": "r",
                "event_type": "llm.tool.result",
                "category": "message",
                "content": {"content": "nothing to see", "tool_call_id": "c"},
            }
        ]
        * 100
    )
    async with reading(tmp_path, "prompt 30"):
        pass


async def page_up(pilot: Pilot[None], pane: ConversationPane) -> None:
    """Scroll back by a page, once there is something above."""

    def lines_below() -> int:
        return pane.max_scroll_y - pane.scroll_offset.y

    await until(pilot, lambda: pane.scroll_offset.y)
    before = lines_below()
    await press(pilot, "pageup")
    await until(pilot, lambda: lines_below() > before)


async def test_scrolling_back_reads_older_messages_and_keeps_the_position(
    tmp_path: Path,
) -> None:
    await fill(tmp_path, 1, 250)
    async with reading(tmp_path, "prompt 250") as (pilot, pane):
        top = numbers(pane)[0]
        while top > 1:
            await page_up(pilot, pane)
            before, (top, *rest) = top, numbers(pane)
            assert [top, *rest] == list(range(top, top + 1 + len(rest)))
            assert before - 40 <= top <= before
        assert "more above" not in str(pane.border_subtitle)


async def test_new_messages_are_added_below(tmp_path: Path) -> None:
    await fill(tmp_path, 1, 3)
    async with reading(tmp_path, "prompt 3") as (pilot, pane):
        await fill(tmp_path, 4, 4)
        touch(pilot)
        await until(pilot, lambda: "prompt 4" in shown(pane))


async def test_one_thread_at_a_time_reads_however_often_the_runs_change(
    tmp_path: Path,
) -> None:
    await fill(tmp_path, 1, 3)
    async with reading(tmp_path, "prompt 3") as (pilot, pane):
        assert isinstance(pilot.app, Reading)
        [rows] = pilot.app.rows.values()
        rows.gate = threading.Event()
        before = rows.refreshes
        try:
            touch(pilot)
            await until(pilot, lambda: rows.refreshes == before + 1)
            await fill(tmp_path, 4, 4)
            for _ in range(5):
                touch(pilot)
                await pilot.pause()
        finally:
            rows.gate.set()
        # The first refresh may already read what was written while it waited.
        await until(pilot, lambda: rows.refreshes > before + 1 and not rows.inside)
        await until(pilot, lambda: "prompt 4" in shown(pane))
        assert rows.most_inside == 1
        assert rows.refreshes == before + 2


async def test_a_thread_without_messages_says_so(tmp_path: Path) -> None:
    app = Reading(tmp_path)
    async with app.run_test(size=(80, 30)) as pilot:
        await until(pilot, lambda: app.screen.query(ConversationPane))
        pane = app.screen.query_one(ConversationPane)
        await until(pilot, lambda: pane.border_subtitle == "no messages")


async def test_escape_closes_the_conversation(tmp_path: Path) -> None:
    await fill(tmp_path, 1, 3)
    app = Reading(tmp_path)
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await press(pilot, "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)


async def test_a_conversation_that_is_closed_while_it_is_laid_out_ends_without_an_error(
    tmp_path: Path,
) -> None:
    await fill(tmp_path, 1, 3)
    async with reading(tmp_path, "prompt 3") as (pilot, pane):
        # The older messages are read, but not laid out.
        executor = HeldExecutor(free=1)
        asyncio.get_running_loop().set_default_executor(executor)
        pane.post_message(ConversationPane.OlderWanted(pane))
        await until(pilot, lambda: executor.held)
        await press(pilot, "escape")
        await until(pilot, lambda: not pane.is_attached)
        assert pilot.app.is_running


async def test_the_title_begins_with_the_status_of_the_thread(tmp_path: Path) -> None:
    await fill(tmp_path, 1, 3)
    async with reading(tmp_path, "prompt 3") as (_, pane):
        assert str(pane.border_title).startswith("✗ ")
