"""The list of what completes a query, above the prompt."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Offset
from textual.widgets import Input
from textual_autocomplete import (
    AutoComplete,
    AutoCompleteList,
    DropdownItem,
    TargetState,
)

from whitetail.panes.query_prompt import Suggestion
from whitetail.view.text import one_line

_MAX_LINES = 8
_MAX_SUGGESTIONS = 200
_MAX_CHARS = 60


class CompletionList(AutoComplete):
    """A list under the control of an input, which opens and closes on request.

    While it is open it owns tab, enter, escape, up and down. While it is closed it has
    no lines, and so leaves all keys to the input.
    """

    DEFAULT_CSS = f"""
    CompletionList {{
        max-height: {_MAX_LINES};
        background: $surface-lighten-1;
        & AutoCompleteList {{ max-height: {_MAX_LINES}; }}
    }}
    """

    def __init__(
        self, target: Input, suggest: Callable[[str, int], list[Suggestion]]
    ) -> None:
        """`suggest` returns what completes a text at a cursor position."""
        super().__init__(target)
        self._suggest = suggest
        self._opened = False
        self._list = AutoCompleteList()
        self._list.can_focus = False

    def compose(self) -> ComposeResult:
        """Yield the list."""
        yield self._list

    @property
    def option_list(self) -> AutoCompleteList:
        """The list, which is not mounted if the prompt is removed meanwhile."""
        return self._list

    @property
    def is_open(self) -> bool:
        """Whether the list is open."""
        return self._opened

    def toggle(self) -> bool:
        """Open the list, or close it; return False if there is nothing to list."""
        if self._opened:
            self.action_hide()
            return True
        if not self._list.is_attached:
            # The prompt is being removed.
            return False
        self._opened = True
        self._handle_target_update()
        return self._opened

    def action_hide(self) -> None:
        """Close the list."""
        super().action_hide()
        self._opened = False
        self.option_list.clear_options()

    # What `AutoComplete` asks of a subclass.

    def get_candidates(self, target_state: TargetState) -> list[DropdownItem]:
        """Return the lines of the list; none while it is closed."""
        if not self._opened:
            return []
        found = self._suggest(target_state.text, target_state.cursor_position)
        return [_Line(each) for each in found[:_MAX_SUGGESTIONS]]

    def get_matches(
        self,
        target_state: TargetState,
        candidates: list[DropdownItem],
        search_string: str,
    ) -> list[DropdownItem]:
        """Return all lines: they were chosen for the text."""
        return candidates

    def should_show_dropdown(self, search_string: str) -> bool:
        """Return whether the list is open and has lines."""
        return self._opened and self.option_list.option_count > 0

    def apply_completion(self, value: str, state: TargetState) -> None:
        """Replace the word at the cursor by the line that was chosen."""
        line = self.option_list.highlighted_option
        if not isinstance(line, _Line):
            return
        text, start, _, end = line.suggestion
        rest = state.text[state.cursor_position if end is None else end :]
        self.target.value = state.text[:start] + text + rest
        self.target.cursor_position = start + len(text)

    def post_completion(self) -> None:
        """Close the list; after a field, list its values."""
        field = self.target.value[: self.target.cursor_position].endswith(":")
        self.action_hide()
        # `AutoComplete` has suppressed the message with which an input reports this.
        self.target.post_message(Input.Changed(self.target, self.target.value))
        if field:
            self.toggle()

    def _align_to_target(self) -> None:
        """Put the list above the input, which is at the bottom of the screen."""
        lines = min(self.option_list.option_count, _MAX_LINES)
        x, y = self.target.cursor_screen_offset
        width = self.option_list.outer_size.width
        x = max(0, min(x - 1, self.screen.size.width - width))
        self.absolute_offset = Offset(x, max(0, y - lines))


class _Line(DropdownItem):
    """A line of the list."""

    def __init__(self, suggestion: Suggestion) -> None:
        self.suggestion = suggestion
        text = Content(one_line(suggestion.text, _MAX_CHARS))
        note = one_line(suggestion.note, _MAX_CHARS)
        super().__init__(text + Content.styled(f"  {note}", "dim") if note else text)
