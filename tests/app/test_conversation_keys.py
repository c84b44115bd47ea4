"""The keys of the conversation: search, copy, and the way to an event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn
from whitetail.panes.conversation import ConversationPane


@asynccontextmanager
async def conversation(
    tree: Disk, shown: str
) -> AsyncIterator[tuple[AppDriver, ConversationPane]]:
    """Open the conversation of the newest thread, and wait for a text."""
    async with open_app(tree, size=(80, 24)) as ui:
        await ui.until_shown("events", "prompt")
        await ui.press("c")
        await ui.until(lambda: ui.app.screen.query(ConversationPane))
        pane = ui.app.screen.query_one(ConversationPane)
        await ui.until(lambda: any(shown in line for line in drawn(pane)))
        yield ui, pane


def under_cursor(pane: ConversationPane) -> str:
    return drawn(pane)[pane.cursor - pane.scroll_offset.y].strip()


async def test_enter_goes_to_the_event_of_another_run(tree: Disk) -> None:
    async with conversation(tree, "a second answer") as (ui, pane):
        await ui.press("slash", *"a first answer", "enter")
        await ui.until(lambda: under_cursor(pane) == "a first answer")
        await ui.press("enter")
        await ui.until(lambda: ui.app.screen is ui.browse)
        await ui.until(lambda: ui.runs.key == ("new", "r1"))
        await ui.until_shown("events", "a first answer")
        await ui.until(lambda: "a first answer" in ui.lines("events")[ui.events.cursor])
        assert ui.focused_id == "events"


async def test_enter_goes_to_the_event_of_the_open_run(tree: Disk) -> None:
    async with conversation(tree, "a second answer") as (ui, pane):
        await ui.press("slash", *"a second question", "enter")
        await ui.until(lambda: under_cursor(pane) == "a second question")
        await ui.press("enter")
        await ui.until(lambda: ui.app.screen is ui.browse)
        await ui.until(
            lambda: "a second question" in ui.lines("events")[ui.events.cursor]
        )


async def test_a_search_finds_older_and_newer_matches_and_reports_the_last(
    tree: Disk,
) -> None:
    async with conversation(tree, "a second answer") as (ui, pane):
        await ui.press("slash", *"a answer", "backspace", "escape")
        await ui.press("slash", *"answer", "enter")
        await ui.until(lambda: under_cursor(pane) == "a second answer")
        await ui.press("n")
        await ui.until(lambda: under_cursor(pane) == "a first answer")
        await ui.press("N")
        await ui.until(lambda: under_cursor(pane) == "a second answer")
        await ui.press("N")
        await ui.until_notified('No newer match for "answer" in this thread')


async def test_a_search_reads_older_messages(tree: Disk) -> None:
    for number in range(200):
        tree.write_run("long", f"r{number:03}", f"question {number}", age=200 - number)
    async with conversation(tree, "question 199") as (ui, pane):
        await ui.until(lambda: "more above" in str(pane.border_subtitle))
        await ui.press("slash", *"question 7", "enter")
        await ui.until(lambda: under_cursor(pane) == "question 79")
        await ui.press("slash", *"zzz", "enter")
        await ui.until_notified('No match for "zzz" in this thread')


async def test_y_copies_the_message_under_the_cursor(tree: Disk) -> None:
    tree.add_reply("new", "r2", "**bold** acorns")
    async with conversation(tree, "bold acorns") as (ui, pane):
        await ui.until(lambda: under_cursor(pane) == "bold acorns")
        await ui.press("y")
        await ui.until_notified("the message")
        assert ui.app.clipboard == "**bold** acorns"


async def test_the_cursor_stays_on_its_line_when_messages_are_added(
    tree: Disk,
) -> None:
    async with conversation(tree, "a second answer") as (ui, pane):
        await ui.press("k", "k")
        before = under_cursor(pane)
        tree.add_reply("new", "r2", "a third answer")
        await ui.until(lambda: any("a third answer" in line for line in drawn(pane)))
        assert under_cursor(pane) == before


async def test_a_typed_text_deletes_and_opens_nothing(tree: Disk) -> None:
    async with conversation(tree, "a second answer") as (ui, _):
        screen = ui.app.screen
        ui.type("already, quite so")
        await ui.pilot.pause()
        assert ui.app.screen is screen


async def test_a_typed_text_that_begins_with_the_closing_key_does_nothing_below(
    tree: Disk,
) -> None:
    async with conversation(tree, "a second answer") as (ui, _):
        ui.type("cold deer quit")
        await ui.until(lambda: ui.app.screen is ui.browse)
        assert ui.app.is_running
        assert ui.focused_id == "threads"
