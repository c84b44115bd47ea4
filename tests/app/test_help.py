"""The help screen: its groups, its signs, scrolling and the filter."""

from __future__ import annotations

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn
from whitetail.keys import GROUPS, KEYS, described_keys
from whitetail.panes.help import HelpPane


async def open_help(ui: AppDriver) -> HelpPane:
    await ui.press("question_mark")
    await ui.until(lambda: ui.app.screen.query(HelpPane))
    pane = ui.app.screen.query_one(HelpPane)
    await ui.until(lambda: pane.has_focus and drawn(pane)[0])
    return pane


def words(lines: list[str]) -> set[str]:
    return {word for line in lines for word in line.split()}


@pytest.mark.parametrize("size", [(60, 15), (80, 24)])
async def test_all_of_the_help_can_be_read_by_scrolling(
    tree: Disk, size: tuple[int, int]
) -> None:
    async with open_app(tree, size=size) as ui:
        pane = await open_help(ui)
        seen = words(drawn(pane))
        while pane.scroll_offset.y < pane.max_scroll_y:
            before = pane.scroll_offset.y
            await ui.press("pagedown")
            await ui.until(lambda: pane.scroll_offset.y > before)  # noqa: B023
            seen |= words(drawn(pane))
        for group in GROUPS:
            for keys, text in described_keys(group):
                assert words([keys, text]) <= seen
        assert words(["● ◌ ✓ ! ✗ † ≡ · ▸ ▾ ?"]) <= seen


@pytest.mark.parametrize(
    ("down", "up"),
    [
        *(("j", "k"), ("down", "up"), ("space", "pageup"), ("pagedown", "pageup")),
        *(("ctrl+d", "ctrl+u"), ("G", "g"), ("end", "home")),
    ],
)
async def test_each_key_that_moves_scrolls_the_help(
    tree: Disk, down: str, up: str
) -> None:
    async with open_app(tree, size=(80, 24)) as ui:
        pane = await open_help(ui)
        await ui.press(down)
        await ui.until(lambda: pane.scroll_offset.y > 0)
        await ui.press(up)
        await ui.until(lambda: pane.scroll_offset.y == 0)


@pytest.mark.parametrize(
    ("keys", "group"),
    [
        ("", "Threads and runs"),
        ("3", "Events"),
        ("4", "Event in full"),
        ("i", "Overview"),
        ("c", "Conversation"),
    ],
)
async def test_what_applies_here_is_on_top(tree: Disk, keys: str, group: str) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("detail", "a second answer")
        before = ui.app.focused
        await ui.press(*keys)
        await ui.until(lambda: ui.app.focused is not before or not keys)
        pane = await open_help(ui)
        assert drawn(pane)[0] == f"{group} (here)"


async def test_the_signs_of_a_group_are_above_its_keys(tree: Disk) -> None:
    async with open_app(tree) as ui:
        pane = await open_help(ui)
        assert drawn(pane)[1].split() == ["●", "a", "run", "that", "is", "running"]
        unknown = "a run whose status is unknown, or not known yet"
        assert any(line.split("  ")[-1].strip() == unknown for line in drawn(pane))


async def test_a_filter_leaves_the_lines_with_its_words(tree: Disk) -> None:
    async with open_app(tree) as ui:
        pane = await open_help(ui)
        await ui.press("slash", *"next err")
        await ui.until(lambda: len([line for line in drawn(pane) if line]) == 2)
        assert drawn(pane)[1].split() == ["e", "next", "error"]
        await ui.press("enter")
        await ui.until(lambda: pane.has_focus)
        await ui.press("escape")
        await ui.until(lambda: len(list(filter(None, drawn(pane)))) > 2)
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.browse)


async def test_letters_in_the_filter_close_nothing(tree: Disk) -> None:
    async with open_app(tree) as ui:
        pane = await open_help(ui)
        await ui.press("slash", *"quit?/")
        await ui.until(lambda: "no line" in drawn(pane)[0])
        await ui.press("escape")
        await ui.until(lambda: "here" in drawn(pane)[0])


def test_every_key_with_a_text_has_a_group() -> None:
    described = [each for group in GROUPS for each in described_keys(group)]
    assert len(described) == len([key for key in KEYS if key.help])
