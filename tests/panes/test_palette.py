"""The colours of all tones in all of Textual's themes."""

from __future__ import annotations

from itertools import product

import pytest
from rich.color import ColorType
from rich.style import Style
from textual.color import Color
from textual.filter import monochrome_style
from textual.theme import BUILTIN_THEMES, Theme

from whitetail.panes.contrast import (
    MIN_CONTRAST,
    contrast,
    is_ansi,
    parse,
    readable_variables,
)
from whitetail.panes.palette import TONES, Palette

BACKGROUNDS = ("", "bar", "cursor", "cursor-blurred", "selected")
TEXTS = ("muted", "primary", "secondary", "accent", "warning", "error", "success")


def variables_of(theme: Theme) -> dict[str, str]:
    generated = theme.to_color_system().generate()
    return readable_variables({**generated, **theme.variables}, dark=theme.dark)


VARIABLES = {name: variables_of(theme) for name, theme in BUILTIN_THEMES.items()}
WITH_COLORS = [name for name in VARIABLES if not is_ansi(VARIABLES[name])]
ANSI = [name for name in VARIABLES if is_ansi(VARIABLES[name])]


def test_the_contrast_is_that_of_the_wcag() -> None:
    assert contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21)
    gray = Color.parse("#767676")
    assert contrast(gray, Color(255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", WITH_COLORS)
def test_each_tone_can_be_read_on_each_background(theme: str) -> None:
    palette = Palette(VARIABLES[theme])
    low = {}
    for tone, background in product(TONES, BACKGROUNDS):
        style = palette.style(tone, background)
        assert style.color is not None and style.bgcolor is not None
        found = contrast(
            Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
        )
        if found < MIN_CONTRAST:
            low[tone, background] = round(found, 2)
    assert low == {}


@pytest.mark.parametrize("theme", WITH_COLORS)
def test_each_text_of_the_style_sheets_can_be_read(theme: str) -> None:
    variables = VARIABLES[theme]
    base = Color.parse(variables["background"])
    for ground in ("background", "surface", "panel"):
        under = parse(variables[ground], base)
        for text in TEXTS:
            found = contrast(parse(variables[f"text-{text}"], under), under)
            assert found >= MIN_CONTRAST, (ground, text, found)


@pytest.mark.parametrize("theme", ANSI)
def test_an_ansi_theme_has_the_colors_of_the_terminal_only(theme: str) -> None:
    palette = Palette(VARIABLES[theme])
    for tone, background in product(TONES, BACKGROUNDS):
        style = palette.style(tone, background)
        for color in (style.color, style.bgcolor):
            assert color is not None
            assert color.type in (ColorType.DEFAULT, ColorType.STANDARD)


@pytest.mark.parametrize("theme", ANSI)
def test_in_16_colors_errors_calls_and_results_differ(theme: str) -> None:
    palette = Palette(VARIABLES[theme])
    colors = {palette.style(tone).color for tone in ("error", "call", "result")}
    assert len(colors) == 3


@pytest.mark.parametrize("theme", VARIABLES)
def test_subagents_have_a_color_of_their_own(theme: str) -> None:
    palette = Palette(VARIABLES[theme])
    others = {palette.style(tone).color for tone in ("prompt", "call", "result", "run")}
    assert palette.style("subagent").color not in others


@pytest.mark.parametrize("theme", ANSI)
def test_a_match_differs_from_a_cursor_in_reversed_colors(theme: str) -> None:
    palette = Palette(VARIABLES[theme])
    assert palette.style("plain", "cursor").reverse
    assert not palette.style("match", "cursor").reverse


@pytest.mark.parametrize("theme", ANSI)
def test_no_text_is_dark_blue_on_a_dark_terminal(theme: str) -> None:
    dark = BUILTIN_THEMES[theme].dark
    blue = "ansi_bright_blue" if dark else "ansi_blue"
    assert VARIABLES[theme]["text-primary"] == blue
    call = Palette(VARIABLES[theme]).style("call").color
    assert call == Color.parse(blue).rich_color


def gray(style: Style) -> tuple[Color, Color]:
    """Return the colours of a text and its background as Textual draws them in gray."""
    drawn = monochrome_style(style)
    assert drawn.color is not None and drawn.bgcolor is not None
    colors = [Color.from_rich_color(each) for each in (drawn.color, drawn.bgcolor)]
    return colors[0], colors[1]


@pytest.mark.parametrize("theme", WITH_COLORS)
def test_each_tone_can_be_read_without_colors(theme: str) -> None:
    palette = Palette(VARIABLES[theme], no_color=True)
    for tone, background in product(TONES, BACKGROUNDS):
        found = contrast(*gray(palette.style(tone, background)))
        # Rounding to one gray costs a little.
        assert found >= MIN_CONTRAST - 0.2, (tone, background, found)


@pytest.mark.parametrize("theme", VARIABLES)
def test_without_colors_attributes_show_what_colors_show(theme: str) -> None:
    palette = Palette(VARIABLES[theme], no_color=True)
    assert palette.style("error").bold and not palette.style("plain").bold
    assert palette.style("plain", "cursor").reverse
    assert not palette.style("match", "cursor").reverse
    assert palette.style("plain", "selected").underline
