"""The base class of inputs of one line at the bottom of a screen."""

from __future__ import annotations

from textual.events import Key
from textual.widgets import Input

from whitetail.view.text import sanitize


class LineInput(Input):
    """An input whose keys act in the order in which they were typed.

    Textual inserts a letter when the input gets it, but runs the action of another key
    only after the app has got that, too. In a burst, ctrl+u would so delete the letters
    that were typed after it. Here an input runs the actions of its own keys.
    """

    DEFAULT_CSS = """
    LineInput {
        height: 1;
        border: none;
        padding: 0 1;
        background: $surface;
        &:focus { border: none; }
    }
    """

    def validate_value(self, value: str) -> str:
        """Sanitize the text: pasted text can contain control characters."""
        return sanitize(value)

    def owns(self, key: str) -> bool:
        """Return whether the input acts on a key, not a list that is open above it."""
        return True

    async def on_key(self, event: Key) -> None:
        """Run the action of a key that is no letter."""
        if event.is_printable or not self.owns(event.key):
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return
