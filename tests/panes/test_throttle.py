"""The limits on the rate of calls, and on calls at the same time."""

from __future__ import annotations

import asyncio

from textual.app import App

from tests.helpers.pilot import until
from whitetail.panes.throttle import Coalesced, Throttle

YEARS_S = 1e9


async def test_many_requests_during_the_interval_call_once() -> None:
    """The first one calls at once, even if the machine runs for less than that."""
    calls: list[None] = []
    app = App[None]()
    async with app.run_test() as pilot:
        throttle = Throttle(app, YEARS_S, lambda: calls.append(None))
        for _ in range(100):
            throttle.request()
        await pilot.pause()
        assert len(calls) == 1


async def test_requests_during_the_interval_are_answered_at_its_end() -> None:
    calls: list[None] = []
    app = App[None]()
    async with app.run_test() as pilot:
        throttle = Throttle(app, 0.05, lambda: calls.append(None))
        throttle.request()
        throttle.request()
        await until(pilot, lambda: len(calls) == 2)
        throttle.request()
        await until(pilot, lambda: len(calls) == 3)


class Calls:
    """An asynchronous function whose calls end when `go_on` is set."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.go_on = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        assert self.begun == self.ended + 1, "two calls at the same time"
        await self.go_on.wait()
        self.ended += 1


async def turns_of_the_loop() -> None:
    """Give each task that could go on the chance to do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_requests_during_a_slow_call_let_it_end_and_are_answered_by_one() -> None:
    calls = Calls()
    coalesced = Coalesced(calls)
    requests = []
    for _ in range(20):
        requests.append(asyncio.create_task(coalesced.request()))
        await turns_of_the_loop()
    assert (calls.begun, calls.ended) == (1, 0)
    calls.go_on.set()
    await asyncio.gather(*requests)
    assert (calls.begun, calls.ended) == (2, 2)


async def test_a_call_waits_for_its_turn_and_gives_it_back_if_it_is_cancelled() -> None:
    calls, turn = Calls(), asyncio.Lock()
    coalesced = Coalesced(calls, turn)
    async with turn:
        request = asyncio.create_task(coalesced.request())
        await turns_of_the_loop()
        assert calls.begun == 0
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
    calls.go_on.set()
    await coalesced.request()
    assert calls.ended == 1
    assert not turn.locked()
