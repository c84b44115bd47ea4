"""The whole app over a folder of runs, as tests drive it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Static

from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn, press, until
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.app import WhitetailApp
from whitetail.panes.events import EventsPane
from whitetail.panes.overview import OverviewPane
from whitetail.panes.runs import RunsPane
from whitetail.panes.status import StatusPane
from whitetail.panes.threads import ThreadsPane
from whitetail.screens.confirm import Confirm, ConfirmDelete
from whitetail.settings.user import UserSettings
from whitetail.source.deletion import Deletions
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.state.keeper import StateKeeper


class AppDriver:
    """Presses keys in the app, reads its screen and waits for what it shows."""

    def __init__(self, pilot: Pilot[Any], app: WhitetailApp) -> None:
        self.pilot = pilot
        self.app = app
        self.browse = app.get_default_screen()
        self.deletions: Deletions | None = None
        """The deletes of the tree and its trash; None if they are not known here."""

    async def press(self, *keys: str) -> None:
        """Press keys, each once the one before was handled."""
        await press(self.pilot, *keys)

    @property
    def threads(self) -> ThreadsPane:
        return self.browse.query_one(ThreadsPane)

    @property
    def runs(self) -> RunsPane:
        return self.browse.query_one(RunsPane)

    @property
    def events(self) -> EventsPane:
        return self.browse.query_one(EventsPane)

    @property
    def status(self) -> StatusPane:
        return self.browse.query_one(StatusPane)

    @property
    def focused_id(self) -> str | None:
        """The id of the widget with the focus."""
        return None if self.app.focused is None else self.app.focused.id

    @property
    def starts_to_act(self) -> bool:
        """Whether the first screen is shown: keys go to a pane, a run is open."""
        browse = self.browse
        if browse.has_class("-empty"):
            return True
        is_open = browse.run.run is not None or browse.lists.runs.key is None
        return bool(self.threads.count) and self.focused_id is not None and is_open

    def lines(self, pane: str) -> list[str]:
        """Return the visible lines of a pane, given by its id."""
        return drawn(self.browse.query_one(f"#{pane}"))

    def reversed_texts(self, pane: str) -> list[str]:
        """Return the visible texts of a pane that are drawn in reversed colours."""
        widget = self.browse.query_one(f"#{pane}")
        height = widget.scrollable_content_region.height
        segments = (each for y in range(height) for each in widget.render_line(y))
        return [each.text for each in segments if each.style and each.style.reverse]

    def shows(self, pane: str, text: str) -> bool:
        """Return whether a text is visible in a pane."""
        return any(text in line for line in self.lines(pane))

    def notifications(self) -> list[str]:
        """Return the texts of the notifications on the screen."""
        toasts = self.app.screen.query("Toast").results(Static)
        return [str(toast.render()) for toast in toasts]

    def dialog_text(self, selector: str = "Static") -> str:
        """Return the text of a dialog's widgets."""
        widgets = self.app.screen.query(selector).results(Static)
        return "\n".join(str(widget.render()) for widget in widgets)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition is true."""
        await until(self.pilot, condition)

    async def until_shown(self, pane: str, text: str) -> None:
        """Wait until a text is visible in a pane."""
        await self.until(lambda: self.shows(pane, text))

    async def until_gone(self, pane: str, text: str) -> None:
        """Wait until a text is no longer visible in a pane."""
        await self.until(lambda: not self.shows(pane, text))

    async def until_notified(self, text: str) -> None:
        """Wait for a notification that contains a text."""
        await self.until(lambda: any(text in each for each in self.notifications()))

    async def until_asked(self) -> None:
        """Wait for the question before a delete, and until it accepts an answer."""
        await self.until(lambda: isinstance(self.app.screen, ConfirmDelete))
        await self.until_accepted()

    async def until_accepted(self) -> None:
        """Wait until a question accepts an answer, if one is on the screen."""
        screen = self.app.screen
        await self.until(lambda: not isinstance(screen, Confirm) or screen.accepts_keys)

    def type(self, text: str, *, gap_s: float = 0.09) -> None:
        """Type a text; the time between two keys does not depend on the machine."""
        for number, character in enumerate(text):
            key = Key("space" if character == " " else character, character)
            key.time += number * gap_s
            self.app.post_message(key)

    async def until_open(self, *key: str) -> None:
        """Wait until a run is open: before, the keys of a run do nothing.

        `key`: its thread and its id; without them, any run.
        """
        view = self.browse.run
        await self.until(lambda: view.run is not None and key in ((), view.key))

    async def until_letters_act(self) -> None:
        """Wait until letters are no longer ignored after one that closed a screen."""
        await self.until(lambda: monotonic() > self.browse.ignored_until)

    async def delete(self, *keys: str) -> None:
        """Press keys, ask to delete what is chosen then, and confirm it."""
        await self.press(*keys, "d")
        await self.until_asked()
        await self.press("y")

    async def open_overview(self) -> OverviewPane:
        """Open the overview, and return its pane once all of the run was read."""
        await self.until_open()
        await self.press("i")
        await self.until(lambda: self.app.screen.query(OverviewPane))
        pane = self.app.screen.query_one(OverviewPane)

        def shows_a_run_that_was_read() -> bool:
            lines = drawn(pane)
            return any(lines) and "being read" not in lines[0]

        await self.until(lambda: pane.has_focus and shows_a_run_that_was_read())
        return pane


@asynccontextmanager
async def open_app(
    tree: Disk | TreeLocation,
    *,
    read_only: bool = False,
    size: tuple[int, int] = (150, 40),
    prices: Path | None = None,
    settings: UserSettings | None = None,
    state: Path | None = None,
    filter_text: str = "",
) -> AsyncIterator[AppDriver]:
    """Run the app until the context ends. Yield its driver after the first scan.

    With the path of a `state`, continue where the user was, and save where the user is.
    """
    if settings is not None:
        settings.load()
    location = TreeLocation(tree.base) if isinstance(tree, Disk) else tree
    source = FileSource(location)
    keeper = StateKeeper(state, str(location.base))
    app = WhitetailApp(
        source, read_only=read_only, prices=prices, settings=settings, keeper=keeper
    )
    app.open_at(None, filter_text)
    if state is not None:
        keeper.start()
        source.start(timeout_s=WAIT_TIMEOUT_S)
        app.restore(keeper.state(timeout_s=WAIT_TIMEOUT_S))
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = AppDriver(pilot, app)
        driver.deletions = source.deletions
        await driver.until(lambda: driver.starts_to_act)
        yield driver
    keeper.close()
    if source.deletions is not None:
        source.deletions.close()
