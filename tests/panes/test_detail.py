from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from itertools import count

from rich.cells import cell_len
from textual.widget import Widget

from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes.detail import DetailPane
from whitetail.panes.palette import palette
from whitetail.view.folding import Fold
from whitetail.view.styled import TONES, Block, Document, Part, StyledLine

SIZE = (40, 12)
WORDS = "the deer of the wood see the river and go away "


def plain(*texts: str) -> Document:
    """Return a document of plain lines."""

    def document(width: int) -> Iterator[StyledLine]:
        for text in texts:
            yield ((text, "plain"),)

    return document


class Endless:
    """A text without an end, and how much of it was made."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, width: int) -> Iterator[StyledLine]:
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

    def slow(width: int) -> Iterator[StyledLine]:
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

    def slow(width: int) -> Iterator[StyledLine]:
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
        pane.show(lambda width: iter([((tone, tone),) for tone in tones]))
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


def sections(*names: str, rows: int = 3, folded: bool = False) -> Document:
    """Return a document of blocks of a few lines each."""

    def body(name: str) -> Iterator[Part]:
        for number in range(rows):
            yield ((f"{name} {number}", "plain"),)

    def document(width: int) -> Iterator[Part]:
        for name in names:
            yield Block(name, ((name, "heading"),), partial(body, name), folded)

    return document


def nested(width: int) -> Iterator[Part]:
    """A block within a block."""

    def inner() -> Iterator[Part]:
        yield (("  deep", "plain"),)

    def outer() -> Iterator[Part]:
        yield (("said", "plain"),)
        yield Block("inner", (("inner", "heading"),), inner)

    yield (("top", "plain"),)
    yield Block("outer", (("outer", "heading"),), outer)


def under_cursor(pane: DetailPane) -> str:
    """Return the line that is drawn on another ground."""
    plain = palette(pane).style("plain").bgcolor
    lit = [
        strip.text.strip()
        for strip in map(pane.render_line, range(pane.size.height))
        if any(each.style and each.style.bgcolor != plain for each in strip)
    ]
    return lit[0] if len(lit) == 1 else ""


async def test_the_cursor_shows_where_one_is_while_the_pane_has_the_focus() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain("first", "second", "third"))
        await until(pilot, lambda: under_cursor(pane) == "first")
        await pilot.press("j", "j")
        await until(pilot, lambda: under_cursor(pane) == "third")
        await pilot.press("j", "up")
        await until(pilot, lambda: under_cursor(pane) == "second")
        pane.screen.set_focus(None)
        await until(pilot, lambda: not under_cursor(pane))


async def test_the_cursor_takes_the_text_along() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"line {n}" for n in range(100))))
        await until(pilot, lambda: drawn(pane)[0] == "line 0")
        await pilot.press(*["j"] * 12)
        await until(pilot, lambda: under_cursor(pane) == "line 12")
        assert drawn(pane)[-1] == "line 12"
        await pilot.press("pagedown")
        await until(pilot, lambda: under_cursor(pane) == "line 21")
        assert drawn(pane)[-1] == "line 21"
        await pilot.press("g")
        await until(pilot, lambda: drawn(pane)[0] == under_cursor(pane) == "line 0")


async def test_the_wheel_takes_the_cursor_along() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"line {n}" for n in range(100))))
        await until(pilot, lambda: drawn(pane)[0] == "line 0")
        pane.scroll_to(y=30, animate=False)
        await until(pilot, lambda: under_cursor(pane) == "line 30")


async def test_enter_on_a_heading_folds_its_block_and_opens_it() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe"))
        await until(pilot, lambda: drawn(pane)[0] == "▾ deer")
        await pilot.press("enter")
        await until(pilot, lambda: drawn(pane)[:3] == ["▸ deer", "▾ doe", "  doe 0"])
        assert under_cursor(pane) == "▸ deer"
        await pilot.press("enter")
        await until(pilot, lambda: drawn(pane)[:2] == ["▾ deer", "  deer 0"])
        await pilot.press("j", "enter")
        await pilot.pause()
        assert drawn(pane)[:2] == ["▾ deer", "  deer 0"]


async def test_a_click_on_a_heading_does_so_too() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe"))
        await until(pilot, lambda: drawn(pane)[4] == "▾ doe")
        await pilot.click(pane, offset=(5, 5))
        await until(pilot, lambda: drawn(pane)[4] == "▸ doe")
        await pilot.click(pane, offset=(5, 2))
        await until(pilot, lambda: under_cursor(pane) == "deer 0")
        assert drawn(pane)[0] == "▾ deer"


async def test_left_folds_and_goes_up_and_right_opens() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(nested)
        await until(pilot, lambda: "    deep" in drawn(pane))
        await pilot.press("G", "h")
        await until(pilot, lambda: drawn(pane)[3] == "▸ inner")
        assert under_cursor(pane) == "▸ inner"
        await pilot.press("h")
        await until(pilot, lambda: under_cursor(pane) == "▾ outer")
        await pilot.press("h")
        await until(pilot, lambda: drawn(pane)[:3] == ["top", "▸ outer", ""])
        await pilot.press("l")
        await until(pilot, lambda: drawn(pane)[3] == "▸ inner")
        assert under_cursor(pane) == "▾ outer"


async def test_a_heading_stays_where_it_is_on_the_screen() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe", "fawn", rows=2_000))
        await until(pilot, lambda: drawn(pane)[0] == "▾ deer")
        await pilot.press("G")
        await until(pilot, lambda: drawn(pane)[-1] == "  fawn 1999")
        pane.scroll_to(y=4_000, animate=False)
        pane.cursor = 4_002
        await until(pilot, lambda: under_cursor(pane) == "▾ fawn")
        await pilot.press("k", "k")
        pane.cursor = 2_001
        pane.scroll_to(y=1_997, animate=False)
        await until(pilot, lambda: drawn(pane)[4] == under_cursor(pane) == "▾ doe")
        await pilot.press("h")
        await until(pilot, lambda: drawn(pane)[4:6] == ["▸ doe", "▾ fawn"])
        assert under_cursor(pane) == "▸ doe"
        await pilot.press("l")
        await until(pilot, lambda: drawn(pane)[4:6] == ["▾ doe", "  doe 0"])


async def test_folding_from_far_within_a_block_goes_to_its_heading() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe", rows=700))
        await until(pilot, lambda: drawn(pane)[0] == "▾ deer")
        pane.scroll_to(y=400, animate=False)
        await until(pilot, lambda: under_cursor(pane) == "deer 399")
        await pilot.press("h")
        await until(pilot, lambda: drawn(pane)[:2] == ["▸ deer", "▾ doe"])
        assert under_cursor(pane) == "▸ deer"


async def test_blocks_folded_in_one_burst_are_all_folded() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe", "fawn", rows=1))
        await until(pilot, lambda: drawn(pane)[4] == "▾ fawn")
        deer, doe = pane.fold_at(0), pane.fold_at(2)
        assert deer is not None and doe is not None
        pane.fold(deer, is_open=False)
        pane.fold(doe, is_open=False)
        await until(pilot, lambda: drawn(pane)[:3] == ["▸ deer", "▸ doe", "▾ fawn"])
        assert under_cursor(pane) == "▸ doe"


async def test_what_was_folded_stays_so_in_the_next_text() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe"))
        await until(pilot, lambda: drawn(pane)[0] == "▾ deer")
        await pilot.press("h")
        await until(pilot, lambda: drawn(pane)[0] == "▸ deer")
        pane.show(sections("fawn", "deer"))
        await until(pilot, lambda: drawn(pane)[0] == "▾ fawn")
        assert drawn(pane)[4] == "▸ deer"
        pane.show(sections("deer", folded=True))
        await until(pilot, lambda: drawn(pane)[:2] == ["▸ deer", ""])
        await pilot.press("l")
        await until(pilot, lambda: drawn(pane)[1] == "  deer 0")
        pane.show(sections("deer", "hart", folded=True))
        await until(pilot, lambda: drawn(pane)[4] == "▸ hart")
        assert drawn(pane)[0] == "▾ deer"


async def test_only_so_many_choices_are_remembered() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        for number in range(1_001):
            pane.fold(Fold((str(number),), True, 0, None), is_open=False)
        pane.show(sections("0", "1000"))
        await until(pilot, lambda: drawn(pane)[4] == "▸ 1000")
        assert drawn(pane)[0] == "▾ 0"


async def test_where_lines_go_beyond_the_edge_left_comes_back_before_it_folds() -> None:
    pane = DetailPane("detail")
    wide: Part = ((WORDS + "END", "plain"),)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.wrapping = False
        pane.show(lambda _: iter([Block("a", (("a", "key"),), lambda: iter([wide]))]))
        await until(pilot, lambda: drawn(pane)[1])
        await pilot.press(*["l"] * 15)
        await until(pilot, lambda: "END" in drawn(pane)[1])
        await pilot.press(*["shift+left"] * 15)
        await until(pilot, lambda: drawn(pane)[0] == "▾ a")
        await pilot.press("shift+right", "h")
        await until(pilot, lambda: drawn(pane)[0] == "▾ a")
        await pilot.press("h")
        await until(pilot, lambda: drawn(pane)[0] == "▸ a")


async def test_a_text_learns_how_wide_it_may_be() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(lambda width: iter([((f"{width} cells", "plain"),)]))
        await until(pilot, lambda: drawn(pane)[0] == "37 cells")
        await pilot.resize_terminal(90, 12)
        await until(pilot, lambda: drawn(pane)[0] == "87 cells")
        pane.wrapping = False
        await pilot.resize_terminal(60, 12)
        await until(pilot, lambda: drawn(pane)[0] == "57 cells")
