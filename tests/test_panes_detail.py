from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count

from rich.cells import cell_len
from support import Stage, drawn, until
from textual.widget import Widget

from whitetail.tui.panes.detail import DetailPane, Document
from whitetail.tui.view.tone import TONES, Line

SIZE = (40, 12)
WORDS = "the deer of the wood see the river and go away "


def plain(*texts: str) -> Document:
    """Return a document of plain lines."""

    def document() -> Iterator[Line]:
        for text in texts:
            yield ((text, "plain"),)

    return document


class Endless:
    """A text without an end, and how much of it was made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> Iterator[Line]:
        for self.made in count(1):
            yield ((f"line {self.made}", "plain"),)


def is_empty(widget: Widget) -> bool:
    return not any(drawn(widget))


async def test_a_text_is_shown_from_its_beginning() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain("first", "second"))
        await until(pilot, lambda: drawn(pane)[:3] == ["first", "second", ""])


async def test_another_text_is_shown_from_its_beginning_too() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"old {n}" for n in range(100))))
        await until(pilot, lambda: "old 0" in drawn(pane))
        await pilot.press("G")
        await until(pilot, lambda: "old 99" in drawn(pane))
        pane.show(plain(*(f"new {n}" for n in range(100))))
        await until(pilot, lambda: drawn(pane)[0] == "new 0")


async def test_no_text_shows_nothing() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain("first"))
        await until(pilot, lambda: drawn(pane)[0] == "first")
        pane.show(None)
        await until(pilot, lambda: is_empty(pane))
        assert not pane.border_subtitle


async def test_long_lines_go_on_below() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(WORDS * 3))
        await until(pilot, lambda: drawn(pane)[0])
        said = [line for line in drawn(pane) if line]
        assert " ".join(said) == (WORDS * 3).strip()
        assert all(cell_len(line) <= 38 for line in said)


async def test_lines_that_are_not_wrapped_can_be_scrolled_to() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(WORDS + "END"))
        pane.wrapping = False
        await until(pilot, lambda: drawn(pane)[0] and not drawn(pane)[1])
        assert "END" not in drawn(pane)[0]
        pane.focus()
        await pilot.press(*["l"] * 15)
        await until(pilot, lambda: "END" in drawn(pane)[0])


async def test_a_text_is_made_only_a_little_ahead() -> None:
    pane = DetailPane("detail")
    text = Endless()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(text)
        await until(pilot, lambda: drawn(pane)[0] == "line 1")
        await pilot.pause()
        assert text.made < 2_000


async def test_scrolling_makes_more_of_a_text() -> None:
    pane = DetailPane("detail")
    text = Endless()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(text)
        await until(pilot, lambda: drawn(pane)[0] == "line 1")
        before = text.made
        pane.scroll_to(y=480, animate=False)
        await until(pilot, lambda: text.made > before)


async def test_the_border_says_that_there_is_more() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(Endless())
        await until(pilot, lambda: "so far" in str(pane.border_subtitle))
        pane.show(plain("a", "b"))
        await until(pilot, lambda: pane.border_subtitle == "2 lines")


async def test_the_end_of_a_long_text_is_one_key_away() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"line {n}" for n in range(5_000))))
        await pilot.press("G")
        await until(pilot, lambda: "line 4999" in drawn(pane))
        await pilot.press("g")
        await until(pilot, lambda: drawn(pane)[0] == "line 0")
        await pilot.press("G")
        await until(pilot, lambda: "line 4999" in drawn(pane))


async def test_nothing_of_a_text_shows_once_another_was_asked_for() -> None:
    pane = DetailPane("detail")
    let_go = threading.Event()

    def slow() -> Iterator[Line]:
        assert let_go.wait(10)
        for _ in range(2_000):
            yield (("slow", "plain"),)

    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(slow)
        await pilot.pause()
        pane.show(plain("fast"))
        let_go.set()
        await until(pilot, lambda: drawn(pane)[0] == "fast")
        assert drawn(pane)[1:] == [""] * 9


async def test_keys_work_while_a_text_is_being_made() -> None:
    pane = DetailPane("detail")
    let_go = threading.Event()

    def slow() -> Iterator[Line]:
        assert let_go.wait(10)
        yield (("slow", "plain"),)

    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(slow)
        await pilot.press("j", "k", "pagedown", "G", "g")
        assert is_empty(pane)
        let_go.set()
        await until(pilot, lambda: drawn(pane)[0] == "slow")


async def test_another_width_breaks_the_lines_anew() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(WORDS * 3))
        await until(pilot, lambda: drawn(pane)[3])
        await pilot.resize_terminal(90, 12)
        await until(pilot, lambda: not drawn(pane)[3] and drawn(pane)[0])
        assert " ".join(drawn(pane)).strip() == (WORDS * 3).strip()


async def test_a_pane_hardly_wider_than_its_border_does_no_harm() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=(6, 4)) as pilot:
        pane.show(plain("鹿鹿鹿 deer"))
        await until(pilot, lambda: not is_empty(pane))


async def test_every_tone_has_a_look() -> None:
    pane = DetailPane("detail")
    tones = sorted(TONES)
    async with Stage(pane).run_test(size=(40, 40)) as pilot:
        pane.show(lambda: iter([((tone, tone),) for tone in tones]))
        await until(pilot, lambda: drawn(pane)[: len(tones)] == tones)
        looks = {
            tone: next(iter(pane.render_line(y))).style for y, tone in enumerate(tones)
        }
        assert looks["error"] != looks["plain"] != looks["heading"]


async def test_half_a_page_down_and_up_is_where_one_was() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"line {n}" for n in range(100))))
        await until(pilot, lambda: drawn(pane)[0] == "line 0")
        await pilot.press("ctrl+d")
        await until(pilot, lambda: drawn(pane)[0] != "line 0")
        await pilot.press("ctrl+u")
        await until(pilot, lambda: drawn(pane)[0] == "line 0")
