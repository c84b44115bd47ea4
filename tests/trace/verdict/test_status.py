from __future__ import annotations

import pytest

from whitetail.trace.verdict.status import (
    GROWING_S,
    QUIET_S,
    RunStatus,
    StatusFacts,
    is_growing,
    status_at,
)

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("facts", "growing", "status"),
    [
        (StatusFacts(RunStatus.FAILED, ended=True), True, RunStatus.FAILED),
        (StatusFacts(ended=True, latest_time=NOW), True, RunStatus.UNKNOWN),
        (StatusFacts(latest_time=NOW - 10_000), True, RunStatus.RUNNING),
        (StatusFacts(latest_time=NOW - QUIET_S + 1), False, RunStatus.QUIET),
        (StatusFacts(latest_time=NOW - QUIET_S), False, RunStatus.CUT_OFF),
        (StatusFacts(latest_time=NOW - QUIET_S, torn=True), False, RunStatus.UNKNOWN),
        (StatusFacts(latest_time=NOW, inherited=True), True, RunStatus.INHERITED),
        (StatusFacts(empty=True), False, RunStatus.UNKNOWN),
        (StatusFacts(empty=True), True, RunStatus.RUNNING),
        (StatusFacts(), False, RunStatus.UNKNOWN),
        (StatusFacts(latest_time=NOW + 3 * 86_400), False, RunStatus.UNKNOWN),
    ],
)
def test_the_rule_gives_the_status(
    facts: StatusFacts, growing: bool, status: RunStatus
) -> None:
    assert status_at(facts, NOW, growing) is status


@pytest.mark.parametrize(
    ("written_at", "growing"),
    [
        (None, False),
        (NOW, True),
        (NOW - GROWING_S + 1, True),
        (NOW - GROWING_S, False),
        (NOW + 86_400, False),
    ],
)
def test_a_run_grows_for_a_while_after_its_last_write_and_not_by_a_time_to_come(
    written_at: float | None, growing: bool
) -> None:
    assert is_growing(written_at, NOW) is growing
