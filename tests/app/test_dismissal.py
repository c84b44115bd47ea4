"""Screens that are asked to close twice."""

from __future__ import annotations

import asyncio

import pytest
from textual import work
from textual.app import App, ComposeResult
from textual.message import Message
from textual.messages import Prune
from textual.widgets import Static
from textual.worker import Worker

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import until
from whitetail.panes.line_list import LineList
from whitetail.screens.dismissal import DismissedOnce
from whitetail.screens.help import HelpScreen
from whitetail.screens.palette import WhitetailPalette


class Late(Message):
    """Has a `Working` screen start its work again."""


class Working(DismissedOnce[None]):
    """A screen with a worker that records what it could still write to at its end."""

    at_end: list[bool] | None = None
    late_work: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield Static()

    def on_mount(self) -> None:
        self.work_for_ever()

    def on_late(self) -> None:
        self.late_work = self.work_for_ever()

    @work
    async def work_for_ever(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.at_end = [each.is_attached for each in self.query(Static)]


async def test_the_workers_of_a_screen_end_before_its_widgets_are_removed() -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        screen = Working()
        await app.push_screen(screen)
        await pilot.pause()
        screen.dismiss()
        await until(pilot, lambda: screen.at_end is not None)
        assert screen.at_end == [True]


async def test_two_messages_that_close_the_overview_close_only_it(tree: Disk) -> None:
    async with open_app(tree) as ui:
        pane = await ui.open_overview()
        await ui.press("G")
        # As after two quick presses of enter, both before the first was handled.
        for _ in range(2):
            pane.post_message(LineList.Opened(pane))
        await ui.until(lambda: ui.app.screen is ui.browse)
        await ui.pilot.pause()
        assert ui.app.is_running
        assert ui.app.screen is ui.browse


@pytest.mark.parametrize("key", ["i", "c", "question_mark", "d"])
async def test_a_screen_closes_once(tree: Disk, key: str) -> None:
    async with open_app(tree) as ui:
        await ui.until_open()
        await ui.press("2", key)
        await ui.until(lambda: ui.app.screen is not ui.browse)
        screen = ui.app.screen
        screen.dismiss()
        screen.dismiss()
        await ui.until(lambda: ui.app.screen is ui.browse)
        screen.dismiss()
        assert ui.app.screen is ui.browse


async def test_the_palette_closes_once(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.press("ctrl+p")
        await ui.until(lambda: isinstance(ui.app.screen, WhitetailPalette))
        palette = ui.app.screen
        palette.dismiss()
        palette.dismiss()
        await ui.until(lambda: ui.app.screen is ui.browse)


async def test_no_work_begins_while_the_widgets_of_a_screen_are_removed() -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        screen = Working()
        await app.push_screen(screen)
        await pilot.pause()
        screen.post_message(Prune())
        screen.post_message(Late())
        await until(pilot, lambda: not screen.is_running)
        assert screen.late_work is not None
        assert screen.at_end == [True]


async def test_the_overview_of_a_closed_run_closes_once_it_is_uncovered(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.open_overview()
        await ui.press("question_mark")
        await ui.until(lambda: isinstance(ui.app.screen, HelpScreen))
        ui.browse.run.close()
        await ui.until_notified("The run was deleted, or another one is open now.")
        assert isinstance(ui.app.screen, HelpScreen)
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.browse)


async def test_a_covered_overview_may_be_asked_to_close_twice(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.open_overview()
        overview = ui.app.screen
        await ui.press("question_mark")
        await ui.until(lambda: isinstance(ui.app.screen, HelpScreen))
        overview.dismiss()
        overview.dismiss()
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.browse)
