"""Finds the runs that changed, by sweeps over the folders and by file events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from whitetail.source.change_queue import ChangeQueue, Changes
from whitetail.source.notifier import (
    ChangedPath,
    Notifier,
    NotifyBackend,
    start_backend,
)
from whitetail.source.run_files import RunFiles
from whitetail.source.scanner import Scanner
from whitetail_store.paths import RunKey, check_run_id, check_thread_id

_POLL_INTERVAL_S, _CALM_POLL_INTERVAL_S = 0.05, 0.25
"""The time between two checks of the followed run; the second while all is calm."""
_CALM_AFTER_S = 10.0
"""The time without any change after which file events alone are fast enough."""
_MAX_WATCHED_THREADS = 256
"""At most this many `runs` folders: before Linux 5.11 a user has 8,192 watches."""
_MAX_PROBLEMS = 5
"""At most this many problems are listed for the status line."""
_COST_FACTOR = 100
"""Sweeps may use 1 % of a core: the pause is 100 times the time of the last one."""
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_REVISIT_DELAYS_S = (0.05, 0.2, 0.5, 1.0)
"""When a new thread is scanned again: its first run follows without an event."""
_SUSPENDED_S = 2.0
"""A wait that lasted longer than this means that the machine was suspended."""
_CLOSE_TIMEOUT_S = 0.15
"""How long `close` waits for the thread, which ends by itself in any case."""


class Watcher:
    """Yields every change to the runs of a tree, or outside of any.

    Sweeps over the folders find every change. File events of the operating system
    only show sooner where to look. The first item lists every run. Changes that
    are not read in time are merged; the newest stamp of a run counts.
    """

    def __init__(
        self,
        files: RunFiles,
        *,
        notifications: bool = True,
        backend_factory: Callable[[list[str], bool], NotifyBackend] = start_backend,
        notify_after_s: float = 0.0,
        interval_s: float = 1.0,
    ) -> None:
        """Prepare to watch the runs of `files`, none of which need exist yet.

        `notifications`: use file events, too. `interval_s` is the time between two
        sweeps over the folders. Sweeps over all files are twice as far apart, with
        file events five times. File events start after `notify_after_s`: the import
        of `watchfiles` holds the interpreter's lock, which would delay a first
        screen.
        """
        self._interval_s = interval_s
        self._root = files.root
        self._scanner = Scanner(files)
        self._notifier = Notifier(
            files.root,
            backend_factory if notifications else None,
            interval_s=interval_s,
            delay_s=notify_after_s,
        )
        self._followed_key: RunKey | None = None
        self._rescan_requested = False
        self._revisits: list[tuple[float, str]] = []
        self._stat_due = self._folders_due = self._files_due = 0.0
        self._sweep_interval_s = interval_s
        self._last_change = time.monotonic()

        self.queue = ChangeQueue()
        """Yields the changes; raises the error that ended the thread, if any."""
        self._stop = self.queue.stop
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._published: tuple[str, tuple[str, ...]] | None = None

    def start(self) -> None:
        """Start to watch, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop watching, which ends the queue."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_TIMEOUT_S)
        self.queue.close()

    def follow(self, key: RunKey | None) -> None:
        """Check this run's file 20 times a second, instead of the one before.

        Raises:
            InvalidIdError: One of the ids is not safe.

        """
        if key is not None:
            key = check_thread_id(key[0]), check_run_id(key[1])
        self._followed_key = key

    def rescan(self) -> None:
        """Request a sweep over all files now."""
        self._rescan_requested = True

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                if self._sweep_if_due():
                    self._publish()
                if self._update_watched_folders():
                    self._publish()
                self._wait_for_events()
        except BaseException as error:  # The queue raises it.
            self.queue.fail(error)
        finally:
            self._notifier.close()

    def _sweep_if_due(self) -> bool:
        """Sweep if it is time; return whether the sweep was completed."""
        now = time.monotonic()
        if self._rescan_requested:
            self._rescan_requested = False
            self._files_due = now
            self._notifier.retry()
        if self._notifier.may_have_missed:
            self._notifier.may_have_missed = False
            self._folders_due = now
            self._scanner.folders_changed = True
        files = now >= self._files_due
        if not files and now < self._folders_due:
            return False
        began = time.thread_time()
        for _ in self._scanner.sweep(files=files):
            if self._stop.is_set():
                return False
            if self._published is not None and self._stat_followed():
                self._publish()
        cost = time.thread_time() - began
        now = time.monotonic()
        if files:
            factor = 5 if self._notifier.active else 2
            self._files_due = now + _pause_s(factor * self._interval_s, cost)
        else:
            self._sweep_interval_s = _pause_s(self._interval_s, cost)
        self._folders_due = now + self._sweep_interval_s
        if not self._notifier.active or len(self._scanner) > _MAX_WATCHED_THREADS:
            # An append without an event may have made another thread one of the newest.
            self._scanner.folders_changed = True
        return True

    def _update_watched_folders(self) -> bool:
        """Watch the newest threads; return whether the notifier was called."""
        scanner = self._scanner
        if scanner.root_identity is None:
            self._notifier.close()
            return False
        if not (scanner.folders_changed and self._notifier.ready):
            return False
        scanner.folders_changed = False
        newest = scanner.newest(_MAX_WATCHED_THREADS)
        self._scan(self._notifier.watch_folders(scanner.root_identity, newest))
        return True

    def _wait_for_events(self) -> None:
        """Wait for file events for a moment, and scan the runs they name."""
        # The wall clock, because it goes on while a laptop is suspended.
        before = time.time()
        calm = (
            self._notifier.active
            and time.monotonic() - self._last_change > _CALM_AFTER_S
        )
        interval = _CALM_POLL_INTERVAL_S if calm else _POLL_INTERVAL_S
        changed = self._notifier.wait(interval, self._stop)
        if time.time() - before > _SUSPENDED_S:
            self._files_due = 0.0
        self._scan(changed)
        self._scan_again()
        self._stat_followed()
        if self._scanner.changes:
            self._publish()

    def _scan(self, changed: Iterable[ChangedPath]) -> None:
        for thread_id, run_id in changed:
            known = run_id and self._scanner.stat_run((thread_id, run_id))
            if not known and self._scanner.scan_thread(thread_id):
                now = time.monotonic()
                self._revisits += [
                    (now + delay, thread_id) for delay in _REVISIT_DELAYS_S
                ]

    def _scan_again(self) -> None:
        now = time.monotonic()
        due = {thread_id for when, thread_id in self._revisits if when <= now}
        if due:
            still_empty = {
                thread_id for thread_id in due if self._scanner.scan_thread(thread_id)
            }
            self._revisits = [
                (when, thread_id)
                for when, thread_id in self._revisits
                if when > now and (thread_id not in due or thread_id in still_empty)
            ]

    def _stat_followed(self) -> bool:
        """Check the followed run's file if it is time; return whether it was."""
        now = time.monotonic()
        key = self._followed_key
        if key is None or now < self._stat_due:
            return False
        on_network = self._notifier.on_network
        self._stat_due = now + (self._interval_s if on_network else _POLL_INTERVAL_S)
        self._scanner.stat_run(key, reopen=on_network)
        return True

    def _publish(self) -> None:
        runs = self._scanner.pop_changes()
        state = self._status(), self._problems()
        if not runs and state == self._published:
            return
        if runs:
            self._last_change = time.monotonic()
        self.queue.publish(Changes(runs, *state, first=self._published is None))
        self._published = state

    def _status(self) -> str:
        if self._scanner.root_identity is None and not self._scanner.problems:
            return f"waiting for {self._root}"
        if self._notifier.active:
            return self._notifier.status
        why = " (network file system)" if self._notifier.on_network else ""
        return f"scanning every {self._sweep_interval_s:g} s{why}"

    def _problems(self) -> tuple[str, ...]:
        problems = [text for _, text in sorted(self._scanner.problems.items())]
        if self._notifier.problem:
            problems.insert(0, self._notifier.problem)
        if len(problems) > _MAX_PROBLEMS:
            problems[_MAX_PROBLEMS:] = [f"and {len(problems) - _MAX_PROBLEMS} more"]
        return tuple(problems)


def _pause_s(least: float, cost: float) -> float:
    """Return how long to wait after a sweep that used `cost` seconds of a core.

    At least `least`; above that in steps, so that the status line does not flicker.
    """
    needed = cost * _COST_FACTOR
    if needed <= least:
        return least
    return next((pause for pause in _PAUSES_S if pause >= needed), _PAUSES_S[-1])
