"""The files of burrow, before and after, and what its tests say."""

BEFORE = '''\
"""How long a job waits before it peeks out of the burrow again."""

import random
import time


def delay(attempt):
    """Return the seconds to wait before the given attempt."""
    return random.random() * 2**attempt


def retry(job, attempts=8):
    """Call the job until it works."""
    for attempt in range(attempts):
        try:
            return job()
        except Exception:
            time.sleep(delay(attempt))
    raise RuntimeError("the job never came out")
'''
AFTER = '''\
"""How long a job waits before it peeks out of the burrow again."""

import random
import time

LONGEST = 30.0


def delay(attempt, chance=random.random):
    """Return the seconds to wait before the given attempt, never more than LONGEST."""
    return min(LONGEST, 2**attempt) * (0.5 + chance() / 2)


def retry(job, attempts=8, sleep=time.sleep, chance=random.random):
    """Call the job until it works; the last failure is the one that is raised."""
    for attempt in range(attempts):
        try:
            return job()
        except Exception:
            if attempt == attempts - 1:
                raise
            sleep(delay(attempt, chance))
'''
TEST_BEFORE = """\
import time

import pytest

from burrow.backoff import retry


def test_retry_is_patient():
    began = time.monotonic()
    with pytest.raises(RuntimeError):
        retry(lambda: 1 / 0, attempts=2)
    assert time.monotonic() - began > 1
"""
TEST_AFTER = """\
import pytest

from burrow.backoff import LONGEST, delay, retry


def test_a_job_that_never_works_waits_between_attempts_only():
    naps = []
    with pytest.raises(ZeroDivisionError):
        retry(lambda: 1 / 0, attempts=3, sleep=naps.append, chance=lambda: 1.0)
    assert naps == [1, 2]


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_no_wait_is_longer_than_the_longest(chance):
    assert delay(40, lambda: chance) <= LONGEST
"""
LOG_BEFORE = "# Changes\n\n## 0.4.0\n\n- Jobs may dig.\n"
LOG_AFTER = (
    "# Changes\n\n"
    "## 0.4.1\n\n"
    "- A wait between attempts is never longer than 30 s, nor shorter than half of "
    "it.\n"
    "- `retry` raises the job's own last error instead of a `RuntimeError`.\n\n"
    "## 0.4.0\n\n"
    "- Jobs may dig.\n"
)
NAMES = (
    "queue.py::test_first_in_first_out",
    "queue.py::test_an_empty_queue_waits",
    "queue.py::test_a_full_queue_says_so",
    "worker.py::test_a_worker_digs",
    "worker.py::test_a_worker_rests",
    "worker.py::test_two_workers_never_dig_the_same_hole",
    "store.py::test_an_acorn_put_is_an_acorn_got",
    "store.py::test_acorns_survive_the_winter",
    "store.py::test_an_unknown_acorn_is_no_acorn",
    "cli.py::test_help_helps",
    "cli.py::test_version_is_one_line",
)
SHORT = (3, 7, 12, 16, 17)
RUNS = "\n".join(
    f"run {n:2d}: FAILED  waited 0.{n * 37:03d} s, wanted more than 1"
    if n in SHORT
    else f"run {n:2d}: passed"
    for n in range(1, 21)
)


def pytest(*last: str, seconds: float) -> str:
    """Return what a run of all tests prints, the `last` ones given."""
    names = [f"tests/test_{name} PASSED" for name in NAMES] + list(last)
    lines = [
        f"{name:<75} [{100 * i // len(names):3d}%]" for i, name in enumerate(names, 1)
    ]
    counts = f" {len(names)} passed in {seconds:.2f}s "
    head = f"{' test session starts ':=^82}\ncollected {len(names)} items\n"
    return "\n".join([head, *lines, "", f"{counts:=^82}"])
