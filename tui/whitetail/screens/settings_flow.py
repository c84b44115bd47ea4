"""Applies the settings of the user to the app, and again whenever they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App

from whitetail.keymap import use_keys
from whitetail.keys import ALWAYS_QUIT_ID, textual_keymap
from whitetail.screens.browse import BrowseScreen
from whitetail.screens.work import start_work
from whitetail.settings.definitions import DEFAULTS, Settings
from whitetail.settings.user import Loaded, UserSettings
from whitetail.view.text import one_line

if TYPE_CHECKING:
    from whitetail.settings.watch import SettingsWatcher

_MAX_MESSAGE_CHARS = 400
_ALWAYS_QUIT = {ALWAYS_QUIT_ID: "ctrl+q"}
"""A keymap drops the bindings of a key of which it changes one."""


class SettingsFlow:
    """The settings of a running app: applies, watches and writes them."""

    def __init__(
        self,
        app: App[Any],
        browse: BrowseScreen,
        user: UserSettings,
        use_ascii: Callable[[bool], None],
    ) -> None:
        """Apply the settings that were loaded; the app does not run yet.

        `use_ascii` is called if the user wants ASCII characters, or no longer.
        """
        self._app = app
        self._browse = browse
        self._user = user
        self._use_ascii = use_ascii
        self._settings = DEFAULTS
        self._watcher: SettingsWatcher | None = None
        self._message = ""
        """What was shown last of what is wrong."""
        self._theme = app.theme
        """The theme that the settings have, or that was written to them."""
        self._apply(user.loaded.settings)

    @property
    def theme_is_fixed(self) -> bool:
        """Whether an argument or the environment has the theme."""
        return "ui.theme" in self._user.loaded.overridden

    def start(self) -> None:
        """Show what is wrong with the settings, and watch them from now on."""
        self._app.theme_changed_signal.subscribe(self._app, self._theme_changed)
        self._theme = self._app.theme
        self._report(self._user.loaded)
        if self._user.path is not None:
            # Imported here, because the first screen does not need it.
            from whitetail.settings.watch import SettingsWatcher

            loop = asyncio.get_running_loop()

            def loaded(result: Loaded) -> None:
                # The app may have ended meanwhile.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._changed, result)

            self._watcher = SettingsWatcher(self._user, loaded)
            self._watcher.start()

    def stop(self) -> None:
        """Stop watching, and name the keys of the table again."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
        use_keys({})

    def _changed(self, loaded: Loaded) -> None:
        if self._watcher is not None:
            self._apply(loaded.settings)
            self._report(loaded)

    def _apply(self, new: Settings) -> None:
        """Apply what differs from before: the rest may have been changed by keys."""
        old, self._settings = self._settings, new
        if new.keys != old.keys:
            use_keys(new.keys)
            keymap = textual_keymap(new.keys)
            self._app.set_keymap({**keymap, **_ALWAYS_QUIT} if keymap else {})
        if new.ui_theme != old.ui_theme and self._app.is_running:
            self._theme = self._app.theme = new.ui_theme
        if new.ui_ascii is not old.ui_ascii:
            self._use_ascii(new.ui_ascii)
        self._browse.use_settings(old, new)
        if new.keys != old.keys and self._app.is_running:
            self._browse.keys_changed()

    def _report(self, loaded: Loaded) -> None:
        """Show one sentence about what is wrong, unless it is the one of before."""
        if loaded.settings.filters:
            work = partial(self._check_filters, loaded)
            start_work(self._app, work, group="settings", exclusive=True)
        else:
            self._show(loaded.message)

    async def _check_filters(self, loaded: Loaded) -> None:
        message = await asyncio.to_thread(_message_with_filters, loaded, self._user)
        self._show(message)

    def _show(self, message: str) -> None:
        if message and message != self._message:
            self._warn(message)
        elif self._message and not message:
            self._app.notify("The settings are used again.", markup=False)
        self._message = message

    def _warn(self, text: str) -> None:
        text = one_line(text, _MAX_MESSAGE_CHARS)
        self._app.notify(text, severity="warning", timeout=10, markup=False)

    # The theme that the user has chosen in the palette.

    def _theme_changed(self, _: object) -> None:
        theme = self._app.theme
        if theme != self._theme:
            self._theme = theme
            start_work(self._app, partial(self._save, theme), group="theme")

    async def _save(self, theme: str) -> None:
        if message := await asyncio.to_thread(self._user.save_theme, theme):
            self._warn(message)


def _message_with_filters(loaded: Loaded, user: UserSettings) -> str:
    from whitetail.settings.filters import filter_problems
    from whitetail.settings.problem import one_sentence

    filters = filter_problems(loaded.settings.filters, loaded.lines)
    return one_sentence([*loaded.problems, *filters.values()], user.name)
