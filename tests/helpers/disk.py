"""A small `.deer-flow` folder with runs, for tests."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.helpers.events import encoded, iso_time, record

_WRITE_INTERVAL_S = 0.05


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """Have a run written last right now, for as long as a program reads it."""
    ended = Event()

    def write() -> None:
        while not ended.wait(_WRITE_INTERVAL_S):
            os.utime(path)

    os.utime(path)
    writer = Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()


class Disk:
    """A `.deer-flow` folder; runs are written to it as DeerFlow writes them."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / ".deer-flow"
        self.threads = self.base / "threads"
        self.threads.mkdir(parents=True)
        self._seqs: dict[str, int] = {}

    def path(self, thread: str, run: str) -> Path:
        """Return the path of a run's file."""
        return self.threads / thread / "runs" / f"{run}.jsonl"

    def write_run(
        self,
        thread: str,
        run: str,
        prompt: str = "",
        *replies: str,
        age: float = 3_600,
        ended: bool = True,
    ) -> Path:
        """Write a run whose last event is `age` seconds old, and return its path."""
        then = time.time() - age
        path = self.path(thread, run)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.add_event(thread, run, "run.start", {}, at=then - 2)
        if prompt:
            message = {"type": "human", "content": prompt}
            self.add_event(thread, run, "llm.human.input", message, at=then - 1)
        for reply in replies:
            self.add_reply(thread, run, reply, at=then)
        if ended:
            metadata = {"status": "success"}
            self.add_event(thread, run, "run.end", {"messages": []}, metadata, at=then)
        os.utime(path, (then, then))
        return path

    def add_reply(
        self, thread: str, run: str, text: str, *, at: float | None = None
    ) -> None:
        """Append a reply of the model to a run."""
        message = {"type": "ai", "content": text}
        self.add_event(thread, run, "llm.ai.response", message, at=at)

    def add_event(
        self,
        thread: str,
        run: str,
        kind: str,
        content: Any,
        metadata: dict[str, Any] | None = None,
        *,
        at: float | None = None,
    ) -> None:
        """Append an event to a run as DeerFlow does: open the file, write, close."""
        seq = self._seqs[thread] = self._seqs.get(thread, 0) + 1
        fields = record(
            seq,
            thread_id=thread,
            run_id=run,
            event_type=kind,
            category="message" if kind.startswith("llm.") else "trace",
            content=content,
            metadata=metadata or {},
            created_at=iso_time(time.time() if at is None else at),
        )
        with self.path(thread, run).open("ab") as file:
            file.write(encoded(fields))
