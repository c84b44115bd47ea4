"""Maps tones and backgrounds to the colours of the current theme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.widget import Widget

from whitetail.panes.contrast import is_ansi, parse, readable

_SUBAGENT = "subagent"
"""No theme has a variable for subagents: their tint is between two of its colours."""
_SUBAGENT_COLORS = ("primary", "error")
# For each tone: the theme's variable for its colour, and further attributes.
_TONE_STYLES = {
    "plain": ("foreground", ""),
    "muted": ("text-muted", ""),
    "context": ("text-muted", "dim"),
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
    "subagent": (_SUBAGENT, ""),
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
_ANSI_BACKGROUNDS = {
    "cursor": "reverse default on default",
    "cursor-blurred": "bright_white on bright_black",
    "selected": "bright_white on blue",
}
"""The same for a terminal with 16 colours. Other backgrounds are the terminal's own."""
TONES = frozenset(_TONE_STYLES)
"""All tones that can be drawn."""


def css_color(tone: str) -> str:
    """Return the theme's variable for the colour of a tone, for Textual's markup."""
    return f"${_TONE_STYLES[tone][0]}"


def palette(widget: Widget) -> Palette:
    """Return the palette of the theme that a widget is shown in."""
    app = widget.app
    variables = app.theme_variables
    cached = _palettes.get(app)
    if cached is None or cached.variables is not variables:
        cached = _palettes[app] = Palette(variables, no_color=app.no_color)
    return cached


class Palette:
    """The styles of one theme, each made on first use.

    Component classes could do the same. But each of them costs a pass over the style
    sheet for every widget that has it, whenever a CSS class changes.
    """

    def __init__(self, variables: Mapping[str, str], *, no_color: bool = False) -> None:
        """Use the colours of a theme's CSS variables.

        `no_color`: Textual will draw them in gray, so attributes have to show what is
        under the cursor, selected or an error.
        """
        self._no_color = no_color
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
            make = self._without_color if self._no_color else self._make
            style = self._styles[key] = make(tone, background)
        return style

    def _make(self, tone: str, background: str) -> Style:
        under, over = _BACKGROUNDS[background]
        name, attributes = _TONE_STYLES[tone]
        extra = Style.parse(attributes) if attributes else Style.null()
        if is_ansi(self.variables):
            if background in _ANSI_BACKGROUNDS:
                style = Style.parse(_ANSI_BACKGROUNDS[background]) + extra
                # What is reversed on a reversed line has to differ from it.
                twice = extra.reverse and background == "cursor"
                return style + Style(reverse=False) if twice else style
            value = self.variables.get(name, "ansi_bright_magenta")
            color = Color.parse(value.partition(" ")[0])
            return Style(color=color.rich_color, bgcolor="default") + extra
        ground = parse(self.variables[under], Color(0, 0, 0))
        color = readable(self._color(over or name, ground), [ground])
        return Style(color=color.rich_color, bgcolor=ground.rich_color) + extra

    def _without_color(self, tone: str, background: str) -> Style:
        """Return a style with attributes instead of colours."""
        name, words = _TONE_STYLES[tone]
        attributes = set(words.split())
        if name == "text-error":
            attributes.add("bold")
        if background == "selected":
            attributes |= {"bold", "underline"}
        if background == "cursor":
            attributes ^= {"reverse"}
        if background == "cursor-blurred" and is_ansi(self.variables):
            attributes.add("bold")
        extra = Style.parse(" ".join(attributes)) if attributes else Style.null()
        if is_ansi(self.variables):
            return extra
        band = background in ("bar", "cursor-blurred")
        ground = parse(
            self.variables[_BACKGROUNDS[background if band else ""][0]], Color(0, 0, 0)
        )
        if name != "text-muted" or background == "cursor":
            name = "foreground"
        color = readable(parse(self.variables[name], ground), [ground])
        return Style(color=color.rich_color, bgcolor=ground.rich_color) + extra

    def _color(self, name: str, ground: Color) -> Color:
        if name != _SUBAGENT:
            return parse(self.variables[name], ground)
        call, error = (self._color(f"text-{each}", ground) for each in _SUBAGENT_COLORS)
        return call.blend(error, 0.5)


_palettes: WeakKeyDictionary[App[Any], Palette] = WeakKeyDictionary()
