"""The command that opens the screen."""

from __future__ import annotations

import gc
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from whitetail.source.locate import TreeLocation, offered
from whitetail.source.trash_limits import TrashLimits, trash_limits
from whitetail.state.database import FILE_NAME
from whitetail.state.keeper import StateKeeper
from whitetail_store.errors import DatabaseError

if TYPE_CHECKING:
    from whitetail.app import WhitetailApp
    from whitetail.cli.first_view import FirstView
    from whitetail.settings.user import UserSettings
    from whitetail.source.database.address import DatabaseAddress
    from whitetail.source.metrics_cache import MetricsCache, RunIdentities
    from whitetail.source.protocols import Source

_FIRST_SCAN_TIMEOUT_S = 0.5
"""How long the screen waits for the first scan, so that its first frame has content."""
_SWITCH_INTERVAL_S = 0.0005
"""How long a reading thread keeps the interpreter while a key waits; 5 ms by default.

With 0.5 ms the 99th percentile of the event loop's delay during a full parse fell from
12.7 to 1.3 ms, at the same speed of parsing.
"""


class Config(NamedTuple):
    """The arguments that concern the settings of the user."""

    path: Path | None
    """The file of settings."""
    theme: str | None = None

    @property
    def values(self) -> dict[str, str]:
        """The settings that arguments have, by their paths."""
        return {} if self.theme is None else {"ui.theme": self.theme}

    def settings(self, *, read_only: bool) -> UserSettings:
        """Return the settings, which are not read yet."""
        # Imported here: after Textual, which imports most of what finds them.
        from whitetail.settings.user import UserSettings

        return UserSettings(
            os.environ, path=self.path, arguments=self.values, read_only=read_only
        )


NO_CONFIG = Config(None)


def browse_demo(*, read_only: bool, config: Config) -> int:
    """Show made-up runs until the user quits; return the exit code.

    Bookmarks and notes are removed with the runs.
    """
    from whitetail.demo import demo_tree

    # The app handles SIGTERM once its event loop runs. Before that, this makes the
    # process leave through `demo_tree`, which removes the made-up files.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with demo_tree() as base:
        return browse(
            TreeLocation(base),
            read_only=read_only,
            config=config,
            temporary=True,
            state=base.parent / FILE_NAME,
        )


def browse(
    location: TreeLocation | DatabaseAddress,
    *,
    read_only: bool,
    config: Config = NO_CONFIG,
    temporary: bool = False,
    view: FirstView | None = None,
    state: Path | None = None,
) -> int:
    """Show a tree or a database, and others that the user opens; return the exit code.

    `config` are the arguments for the settings. `temporary`: the tree is removed
    afterwards. `view` is what is shown first. `state` is the file of what is
    remembered; None to remember nothing.
    """
    try:
        limits = trash_limits(os.environ)
    except ValueError as error:
        print(f"whitetail: {error}", file=sys.stderr)
        return 2
    while True:
        keeper = StateKeeper(state, location.state_name)
        try:
            app = _browse(
                *(location, limits, view, keeper),
                read_only=read_only,
                config=config,
                temporary=temporary,
            )
        except DatabaseError as error:
            print(f"whitetail: {error}", file=sys.stderr)
            return 2
        keeper.close()
        for problem in keeper.database.new_problems():
            print(f"whitetail: {problem}", file=sys.stderr)
        view = None
        if app.return_value is None or app.crash is not None:
            break
        location = offered(location, app.return_value)
    if app.crash is None:
        return app.return_code or 0
    cause, report = app.crash
    where = f"; the crash report is {report}" if report else ""
    print(f"whitetail crashed: {type(cause).__name__}{where}", file=sys.stderr)
    return 1


def _browse(
    location: TreeLocation | DatabaseAddress,
    limits: TrashLimits,
    view: FirstView | None,
    keeper: StateKeeper,
    *,
    read_only: bool,
    config: Config,
    temporary: bool,
) -> WhitetailApp:
    """Show a location until the user quits or opens another one; return the app.

    Raises:
        DatabaseError: The database cannot be opened.

    """
    _prepare_process()
    # Threads scan the disk and load the state while this one imports the screen.
    source = _source(
        location, limits, None if view is None else view.selected, temporary=temporary
    )
    source.start()
    keeper.start()

    from whitetail.app import WhitetailApp
    from whitetail.source.prices import default_path

    settings = config.settings(read_only=temporary)
    settings.load()
    app = WhitetailApp(
        *(source, keeper),
        read_only=read_only,
        prices=default_path(os.environ),
        settings=settings,
    )
    if view is not None:
        app.open_at(view.event, view.filter_text)
    source.start(timeout_s=_FIRST_SCAN_TIMEOUT_S)
    app.restore(keeper.state(timeout_s=_FIRST_SCAN_TIMEOUT_S))
    app.run()
    if (deletions := source.deletions) is not None:
        if not temporary:
            print_kept(*deletions.kept, deletions.limits)
        deletions.close()
    return app


def _prepare_process() -> None:
    if "SSH_CONNECTION" in os.environ:
        # Textual reads these when it is imported. Fewer frames suit a slow connection.
        os.environ.setdefault("TEXTUAL_FPS", "30")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    # Most objects of the start live until the end. Collecting garbage among them costs
    # a tenth of the start. The browse screen enables it after the first frame.
    gc.disable()


def print_kept(runs: int, size: int, limits: TrashLimits) -> None:
    """Print which deleted runs stay in the trash, if any."""
    if not runs:
        return
    from whitetail.keymap import shown_key
    from whitetail.view.brief import plural
    from whitetail.view.units import size as size_text

    stays = "stays" if runs == 1 else "stay"
    print(
        f"whitetail: {plural(runs, 'deleted run')} ({size_text(size)}) {stays} in the "
        f"trash for {limits.days:g} days, and whitetail shows the trash with "
        f"{shown_key('trash')}.",
        file=sys.stderr,
    )
    if size > limits.size:
        print(
            f"whitetail: the trash keeps {size_text(int(limits.size))}; the next start "
            "removes what was deleted first.",
            file=sys.stderr,
        )


def _source(
    location: TreeLocation | DatabaseAddress,
    limits: TrashLimits,
    selected: tuple[str, str | None] | None,
    *,
    temporary: bool,
) -> Source:
    """Return the source of a location. `selected` is what the arguments name.

    Raises:
        DatabaseError: The database cannot be opened.

    """
    if isinstance(location, TreeLocation):
        from whitetail.source.source import FileSource

        if selected is not None:
            location = replace(location, selected=selected)
        return FileSource(location, limits, None if temporary else _metrics_cache)
    from whitetail.source.database.connection import open_database
    from whitetail.source.database.source import DatabaseSource
    from whitetail.source.database.trash import trash_folder

    user = location.user_id
    notes = location.found_as, "" if user is None else f"only of user {user}"
    note = "".join(f" ({each})" for each in notes if each)
    source = DatabaseSource(
        *(open_database(location), selected, note, _metrics_cache),
        trash=trash_folder(location, os.environ),
        limits=limits,
    )
    source.check()
    return source


def _metrics_cache(runs: RunIdentities) -> MetricsCache:
    # Imported here, because the first screen does not need it.
    from whitetail.source.metrics_cache import user_cache

    return user_cache(runs)
