"""The entry of a thread, by what is known of its runs."""

from __future__ import annotations

from tests.helpers.events import START
from whitetail.source.known_run import KnownRun, thread_entry
from whitetail.trace.run_summary import RunSummary
from whitetail.trace.verdict.status import RunStatus
from whitetail_store import Stamp

STAMP = Stamp(1, 1, 100, int(START * 1e9), int(START * 1e9))


def known(started: float | None, *, is_read: bool = True) -> KnownRun:
    """Return a run with a start; without one, a run of which no event has a time."""
    run = KnownRun(STAMP)
    run.summary = RunSummary(started=started)
    run.head_stamp = STAMP if is_read else None
    return run


def start_of_thread(*runs: KnownRun) -> float | None:
    named = [(f"run-{number}", run) for number, run in enumerate(runs)]
    statuses = [RunStatus.UNKNOWN] * len(named)
    return thread_entry("t", "", named, statuses, ()).started


def test_a_thread_starts_with_its_first_run_that_has_a_time() -> None:
    assert start_of_thread(known(None), known(START), known(START + 9)) == START
    assert start_of_thread(known(None)) is None


def test_the_start_of_a_thread_is_unknown_until_its_first_run_was_read() -> None:
    assert start_of_thread(known(None, is_read=False), known(START)) is None
