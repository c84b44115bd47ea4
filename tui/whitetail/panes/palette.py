"""What tones look like: the theme's colours, so that every theme works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.widget import Widget

# A tone, the theme's variable for its colour, and how it is set beside that.
_INK = {
    "plain": ("foreground", ""),
    "muted": ("text-muted", ""),
    "heading": ("text-primary", "bold"),
    "strong": ("foreground", "bold"),
    "accent": ("text-accent", ""),
    "error": ("text-error", ""),
    "warning": ("text-warning", ""),
    "bad": ("text-error", "reverse"),
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
    # Texts.
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
# What a line lies on, and the colour of its text if that is not the tone's.
_PAPER = {
    "": ("background", ""),
    "bar": ("surface", ""),
    "cursor": ("block-cursor-background", "block-cursor-foreground"),
    "cursor-blurred": ("surface-lighten-2", ""),
    "selected": ("primary-muted", ""),
}
TONES = frozenset(_INK)
"""The tones there are."""


def palette(widget: Widget) -> Palette:
    """Return the styles of the theme that a widget is shown in."""
    variables = widget.app.theme_variables
    made = _palettes.get(widget.app)
    if made is None or made.variables is not variables:
        made = _palettes[widget.app] = Palette(variables)
    return made


class Palette:
    """The styles of one theme, made once each.

    Component classes would say the same, but each costs a pass over the style
    sheet for every widget that has it, at every change of a class.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Take the theme's variables."""
        self.variables = variables
        """What it was made of: another theme has others."""
        self._styles: dict[tuple[str, str], Style] = {}

    def style(self, tone: str, paper: str = "") -> Style:
        """Return how a tone looks on a line that is plain, selected or the like."""
        key = tone, paper
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._make(tone, paper)
        return style

    def _make(self, tone: str, paper: str) -> Style:
        under, over = _PAPER[paper]
        name, how = _INK[tone]
        background = self._color(under, Color(0, 0, 0))
        color = self._color(over or name, background)
        set_as = Style.parse(how) if how else Style.null()
        return Style(color=color.rich_color, bgcolor=background.rich_color) + set_as

    def _color(self, name: str, background: Color) -> Color:
        """Return a variable's colour, laid over the background where it is thin."""
        value, _, share = self.variables[name].partition(" ")
        alpha = float(share.rstrip("%")) / 100 if share else 1.0
        if value == "auto":
            return background + background.get_contrast_text(alpha)
        color = Color.parse(value)
        if color.ansi is not None:
            return color
        return background + color.multiply_alpha(alpha)


_palettes: WeakKeyDictionary[App[Any], Palette] = WeakKeyDictionary()
