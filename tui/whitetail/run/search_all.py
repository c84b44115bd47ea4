"""Searches many runs, one after the other, in slices that leave the screen alive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import NamedTuple, Protocol, TypeAlias

from whitetail.run.listener import explained
from whitetail.source.scan import LineFinder, ScannedRow, ScanPiece
from whitetail.view.lists.event import summarize
from whitetail.view.lists.results import Hit
from whitetail_store import RunEvent, RunKey

RowText = Callable[[ScannedRow], str | None]
"""Returns what of a run's next row matches, in one line; None if nothing does."""
Scan = Callable[[RunKey, LineFinder | None], Iterator[ScanPiece]]
"""`Source.scan`."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How much is kept of a search, and how often it shows its progress."""

    hits: int = 10_000
    """After so many hits, a run is left after its first one."""
    slice_s: float = 0.1
    """How long a thread searches before its hits are shown."""
    first_slice_s: float = 0.02
    """The same until there is a hit, which is shown at once."""


LIMITS = SearchLimits()


class RowTexts(Protocol):
    """What is searched for."""

    @property
    def may_match(self) -> LineFinder | None:
        """Finds the lines that may match; None if each row must be compared."""
        ...

    def of_run(self) -> RowText:
        """Return what compares the rows of a run, which get there in their order."""
        ...


@dataclass(slots=True)
class RunHits:
    """What was found in a run."""

    key: RunKey
    hits: list[Hit] = field(default_factory=list[Hit])
    left: bool = False
    """Whether the run was left after its first hit: more may match."""
    error: Exception | None = None
    """Why the rest of the run could not be read."""


class _Progress(NamedTuple):
    run: int
    """The number of the run, from 0."""
    done: int
    """How many bytes of it were searched."""


class _Found(NamedTuple):
    run: int
    hit: Hit


class _Ended(NamedTuple):
    run: int
    left: bool
    error: Exception | None


_Step: TypeAlias = _Progress | _Found | _Ended


class SearchAll:
    """Searches runs in their order, and keeps what it finds.

    Attributes change on the event loop only, in `run`.
    """

    def __init__(
        self,
        scan: Scan,
        texts: RowTexts,
        runs: Sequence[tuple[RunKey, int]],
        limits: SearchLimits = LIMITS,
    ) -> None:
        """Search `runs`, which are given with their sizes in bytes."""
        self.found: list[RunHits] = []
        """The runs in which something was found, or that could not be read."""
        self.hit_count = 0
        self.full = False
        """Whether there are as many hits as are kept."""
        self.runs_done = 0
        self.bytes_done = 0
        self.total_bytes = sum(size for _, size in runs)
        self.ended = False
        """Whether nothing more is searched."""
        self._scan, self._texts = scan, texts
        self.runs = runs
        """The runs with their sizes."""
        self._limits = limits
        self.stopped = False
        """Whether `stop` ended the search."""
        self._stop = Event()
        self._by_run: dict[int, RunHits] = {}
        self._finished_bytes = 0
        self._began = monotonic()
        self._took_s: float | None = None

    @property
    def run_count(self) -> int:
        """How many runs are searched."""
        return len(self.runs)

    @property
    def elapsed_s(self) -> float:
        """For how long the search has gone on, or did."""
        return monotonic() - self._began if self._took_s is None else self._took_s

    @property
    def left_s(self) -> float | None:
        """How long the rest will need at the speed so far; None if not known."""
        if self.ended or not self.bytes_done:
            return None
        left = max(0, self.total_bytes - self.bytes_done)
        return self.elapsed_s * left / self.bytes_done

    def stop(self) -> None:
        """End the search. A thread stops after the row that it compares."""
        self.stopped = not self.ended
        self._stop.set()

    async def run(self, changed: Callable[[], None]) -> None:
        """Search until the end, or until `stop`. `changed` is called after each slice.

        Does not raise: a run that cannot be read has its `error`.
        """
        self._began = monotonic()
        steps = self._steps()
        try:
            while not self.ended:
                for step in await asyncio.to_thread(self._slice, steps):
                    self._apply(step)
                if self._stop.is_set() or self.runs_done == len(self.runs):
                    self.ended = True
                    self._took_s = monotonic() - self._began
                changed()
        finally:
            self._stop.set()

    # In a thread.

    def _slice(self, steps: Iterator[_Step]) -> list[_Step]:
        """Search for a moment; until the first hit, not beyond it."""
        first = not self.hit_count
        limits = self._limits
        end = monotonic() + (limits.first_slice_s if first else limits.slice_s)
        batch: list[_Step] = []
        for step in steps:
            batch.append(step)
            if self._stop.is_set() or monotonic() > end:
                break
            if first and isinstance(step, _Found):
                break
        return batch

    def _steps(self) -> Iterator[_Step]:
        hit_count = 0
        for number, (key, _) in enumerate(self.runs):
            left, error = False, None
            pieces = self._run_steps(number, key)
            try:
                for step in pieces:
                    yield step
                    if isinstance(step, _Found):
                        hit_count += 1
                        if left := hit_count >= self._limits.hits:
                            break
            except FileNotFoundError:
                # It was deleted meanwhile.
                pass
            except Exception as failure:
                error = explained(failure)
            finally:
                pieces.close()
            yield _Ended(number, left, error)

    def _run_steps(self, number: int, key: RunKey) -> Generator[_Step]:
        done, text_of = 0, self._texts.of_run()
        for piece in self._scan(key, self._texts.may_match):
            for scanned in piece.rows:
                text = text_of(scanned)
                if text is not None:
                    yield _Found(number, _hit(scanned, text))
                elif self._stop.is_set():
                    return
            done += piece.size
            yield _Progress(number, done)

    # On the event loop.

    def _apply(self, step: _Step) -> None:
        match step:
            case _Found(run, hit):
                self._run_hits(run).hits.append(hit)
                self.hit_count += 1
                self.full = self.hit_count >= self._limits.hits
            case _Progress(run, done):
                most = self.runs[run][1]
                self.bytes_done = self._finished_bytes + min(done, most)
            case _Ended(run, left, error):
                self.runs_done = run + 1
                self._finished_bytes += self.runs[run][1]
                self.bytes_done = self._finished_bytes
                if left:
                    self._run_hits(run).left = True
                if error is not None:
                    self._run_hits(run).error = error

    def _run_hits(self, run: int) -> RunHits:
        hits = self._by_run.get(run)
        if hits is None:
            hits = self._by_run[run] = RunHits(self.runs[run][0])
            self.found.append(hits)
        return hits


def _hit(scanned: ScannedRow, text: str) -> Hit:
    event = scanned.event
    time = event.time if isinstance(event, RunEvent) else None
    return Hit(scanned.row, time, summarize(event, text))
