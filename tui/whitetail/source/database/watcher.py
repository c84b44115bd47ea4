"""Finds the runs of a database that change, by asking for what arrived."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from time import monotonic, thread_time

from whitetail.source.change_queue import ChangeQueue, Changes
from whitetail.source.database.connection import Database
from whitetail.source.database.statements import (
    CHECK,
    COUNT_UP_TO,
    LAST_ID,
    LAST_SEQ,
    RunState,
    arrived_after,
    arrived_between,
    list_runs,
    state_of,
)
from whitetail_store import DatabaseError, RunKey, Stamp

INTERVAL_S, _IDLE_INTERVAL_S = 0.25, 1.0
_IDLE_AFTER_S = 10.0
"""The time without a change after which it is asked less often."""
_COMPARE_INTERVAL_S = 10.0
"""How often all runs are listed, which finds deletes."""
_COST_FACTOR = 100
"""Listing may use 1 % of a core: the pause is 100 times the time of the last one."""
_LATE_S = 30.0
"""For how long an id that was skipped is asked for: its transaction may still run."""
_MAX_GAPS = 100
"""So many ranges of skipped ids are asked for; the oldest are left to the listing."""
_LATE_AT_START = 500
"""So many ids before the last one may still be skipped when watching starts."""
MAX_ROWS = 5_000
"""The most rows of one answer; the next one follows at once."""
_CLOSE_TIMEOUT_S = 0.15


class Gaps:
    """The ranges of ids that were skipped, and may still come.

    A number is given when a transaction writes, and is seen when it ends.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._ranges: list[tuple[int, int, float]] = []
        """The first and the last id of each, and when it is given up."""

    def ranges(self) -> list[tuple[int, int]]:
        """Return the first and the last id of each range to ask for."""
        now = self._clock()
        self._ranges = [each for each in self._ranges if each[2] > now][-_MAX_GAPS:]
        return [(first, last) for first, last, _ in self._ranges]

    def arrived(self, last: int, ids: Iterable[int]) -> None:
        """Add the ranges between `last` and ascending ids, which have arrived."""
        until = self._clock() + _LATE_S
        for each in ids:
            if each > last + 1:
                self._ranges.append((last + 1, each - 1, until))
            last = each

    def filled(self, ids: Iterable[int]) -> None:
        """Remove ids that came late."""
        for each in ids:
            kept: list[tuple[int, int, float]] = []
            for first, last, until in self._ranges:
                if not first <= each <= last:
                    kept.append((first, last, until))
                    continue
                parts = (first, each - 1, until), (each + 1, last, until)
                kept += [part for part in parts if part[0] <= part[1]]
            self._ranges = kept


