"""A list of things with keys: what stays with a thing when the list changes.

Tested with the pane of threads.
"""

from __future__ import annotations

import pytest

from tests.helpers.events import START
from tests.helpers.pilot import Stage, drawn, press, until
from whitetail.panes.line_list import LineList
from whitetail.panes.threads import ThreadsPane
from whitetail.view.lists.entries import ThreadEntry

SIZE = (50, 12)


def now() -> float:
    return START


def thread(key: str, *, runs: int = 1) -> ThreadEntry:
    return ThreadEntry(key, f"title of {key}", True, runs, START)


def threads(keys: str) -> list[ThreadEntry]:
    """Return a thread for each character."""
    return [thread(key) for key in keys]


async def test_the_cursor_stays_on_its_thread_when_a_thread_is_inserted_above() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abc"))
        await press(pilot, "j")
        pane.show(threads("xabc"))
        assert pane.key == "b"


async def test_a_thread_that_moves_with_the_cursor_posts_no_highlight() -> None:
    pane = ThreadsPane("threads", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show(threads("abc"))
        await press(pilot, "j")
        await until(pilot, lambda: app.count(LineList.Highlighted) == 2)
        pane.show([thread("b", runs=2), *threads("ac")])
        assert pane.key == "b"
        await press(pilot, "j")
        await until(pilot, lambda: app.count(LineList.Highlighted) > 2)
        assert app.count(LineList.Highlighted) == 3


async def test_the_visible_threads_stay_visible_when_threads_are_inserted_above() -> (
    None
):
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        old = [thread(f"t{n}") for n in range(40)]
        pane.show(old)
        await press(pilot, *["j"] * 25)
        before = pane.visible_keys
        pane.show([thread(f"new{n}") for n in range(5)] + old)
        await pilot.pause()
        assert pane.visible_keys == before


async def test_the_cursor_stays_where_it_is_when_the_lines_are_sorted() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        old = [thread(f"t{n}") for n in range(40)]
        pane.show(old)
        await press(pilot, *["j"] * 25, "k", "k")
        before = pane.cursor - pane.visible_lines[0]
        pane.show([old[0], *reversed(old[1:])])
        await pilot.pause()
        assert pane.key == "t23"
        assert pane.cursor - pane.visible_lines[0] == before


async def test_at_the_top_of_the_list_an_inserted_thread_becomes_visible() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        old = [thread(f"t{n}") for n in range(40)]
        pane.show(old)
        await pilot.pause()
        pane.show([thread("new"), *old])
        await until(pilot, lambda: "title of new" in drawn(pane)[0])


@pytest.mark.parametrize(
    ("cursor", "left", "key"),
    [
        pytest.param(1, "acd", "c", id="the next one"),
        pytest.param(3, "abc", "c", id="the last one"),
        pytest.param(1, "ad", "d", id="the next remaining one"),
        pytest.param(1, "", None, id="none"),
    ],
)
async def test_the_cursor_moves_to_a_neighbor_when_its_thread_is_removed(
    cursor: int, left: str, key: str | None
) -> None:
    pane = ThreadsPane("threads", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await press(pilot, *["j"] * cursor)
        app.messages.clear()
        pane.show(threads(left))
        await pilot.pause()
        assert pane.key == key
        assert bool(app.count(LineList.Highlighted)) == bool(left)


async def test_space_selects_a_line_and_moves_to_the_next() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await press(pilot, "space", "j", "space")
        assert [entry.key for entry in pane.chosen] == ["a", "c"]
        assert pane.key == "d"


async def test_all_lines_are_selected_or_the_others() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await press(pilot, "space", "~")
        assert [entry.key for entry in pane.chosen] == ["b", "c", "d"]
        await press(pilot, "*")
        assert [entry.key for entry in pane.chosen] == ["a", "b", "c", "d"]
        pane.show(threads("bcx"))
        assert [entry.key for entry in pane.chosen] == ["b", "c"]


async def test_space_deselects_a_selected_line() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await press(pilot, "space", "space", "g", "space")
        assert [entry.key for entry in pane.chosen] == ["b"]


async def test_without_a_selection_the_thread_under_the_cursor_is_chosen() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await press(pilot, "j")
        assert [entry.key for entry in pane.chosen] == ["b"]


async def test_in_an_empty_list_nothing_is_chosen() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await press(pilot, "space", "v", "j", "v")
        assert pane.chosen == []


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["j", "v", "j", "j", "v"], "bcd"),
        (["G", "v", "k", "v"], "de"),
        (["v", "j", "j", "k", "v"], "ab"),
        (["v", "j", "v", "j", "j"], "ab"),
        (["G", "space", "g", "v", "j", "v"], "abe"),
    ],
)
async def test_v_selects_a_range(keys: list[str], chosen: str) -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcde"))
        await press(pilot, *keys)
        assert "".join(entry.key for entry in pane.chosen) == chosen


async def test_a_range_keeps_its_start_when_threads_are_inserted_above() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcde"))
        await press(pilot, "j", "v", "j")
        pane.show(threads("xyabcde"))
        await press(pilot, "j", "v")
        assert "".join(entry.key for entry in pane.chosen) == "bcd"


async def test_a_removed_thread_is_deselected() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await press(pilot, "space", "space")
        pane.show(threads("bcd"))
        pane.show(threads("abcd"))
        assert [entry.key for entry in pane.chosen] == ["b"]


async def test_a_cleared_selection_is_empty() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await press(pilot, "space", "space")
        assert pane.clear_selection()
        assert not pane.clear_selection()
        assert pane.selected == set()


async def test_selected_lines_have_another_background() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await press(pilot, "space", "j")
        styles = [next(iter(pane.render_line(y))).style for y in range(4)]
        backgrounds = [style.bgcolor for style in styles if style is not None]
        selected, plain, under_cursor, last = backgrounds
        assert plain == last
        assert len({selected, plain, under_cursor}) == 3


async def test_a_thousand_inserted_threads_post_one_message() -> None:
    pane = ThreadsPane("threads", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(1_000)])
        await pilot.pause()
        app.messages.clear()
        pane.show([thread(f"t{n}") for n in range(2_000)])
        await pilot.pause()
        assert app.count(LineList.VisibleLinesChanged) == 1
