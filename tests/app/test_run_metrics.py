"""Tokens, costs and verdicts of listed runs, and the price file."""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path, PosixPath

import pytest
from textual.content import Content

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn
from whitetail.trace.verdict import status


def add_usage(
    tree: Disk, thread: str, run: str, tokens: int, model: str = "doe-3"
) -> None:
    """Append a reply that used a number of input tokens."""
    usage = {"input_tokens": tokens, "output_tokens": 0}
    reply = {
        "content": "more",
        "usage_metadata": usage,
        "response_metadata": {"model_name": model},
    }
    tree.add_event(thread, run, "llm.ai.response", reply, {"usage": usage})


async def test_tokens_costs_and_verdicts_of_runs_are_filled_in(
    tree: Disk, prices: Path
) -> None:
    tree.write_run("new", "r3", "a third question", age=1_000, ended=False)
    add_usage(tree, "new", "r3", 600_000)
    tree.add_event("new", "r3", "run.end", {}, {"status": "success"})
    async with open_app(tree, prices=prices) as ui:
        await ui.press("2", "z")
        await ui.until_shown("runs", "answered")
        await ui.until_shown("runs", " 600k   $1.20 ")
        await ui.until_shown("runs", "\u2013")
        uncounted = next(each for each in ui.lines("runs") if "a second" in each)
        assert uncounted.startswith("✓ a second question")
        assert uncounted.count("\u2013") == 2


async def test_the_tokens_of_a_run_follow_its_file(
    live: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is, the run grows as long as the test lasts.
    monkeypatch.setattr(status, "GROWING_S", 1e9)
    async with open_app(live) as ui:
        await ui.press("2", "z")
        add_usage(live, "live", "r", 500)
        await ui.until_shown("runs", " 500+ ")
        add_usage(live, "live", "r", 700)
        await ui.until_shown("runs", " 1.20k+ ")
        await ui.until_shown("runs", "● a question")
        live.path("live", "r").unlink()
        live.write_run("live", "r", "another question", age=1, ended=False)
        add_usage(live, "live", "r", 30)
        await ui.until_shown("runs", " 30 ")
        await ui.until_shown("runs", "another question")


async def test_a_degraded_run_has_a_sign(tree: Disk) -> None:
    tree.write_run("new", "r3", "a third question", age=1_000)
    async with open_app(tree) as ui:
        await ui.until_shown("runs", "! a third question")


async def test_a_broken_price_file_is_reported_once_and_the_rest_works(
    tree: Disk, prices: Path
) -> None:
    prices.write_text("[doe-3]\ninput = -1\noutput = 8\n")
    async with open_app(tree, prices=prices) as ui:
        await ui.until_notified("input is not between")
        [text] = ui.notifications()
        assert "prices.toml" in text and "Correct it" in text
        await ui.press("2", "z")
        await ui.until_shown("runs", "answered")
        assert "cost" not in Content.from_markup(ui.runs.border_title or "").plain


class SlowPath(PosixPath):
    """The path of a file that cannot be opened before `ready` is set."""

    ready: threading.Event

    def __fspath__(self) -> str:
        self.ready.wait()
        return str(self)


@asynccontextmanager
async def read_before_the_prices(tree: Disk, prices: Path) -> AsyncIterator[AppDriver]:
    """Open a run that costs $1.20; the prices are read once the context is left.

    Then wait until the costs are shown.
    """
    if sys.platform == "win32":
        pytest.skip("the path is a POSIX one")
    tree.write_run("new", "r3", "a third question", age=1_000, ended=False)
    add_usage(tree, "new", "r3", 600_000)
    slow = SlowPath(prices)
    slow.ready = threading.Event()
    async with open_app(tree, prices=slow) as ui:
        try:
            await ui.until(lambda: ui.events.border_subtitle == "causal order")
            yield ui
        finally:
            slow.ready.set()
        await ui.until_shown("runs", "$1.20")


async def test_a_run_that_is_read_before_the_prices_has_its_costs_too(
    tree: Disk, prices: Path
) -> None:
    async with read_before_the_prices(tree, prices):
        pass


async def test_a_run_that_is_left_before_the_prices_are_read_has_its_costs_too(
    tree: Disk, prices: Path
) -> None:
    async with read_before_the_prices(tree, prices) as ui:
        await ui.press("2", "j")
        await ui.until_shown("events", "a second question")


@pytest.mark.skipif(sys.platform == "win32", reason="the path is a POSIX one")
async def test_an_overview_that_is_open_before_the_prices_are_read_shows_costs(
    tree: Disk, prices: Path
) -> None:
    tree.write_run("new", "r3", "a third question", age=1_000, ended=False)
    add_usage(tree, "new", "r3", 600_000)
    tree.add_event("new", "r3", "run.end", {}, {"status": "success"})
    slow = SlowPath(prices)
    slow.ready = threading.Event()
    async with open_app(tree, prices=slow) as ui:
        try:
            await ui.until(lambda: ui.events.border_subtitle == "causal order")
            pane = await ui.open_overview()
            await ui.until(lambda: any("doe-3" in line for line in drawn(pane)))
        finally:
            slow.ready.set()
        await ui.until(lambda: any("$1.20" in line for line in drawn(pane)))


async def test_the_overview_shows_the_costs_of_a_run(tree: Disk, prices: Path) -> None:
    tree.write_run("new", "r3", "a third question", age=1_000, ended=False)
    add_usage(tree, "new", "r3", 600_000)
    add_usage(tree, "new", "r3", 10, model="fawn")
    async with open_app(tree, prices=prices) as ui:
        await ui.until(lambda: ui.events.count == 4)
        await ui.until_shown("runs", "$1.20+")
        lines = [line.split() for line in drawn(await ui.open_overview())]
        assert ["at", "least", "$1.20:", "fawn", "has", "no", "price"] in lines
        assert ["doe-3", "1", "600k", "0", "0", "$1.20"] in lines
        assert ["fawn", "1", "10", "0", "0", "\u2013"] in lines
