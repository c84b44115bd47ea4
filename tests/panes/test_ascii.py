from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from whitetail.panes.ascii import AsciiFilter
from whitetail.view.lists.entries import STATUS_SIGNS
from whitetail.view.lists.event_line import EVENT_SIGNS


def drawn(text: str) -> str:
    style = Style(bold=True)
    [segment] = AsciiFilter().apply([Segment(text, style)], Color(0, 0, 0))
    assert segment.style is style
    return segment.text


def test_each_status_has_a_sign_of_its_own() -> None:
    signs = [drawn(sign) for sign, _ in STATUS_SIGNS.values()]
    assert all(each.isascii() and len(each) == 1 for each in signs)
    assert len(set(signs)) == len(signs)


@pytest.mark.parametrize("sign", [*EVENT_SIGNS, "╭─╮", "▁▔", "✦ ◇ ∎", "…", "1 · 2"])
def test_signs_keep_their_width(sign: str) -> None:
    assert drawn(sign).isascii()
    assert len(drawn(sign)) == len(sign)


@pytest.mark.parametrize("text", ["Größe", "鹿园夜班", "олень", "🦌", "plain"])
def test_letters_of_texts_stay(text: str) -> None:
    assert drawn(text) == text
