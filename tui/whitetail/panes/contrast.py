"""Colours that can be read on their backgrounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.color import Color

MIN_CONTRAST = 4.5
"""The contrast that the WCAG 2.1 asks of text (level AA)."""

_STEPS = 20
_TEXTS = (
    *("foreground", "text-muted", "text-primary", "text-secondary", "text-accent"),
    *("text-warning", "text-error", "text-success"),
)
_GROUNDS = ("background", "surface", "panel")
"""The theme's variables for texts, and for the backgrounds on which they are drawn."""


def contrast(first: Color, second: Color) -> float:
    """Return the contrast of two opaque colours, from 1 to 21, as WCAG defines it."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(color: Color, grounds: Iterable[Color]) -> Color:
    """Return the colour that is nearest to a colour and can be read on backgrounds.

    It is blended with white or with black, whichever can be read better.
    """
    grounds = tuple(grounds)
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    target = max(black, white, key=lambda each: min(contrast(each, g) for g in grounds))
    for step in range(_STEPS + 1):
        blended = color.blend(target, step / _STEPS)
        if all(contrast(blended, ground) >= MIN_CONTRAST for ground in grounds):
            return blended
    return target


def parse(value: str, ground: Color) -> Color:
    """Return a variable's colour, blended with the background if transparent."""
    value, _, share = value.partition(" ")
    alpha = float(share.rstrip("%")) / 100 if share else 1.0
    if value == "auto":
        return ground + ground.get_contrast_text(alpha)
    color = Color.parse(value)
    return color if color.ansi is not None else ground + color.multiply_alpha(alpha)


def is_ansi(variables: Mapping[str, str]) -> bool:
    """Return whether a theme leaves its colours to the terminal."""
    return variables["background"].startswith("ansi")


def readable_variables(variables: Mapping[str, str], *, dark: bool) -> dict[str, str]:
    """Return the CSS variables of a theme, with texts that can be read.

    The colours of an ANSI theme are those of the terminal, and stay; except that blue
    is too dark for a text on a dark background in nearly all terminals.
    """
    if is_ansi(variables):
        bright = {"ansi_blue": "ansi_bright_blue"} if dark else {}
        ansi_texts = {name: variables[name] for name in _TEXTS}
        return {**variables, **{k: bright.get(v, v) for k, v in ansi_texts.items()}}
    base = Color.parse(variables["background"])
    grounds = [parse(variables[name], base) for name in _GROUNDS]
    texts = {
        name: readable(parse(variables[name], base), grounds).hex for name in _TEXTS
    }
    return {**variables, **texts}


def _luminance(color: Color) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
