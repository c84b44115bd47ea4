"""Notices changes of the file of settings, also while it does not exist yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

from whitetail.settings.file import Stamp, stamp
from whitetail.settings.user import Loaded, UserSettings

_STEP_MS = 200
"""How often the library looks for events of the operating system."""
_DEBOUNCE_MS = 400
_CHECK_MS = 5_000
"""How often the file is looked at without an event: network drives have none."""
_STILL_S = 0.1
"""How long a file must stay unchanged before it is read: editors empty it first."""
_MAX_STILL_CHECKS = 20

_Folders = dict[str, tuple[int, int]]
"""Folders with device and inode: they differ if a folder was replaced."""


class SettingsWatcher(Thread):
    """Reads the settings again whenever their file has changed.

    It watches folders, not the file, because editors rename another file over it.
    """

    def __init__(
        self, settings: UserSettings, loaded: Callable[[Loaded], None]
    ) -> None:
        """Watch from `start` on; `loaded` is called in this thread after each read."""
        super().__init__(name="settings", daemon=True)
        self._settings = settings
        self._loaded = loaded
        self._ended = Event()

    def stop(self) -> None:
        """End soon, without a further call."""
        self._ended.set()

    def run(self) -> None:
        """Watch until `stop`."""
        path = self._settings.path
        if path is None:
            return
        while not self._ended.is_set():
            folders = _folders(path)
            for _ in self._events(list(folders)):
                self._check(path)
                if _folders(path) != folders:
                    break

    def _events(self, folders: list[str]) -> Iterator[None]:
        """Yield when the watch has begun, after each event, and now and then."""
        # `watchfiles.watch` begins to watch with its first wait: what happens before
        # that, and after the last check, would be missed.
        from watchfiles._rust_notify import RustNotify

        try:
            watch = RustNotify(folders, False, False, 300, False, False)
        except Exception:
            # The system has no watches left, say. `watchfiles` raises several kinds.
            yield
            self._ended.wait(_CHECK_MS / 1e3)
            return
        try:
            while not self._ended.is_set():
                yield
                watch.watch(_DEBOUNCE_MS, _STEP_MS, _CHECK_MS, self._ended)
        finally:
            watch.close()

    def _check(self, path: Path) -> None:
        """Read the file if it has changed, once it stays as it is."""
        now = stamp(path)
        if now == self._settings.stamp:
            return
        for _ in range(_MAX_STILL_CHECKS):
            before: Stamp | None = now
            if self._ended.wait(_STILL_S):
                return
            now = stamp(path)
            if now == before:
                break
        loaded = self._settings.load()
        if not self._ended.is_set():
            self._loaded(loaded)


def _folders(path: Path) -> _Folders:
    """Return the folders whose events can concern a file: its own, and its target's.

    Of a folder that does not exist, it is the nearest one above it that does.
    """
    found: _Folders = {}
    for each in (path, Path(os.path.realpath(path))):
        for folder in each.parents:
            try:
                status = folder.stat()
            except OSError:
                continue
            found[str(folder)] = status.st_dev, status.st_ino
            break
    return found
