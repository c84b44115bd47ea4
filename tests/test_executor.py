"""Threads that do not keep the program from ending."""

from __future__ import annotations

import threading
from concurrent.futures import wait

import pytest

from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.executor import DaemonExecutor


def test_results_and_errors_are_those_of_the_function() -> None:
    executor = DaemonExecutor()
    assert executor.submit(divmod, 7, 2).result(WAIT_TIMEOUT_S) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 7, 0).result(WAIT_TIMEOUT_S)


def test_work_that_waits_does_not_delay_other_work() -> None:
    executor, go_on = DaemonExecutor(), threading.Event()
    waiting = [executor.submit(go_on.wait, WAIT_TIMEOUT_S) for _ in range(7)]
    assert executor.submit(int, "3").result(WAIT_TIMEOUT_S) == 3
    assert not any(each.done() for each in waiting)
    go_on.set()
    assert all(each.result(WAIT_TIMEOUT_S) for each in waiting)


def test_work_beyond_the_number_of_threads_is_done_later() -> None:
    executor = DaemonExecutor()
    futures = [executor.submit(pow, number, 2) for number in range(500)]
    wait(futures, WAIT_TIMEOUT_S)
    assert [each.result() for each in futures] == [n * n for n in range(500)]


def test_cancelled_work_is_not_begun() -> None:
    executor, go_on = DaemonExecutor(), threading.Event()
    waiting = [executor.submit(go_on.wait, WAIT_TIMEOUT_S) for _ in range(8)]
    begun: list[int] = []
    late = executor.submit(begun.append, 1)
    assert late.cancel()
    go_on.set()
    wait(waiting, WAIT_TIMEOUT_S)
    assert executor.submit(int, "3").result(WAIT_TIMEOUT_S) == 3
    assert begun == []


def test_shutdown_waits_for_nothing() -> None:
    executor = DaemonExecutor()
    future = executor.submit(threading.Event().wait)
    executor.shutdown(wait=True)
    assert not future.done()
