"""The command palette."""

from __future__ import annotations

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from whitetail.screens.palette import WhitetailPalette


async def test_keys_that_come_before_its_list_do_nothing(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.press("ctrl+p")
        await ui.until(lambda: isinstance(ui.app.screen, WhitetailPalette))
        await ui.press("pageup", "pagedown", "end", "home", "up", "down")
        await ui.press(*"no such command", "pageup", "pagedown", "up", "down")
        assert isinstance(ui.app.screen, WhitetailPalette)
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.browse)


async def test_it_opens_while_the_one_before_is_being_removed(tree: Disk) -> None:
    async with open_app(tree) as ui:
        ui.app.action_command_palette()
        await ui.until(lambda: isinstance(ui.app.screen, WhitetailPalette))
        first = ui.app.screen
        first.dismiss()
        ui.app.action_command_palette()
        await ui.until(lambda: isinstance(ui.app.screen, WhitetailPalette))
        assert ui.app.screen is not first
