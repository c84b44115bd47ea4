"""The app: its start, its end, and the keys that work on every screen."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Any, ClassVar

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome, NoColor
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widget import Widget

from whitetail.crash import write_report
from whitetail.executor import DaemonExecutor
from whitetail.keymap import described, shown_key
from whitetail.keys import ALWAYS_QUIT_ID, GROUPS, bindings, keys_of
from whitetail.panes.base import BasePane
from whitetail.panes.contrast import readable_variables
from whitetail.run.protocols import EventKey
from whitetail.screens.browse import BrowseScreen
from whitetail.screens.empty import EmptyView
from whitetail.screens.settings_flow import SettingsFlow
from whitetail.screens.typed_text import GuardedApp
from whitetail.settings.user import UserSettings
from whitetail.source.protocols import Source
from whitetail.state.keeper import StateKeeper
from whitetail.state.tree_state import TreeState
from whitetail.view.lists.entries import TreeEntry
from whitetail.view.text import one_line


class WhitetailApp(GuardedApp[str]):
    """Browse, tail and delete the runs of agents.

    It returns the path of another tree, if the user wants to open that.
    """

    TITLE = "whitetail"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("app"),
        # A priority binding also works inside a dialog.
        Binding("ctrl+q", "quit", show=False, priority=True, id=ALWAYS_QUIT_ID),
    ]

    def __init__(
        self,
        source: Source,
        keeper: StateKeeper | None = None,
        *,
        read_only: bool = False,
        prices: Path | None = None,
        settings: UserSettings | None = None,
    ) -> None:
        """Show the runs of `source`.

        `read_only` makes deleting impossible. `prices` is the user's price file, which
        need not exist; None for no costs. `settings` were loaded already; None for the
        defaults, and no file. `keeper` saves where the user is; None to save nothing.
        """
        if settings is not None:
            # Before the app makes its style sheet: the first frame has the theme.
            self.set_reactive(WhitetailApp.theme, settings.loaded.settings.ui_theme)
        super().__init__()
        self._source = source
        self._beside: list[TreeEntry] = []
        """What else has runs here."""
        self._ascii_filter: LineFilter | None = None
        self._browse = BrowseScreen(
            source, read_only=read_only, prices=prices, keeper=keeper
        )
        self._settings = None
        if settings is not None:
            self._settings = SettingsFlow(self, self._browse, settings, self.use_ascii)
        self.crash: tuple[BaseException, Path | None] | None = None
        """The error that ended the app and its report's path. None if there is none."""

    def open_at(self, event: EventKey | None, filter_text: str) -> None:
        """Go to an event first, and filter the events; before the app runs."""
        self._browse.open_at(event, filter_text)

    def restore(self, state: TreeState) -> None:
        """Continue where the user was; before the app runs, and after `open_at`."""
        self._browse.session.restore(state)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a message in the half of the screen where the cursor is not."""
        self.set_class(self._cursor_is_low, "-cursor-low")
        super().notify(
            message, title=title, severity=severity, timeout=timeout, markup=markup
        )

    @property
    def _cursor_is_low(self) -> bool:
        pane = self.focused
        if pane is None:
            return False
        line: int = getattr(pane, "cursor", 0)
        y = pane.content_region.y + line - pane.scroll_offset.y
        return 2 * y >= self.size.height

    def get_default_screen(self) -> BrowseScreen:
        """Return the screen that the app starts with."""
        return self._browse

    def get_driver_class(self) -> type[Driver]:
        """Return the driver of the terminal."""
        if sys.platform != "win32":
            from whitetail.terminal.driver import TerminalDriver

            return TerminalDriver
        return super().get_driver_class()

    def get_css_variables(self) -> dict[str, str]:
        """Return the variables of the theme, with texts that can be read."""
        self.theme_variables = readable_variables(
            super().get_css_variables(), dark=self.current_theme.dark
        )
        return self.theme_variables

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return the filters of drawn lines; with NO_COLOR, the one for the theme.

        Textual chooses it once, by its first theme. In another one, gray texts of ANSI
        themes would be black on black.
        """
        filters = [*super().get_line_filters()]
        if self._ascii_filter is not None:
            filters.append(self._ascii_filter)
        if not self.no_color:
            return filters
        gray: LineFilter = NoColor() if self.native_ansi_color else Monochrome()
        both = NoColor, Monochrome
        return [gray if isinstance(each, both) else each for each in filters]

    def on_mount(self) -> None:
        """Let no reading thread delay the end; draw the screen again after a stop."""
        few_colors = self.console.color_system == "standard" and not self.no_color
        fixed = self._settings is not None and self._settings.theme_is_fixed
        if not self.is_headless and few_colors and not fixed:
            # 16 colours: the nearest ones to those of a theme are mostly white. With
            # NO_COLOR, Textual draws those of a theme in gray.
            self.theme = "ansi-dark"
        if not self.is_headless:
            asyncio.get_running_loop().set_default_executor(DaemonExecutor())
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield the commands of the palette: those of the keys, then Textual's."""
        for group in GROUPS:
            for key in keys_of(group):
                if key.scope in ("screen", "app") and key.action != "command_palette":
                    namespace = self if key.scope == "app" else screen
                    run = partial(self.run_action, key.action, namespace)
                    yield SystemCommand(f"{group}: {described(key)}", key.shown, run)
        for entry in self._beside:
            instead = partial(self.exit, entry.key)
            shows = "Show its runs instead of these"
            yield SystemCommand(f"Open: {entry.path}", shows, instead)
        own = ("Quit", "Keys", "Screenshot")
        for command in super().get_system_commands(screen):
            if command.title not in own:
                yield command._replace(title=f"Screen: {command.title.lower()}")
        yield SystemCommand(
            "Screen: screenshot",
            "Save a picture of the screen (SVG) in the current folder",
            lambda: self.set_timer(0.1, self.save_picture),
        )

    @work(group="screenshot")
    async def save_picture(self) -> None:
        """Save a picture of the screen in the current folder, and name it."""
        name = f"whitetail-{datetime.now():%Y-%m-%d-%H%M%S}.svg"
        picture = self.export_screenshot()
        try:
            path = Path.cwd() / name
            await asyncio.to_thread(path.write_text, picture, encoding="utf-8")
        except OSError as error:
            text = f"The picture was not saved: {error.strerror} ({error.filename})"
            self.notify(one_line(text, 300), severity="error", markup=False)
        else:
            self.notify(one_line(f"Saved {path}", 300), markup=False)

    def use_ascii(self, wanted: bool) -> None:
        """Draw symbols with ASCII characters from now on, or no longer."""
        if wanted:
            from whitetail.panes.ascii import AsciiFilter

            self._ascii_filter = AsciiFilter()
        else:
            self._ascii_filter = None
        if self.is_running:
            for screen in self.screen_stack:
                for widget in screen.walk_children(Widget, with_self=True):
                    widget.refresh()

    def on_browse_screen_ready(self) -> None:
        """Watch the settings, and look what else has runs, once there is a screen."""
        if self._settings is not None:
            self._settings.start()
        self._look_beside()

    @work(group="beside")
    async def _look_beside(self) -> None:
        self._beside = await self._source.beside()
        if self._beside:
            name = one_line(PurePath(self._beside[0].key).name, 40)
            opens = f"{shown_key('command_palette')} opens it"
            self._browse.status.beside = f"{name} has runs, too; {opens}"

    def on_unmount(self) -> None:
        """Stop watching the settings."""
        if self._settings is not None:
            self._settings.stop()

    def on_empty_view_tree_chosen(self, message: EmptyView.TreeChosen) -> None:
        """End, so that the tree that the user has chosen is opened."""
        self.exit(message.path)

    def action_command_palette(self) -> None:
        """Show the command palette."""
        from whitetail.screens.palette import WhitetailPalette

        if not isinstance(self.screen, WhitetailPalette):
            self.push_screen(WhitetailPalette())

    def action_help(self) -> None:
        """Show the help screen, with the keys of the pane that has the focus on top."""
        from whitetail.screens.help import HelpScreen

        pane = self.focused
        self.push_screen(
            HelpScreen(pane.HELP_GROUP if isinstance(pane, BasePane) else "")
        )

    async def action_quit(self) -> None:
        """Quit."""
        self.exit()

    def _fatal_error(self) -> None:
        """Write a crash report to a file instead of a traceback to the terminal."""
        error = sys.exc_info()[1] or self._exception or RuntimeError("unknown")
        if self._exit:
            # The user quit during the start. Widgets that were not mounted yet raise.
            self._return_code = 0
        else:
            path = None
            with suppress(OSError):
                path = write_report(error)
            self.crash = (error, path)
        self._close_messages_no_wait()
