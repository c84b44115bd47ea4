"""Maps tones and backgrounds to the colours of the current theme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.widget import Widget

# For each tone: the theme's variable for its colour, and further attributes.
_TONE_STYLES = {
    "plain": ("foreground", ""),
    "muted": ("text-muted", ""),
    "heading": ("text-primary", "bold"),
    "strong": ("foreground", "bold"),
    "accent": ("text-accent", ""),
    "error": ("text-error", ""),
    "warning": ("text-warning", ""),
    "bad": ("text-error", "reverse"),
    "match": ("text-accent", "reverse"),
    # Runs.
    "running": ("text-primary", "bold"),
    "finished": ("text-success", ""),
    # Events.
    "prompt": ("text-accent", ""),
    "reply": ("foreground", ""),
    "call": ("text-primary", ""),
    "result": ("text-secondary", ""),
    "subagent": ("text-warning", ""),
    "trace": ("text-muted", ""),
    "run": ("text-success", ""),
    # Text of an event.
    "key": ("text-secondary", ""),
    "string": ("text-success", ""),
    "number": ("text-warning", ""),
    "keyword": ("text-accent", ""),
    "code": ("foreground-darken-1", ""),
    "title": ("foreground", "bold underline"),
    "emphasis": ("foreground", "italic"),
    "struck": ("text-muted", "strike"),
    "quote": ("text-secondary", ""),
    "link": ("text-primary", "underline"),
    "added": ("text-success", ""),
    "removed": ("text-error", ""),
}
# For each background: the theme's variables for it and for the text on it. If the
# second one is empty, the text has the colour of its tone.
_BACKGROUNDS = {
    "": ("background", ""),
    "bar": ("surface", ""),
    "cursor": ("block-cursor-background", "block-cursor-foreground"),
    "cursor-blurred": ("surface-lighten-2", ""),
    "selected": ("primary-muted", ""),
}
TONES = frozenset(_TONE_STYLES)
"""All tones that can be drawn."""


def css_color(tone: str) -> str:
    """Return the theme's variable for the colour of a tone, for Textual's markup."""
    return f"${_TONE_STYLES[tone][0]}"


def palette(widget: Widget) -> Palette:
    """Return the palette of the theme that a widget is shown in."""
    variables = widget.app.theme_variables
    cached = _palettes.get(widget.app)
    if cached is None or cached.variables is not variables:
        cached = _palettes[widget.app] = Palette(variables)
    return cached


class Palette:
    """The styles of one theme, each made on first use.

    Component classes could do the same. But each of them costs a pass over the style
    sheet for every widget that has it, whenever a CSS class changes.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Use the colours of a theme's CSS variables."""
        self.variables = variables
        """The theme's CSS variables. Another theme has another mapping."""
        self._styles: dict[tuple[str, str], Style] = {}

    def style(self, tone: str, background: str = "") -> Style:
        """Return the style of a tone on a background of that name. Empty: the pane's.

        Raises:
            KeyError: There is no such tone or background.

        """
        key = tone, background
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._make(tone, background)
        return style

    def _make(self, tone: str, background: str) -> Style:
        under, over = _BACKGROUNDS[background]
        name, attributes = _TONE_STYLES[tone]
        background_color = self._color(under, Color(0, 0, 0))
        color = self._color(over or name, background_color)
        extra = Style.parse(attributes) if attributes else Style.null()
        return (
            Style(color=color.rich_color, bgcolor=background_color.rich_color) + extra
        )

    def _color(self, name: str, background: Color) -> Color:
        """Return a variable's colour, blended with the background if transparent."""
        value, _, share = self.variables[name].partition(" ")
        alpha = float(share.rstrip("%")) / 100 if share else 1.0
        if value == "auto":
            return background + background.get_contrast_text(alpha)
        color = Color.parse(value)
        if color.ansi is not None:
            return color
        return background + color.multiply_alpha(alpha)


_palettes: WeakKeyDictionary[App[Any], Palette] = WeakKeyDictionary()
