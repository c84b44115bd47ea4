"""The input line for a query."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.events import Key
from textual.message import Message

from tests.helpers.pilot import press, until
from whitetail.panes.query_prompt import (
    Mistake,
    QueryHistory,
    QueryPrompt,
    Suggestion,
)

FIELDS = ("tool:", "took>", "has:error")
TOOLS = ("bash", "[red]read[/]", "write\x1b[2J")


def suggest(text: str, cursor: int) -> Sequence[Suggestion]:
    """Complete fields, and the tools after `tool:`."""
    word = text[:cursor].rpartition(" ")[2]
    start = cursor - len(word)
    if word.startswith("tool:"):
        value = word.removeprefix("tool:")
        return [Suggestion(each, start + 5) for each in TOOLS if each.startswith(value)]
    return [Suggestion(each, start) for each in FIELDS if each.startswith(word)]


def find_mistake(text: str) -> Mistake | None:
    at = text.find("(")
    return None if at < 0 else Mistake("a ) is missing", at)


class PromptApp(App[None]):
    """An app with a prompt, which records what the prompt posts and leaves alone."""

    BINDINGS = [("tab", "tabbed", ""), ("q", "quit", "")]  # noqa: RUF012

    def __init__(self, history: QueryHistory) -> None:
        super().__init__()
        self.prompt = QueryPrompt(
            "filter", history=history, find_mistake=find_mistake, suggest=suggest
        )
        self.posted: list[Message] = []
        self.tabs = 0

    def compose(self) -> ComposeResult:
        yield self.prompt

    def on_query_prompt_submitted(self, message: QueryPrompt.Submitted) -> None:
        self.posted.append(message)

    def on_query_prompt_left(self, message: QueryPrompt.Left) -> None:
        self.posted.append(message)

    def on_query_prompt_scope_changed(self, message: QueryPrompt.ScopeChanged) -> None:
        self.posted.append(message)

    def on_query_prompt_changed(self, message: QueryPrompt.Changed) -> None:
        self.posted.append(message)

    def action_tabbed(self) -> None:
        self.tabs += 1

    def kinds(self) -> list[str]:
        """Return the names of what was posted, without changes of the text."""
        names = (type(each).__name__ for each in self.posted)
        return [name for name in names if name != "Changed"]


def listed(app: PromptApp) -> list[str]:
    """Return the lines of the list; none if it is closed."""
    lists = app.query("CompletionList")
    if not lists or not lists.first().display:
        return []
    options = app.query_one("AutoCompleteList").options  # type: ignore[attr-defined]
    return [str(option.prompt) for option in options]


async def test_enter_posts_the_text_and_escape_that_it_was_closed() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        await press(pilot, *"tool:bash q", "enter", "escape")
        await until(pilot, lambda: app.kinds() == ["Submitted", "Left"])
        assert app.prompt.value == "tool:bash q"


async def test_keys_of_one_burst_act_in_the_order_in_which_they_were_typed() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        await press(pilot, *"wrong")
        for key in ("ctrl+u", "a", "b", "backspace", "c", "home", "x", "enter"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: app.kinds())
        assert app.prompt.value == "xac"


async def test_tab_changes_the_scope_and_does_not_move_the_focus() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        await press(pilot, "tab", "shift+tab")
        await until(pilot, lambda: app.kinds() == ["ScopeChanged", "ScopeChanged"])
        assert app.tabs == 0
        assert app.prompt.input.has_focus


async def test_up_and_down_go_through_the_history_and_back_to_what_was_typed() -> None:
    app = PromptApp(QueryHistory(["one", "two"]))
    async with app.run_test() as pilot:
        await press(pilot, *"new", "up")
        assert app.prompt.value == "two"
        await press(pilot, "up", "up")
        assert app.prompt.value == "one"
        await press(pilot, "down", "down", "down")
        assert app.prompt.value == "new"


async def test_a_query_that_was_entered_is_the_newest_of_the_history_once() -> None:
    history = QueryHistory(["one", "two"])
    app = PromptApp(history)
    async with app.run_test() as pilot:
        await press(pilot, *"one", "enter")
    assert [history[0], history[1]] == ["two", "one"]
    assert len(history) == 2


async def test_an_error_is_shown_after_a_pause_and_goes_when_it_is_corrected() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        hint = app.prompt.hint
        await press(pilot, *"a (b")
        await until(pilot, lambda: app.prompt.hint == "a ) is missing")
        await press(pilot, *["backspace"] * 2)
        await until(pilot, lambda: app.prompt.hint == hint)


async def test_a_text_with_an_error_is_not_entered_and_shows_it_at_once() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        await press(pilot, "(", "enter")
        assert app.prompt.hint == "a ) is missing"
        assert app.kinds() == []


async def test_the_list_is_closed_until_ctrl_space_opens_it() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        await press(pilot, *"to")
        assert listed(app) == []
        await press(pilot, "ctrl+@")
        await until(pilot, lambda: listed(app) == ["tool:", "took>"])
        await press(pilot, "ctrl+@")
        await until(pilot, lambda: listed(app) == [])


async def test_the_open_list_owns_tab_enter_escape_and_the_arrows() -> None:
    app = PromptApp(QueryHistory(["older"]))
    async with app.run_test() as pilot:
        await press(pilot, *"to", "ctrl+@")
        await until(pilot, lambda: listed(app))
        await press(pilot, "down", "enter")
        assert app.prompt.value == "took>"
        assert app.kinds() == []
        await press(pilot, "ctrl+u", "t", "ctrl+@")
        await until(pilot, lambda: listed(app))
        await press(pilot, "escape")
        await until(pilot, lambda: not listed(app))
        assert app.prompt.value == "t"
        assert app.kinds() == []
        await press(pilot, "tab", "up")
        await until(pilot, lambda: app.kinds() == ["ScopeChanged"])
        assert app.prompt.value == "older"


async def test_after_a_field_the_list_has_its_values() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        await press(pilot, *"a t", "ctrl+@")
        await until(pilot, lambda: listed(app))
        await press(pilot, "tab")
        await until(pilot, lambda: "bash" in listed(app))
        await press(pilot, "enter")
        assert app.prompt.value == "a tool:bash"

        def last_change() -> str:
            changed = (
                each for each in app.posted if isinstance(each, QueryPrompt.Changed)
            )
            return [each.value for each in changed][-1]

        await until(pilot, lambda: last_change() == "a tool:bash")


async def test_the_list_is_above_the_line_that_is_typed() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test(size=(80, 24)) as pilot:
        app.prompt.styles.dock = "bottom"
        await press(pilot, *"a t", "ctrl+@")
        await until(pilot, lambda: listed(app))
        region = app.query_one("AutoCompleteList").region
        await until(
            pilot,
            lambda: (
                app.query_one("AutoCompleteList").region.bottom
                == app.prompt.input.region.y
            ),
        )
        assert region.height == 2


async def test_values_of_a_log_are_text_in_the_list() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        await press(pilot, *"tool:", "ctrl+@")
        await until(pilot, lambda: listed(app))
        lines = listed(app)
        assert "[red]read[/]" in lines
        assert not any("\x1b" in line for line in lines)


async def test_the_history_is_listed_too() -> None:
    app = PromptApp(QueryHistory(["has:error tool:bash", "other"]))
    async with app.run_test() as pilot:
        await press(pilot, *"bash", "ctrl+@")
        await until(pilot, lambda: listed(app) == ["has:error tool:bash  recent"])
        await press(pilot, "enter")
        assert app.prompt.value == "has:error tool:bash"


async def test_no_error_is_shown_while_the_list_shows_how_to_go_on() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        hint = app.prompt.hint
        await press(pilot, "(", "space", "t", "ctrl+@")
        await until(pilot, lambda: listed(app))
        await press(pilot, "o")
        await until(pilot, lambda: listed(app) == ["tool:", "took>"])
        await until(pilot, lambda: app.prompt.hint == hint)
        await press(pilot, "escape", "x")
        await until(pilot, lambda: app.prompt.hint == "a ) is missing")


async def test_the_list_does_not_open_while_the_line_is_being_removed() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        removal = app.prompt.remove()
        await app.prompt.complete()
        await removal
        await pilot.pause()
        assert not app.query(QueryPrompt)


async def test_the_line_can_be_removed_while_the_list_is_being_mounted() -> None:
    app = PromptApp(QueryHistory())
    async with app.run_test() as pilot:
        completing = asyncio.create_task(app.prompt.complete())
        while len(app.prompt.children) < 3:
            await asyncio.sleep(0)
        await app.prompt.remove()
        await completing
        await pilot.pause()
        assert not app.query(QueryPrompt)