class DatabaseWatcher:
    """Yields the changes to the runs of a database; the first item lists every run.

    It asks for ids above the last one, and lists all runs now and then. A thread of
    its own does that.
    """

    def __init__(self, database: Database, note: str = "") -> None:
        """Watch nothing before `start`. `note` is shown after the status."""
        self._status = f"watching {database.kind}{note}"
        self.revisions: Counter[RunKey] = Counter()
        """How often the rows of a run changed in another way than by growing."""
        self.queue = ChangeQueue()
        """Yields the changes."""
        self._database = database
        self._stamps: dict[RunKey, Stamp] = {}
        self._gaps = Gaps()
        self._last_id = 0
        self._followed: RunKey | None = None
        self._counted: tuple[RunKey, int, int] | None = None
        """The run that was counted last, its last `seq` then, and its rows."""
        self._compare_at = 0.0
        self._last_change = monotonic()
        self._listed = False
        self._published: tuple[str, str] | None = None
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Start to watch, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self.queue.stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_TIMEOUT_S)
        self.queue.close()

    def follow(self, key: RunKey) -> None:
        """Count the rows of this run now and then, which finds deletes in it."""
        self._followed = key

    def rescan(self) -> None:
        """List all runs now, or again if they are being listed."""
        self._wake.set()

    def _run(self) -> None:
        try:
            while not self.queue.stop.is_set():
                more = self._look()
                idle = monotonic() - self._last_change > _IDLE_AFTER_S
                pause = 0 if more else _IDLE_INTERVAL_S if idle else INTERVAL_S
                if self._wake.wait(pause):
                    self._wake.clear()
                    self._compare_at = 0.0
        except BaseException as error:  # The iterator raises it.
            self.queue.fail(error)

    def _look(self) -> bool:
        """Look for changes once and publish them; return whether there are more."""
        changes: dict[RunKey, Stamp | None] = {}
        status, problem, more = self._status, "", False
        first = not self._listed
        try:
            if first:
                self._database.select(CHECK)
                self._begin()
            arrived, more = self._arrived()
            changes = self._states(arrived)
            if monotonic() >= self._compare_at:
                changes |= self._compare()
            self._listed = True
        except DatabaseError as error:
            # The status line has the name of the database already.
            problem = str(error).removeprefix(f"{self._database.name}: ")
            status = "not connected; trying again"
            self._compare_at = 0.0
        if changes:
            self._last_change = monotonic()
        first = first and self._listed
        if changes or first or (status, problem) != self._published:
            self._published = status, problem
            problems = (problem,) if problem else ()
            self.queue.publish(Changes(changes, status, problems, first=first))
        return more

    def _begin(self) -> None:
        """Note the last id, and those before it whose transactions may still run."""
        self._last_id = self._newest_id()
        if self._database.numbers_can_be_late:
            start = max(0, self._last_id - _LATE_AT_START)
            found = arrived_after(self._database, start, _LATE_AT_START)
            self._gaps.arrived(start, (row.id for row in found))

    def _arrived(self) -> tuple[set[RunKey], bool]:
        """Return the runs with rows that were not there before, and if more follow."""
        if not self._database.numbers_can_be_late:
            self._lower_last_id()
        found = arrived_after(self._database, self._last_id, MAX_ROWS)
        more = len(found) >= MAX_ROWS
        if self._database.numbers_can_be_late:
            ranges = self._gaps.ranges()
            late = arrived_between(self._database, ranges) if ranges else []
            self._gaps.filled(row.id for row in late)
            self._gaps.arrived(self._last_id, (row.id for row in found))
            found += late
        if found:
            self._last_id = max(self._last_id, *(row.id for row in found))
        return {row.key for row in found if row.key is not None}, more

    def _lower_last_id(self) -> None:
        """Notice that the rows with the highest ids are gone.

        The table that DeerFlow creates in SQLite gives new rows the same ids again.
        """
        last = self._newest_id()
        if last < self._last_id:
            self._last_id = last
            self._compare_at = 0.0

    def _newest_id(self) -> int:
        newest: int | None = self._database.select(LAST_ID, of_all_users=True)[0][0]
        return newest or 0

    def _states(self, keys: Iterable[RunKey]) -> dict[RunKey, Stamp | None]:
        changes: dict[RunKey, Stamp | None] = {}
        for key in keys:
            state = state_of(self._database, key)
            if state is not None:
                # The last event may be the same: others can have come late.
                self.revisions[key] += 1
                changes[key] = self._set(key, state)
        return changes

    def _compare(self) -> dict[RunKey, Stamp | None]:
        """Return all that changed, deletes included."""
        began, cost = monotonic(), thread_time()
        if (key := self._followed) is not None and self._is_recounted(key):
            self.revisions[key] += 1
        states = list_runs(self._database, self._stamps)
        changes: dict[RunKey, Stamp | None] = {
            key: None for key in self._stamps if key not in states
        }
        for key in changes:
            del self._stamps[key]
            self.revisions[key] += 1
        for key, state in states.items():
            before = self._stamps.get(key)
            after = self._set(key, state)
            if before != after:
                changes[key] = after
        spent = max(thread_time() - cost, (monotonic() - began) / 10)
        self._compare_at = monotonic() + max(_COMPARE_INTERVAL_S, _COST_FACTOR * spent)
        return changes

    def _set(self, key: RunKey, state: RunState) -> Stamp:
        stamp = state.stamp(self._database.identity, self.revisions[key])
        self._stamps[key] = stamp
        return stamp

    def _is_recounted(self, key: RunKey) -> bool:
        """Return whether rows of a run are gone or came late since the last call."""
        counted, self._counted = self._counted, None
        changed = False
        if counted is not None and counted[0] == key:
            found = self._database.select(COUNT_UP_TO, (*key, counted[1]))
            changed = found[0][0] != counted[2]
        last = self._database.select(LAST_SEQ, key)[0][0]
        if last is not None:
            rows = self._database.select(COUNT_UP_TO, (*key, last))[0][0]
            self._counted = key, last, rows
        return changed
