"""The command palette."""

from __future__ import annotations

from textual.command import CommandInput, CommandList, CommandPalette

from whitetail.screens.dismissal import DismissedOnce


class WhitetailPalette(CommandPalette, DismissedOnce[None]):
    """Textual's palette, without an error for keys that come before its list.

    Textual moves in the list of commands with a table that is made when the list is
    laid out. Page up in an empty or a new list ended the program with a KeyError.
    """

    def __init__(self, words: str = "") -> None:
        """Search for `words` at once.

        The palette has no id: the one before is perhaps not removed yet.
        """
        super().__init__()
        self._words = words

    def on_mount(self) -> None:
        """Enter the words."""
        if self._words:
            entry = self.query_one(CommandInput)
            entry.value = self._words
            entry.action_end()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action can run now."""
        if action == "command_list" and not self._has_lines:
            return False
        return super().check_action(action, parameters)

    @property
    def _has_lines(self) -> bool:
        return any(each.virtual_size.height for each in self.query(CommandList))
