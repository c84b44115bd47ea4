"""The limit of how often a function is called."""

from __future__ import annotations

from textual.app import App

from tests.helpers.pilot import until
from whitetail.panes.throttle import Throttle


async def test_many_requests_during_the_interval_call_once() -> None:
    calls: list[None] = []
    app = App[None]()
    async with app.run_test() as pilot:
        throttle = Throttle(app, 30.0, lambda: calls.append(None))
        for _ in range(100):
            throttle.request()
        await pilot.pause()
        assert len(calls) == 1


async def test_a_request_during_the_interval_calls_at_its_end() -> None:
    calls: list[None] = []
    app = App[None]()
    async with app.run_test() as pilot:
        throttle = Throttle(app, 0.05, lambda: calls.append(None))
        throttle.request()
        throttle.request()
        await until(pilot, lambda: len(calls) == 2)


async def test_requests_call_again_after_a_delayed_call() -> None:
    calls: list[None] = []
    app = App[None]()
    async with app.run_test() as pilot:
        throttle = Throttle(app, 0.05, lambda: calls.append(None))
        throttle.request()
        throttle.request()
        await until(pilot, lambda: len(calls) == 2)
        throttle.request()
        await until(pilot, lambda: len(calls) == 3)
