"""The app: what is true of every screen."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from whitetail.crash import report
from whitetail.keys import TABLE, bindings
from whitetail.screens.browse import BrowseScreen
from whitetail.source.source import FileSource


class WhitetailApp(App[None]):
    """Browse, tail and delete the runs of agents."""

    TITLE = "whitetail"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("app"),
        # Also from within a dialog.
        Binding("ctrl+q", "quit", show=False, priority=True),
    ]

    def __init__(
        self, source: FileSource, *, read_only: bool = False, prices: Path | None = None
    ) -> None:
        """Show a tree; `prices` is the file that says what models cost, if any."""
        super().__init__()
        self._browse = BrowseScreen(source, read_only=read_only, prices=prices)
        self.crash: tuple[BaseException, Path | None] | None = None
        """What ended the app against its will, and the report of it."""

    def get_default_screen(self) -> BrowseScreen:
        """Begin by browsing."""
        return self._browse

    def on_mount(self) -> None:
        """End cleanly when the system asks for it."""
        with suppress(NotImplementedError, RuntimeError):
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, self.exit)
            loop.add_signal_handler(signal.SIGTERM, self.exit)
            if sys.platform != "win32":
                loop.add_signal_handler(signal.SIGHUP, self.exit)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer what the keys do, beside what every app offers."""
        for key in TABLE:
            if key.where in ("screen", "app") and key.help:
                namespace = self if key.where == "app" else screen
                run = partial(self.run_action, key.action, namespace)
                yield SystemCommand(key.help.capitalize(), key.shown, run)
        yield from super().get_system_commands(screen)

    def action_help(self) -> None:
        """Show what the keys do."""
        from whitetail.screens.help import HelpScreen

        self.push_screen(HelpScreen())

    async def action_quit(self) -> None:
        """End."""
        self.exit()

    def _fatal_error(self) -> None:
        """Write a report instead of a page of code on the terminal."""
        error = sys.exc_info()[1] or self._exception or RuntimeError("unknown")
        if self._exit:
            # Asked to end while it began: what is half there misses its parts.
            self._return_code = 0
        else:
            path = None
            with suppress(OSError):
                path = report(error)
            self.crash = (error, path)
        self._close_messages_no_wait()
