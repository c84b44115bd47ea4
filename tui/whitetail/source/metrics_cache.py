"""Keeps what was read of whole runs for the next whitetail.

A run that has the name and the state of the one that was read is not read again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import orjson

from whitetail import __version__
from whitetail.own_database import BUSY_TIMEOUT_S, OwnDatabase, own_path
from whitetail.source.run_files import RunFiles
from whitetail.trace.run_summary import RunSummary
from whitetail.trace.stats.metrics import RunTotals
from whitetail.trace.stats.totals import TokenTotals
from whitetail.trace.verdict.status import (
    RunStatus,
    StatusFacts,
    is_growing,
    status_at,
)
from whitetail_store import RunKey, Stamp

if TYPE_CHECKING:
    import sqlite3

MEANING = 1
"""Raise it when the same file gives another `RunSummary` or other `RunTotals`.

What an older whitetail has kept is then not used.
"""
_VERSION = f"{__version__} {MEANING}"
_STEPS = (
    "CREATE TABLE runs (path BLOB PRIMARY KEY, version TEXT NOT NULL, "
    "stamp TEXT NOT NULL, day INTEGER NOT NULL, totals BLOB NOT NULL);"
    "CREATE INDEX runs_by_day ON runs (day)",
)
_SETTLED_S = 2.0
"""A file that changed less than this ago may change again without another stamp: FAT
has the coarsest clock of all file systems."""
_DAY_S = 86_400
_SEPARATOR = os.sep.encode()


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """How much is kept. What was not used for the longest time goes first."""

    runs: int = 20_000
    bytes: int = 32 << 20
    run_bytes: int = 1 << 14
    """A run with a longer prompt, or with more models, is not kept."""


class CachedRun(NamedTuple):
    """What is known of a run of which all rows were read."""

    stamp: Stamp
    """The run that was read."""
    summary: RunSummary
    totals: RunTotals


class RunIdentity(NamedTuple):
    """How a run is recognized by the next whitetail."""

    name: bytes
    state: str
    """What changes when the run does."""


class RunIdentities(Protocol):
    """Recognizes the runs of a source. Its methods wait for disks and servers."""

    @property
    def root(self) -> bytes:
        """The name of all runs, or what the names begin with, before a separator."""
        ...

    def of(self, key: RunKey, stamp: Stamp, rows: int | None) -> RunIdentity | None:
        """Return the identity of a run; None if it no longer has this stamp.

        `rows` are those that were read; None if none were.
        """
        ...


class FileIdentities:
    """Recognizes files by their paths, inodes, sizes and times.

    A run that was deleted and restored, copied, or written again has another inode or
    another time of change, which no program can set. The number of the device is not
    compared: it can be another one after each start of the machine.
    """

    def __init__(self, files: RunFiles) -> None:
        self._files = files

    @property
    def root(self) -> bytes:
        """The path at or below which the files are."""
        return os.fsencode(self._files.root.absolute())

    def of(self, key: RunKey, stamp: Stamp, rows: int | None) -> RunIdentity:
        """Return the identity of a file that has this stamp."""
        return RunIdentity(
            os.fsencode(self._files.path(key).absolute()),
            f"{stamp.ino} {stamp.size} {stamp.mtime_ns} {stamp.ctime_ns}",
        )


class MetricsCache:
    """The runs of a source that were read.

    `load` and `save` wait for the disk, `get` and `add` perhaps for a server; `add` may
    be called while another thread saves. Whatever is wrong with the database, the runs
    are read instead.
    """

    def __init__(
        self,
        runs: RunIdentities,
        database: OwnDatabase,
        clock: Callable[[], float],
        limits: CacheLimits | None,
    ) -> None:
        """Open nothing yet. `clock` returns seconds since the epoch."""
        self._runs, self._database, self._clock = runs, database, clock
        self._limits = limits or CacheLimits()
        self._loaded: dict[bytes, tuple[str, int, bytes]] = {}
        """State, day of the last use, and totals, by name."""
        self._added: dict[bytes, tuple[str, bytes]] = {}
        self._used: set[bytes] = set()
        """Names that were last used on an earlier day."""

    @property
    def waiting(self) -> int:
        """How many runs `save` would write."""
        return len(self._added)

    def new_problems(self) -> list[str]:
        """Return the sentences for the user since the last call, each of them once."""
        return self._database.new_problems()

    def load(self) -> None:
        """Load what is kept."""
        path = self._runs.root
        first, last = path + _SEPARATOR, path + bytes([_SEPARATOR[0] + 1])

        def select(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return connection.execute(
                "SELECT path, stamp, day, totals FROM runs "
                "WHERE (path = ? OR path >= ? AND path < ?) AND version = ?",
                (path, first, last, _VERSION),
            ).fetchall()

        rows = self._database.read(select, list[tuple[Any, ...]]())
        self._loaded = {path: (stamp, day, kept) for path, stamp, day, kept in rows}

    def get(self, key: RunKey, stamp: Stamp) -> CachedRun | None:
        """Return what is known of a run; None if nothing, or if it has changed."""
        if not self._loaded:
            return None
        identity = self._runs.of(key, stamp, None)
        found = identity and self._loaded.get(identity.name)
        if identity is None or found is None or found[0] != identity.state:
            return None
        _, day, kept = found
        try:
            run = CachedRun(stamp, *_decoded(kept))
        except (AttributeError, KeyError, TypeError, ValueError):
            # The file was edited by hand; the run is read, and kept again.
            return None
        if day != self._today():
            self._used.add(identity.name)
        return run

    def add(self, key: RunKey, run: CachedRun) -> None:
        """Keep what was read of a run, with the next `save`.

        A run that may be written is not kept, nor one whose stamp may stay the same
        although it changes.
        """
        now, stamp = self._clock(), run.stamp
        changed_ns = max(stamp.mtime_ns, stamp.ctime_ns)
        growing = is_growing(stamp.mtime_ns / 1e9, now)
        status = status_at(run.totals.status_facts, now, growing)
        if status.may_be_written or growing or now - changed_ns / 1e9 < _SETTLED_S:
            return
        try:
            kept = orjson.dumps(run[1:], option=orjson.OPT_NON_STR_KEYS)
        except TypeError:
            # A text or a number that is not valid in JSON.
            return
        if len(kept) > self._limits.run_bytes:
            return
        if identity := self._runs.of(key, stamp, run.totals.rows):
            self._added[identity.name] = identity.state, kept

    def save(self) -> bool:
        """Write what was added; return whether it is on the disk."""
        added, self._added = self._added, {}
        used, self._used = self._used, set()
        if not (added or used):
            return True
        today = self._today()
        rows = [
            (key, _VERSION, stamp, today, kept) for key, (stamp, kept) in added.items()
        ]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", rows)
            connection.executemany(
                "UPDATE runs SET day = ? WHERE path = ?", [(today, key) for key in used]
            )
            self._drop_oldest(connection)

        return self._database.write(write)

    def _drop_oldest(self, connection: sqlite3.Connection) -> None:
        """Delete a tenth of the runs, again and again, until the rest fits."""

        def number(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        while count := number("SELECT count(*) FROM runs"):
            pages = number("PRAGMA page_count") - number("PRAGMA freelist_count")
            size = pages * number("PRAGMA page_size")
            if count <= self._limits.runs and size <= self._limits.bytes:
                break
            connection.execute(
                "DELETE FROM runs WHERE path IN "
                "(SELECT path FROM runs ORDER BY day, path LIMIT ?)",
                (count // 10 + 1,),
            )

    def _today(self) -> int:
        return int(self._clock() // _DAY_S)


def user_cache(
    runs: RunIdentities,
    path: Path | None = None,
    clock: Callable[[], float] = time.time,
    limits: CacheLimits | None = None,
    *,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
) -> MetricsCache:
    """Return the cache of the user for the runs of a source.

    `path` is its file; without one, that in the platform's folder. An empty
    `WHITETAIL_CACHE_DIR` keeps nothing. `busy_timeout_s` is how long `load` and `save`
    each wait for the transactions of other processes.
    """
    if path is None:
        path = own_path("cache", "metrics.sqlite", os.environ)
    database = OwnDatabase(
        path, "cached metrics", _STEPS, busy_timeout_s=busy_timeout_s
    )
    return MetricsCache(runs, database, clock, limits)


def _decoded(kept: bytes) -> tuple[RunSummary, RunTotals]:
    summary, totals = orjson.loads(kept)
    models = {name: _tokens(each) for name, each in totals["models"].items()}
    facts = _facts(totals["status_facts"])
    return (
        RunSummary(**{**summary, "facts": _facts(summary["facts"])}),
        RunTotals(**{**totals, "status_facts": facts, "models": models}),
    )


def _facts(kept: dict[str, Any]) -> StatusFacts:
    final = kept["final"]
    return StatusFacts(**{**kept, "final": None if final is None else RunStatus(final)})


def _tokens(kept: dict[str, Any]) -> TokenTotals:
    latencies = {int(each): count for each, count in kept["latencies"].items()}
    return TokenTotals(**{**kept, "latencies": latencies})
