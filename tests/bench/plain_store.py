"""`PlainStore`: what `bench_store` measures the store beside."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class PlainStore:
    """A store that reads and writes as DeerFlow's own store does."""

    def __init__(self, base_dir: Path) -> None:
        self.threads = base_dir / "threads"
        self.newest: dict[str, int] = {}
        self.lock = asyncio.Lock()

    def folder(self, thread_id: str) -> Path:
        return self.threads / thread_id / "runs"

    def parse(self, path: Path) -> list[Event]:
        text = path.read_text("utf-8").strip()
        return [json.loads(each) for each in text.splitlines() if each]

    def events(self, thread_id: str) -> list[Event]:
        paths = sorted(self.folder(thread_id).glob("*.jsonl"))
        found = [event for path in paths for event in self.parse(path)]
        return sorted(found, key=lambda event: event["seq"])

    def run(self, thread_id: str, run_id: str) -> list[Event]:
        found = self.parse(self.folder(thread_id) / f"{run_id}.jsonl")
        return sorted(found, key=lambda event: event["seq"])

    async def number(self, thread_id: str) -> int:
        if thread_id not in self.newest:
            events = await asyncio.to_thread(self.events, thread_id)
            self.newest[thread_id] = max((e["seq"] for e in events), default=0)
        self.newest[thread_id] += 1
        return self.newest[thread_id]

    def write(self, record: Event) -> None:
        path = self.folder(record["thread_id"]) / f"{record['run_id']}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, default=str, ensure_ascii=False) + "\n")

    async def put(self, **event: Any) -> Event:
        async with self.lock:
            record = {
                **event,
                "seq": await self.number(event["thread_id"]),
                "created_at": datetime.now(UTC).isoformat(),
            }
            await asyncio.to_thread(self.write, record)
            return record

    async def list_messages(self, thread_id: str) -> list[Event]:
        events = await asyncio.to_thread(self.events, thread_id)
        return [e for e in events if e["category"] == "message"][-50:]

    async def list_messages_by_run(self, thread_id: str, run_id: str) -> list[Event]:
        events = await asyncio.to_thread(self.run, thread_id, run_id)
        return [e for e in events if e["category"] == "message"][-50:]

    async def count_messages(self, thread_id: str) -> int:
        events = await asyncio.to_thread(self.events, thread_id)
        return sum(e["category"] == "message" for e in events)
