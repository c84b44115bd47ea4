"""Rings the bell, or names the run in the terminal's title, when a run ends."""

from __future__ import annotations

import time
from collections.abc import Iterable

from textual import work
from textual.widget import Widget

from whitetail.settings.definitions import DEFAULTS, Settings
from whitetail.source.protocols import Source
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.text import one_line
from whitetail_store import RunKey

_ENDED = frozenset({RunStatus.ANSWERED})
_FAILED = frozenset({RunStatus.FAILED, RunStatus.DEGRADED, RunStatus.CUT_OFF})
_MAX_TITLE_CHARS = 60
_RECENT_S = 60.0
"""A run that was first seen with its end is announced if that is not older."""
_KEEP_TITLE, _RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"


class Alerts(Widget):
    """Watches the runs that are being written, if the user wants to hear of their end.

    It is never displayed; it is a widget because its worker ends with the screen.
    """

    DEFAULT_CSS = "Alerts { display: none; }"

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._written: set[RunKey] = set()
        """The runs that have changed, and whose end is not known."""
        self._seen: set[RunKey] = set()
        """Those of them that were seen while they were being written."""
        self._has_title = False
        self._settings: Settings = DEFAULTS

    def on_unmount(self) -> None:
        """Give the terminal the title back that it had before."""
        if self._has_title:
            self._write(_RESTORE_TITLE)

    def use(self, settings: Settings) -> None:
        """Do what these settings want from now on."""
        self._settings = settings

    def runs_changed(self, keys: Iterable[RunKey]) -> None:
        """Look at runs that have changed, and at all that were being written."""
        if self._is_wanted:
            self._written.update(keys)
            self._look()

    def pass_time(self) -> None:
        """Look at the runs that were being written: time alone cuts them off."""
        if self._is_wanted and self._written:
            self._look()

    @property
    def _is_wanted(self) -> bool:
        settings = self._settings
        return settings.alerts_ended != "off" or settings.alerts_failed != "off"

    @work(exclusive=True, group="alerts")
    async def _look(self) -> None:
        catalog = self._source.catalog
        # What a run ended with is known once its last rows were read.
        while catalog.runs_to_read((), self._written):
            await self._source.read_some((), self._written)
        for key in list(self._written):
            status = catalog.status(key)
            if status.may_be_written:
                self._seen.add(key)
            elif catalog.known(key) is None:
                # It was deleted.
                self._forget(key)
            elif status is not RunStatus.UNKNOWN:
                # An unknown one may have an end that needs all rows to be judged.
                self._announce(key, status)
                self._forget(key)

    def _forget(self, key: RunKey) -> None:
        self._written.discard(key)
        self._seen.discard(key)

    def _announce(self, key: RunKey, status: RunStatus) -> None:
        entries = self._source.catalog.run_entries(key[0])
        entry = next((each for each in entries if each.key == key), None)
        if entry is None:
            return
        recent = entry.ended is not None and time.time() - entry.ended < _RECENT_S
        if key not in self._seen and not recent:
            return
        way = "off"
        if status in _ENDED:
            way = self._settings.alerts_ended
        elif status in _FAILED:
            way = self._settings.alerts_failed
        if way in ("bell", "both"):
            self.app.bell()
        if way in ("title", "both"):
            self._set_title(f"whitetail: {status}: {entry.title or entry.prompt}")

    def _set_title(self, text: str) -> None:
        if not self._has_title:
            self._write(_KEEP_TITLE)
        self._has_title = True
        # `one_line` leaves nothing that could end the sequence.
        self._write(f"\x1b]2;{one_line(text, _MAX_TITLE_CHARS)}\x1b\\")

    def _write(self, sequence: str) -> None:
        driver = self.app._driver
        if driver is not None and not self.app.is_headless:
            driver.write(sequence)
