"""Copies texts to the clipboard of the user's terminal."""

from __future__ import annotations

from textual.app import App

_MAX_CHARS = 70_000
"""Terminals and multiplexers drop longer texts (OSC 52)."""


def copy(app: App[None], text: str, name: str) -> None:
    """Copy a text and notify the user, with `name` for the text."""
    if len(text) > _MAX_CHARS:
        app.notify(
            f"Only the first {_MAX_CHARS:,} characters of {len(text):,} were copied.",
            severity="warning",
            markup=False,
        )
        text = text[:_MAX_CHARS]
    # A lone surrogate, as the name of a folder may have, cannot be encoded.
    app.copy_to_clipboard(text.encode(errors="replace").decode())
    app.notify(f"Copied {name}.", timeout=2, markup=False)
