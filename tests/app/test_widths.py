"""How the width of the screen is shared, and where the user is."""

from __future__ import annotations

from functools import partial

import pytest
from textual.content import Content
from textual.geometry import Region

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn
from whitetail.panes.base import BasePane
from whitetail.panes.query_prompt import QueryPrompt

LINE = "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
TOOL_CALL = {"id": "c", "name": "ls", "args": {}}


def line_colours(pane: BasePane) -> set[str]:
    """Return the colours of the line that is the top border of a pane."""
    [strip] = pane.render_lines(Region(0, 0, pane.outer_size.width, 1))
    parts = [each for each in strip if LINE in each.text]
    assert len(parts) > 1
    return {str(each.style.color) for each in parts if each.style}


@pytest.fixture
def timed(tree: Disk) -> Disk:
    """Return a tree whose newest run has a call that lasted a minute."""
    tree.write_run("timed", "r", "a question", age=100, ended=False)
    content = {"content": "", "tool_calls": [TOOL_CALL]}
    tree.add_event("timed", "r", "llm.ai.response", content)
    result = {"content": "ok", "tool_call_id": "c"}
    tree.add_event("timed", "r", "llm.tool.result", result)
    return tree


@pytest.mark.parametrize("columns", [80, 150, 219, 220, 300])
async def test_durations_are_shown_from_80_columns_on(
    timed: Disk, columns: int
) -> None:
    async with open_app(timed, size=(columns, 60)) as ui:
        await ui.until_shown("events", "0.0s")


async def test_a_very_wide_screen_shows_the_bars_of_time(timed: Disk) -> None:
    async with open_app(timed, size=(220, 60)) as ui:
        await ui.until_shown("events", "\N{BOX DRAWINGS HEAVY HORIZONTAL}")


@pytest.mark.parametrize("columns", [150, 250])
async def test_lists_are_wide_enough_for_the_numbers_of_runs_and_no_wider(
    tree: Disk, columns: int
) -> None:
    async with open_app(tree, size=(columns, 42)) as ui:
        await ui.until_shown("events", "a second answer")
        # Sign, prompt, start, tokens, length, errors, room for a scrollbar, border.
        width = 2 + 18 + 7 + 7 + 7 + 7 + 2 + 2
        assert ui.browse.lists.size.width == width
        tree.write_run("long", "r", "a question of very many words " * 5, age=5)
        await ui.until_shown("threads", "a question of very")
        assert ui.browse.lists.size.width == width


async def test_lists_have_at_most_four_tenths_of_the_screen(tree: Disk) -> None:
    async with open_app(tree, size=(110, 42)) as ui:
        await ui.until_shown("events", "a second answer")
        assert ui.browse.lists.size.width == 44


async def test_the_user_makes_the_lists_wider_and_narrower(tree: Disk) -> None:
    async with open_app(tree, size=(150, 42)) as ui:
        await ui.until_shown("events", "a second answer")
        width = ui.browse.lists.size.width
        await ui.press("greater_than_sign")
        await ui.until(lambda: ui.browse.lists.size.width == width + 4)
        await ui.press(*["less_than_sign"] * 30)
        await ui.until(lambda: ui.browse.lists.size.width == 28)
        await ui.press("z")
        await ui.until(lambda: ui.browse.lists.size.width == 150)
        await ui.press("z")
        await ui.until(lambda: ui.browse.lists.size.width == 28)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (99, 40), (120, 18)])
async def test_lists_beside_nothing_have_all_of_the_width(
    tree: Disk, size: tuple[int, int]
) -> None:
    async with open_app(tree, size=size) as ui:
        await ui.until(lambda: ui.browse.lists.size.width == size[0])


async def test_a_zoomed_pane_has_the_names_of_thread_run_and_event(tree: Disk) -> None:
    separator = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("3", "z")
        names = ["a first question", "a second question", "event 7"]
        await ui.until(lambda: ui.status.path == separator.join(names))
        await ui.press("k")
        await ui.until(lambda: ui.status.path.endswith("event 6"))
        await ui.press("z")
        await ui.until(lambda: ui.status.path == "")
        pane = await ui.open_overview()
        title = Content.from_markup(pane.border_title or "").plain
        assert title == separator.join([*names[:2], "overview"])


@pytest.mark.parametrize(
    ("keys", "end"),
    [
        (("3", "&"), "fields and values"),
        (("3", "/"), "fields"),
        (("3", "/", "tab"), "fields"),
        (("3", "/", "tab", "tab"), "fields"),
        (("1", "/"), "shows all"),
    ],
)
async def test_the_hint_below_a_query_is_whole_in_60_columns(
    tree: Disk, keys: tuple[str, ...], end: str
) -> None:
    async with open_app(tree, size=(60, 15)) as ui:
        await ui.until_open()
        await ui.press(*keys)
        await ui.until(lambda: ui.browse.query(QueryPrompt))
        assert drawn(ui.browse.query_one(".query-hint"))[0].endswith(end)


async def test_what_is_wrong_with_a_query_is_shown_whole_in_60_columns(
    tree: Disk,
) -> None:
    async with open_app(tree, size=(60, 15)) as ui:
        await ui.until_open()
        await ui.press("3", "&", *"tol:bash", "enter")
        prompt = ui.browse.query_one(QueryPrompt)
        await ui.until(lambda: "tol:bash" in prompt.hint)
        hint = ui.browse.query_one(".query-hint")
        await ui.until(lambda: " ".join(drawn(hint)) == prompt.hint)
        assert len(drawn(hint)) == 2


async def test_the_keys_of_a_filter_without_matches_are_whole_in_60_columns(
    tree: Disk,
) -> None:
    async with open_app(tree, size=(60, 15)) as ui:
        await ui.until_open()
        await ui.press("3", "&", *"zzz", "enter")
        await ui.until_shown("events", "No event matches [zzz]")
        assert drawn(ui.events)[2].endswith("switches it off")


async def test_the_top_border_of_each_pane_has_one_colour_wherever_the_focus_is(
    tree: Disk,
) -> None:
    async with open_app(tree, size=(150, 42)) as ui:
        await ui.until_shown("events", "a second answer")
        panes = (ui.threads, ui.runs, ui.events)
        for key, pane in zip("123", panes, strict=True):
            await ui.press(key)
            await ui.until(partial(getattr, pane, "has_focus"))
            await ui.until(lambda: all(len(line_colours(each)) == 1 for each in panes))
