"""The footer: what it shows in each state, and what it leaves out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding
from textual.screen import Screen

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.events import RunBuilder
from tests.helpers.pilot import drawn, until
from whitetail.panes.key_bar import KeyBar
from whitetail_store import RunEvent


def footer(ui: AppDriver) -> str:
    return drawn(ui.app.screen.query_one(KeyBar))[0].strip()


@asynccontextmanager
async def app_with_footer(
    tree: Disk, size: tuple[int, int] = (80, 30), *, read_only: bool = False
) -> AsyncIterator[AppDriver]:
    async with open_app(tree, size=size, read_only=read_only) as ui:
        await ui.until_shown("events", "reply")
        await ui.until(lambda: footer(ui).startswith("enter Open"))
        yield ui


@pytest.mark.parametrize("width", [40, 60, 80, 150, 220])
async def test_help_and_quit_are_at_the_right_at_every_width(
    tree: Disk, width: int
) -> None:
    async with app_with_footer(tree, (width, 24)) as ui:
        assert footer(ui).endswith("? Help  q Quit")
        assert footer(ui).count("enter") == 1
        assert footer(ui).count("Search") <= 1
        assert len(drawn(ui.browse.query_one(KeyBar))[0]) == width - 1


async def test_the_least_important_keys_are_left_out_first(tree: Disk) -> None:
    async with app_with_footer(tree) as ui:
        left = footer(ui).removesuffix("? Help  q Quit").split("  ")
        assert left[:2] == ["enter Open", "tab Pane"]
        assert "c Conversation" not in footer(ui)
        await ui.pilot.resize_terminal(150, 24)
        await ui.until(lambda: "i Overview  c Conversation" in footer(ui))


async def test_read_only_names_no_delete(tree: Disk) -> None:
    async with app_with_footer(tree, read_only=True) as ui:
        assert "Delete" not in footer(ui)
    async with app_with_footer(tree) as ui:
        assert "d Delete" in footer(ui)


async def test_undo_is_named_after_a_delete(tree: Disk) -> None:
    async with app_with_footer(tree, (150, 24)) as ui:
        assert "Undo" not in footer(ui)
        await ui.delete()
        await ui.until(lambda: "u Undo" in footer(ui))


async def test_without_runs_only_what_applies_is_named(tmp_path: Path) -> None:
    async with open_app(Disk(tmp_path), size=(80, 24)) as ui:
        await ui.until(
            lambda: (
                footer(ui).split("  ")[0] == "ctrl+r Scan again"
                and footer(ui).endswith("? Help  q Quit")
            )
        )
        assert len(footer(ui).split()) == 7


async def test_the_search_line_names_its_own_keys(tree: Disk) -> None:
    async with app_with_footer(tree) as ui:
        await ui.press("3", "slash")
        await ui.until(lambda: footer(ui).startswith("enter Apply  esc Close  "))
        assert footer(ui).endswith("  F1 Help  ctrl+q Quit")
        assert len(footer(ui).split()) == 8
        await ui.press("escape")
        await ui.until(lambda: footer(ui).endswith("? Help  q Quit"))


async def test_follow_is_named_only_if_it_does_something(live: Disk) -> None:
    async with open_app(live, size=(150, 24)) as ui:
        await ui.until_shown("events", "answer 39")
        assert ui.events.following
        await ui.until(lambda: "Overview" in footer(ui))
        assert "Follow" not in footer(ui)
        await ui.press("3", "k")
        await ui.until(lambda: "f Follow" in footer(ui))


async def test_a_run_that_ended_is_not_followed(tree: Disk) -> None:
    async with app_with_footer(tree, (150, 24)) as ui:
        assert "Follow" not in footer(ui)


@pytest.mark.parametrize("key", ["i", "c"])
async def test_a_screen_names_its_own_keys(tree: Disk, key: str) -> None:
    async with app_with_footer(tree, (60, 24)) as ui:
        await ui.press(key)
        await ui.until(lambda: ui.app.screen is not ui.browse)
        await ui.until(lambda: footer(ui).endswith("? Help  q Back"))
        assert "Quit" not in footer(ui)


async def test_a_click_presses_the_key(tree: Disk) -> None:
    async with app_with_footer(tree, (150, 24)) as ui:
        bar = ui.browse.query_one(KeyBar)
        x = drawn(bar)[0].index("i Overview")
        await ui.pilot.click(bar, offset=(x, 0))
        await ui.until(lambda: ui.app.screen is not ui.browse)


class CountingScreen(Screen[None]):
    """A screen that counts how often its bindings are collected."""

    collected = 0

    def compose(self) -> ComposeResult:
        yield KeyBar()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        self.collected += 1
        return super().active_bindings


async def test_the_bindings_are_collected_once_for_all_items() -> None:
    app, screen = App[None](), CountingScreen()
    async with app.run_test() as pilot:
        await app.push_screen(screen)
        await pilot.pause()
        updates: list[Screen[object]] = []
        screen.bindings_updated_signal.subscribe(screen, updates.append)
        before = screen.collected
        screen.refresh_bindings()
        await until(pilot, lambda: updates)
        assert screen.collected - before == len(updates)


async def test_a_folded_event_has_the_key_that_unfolds_it(tmp_path: Path) -> None:
    disk, run = Disk(tmp_path), RunBuilder()
    launch = run.launch("t")
    begun = run.add("subagent.start", {"task_id": "t"}, task_id="t")
    run.step("t"), run.finish("t"), run.result("t")
    disk.path("thread", "run").parent.mkdir(parents=True)
    for each in run.rows:
        assert isinstance(each, RunEvent)
        metadata = dict(each.metadata)
        disk.add_event("thread", "run", each.event_type, each.content, metadata)
    async with open_app(disk, size=(150, 30)) as ui:
        await ui.until_shown("events", "1 step")
        ui.browse.go_to_row(launch)
        await ui.until(lambda: footer(ui).startswith("enter Open  tab Pane"))
        await ui.press("j")
        await ui.until(lambda: footer(ui).startswith("enter Open  l Unfold  "))
        assert ui.events.row == begun
        await ui.press("l")
        await ui.until(lambda: "Unfold" not in footer(ui))
        await ui.press("h")
        await ui.until(lambda: "Unfold" in footer(ui))
