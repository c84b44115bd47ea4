"""The input line for a query: with a history, completion, and errors while typing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.highlighter import Highlighter
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from whitetail.keys import bindings
from whitetail.panes.line_input import LineInput
from whitetail.view.text import sanitize

if TYPE_CHECKING:
    from whitetail.panes.completion import CompletionList

_ERROR_PAUSE_S = 0.5
"""An error is shown once nothing was typed for this long."""
_HISTORY_LENGTH = 100
_LIST_KEYS = frozenset({"tab", "enter", "escape", "up", "down"})
"""The keys of the list of completions while it is open."""
_KEYS_HINT = "ctrl+space lists fields and values"
"""The footer names enter and esc."""


class Suggestion(NamedTuple):
    """A text that completes a query."""

    text: str
    start: int
    """From where on it replaces the query."""
    note: str = ""
    """What the text means, in a few words."""
    end: int | None = None
    """Up to where it replaces the query; None for the cursor."""


class Mistake(NamedTuple):
    """Why a text is no query."""

    message: str
    """One sentence."""
    position: int
    """The index of the first character that is wrong; the length at the end."""


class QueryHistory:
    """The last queries of the user, each once, the newest last."""

    def __init__(self, queries: list[str] | None = None) -> None:
        """Begin with older queries; new ones are added to their list."""
        self._queries = [] if queries is None else queries

    def __len__(self) -> int:
        return len(self._queries)

    def __getitem__(self, at: int) -> str:
        return self._queries[at]

    def add(self, query: str) -> None:
        """Add a query as the newest one; nothing if it is empty."""
        if query.strip():
            others = [each for each in self._queries if each != query]
            self._queries[:] = [*others, query][-_HISTORY_LENGTH:]

    def containing(self, text: str) -> list[str]:
        """Return the queries that contain a text in any case, the newest first."""
        wanted = text.lower()
        return [each for each in reversed(self._queries) if wanted in each.lower()]


class QueryPrompt(Vertical):
    """Lines at the bottom of a screen: the query, and a hint or all of what is wrong.

    A screen mounts it, gives it the focus, and removes it on `Submitted` and `Left`.
    """

    DEFAULT_CSS = """
    QueryPrompt {
        height: auto;
        background: $surface;
        & > .query-hint {
            height: 1;
            padding: 0 1;
            color: $text-muted;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        &.-wrong > .query-hint {
            height: auto;
            max-height: 3;
            color: $text-warning;
            text-wrap: wrap;
        }
    }
    """

    @dataclass
    class PromptMessage(Message):
        """A message of a prompt."""

        prompt: QueryPrompt

        @property
        def control(self) -> QueryPrompt:
            """The prompt that posted the message."""
            return self.prompt

    @dataclass
    class Changed(PromptMessage):
        """The text is another one."""

        value: str

    @dataclass
    class Submitted(PromptMessage):
        """The user entered a text without a mistake; it can be empty."""

        value: str

    @dataclass
    class Left(PromptMessage):
        """The user closed the prompt."""

    @dataclass
    class ScopeChanged(PromptMessage):
        """The user wants the next scope; with step -1 the previous one."""

        step: int

    def __init__(
        self,
        label: str,
        *,
        history: QueryHistory,
        value: str = "",
        placeholder: str = "",
        hint: str = _KEYS_HINT,
        find_mistake: Callable[[str], Mistake | None] = lambda text: None,
        suggest: Callable[[str, int], Sequence[Suggestion]] = lambda text, cursor: (),
        id: str | None = None,  # noqa: A002
    ) -> None:
        """`find_mistake` returns why a text cannot be entered, None if it can.

        `suggest` returns what completes a text at a cursor position, the best first.
        Neither waits for a disk. `label` and `hint` are the second line: what the query
        is for, and the keys.
        """
        super().__init__(id=id)
        self.input = QueryInput(value, placeholder)
        """The line in which the query is typed."""
        self._label = label
        self._history = history
        self._back = 0
        """How many queries of the history the text is back; 0 for a new text."""
        self._typed = value
        """The text that was typed before the history was looked at."""
        self._hint_text = hint
        self._hint = Static(classes="query-hint", markup=False)
        self._find_mistake = find_mistake
        self._suggest = suggest
        self._mistake: Mistake | None = None
        self._pause: Timer | None = None
        self._completion: CompletionList | None = None

    @property
    def value(self) -> str:
        """The text."""
        return self.input.value

    @property
    def hint(self) -> str:
        """The second line: a hint, or what is wrong with the text."""
        if self._mistake is not None:
            return self._mistake.message
        return f"{self._label}: {self._hint_text}"

    @property
    def lists_completions(self) -> bool:
        """Whether the list of completions is open."""
        return self._completion is not None and self._completion.is_open

    def set_hint(self, label: str, hint: str = _KEYS_HINT) -> None:
        """Show another second line, while nothing is wrong with the text."""
        self._label, self._hint_text = label, hint
        self._show_hint()

    # Textual.

    def compose(self) -> ComposeResult:
        """Yield the two lines."""
        yield self.input
        yield self._hint

    def on_mount(self) -> None:
        """Give the input the focus, with what the text has already."""
        self._show_hint()
        self.input.focus()
        self.input.cursor_position = len(self.value)

    @on(Input.Changed)
    def _text_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._check_later()
        self.post_message(self.Changed(self, self.value))

    # Keys.

    def submit(self) -> None:
        """Post the text, or show what is wrong with it."""
        self._check()
        if self._mistake is None:
            self._history.add(self.value)
            self.post_message(self.Submitted(self, self.value))

    def leave(self) -> None:
        """Post that the prompt was closed."""
        self.post_message(self.Left(self))

    def change_scope(self, step: int) -> None:
        """Post that another scope is wanted."""
        self.post_message(self.ScopeChanged(self, step))

    def go_back(self, by: int) -> None:
        """Show an older query of the history; a newer one if `by` is negative."""
        if not self._back:
            self._typed = self.value
        back = max(0, min(self._back + by, len(self._history)))
        if back != self._back:
            self._back = back
            self.input.value = self._history[-back] if back else self._typed
            self.input.cursor_position = len(self.value)

    async def complete(self) -> None:
        """Open the list of what completes the text; close it if it is open."""
        from whitetail.panes.completion import CompletionList

        if self._completion is None:
            self._completion = CompletionList(self.input, self._suggestions)
            await self.mount(self._completion)
        if not self._completion.toggle():
            self._hint.update(Content("nothing completes this text"))

    def _suggestions(self, text: str, cursor: int) -> list[Suggestion]:
        """Return what completes a text: fields and values, then the history."""
        found = list(self._suggest(text, cursor))
        recent = self._history.containing(text[:cursor])
        found += (
            Suggestion(each, 0, "recent", len(text)) for each in recent if each != text
        )
        return found

    # What is wrong.

    def _check_later(self) -> None:
        """Remove an error that no longer holds; show a new one after a pause."""
        if self._pause is not None:
            self._pause.stop()
        self._mistake = None
        self._show_hint()
        self._pause = self.set_timer(_ERROR_PAUSE_S, self._check_typed)

    def _check_typed(self) -> None:
        """Show what is wrong, unless the list shows how the text can go on."""
        if not self.lists_completions:
            self._check()

    def _check(self) -> None:
        if self._pause is not None:
            self._pause.stop()
        self._mistake = self._find_mistake(self.value)
        self._show_hint()

    def _show_hint(self) -> None:
        mistake = self._mistake
        self.set_class(mistake is not None, "-wrong")
        self.input.mark(None if mistake is None else mistake.position)
        self._hint.update(Content(sanitize(self.hint)))


class _Mark(Highlighter):
    """Underlines what is wrong in a text."""

    position: int | None = None

    def highlight(self, text: Text) -> None:
        """Underline the text from the position on."""
        if self.position is not None:
            text.stylize("bold underline", self.position)


class QueryInput(LineInput):
    """The input of a `QueryPrompt`, which passes its keys on to it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("query")

    def __init__(self, value: str, placeholder: str) -> None:
        self._mark = _Mark()
        super().__init__(
            value=value,
            placeholder=placeholder,
            highlighter=self._mark,
            select_on_focus=False,
        )

    def mark(self, position: int | None) -> None:
        """Underline the text from a position on; nothing if it is None."""
        if position != self._mark.position:
            self._mark.position = position
            self.refresh()

    def owns(self, key: str) -> bool:
        """Return whether the input acts on a key, not the open list of completions."""
        return key not in _LIST_KEYS or not self._prompt.lists_completions

    @property
    def _prompt(self) -> QueryPrompt:
        prompt = self.parent
        assert isinstance(prompt, QueryPrompt)
        return prompt

    async def action_submit(self) -> None:
        """Enter the text."""
        self._prompt.submit()

    def action_leave(self) -> None:
        """Close the prompt."""
        self._prompt.leave()

    def action_scope(self, step: int) -> None:
        """Change the scope of the query."""
        self._prompt.change_scope(step)

    def action_history(self, by: int) -> None:
        """Show an older or newer query."""
        self._prompt.go_back(by)

    async def action_complete(self) -> None:
        """Open or close the list of completions."""
        await self._prompt.complete()
