"""Which runs changed, as an asynchronous iterator."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from whitetail.source.notifier import (
    ChangedPath,
    Notifier,
    NotifyBackend,
    watch_backend,
)
from whitetail.source.scanner import Scanner
from whitetail_store.paths import RunKey, Stamp, check_run_id, check_thread_id

_TICK, _CALM_TICK = 0.05, 0.25
_CALM = 10.0
_HINTED = 256
_SHOWN = 5
# Sweeps may use one percent of a core, so one rests for 100 times what it took.
_SHARE = 100
_RESTS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
# A new thread's `runs` folder and its first run follow within moments, unhinted.
_AGAIN = (0.05, 0.2, 0.5, 1.0)
_STALL = 2.0


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different since the last time."""

    runs: Mapping[RunKey, Stamp | None]
    """The runs that changed, with their files' stamps; None for one that is gone."""
    status: str
    """How changes are found, for people."""
    problems: tuple[str, ...]
    """What can't be read or watched at present, in sentences."""
    first: bool = False
    """Whether this is the first complete listing."""


class Watcher:
    """Tells of every change to the runs below a folder.

    Sweeps over the folders are the truth; what the operating system says only
    tells where to look first. The first item lists every run. Changes that come
    faster than they are taken are put together, the newest stamp winning.
    """

    def __init__(
        self,
        threads: Path,
        *,
        notifications: bool = True,
        backend_factory: Callable[[list[str], bool], NotifyBackend] = watch_backend,
        notify_after_s: float = 0.0,
        interval_s: float = 1.0,
    ) -> None:
        """Prepare to watch `threads`, which need not be there.

        `every` is the time in seconds between sweeps over the folders. Those
        over all files take 2 times as long, with hints 5 times. Hints begin
        `hints_after` seconds from now: to load what gives them takes the
        interpreter's lock for a while, which a first screen would wait for.
        """
        self._threads = threads
        self._interval_s = interval_s
        self._scanner = Scanner(threads)
        self._notifier = Notifier(
            threads,
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

        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._lock = threading.Lock()
        self._pending: Changes | None = None
        self._published: tuple[str, tuple[str, ...]] | None = None
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = asyncio.Event()
        self._first_published = threading.Event()

    def start(self) -> None:
        """Begin to look, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Look no more; the iterator ends."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(0.15)
        self._wake()

    def follow(self, key: RunKey | None) -> None:
        """Look at this run's file 20 times a second, and at no other one so often.

        Raises:
            InvalidIdError: One of the ids is not safe.

        """
        if key is not None:
            key = check_thread_id(key[0]), check_run_id(key[1])
        self._followed_key = key

    def rescan(self) -> None:
        """Look at everything now."""
        self._rescan_requested = True

    def wait_for_first(self) -> Changes | None:
        """Wait for the first complete listing, without a loop; None if there is none.

        What else there is, an error too, the iterator gives.
        """
        self._first_published.wait()
        with self._lock:
            changes, self._pending = self._pending, None
        return changes

    def __aiter__(self) -> Self:
        """Return itself: there is one line of changes, for one reader."""
        return self

    async def __anext__(self) -> Changes:
        """Wait for changes.

        Raises:
            StopAsyncIteration: The watcher is closed.

        """
        self._loop = asyncio.get_running_loop()
        while True:
            self._ready.clear()
            with self._lock:
                changes, self._pending = self._pending, None
            if self._stop.is_set() and self._error is None:
                raise StopAsyncIteration
            if changes is not None:
                return changes
            if self._error is not None:
                raise self._error
            await self._ready.wait()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                if self._sweep_if_due():
                    self._publish()
                if self._update_watched_folders():
                    self._publish()
                self._wait_for_events()
        except BaseException as error:  # To be raised where somebody awaits it.
            self._error = error
            self._wake()
        finally:
            self._notifier.close()

    def _sweep_if_due(self) -> bool:
        """Sweep, if it is time; return whether it was."""
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
            many = 5 if self._notifier.active else 2
            self._files_due = now + _pause(many * self._interval_s, cost)
        else:
            self._sweep_interval_s = _pause(self._interval_s, cost)
        self._folders_due = now + self._sweep_interval_s
        if not self._notifier.active or len(self._scanner) > _HINTED:
            # An append may have made another thread one of the newest.
            self._scanner.folders_changed = True
        return True

    def _update_watched_folders(self) -> bool:
        """Have the hint watch the newest threads; return whether it was asked to."""
        listing = self._scanner
        if listing.root_identity is None:
            self._notifier.close()
            return False
        if not (listing.folders_changed and self._notifier.ready):
            return False
        listing.folders_changed = False
        self._scan(
            self._notifier.watch_folders(listing.root_identity, listing.newest(_HINTED))
        )
        return True

    def _wait_for_events(self) -> None:
        """Wait a moment, and look where something seems to have changed."""
        # The wall clock, for it goes on while a laptop sleeps.
        before = time.time()
        # Where nothing moves, what the system says is soon enough.
        calm = self._notifier.active and time.monotonic() - self._last_change > _CALM
        places = self._notifier.wait(_CALM_TICK if calm else _TICK, self._stop)
        if time.time() - before > _STALL:
            self._files_due = 0.0
        self._scan(places)
        self._scan_again()
        self._stat_followed()
        if self._scanner.changes:
            self._publish()

    def _scan(self, places: Iterable[ChangedPath]) -> None:
        for thread_id, run_id in places:
            known = run_id and self._scanner.stat_run((thread_id, run_id))
            if not known and self._scanner.scan_thread(thread_id):
                now = time.monotonic()
                self._revisits += [(now + delay, thread_id) for delay in _AGAIN]

    def _scan_again(self) -> None:
        now = time.monotonic()
        due = {thread_id for when, thread_id in self._revisits if when <= now}
        if due:
            still = {
                thread_id for thread_id in due if self._scanner.scan_thread(thread_id)
            }
            self._revisits = [
                (when, thread_id)
                for when, thread_id in self._revisits
                if when > now and (thread_id not in due or thread_id in still)
            ]

    def _stat_followed(self) -> bool:
        """Look at the followed run, if it is time; return whether it was."""
        now = time.monotonic()
        run = self._followed_key
        if run is None or now < self._stat_due:
            return False
        network = self._notifier.on_network
        self._stat_due = now + (self._interval_s if network else _TICK)
        self._scanner.stat_run(run, reopen=network)
        return True

    def _publish(self) -> None:
        runs = self._scanner.pop_changes()
        told = self._status(), self._problems()
        if not runs and told == self._published:
            return
        if runs:
            self._last_change = time.monotonic()
        with self._lock:
            changes = Changes(runs, *told, first=self._published is None)
            if self._pending is not None:
                runs = {**self._pending.runs, **runs}
                first = self._pending.first
                changes = Changes(runs, *told, first=first)
            self._pending = changes
        self._published = told
        self._wake()

    def _status(self) -> str:
        if self._scanner.root_identity is None and not self._scanner.problems:
            return f"waiting for {self._threads}"
        if self._notifier.active:
            return f"{self._notifier.status} + sweep"
        why = " (network file system)" if self._notifier.on_network else ""
        return f"sweep every {self._sweep_interval_s:g} s{why}"

    def _problems(self) -> tuple[str, ...]:
        problems = [text for _, text in sorted(self._scanner.problems.items())]
        if self._notifier.problem:
            problems.insert(0, self._notifier.problem)
        if len(problems) > _SHOWN:
            problems[_SHOWN:] = [f"and {len(problems) - _SHOWN} more"]
        return tuple(problems)

    def _wake(self) -> None:
        self._first_published.set()
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._ready.set)
            except RuntimeError:
                # The loop is closed, and nobody is left to tell.
                self._stop.set()


def _pause(base: float, cost: float) -> float:
    """Return how long to wait after a sweep; in steps, or the status would flicker."""
    needed = cost * _SHARE
    if needed <= base:
        return base
    return next((rest for rest in _RESTS if rest >= needed), _RESTS[-1])
