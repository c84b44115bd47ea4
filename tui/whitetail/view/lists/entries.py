"""The entries of the lists of threads, runs and deleted runs, one entry per line."""

from __future__ import annotations

from dataclasses import dataclass

from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.numbers import NO_NUMBERS, Numbers, run_numbers
from whitetail_store import RunKey

STATUS_SIGNS = {
    RunStatus.RUNNING: ("●", "running"),
    RunStatus.QUIET: ("◌", "running"),
    RunStatus.ANSWERED: ("✓", "finished"),
    RunStatus.DEGRADED: ("!", "warning"),
    RunStatus.FAILED: ("✗", "error"),
    RunStatus.CUT_OFF: ("†", "warning"),
    RunStatus.INHERITED: ("≡", "muted"),
    RunStatus.UNKNOWN: ("·", "muted"),
}
"""The sign of each status, one cell wide, and the tone of sign and word."""


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """A thread in the list of threads."""

    key: str
    """The thread id."""
    title: str
    """The sanitized title. The thread id if no title is known."""
    title_known: bool
    """Whether the title was already searched for."""
    runs: int
    """Number of runs."""
    time: float | None
    """Time of the last event, in seconds since the epoch."""
    status: RunStatus = RunStatus.UNKNOWN
    """The status of its newest run."""
    older_failed: bool = False
    """Whether an older run failed that the user has not opened."""
    numbers: Numbers = NO_NUMBERS
    """The totals of its runs, as far as they were read."""
    prompts: tuple[str, ...] = ()
    """The sanitized prompts of its runs, as far as they were read."""
    started: float | None = None
    """Time of its first event, in seconds since the epoch."""
    models: tuple[str, ...] | None = None
    """The models of its runs. None if no run was read completely yet."""

    @property
    def name(self) -> str:
        """What the list calls the thread."""
        return self.title

    @property
    def name_known(self) -> bool:
        """Whether the name is final."""
        return self.title_known

    @property
    def listed_time(self) -> float | None:
        """The time by which threads are sorted."""
        return self.time


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run in the list of runs."""

    key: RunKey
    prompt: str
    """The sanitized prompt. The run id if no prompt is known."""
    prompt_known: bool
    """Whether the prompt was already searched for."""
    status: RunStatus
    started: float | None
    """Time of the first event, in seconds since the epoch."""
    ended: float | None
    """Time of the last event, in seconds since the epoch."""
    events: int | None
    """Number of rows of the file. None if they were not counted yet."""
    size: int | None
    """Size of the file in bytes. None if the run is no file."""
    metrics: RunMetrics | None = None
    """None if the run was not read completely yet."""
    title: str = ""
    """The title of its thread. Sanitized; empty if it is not known."""

    @property
    def models(self) -> tuple[str, ...] | None:
        """Its models. None if the run was not read completely yet."""
        return self.metrics.models if self.metrics else None

    @property
    def name(self) -> str:
        """What the list calls the run."""
        return self.prompt

    @property
    def name_known(self) -> bool:
        """Whether the name is final."""
        return self.prompt_known

    @property
    def listed_time(self) -> float | None:
        """The time by which runs are sorted."""
        return self.started

    @property
    def took(self) -> float | None:
        """Seconds from the first event to the last one. None if they are unknown."""
        if self.started is None or self.ended is None:
            return None
        return self.ended - self.started

    @property
    def numbers(self) -> Numbers:
        """The numbers of the run, as far as it was read."""
        return run_numbers(self.status, self.size, self.took, self.events, self.metrics)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A thread or a run that a delete would remove."""

    title: str
    """As the lists show it, sanitized."""
    status: RunStatus | None = None
    """The status of a run. None for a thread; its runs follow."""
    started: float | None = None
    """Time of the first event, in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class TrashEntry:
    """A deleted run in the list of the trash."""

    key: str
    """Identifies it, also in other sessions."""
    run: RunKey
    """The run that was deleted."""
    title: str
    """The sanitized prompt. The run id if no prompt is known."""
    title_known: bool
    """Whether the prompt was already searched for."""
    deleted_at: float
    """The time of the delete, in seconds since the epoch."""
    size: int
    """Size of its file in bytes."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """What can be opened instead of what is shown: a `.deer-flow`, or a database."""

    key: str
    """Its path. Not sanitized."""
    path: str
    """Its path, sanitized."""
    runs: int | None
    """The number of its runs. None if there is no such folder, it cannot be read, or
    its runs were not counted."""
    problem: str = ""
    """Why it cannot be read. Empty if it can."""
    uncounted: bool = False
    """Whether it has runs, which were not counted."""

    @property
    def has_runs(self) -> bool:
        """Whether it has runs, counted or not."""
        return bool(self.runs) or self.uncounted

    @property
    def exists(self) -> bool:
        """Whether it can be opened, perhaps without runs."""
        return self.runs is not None or self.uncounted
