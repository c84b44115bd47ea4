"""The messages of a conversation as lines under a cursor."""

from __future__ import annotations

from dataclasses import dataclass

from tests.helpers.events import event
from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes.conversation import ConversationPane
from whitetail.run.protocols import EventKey
from whitetail.screens.run_search import parsed
from whitetail.view.matches import TextMatcher
from whitetail_store import RunEvent


@dataclass(frozen=True)
class Message:
    """A message of a conversation."""

    key: EventKey
    event: RunEvent


def message(number: int) -> Message:
    content = {"type": "human", "content": f"prompt {number}"}
    prompt = event(number, "llm.human.input", content=content)
    return Message(EventKey(("t", "r"), number), prompt)


async def test_the_message_under_the_cursor_is_one_that_is_shown() -> None:
    pane = ConversationPane("conversation")
    first, second = message(1), message(2)
    async with Stage(pane).run_test(size=(40, 20)) as pilot:
        pane.show([first, second], complete=True)
        await until(pilot, lambda: pane.message is second)
        # The second one is in a file that was removed. It is still on the screen.
        pane.show([first], complete=True)
        assert pane.message is second
        await until(pilot, lambda: pane.message is first)


async def test_messages_that_are_gone_are_shown_no_longer() -> None:
    pane = ConversationPane("conversation")
    async with Stage(pane).run_test(size=(40, 20)) as pilot:
        pane.show([message(1)], complete=True)
        await until(pilot, lambda: pane.message)
        pane.show([], complete=True)
        await until(pilot, lambda: pane.message is None)
        assert not any(drawn(pane))
        assert pane.border_subtitle == "no messages"


async def test_nothing_is_found_before_there_are_messages() -> None:
    pane = ConversationPane("conversation")
    async with Stage(pane).run_test(size=(40, 20)):
        pane.sought = TextMatcher.of(parsed("deer"))
        assert [pane.find(step) for step in (-1, 0, 1)] == [False] * 3
