"""The numbers of runs that lists show, and their totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from rich.cells import cell_len

from whitetail.trace.stats.metrics import RunMetrics
from whitetail.trace.stats.totals import Total
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.brief import plural
from whitetail.view.units import count, money

_UNKNOWN = "\u2013"


class Numbers(NamedTuple):
    """The numbers of some runs. An amount is None if no run's amount is known.

    There are thousands when the app starts; a data class would need twice the time.
    """

    runs: int = 0
    failed: int = 0
    """Runs that failed, as far as they were read."""
    size: int | None = 0
    """In bytes; None if it is not known."""
    unread: int = 0
    """Runs that were not read completely yet."""
    took: Total | None = None
    """Seconds from the first event of each run to its last one."""
    tokens: Total | None = None
    cost: Total | None = None
    calls: Total | None = None
    errors: Total | None = None
    events: Total | None = None


NO_NUMBERS = Numbers()


def run_numbers(
    status: RunStatus,
    size: int | None,
    took: float | None,
    events: int | None,
    metrics: RunMetrics | None,
) -> Numbers:
    """Return the numbers of one run, as far as it was read."""
    return Numbers(
        1,
        int(status is RunStatus.FAILED),
        size,
        int(metrics is None),
        None if took is None else Total(took),
        metrics.tokens if metrics else None,
        metrics.cost if metrics else None,
        Total(metrics.calls) if metrics else None,
        Total(metrics.errors) if metrics else None,
        None if events is None else Total(events),
    )


def add_up(parts: Iterable[Numbers]) -> Numbers:
    """Return the totals. An amount is incomplete if some runs' amounts are unknown."""
    runs = failed = unread = 0
    size: int | None = 0
    some_untouched = False
    sums = [_Sum() for _ in range(6)]
    took, tokens, cost, calls, errors, events = sums
    for part in parts:
        if not part.runs:
            continue
        runs += part.runs
        failed += part.failed
        size = None if size is None or part.size is None else size + part.size
        unread += part.unread
        if part.unread == part.runs and part.took is None and part.events is None:
            # The short way, since there may be thousands when the app starts.
            some_untouched = True
            continue
        took.add(part.took)
        tokens.add(part.tokens)
        cost.add(part.cost)
        calls.add(part.calls)
        errors.add(part.errors)
        events.add(part.events)
    if some_untouched:
        for each in sums:
            each.add(None)
    return Numbers(runs, failed, size, unread, *(each.total for each in sums))


def amount_text(total: Total | None, format_amount: Callable[[float], str]) -> str:
    """Return a total, followed by `+` if a part of it is unknown."""
    if total is None:
        return _UNKNOWN
    return format_amount(total.amount) + ("" if total.complete else "+")


def totals_line(
    numbers: Numbers, currency: str, max_cells: int, *, names_runs: bool = True
) -> str:
    """Return totals as `16 runs · 1.9M tokens · $0.61 · 4 failed`.

    What does not fit is left out: the number of runs first, then that of failed ones.
    An amount to which unread runs will add has a `+`. No currency: no cost.
    """
    runs = plural(numbers.runs, "run") if names_runs else ""
    tokens = cost = failed = ""
    if numbers.tokens is not None:
        tokens = f"{amount_text(numbers.tokens, lambda n: count(int(n)))} tokens"
    if numbers.cost is not None and currency:
        cost = amount_text(numbers.cost, lambda amount: money(amount, currency))
    if numbers.failed:
        failed = f"{numbers.failed:,}{'+' if numbers.unread else ''} failed"
    choices = (
        (runs, tokens, cost, failed),
        (tokens, cost, failed),
        (tokens, cost),
        (runs,),
    )
    for parts in choices:
        line = " · ".join(filter(None, parts))
        if cell_len(line) <= max_cells:
            return line
    return ""


class _Sum:
    """The sum of amounts, some of which may be unknown."""

    __slots__ = ("_amount", "_complete", "_known")

    def __init__(self) -> None:
        self._amount, self._known, self._complete = 0.0, False, True

    def add(self, part: Total | None) -> None:
        if part is None:
            self._complete = False
        else:
            self._known = True
            self._amount += part.amount
            self._complete = self._complete and part.complete

    @property
    def total(self) -> Total | None:
        return Total(self._amount, self._complete) if self._known else None
