"""What the tests of the terminal share: small trees, and waiting for something."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from tests.helpers.waiting import PATIENCE_S
from whitetail_store import RunEvent

P = ParamSpec("P")
T = TypeVar("T")

START = 1_790_000_000.0
"""A moment, in seconds since the epoch."""


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the app work until a condition is true."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "the condition never became true"
        await pilot.pause(0.01)
    await pilot.pause()


class InlineExecutor(ThreadPoolExecutor):
    """Runs work for threads at once, in the thread that submits it.

    As the default executor of a loop it makes `asyncio.to_thread` end a fixed number
    of loop turns after it began, however busy the machine is.
    """

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Stage(App[None]):
    """An app of one widget, that writes down what it says."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_line_list_highlighted(self, message: Message) -> None:
        self.heard.append(message)

    def on_line_list_opened(self, message: Message) -> None:
        self.heard.append(message)

    def on_line_list_visible_rows_changed(self, message: Message) -> None:
        self.heard.append(message)

    def on_rows_pane_failed(self, message: Message) -> None:
        self.heard.append(message)

    def count(self, kind: type[Message]) -> int:
        """Return how often something was said."""
        return sum(isinstance(message, kind) for message in self.heard)


def drawn(widget: Widget) -> list[str]:
    """Return the lines that a widget draws, without the blanks behind them."""
    region = widget.scrollable_content_region
    return [widget.render_line(y).text.rstrip() for y in range(region.height)]


def event(
    seq: int, kind: str = "llm.ai.response", *, at: float = START, **changes: Any
) -> RunEvent:
    """Return an event that happened `seq` seconds after a moment."""
    record = {
        "thread_id": "t",
        "run_id": "r",
        "event_type": kind,
        "category": "message",
        "content": f"text {seq}",
        "metadata": {},
        "seq": seq,
        "created_at": stamp(at + seq),
        **changes,
    }
    return RunEvent.of(record)


def stamp(moment: float) -> str:
    """Return seconds since the epoch as an event holds them."""
    return datetime.fromtimestamp(moment, UTC).isoformat()


class Disk:
    """A small `.deer-flow` on disk, written as DeerFlow writes."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / ".deer-flow"
        self.threads = self.base / "threads"
        self.threads.mkdir(parents=True)
        self._seqs: dict[str, int] = {}

    def path(self, thread: str, run: str) -> Path:
        """Return where a run's file is."""
        return self.threads / thread / "runs" / f"{run}.jsonl"

    def run(
        self,
        thread: str,
        run: str,
        prompt: str = "",
        *replies: str,
        age: float = 3_600,
        ended: bool = True,
    ) -> Path:
        """Write a run of which the last event is `age` seconds old."""
        then = time.time() - age
        path = self.path(thread, run)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.add(thread, run, "run.start", {}, at=then - 2)
        if prompt:
            said = {"type": "human", "content": prompt}
            self.add(thread, run, "llm.human.input", said, at=then - 1)
        for reply in replies:
            self.say(thread, run, reply, at=then)
        if ended:
            how = {"status": "success"}
            self.add(thread, run, "run.end", {"messages": []}, how, at=then)
        os.utime(path, (then, then))
        return path

    def say(self, thread: str, run: str, text: str, *, at: float | None = None) -> None:
        """Append a reply."""
        said = {"type": "ai", "content": text}
        self.add(thread, run, "llm.ai.response", said, at=at)

    def add(
        self,
        thread: str,
        run: str,
        kind: str,
        content: Any,
        metadata: dict[str, Any] | None = None,
        *,
        at: float | None = None,
    ) -> None:
        """Append an event as DeerFlow does: open by name, write, close."""
        self._seqs[thread] = self._seqs.get(thread, 0) + 1
        record = {
            "thread_id": thread,
            "run_id": run,
            "event_type": kind,
            "category": "message" if kind.startswith("llm.") else "trace",
            "content": content,
            "metadata": metadata or {},
            "seq": self._seqs[thread],
            "created_at": stamp(time.time() if at is None else at),
        }
        with self.path(thread, run).open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
