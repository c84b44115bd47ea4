"""The pane of a thread's runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..trace.run import State
from ..view.entries import SIGNS, TONES, RunEntry
from ..view.text import fit
from ..view.units import clock, count, size, span
from .keyed import KeyedPane
from .lines import Cell

# Columns behind the prompt: their width, and that of the pane that has room for them.
_STARTED, _LENGTH, _EVENTS = (7, 28), (7, 36), (6, 42)
_SIZE, _STATE = (8, 50), (10, 70)


class RunsPane(KeyedPane[tuple[str, str]]):
    """A thread's runs, the one begun last first."""

    BORDER_TITLE = "2 Runs"

    def __init__(self, id: str, now: Callable[[], float]) -> None:  # noqa: A002
        super().__init__(id)
        self._now = now
        self._entries: Sequence[RunEntry] = ()

    @property
    def chosen(self) -> list[RunEntry]:
        """The runs that are selected, else the one under the cursor."""
        return [self._entries[line] for line in self.chosen_lines]

    def show(self, entries: Sequence[RunEntry]) -> None:
        """Show these runs; the cursor stays with its run."""
        if entries == self._entries:
            return
        before, self._entries = self._entries, entries
        keys = [entry.key for entry in entries]
        if keys != [entry.key for entry in before]:
            self.border_subtitle = f"{len(entries):,}"
            self.rearrange(keys)
            return
        for line, (old, new) in enumerate(zip(before, entries, strict=True)):
            if old != new:
                self.refresh_line(line)

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return a run's sign and prompt, and of its numbers those that have room."""
        entry = self._entries[line]
        numbers = self._numbers(entry, width)
        prompt = max(0, width - 2 - sum(len(text) for text, _ in numbers))
        return [
            (SIGNS[entry.state] + " ", TONES[entry.state]),
            (fit(entry.prompt, prompt), "plain" if entry.known else "muted"),
            *numbers,
        ]

    def _numbers(self, entry: RunEntry, width: int) -> list[Cell]:
        length = ""
        if entry.started is not None and entry.ended is not None:
            now = self._now() if entry.state is State.RUNNING else entry.ended
            length = span(max(now, entry.ended) - entry.started)
        events = "" if entry.events is None else count(entry.events)
        columns = [
            (clock(entry.started, self._now()), _STARTED, "muted"),
            (length, _LENGTH, "muted"),
            (events, _EVENTS, "muted"),
            (size(entry.size), _SIZE, "muted"),
            (str(entry.state), _STATE, TONES[entry.state]),
        ]
        return [
            (f"{text:>{cells}}", tone)
            for text, (cells, room), tone in columns
            if width >= room
        ]
