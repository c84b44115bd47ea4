"""The pane of one event in full. Also covers `panes/text_view.py` and all tones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widget import Widget

from tests.helpers.detail import Endless
from tests.helpers.pilot import Stage, drawn, press, until
from tests.helpers.waiting import WAIT_TIMEOUT_S
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


def is_blank(widget: Widget) -> bool:
    return not any(drawn(widget))


async def test_a_text_is_shown_from_its_first_line() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain("first", "second"))
        await until(pilot, lambda: drawn(pane)[:3] == ["first", "second", ""])


async def test_no_text_is_laid_out_before_the_pane_has_a_size() -> None:
    widths: list[int] = []

    def document(width: int) -> Iterator[StyledLine]:
        widths.append(width)
        yield (("first", "plain"),)

    pane = DetailPane("detail")
    pane.display = False
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(document)
        pane.display = True
        await until(pilot, lambda: drawn(pane)[:1] == ["first"])
    assert min(widths) > SIZE[0] // 2


async def test_the_next_text_is_also_shown_from_its_first_line() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"old {n}" for n in range(100))))
        await until(pilot, lambda: "old 0" in drawn(pane))
        await press(pilot, "G")
        await until(pilot, lambda: "old 99" in drawn(pane))
        pane.show(plain(*(f"new {n}" for n in range(100))))
        await until(pilot, lambda: drawn(pane)[0] == "new 0")


async def test_the_pane_is_blank_without_a_text() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain("first"))
        await until(pilot, lambda: drawn(pane)[0] == "first")
        pane.show(None)
        await until(pilot, lambda: is_blank(pane))
        assert not pane.border_subtitle


async def test_long_lines_are_wrapped() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(WORDS * 3))
        await until(pilot, lambda: drawn(pane)[0])
        lines = [line for line in drawn(pane) if line]
        assert " ".join(lines) == (WORDS * 3).strip()
        assert all(cell_len(line) <= 38 for line in lines)


async def test_unwrapped_lines_can_be_scrolled_horizontally() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(WORDS + "END"))
        pane.wrapping = False
        await until(pilot, lambda: drawn(pane)[0] and not drawn(pane)[1])
        assert "END" not in drawn(pane)[0]
        pane.focus()
        await press(pilot, *["l"] * 15)
        await until(pilot, lambda: "END" in drawn(pane)[0])


async def test_only_the_beginning_of_an_endless_text_is_laid_out() -> None:
    pane = DetailPane("detail")
    text = Endless()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(text)
        await until(pilot, lambda: drawn(pane)[0] == "line 1")
        await pilot.pause()
        assert text.made < 2_000


async def scrolled_to(pilot: Pilot[Any], pane: DetailPane, line: int) -> None:
    """Scroll to a line, as far as lines are laid out, until it is there."""

    def is_there() -> bool:
        pane.scroll_to(y=min(line, pane.max_scroll_y), animate=False)
        return pane.max_scroll_y >= line

    await until(pilot, is_there)


async def test_scrolling_lays_out_more_of_a_text() -> None:
    pane = DetailPane("detail")
    text = Endless()
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(text)
        # A slow machine lays out fewer lines at once, but never fewer than these.
        await until(pilot, lambda: pane.max_scroll_y >= 300)
        before = text.made
        pane.scroll_to(y=pane.max_scroll_y, animate=False)
        await until(pilot, lambda: text.made > before)


async def test_the_border_shows_the_number_of_lines_and_whether_it_is_final() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(Endless())
        await until(pilot, lambda: "so far" in str(pane.border_subtitle))
        pane.show(plain("a", "b"))
        await until(pilot, lambda: pane.border_subtitle == "2 lines")


async def test_one_key_goes_to_the_end_of_a_long_text() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"line {n}" for n in range(5_000))))
        await press(pilot, "G")
        await until(pilot, lambda: "line 4999" in drawn(pane))
        await press(pilot, "g")
        await until(pilot, lambda: drawn(pane)[0] == "line 0")
        await press(pilot, "G")
        await until(pilot, lambda: "line 4999" in drawn(pane))


async def test_no_line_of_a_text_is_shown_after_another_text_was_set() -> None:
    pane = DetailPane("detail")
    go_on = threading.Event()

    def slow(width: int) -> Iterator[StyledLine]:
        assert go_on.wait(WAIT_TIMEOUT_S)
        for _ in range(2_000):
            yield (("slow", "plain"),)

    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(slow)
        await pilot.pause()
        pane.show(plain("fast"))
        go_on.set()
        await until(pilot, lambda: drawn(pane)[0] == "fast")
        assert drawn(pane)[1:] == [""] * 9


async def test_keys_work_while_a_text_is_being_laid_out() -> None:
    pane = DetailPane("detail")
    go_on = threading.Event()

    def slow(width: int) -> Iterator[StyledLine]:
        assert go_on.wait(WAIT_TIMEOUT_S)
        yield (("slow", "plain"),)

    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(slow)
        await press(pilot, "j", "k", "pagedown", "G", "g")
        assert is_blank(pane)
        go_on.set()
        await until(pilot, lambda: drawn(pane)[0] == "slow")


async def test_lines_are_wrapped_again_when_the_width_changes() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(WORDS * 3))
        await until(pilot, lambda: drawn(pane)[3])
        await pilot.resize_terminal(90, 12)
        await until(pilot, lambda: not drawn(pane)[3] and drawn(pane)[0])
        assert " ".join(drawn(pane)).strip() == (WORDS * 3).strip()


async def test_a_pane_that_is_four_cells_wide_shows_something() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=(6, 4)) as pilot:
        pane.show(plain("鹿鹿鹿 deer"))
        await until(pilot, lambda: not is_blank(pane))


async def test_every_tone_can_be_drawn() -> None:
    pane = DetailPane("detail")
    tones = sorted(TONES)
    async with Stage(pane).run_test(size=(40, 40)) as pilot:
        pane.show(lambda width: iter([((tone, tone),) for tone in tones]))
        await until(pilot, lambda: drawn(pane)[: len(tones)] == tones)
        styles = {
            tone: next(iter(pane.render_line(y))).style for y, tone in enumerate(tones)
        }
        assert styles["error"] != styles["plain"] != styles["heading"]


async def test_half_a_page_down_and_half_a_page_up_cancel_out() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"line {n}" for n in range(100))))
        await until(pilot, lambda: drawn(pane)[0] == "line 0")
        await press(pilot, "ctrl+d")
        await until(pilot, lambda: drawn(pane)[0] != "line 0")
        await press(pilot, "ctrl+u")
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
    """Yield a line, and a block that contains another one."""

    def inner() -> Iterator[Part]:
        yield (("  deep", "plain"),)

    def outer() -> Iterator[Part]:
        yield (("shallow", "plain"),)
        yield Block("inner", (("inner", "heading"),), inner)

    yield (("top", "plain"),)
    yield Block("outer", (("outer", "heading"),), outer)


def under_cursor(pane: DetailPane) -> str:
    """Return the line with the background of the cursor. Empty if there is none."""
    plain = palette(pane).style("plain").bgcolor
    highlighted = [
        strip.text.strip()
        for strip in map(pane.render_line, range(pane.size.height))
        if any(each.style and each.style.bgcolor != plain for each in strip)
    ]
    return highlighted[0] if len(highlighted) == 1 else ""


async def test_the_cursor_is_visible_while_the_pane_has_the_focus() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain("first", "second", "third"))
        await until(pilot, lambda: under_cursor(pane) == "first")
        await press(pilot, "j", "j")
        await until(pilot, lambda: under_cursor(pane) == "third")
        await press(pilot, "j", "up")
        await until(pilot, lambda: under_cursor(pane) == "second")
        pane.screen.set_focus(None)
        await until(pilot, lambda: not under_cursor(pane))


async def test_the_text_scrolls_with_the_cursor() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"line {n}" for n in range(100))))
        await until(pilot, lambda: drawn(pane)[0] == "line 0")
        await press(pilot, *["j"] * 12)
        await until(pilot, lambda: under_cursor(pane) == "line 12")
        assert drawn(pane)[-1] == "line 12"
        await press(pilot, "pagedown")
        await until(pilot, lambda: under_cursor(pane) == "line 21")
        assert drawn(pane)[-1] == "line 21"
        await press(pilot, "g")
        await until(pilot, lambda: drawn(pane)[0] == under_cursor(pane) == "line 0")


async def test_the_cursor_stays_visible_when_the_text_is_scrolled() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(plain(*(f"line {n}" for n in range(100))))
        await until(pilot, lambda: drawn(pane)[0] == "line 0")
        await scrolled_to(pilot, pane, 30)
        await until(pilot, lambda: under_cursor(pane) == "line 30")


async def test_enter_on_a_heading_folds_and_opens_its_block() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe"))
        await until(pilot, lambda: drawn(pane)[0] == "▾ deer")
        await press(pilot, "enter")
        await until(pilot, lambda: drawn(pane)[:3] == ["▸ deer", "▾ doe", "  doe 0"])
        assert under_cursor(pane) == "▸ deer"
        await press(pilot, "enter")
        await until(pilot, lambda: drawn(pane)[:2] == ["▾ deer", "  deer 0"])
        await press(pilot, "j", "enter")
        await pilot.pause()
        assert drawn(pane)[:2] == ["▾ deer", "  deer 0"]


async def test_a_click_on_a_heading_folds_its_block() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe"))
        await until(pilot, lambda: drawn(pane)[4] == "▾ doe")
        await pilot.click(pane, offset=(5, 5))
        await until(pilot, lambda: drawn(pane)[4] == "▸ doe")
        await pilot.click(pane, offset=(5, 2))
        await until(pilot, lambda: under_cursor(pane) == "deer 0")
        assert drawn(pane)[0] == "▾ deer"


async def test_left_folds_or_goes_to_the_outer_block_and_right_opens() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(nested)
        await until(pilot, lambda: "    deep" in drawn(pane))
        await press(pilot, "G", "h")
        await until(pilot, lambda: drawn(pane)[3] == "▸ inner")
        assert under_cursor(pane) == "▸ inner"
        await press(pilot, "h")
        await until(pilot, lambda: under_cursor(pane) == "▾ outer")
        await press(pilot, "h")
        await until(pilot, lambda: drawn(pane)[:3] == ["top", "▸ outer", ""])
        await press(pilot, "l")
        await until(pilot, lambda: drawn(pane)[3] == "▸ inner")
        assert under_cursor(pane) == "▾ outer"


async def test_a_heading_does_not_move_when_its_block_folds_or_opens() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe", "fawn", rows=2_000))
        await until(pilot, lambda: drawn(pane)[0] == "▾ deer")
        await press(pilot, "G")
        await until(pilot, lambda: drawn(pane)[-1] == "  fawn 1999")
        pane.scroll_to(y=4_000, animate=False)
        pane.cursor = 4_002
        await until(pilot, lambda: under_cursor(pane) == "▾ fawn")
        await press(pilot, "k", "k")
        pane.cursor = 2_001
        pane.scroll_to(y=1_997, animate=False)
        await until(pilot, lambda: drawn(pane)[4] == under_cursor(pane) == "▾ doe")
        await press(pilot, "h")
        await until(pilot, lambda: drawn(pane)[4:6] == ["▸ doe", "▾ fawn"])
        assert under_cursor(pane) == "▸ doe"
        await press(pilot, "l")
        await until(pilot, lambda: drawn(pane)[4:6] == ["▾ doe", "  doe 0"])


async def test_folding_deep_inside_a_block_goes_to_its_heading() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe", rows=700))
        await until(pilot, lambda: drawn(pane)[0] == "▾ deer")
        await scrolled_to(pilot, pane, 400)
        await until(pilot, lambda: under_cursor(pane) == "deer 399")
        await press(pilot, "h")
        await until(pilot, lambda: drawn(pane)[:2] == ["▸ deer", "▾ doe"])
        assert under_cursor(pane) == "▸ deer"


async def test_blocks_that_are_folded_at_once_are_all_folded() -> None:
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


async def test_the_next_text_has_the_same_blocks_folded_and_open() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(sections("deer", "doe"))
        await until(pilot, lambda: drawn(pane)[0] == "▾ deer")
        await press(pilot, "h")
        await until(pilot, lambda: drawn(pane)[0] == "▸ deer")
        pane.show(sections("fawn", "deer"))
        await until(pilot, lambda: drawn(pane)[0] == "▾ fawn")
        assert drawn(pane)[4] == "▸ deer"
        pane.show(sections("deer", folded=True))
        await until(pilot, lambda: drawn(pane)[:2] == ["▸ deer", ""])
        await press(pilot, "l")
        await until(pilot, lambda: drawn(pane)[1] == "  deer 0")
        pane.show(sections("deer", "hart", folded=True))
        await until(pilot, lambda: drawn(pane)[4] == "▸ hart")
        assert drawn(pane)[0] == "▾ deer"


async def test_the_oldest_choice_is_forgotten_after_a_thousand() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        for number in range(1_001):
            pane.fold(Fold((str(number),), True, 0, None), is_open=False)
        pane.show(sections("0", "1000"))
        await until(pilot, lambda: drawn(pane)[4] == "▸ 1000")
        assert drawn(pane)[0] == "▾ 0"


async def test_left_scrolls_back_before_it_folds() -> None:
    pane = DetailPane("detail")
    wide: Part = ((WORDS + "END", "plain"),)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.wrapping = False
        pane.show(lambda _: iter([Block("a", (("a", "key"),), lambda: iter([wide]))]))
        await until(pilot, lambda: drawn(pane)[1])
        await press(pilot, *["l"] * 15)
        await until(pilot, lambda: "END" in drawn(pane)[1])
        # Here Textual animates what the program does at once: keys are not counted.
        while drawn(pane)[0] != "▾ a":
            await press(pilot, "shift+left")
        await press(pilot, "shift+right")
        await until(pilot, lambda: drawn(pane)[0] != "▾ a")
        await press(pilot, "h")
        await until(pilot, lambda: drawn(pane)[0] == "▾ a")
        await press(pilot, "h")
        await until(pilot, lambda: drawn(pane)[0] == "▸ a")


async def test_a_text_receives_the_width_of_the_pane() -> None:
    pane = DetailPane("detail")
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(lambda width: iter([((f"{width} cells", "plain"),)]))
        await until(pilot, lambda: drawn(pane)[0] == "37 cells")
        await pilot.resize_terminal(90, 12)
        await until(pilot, lambda: drawn(pane)[0] == "87 cells")
        pane.wrapping = False
        await pilot.resize_terminal(60, 12)
        await until(pilot, lambda: drawn(pane)[0] == "57 cells")
