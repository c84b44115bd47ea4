"""The store gives the same results as a plain list while another program writes.

Keeps promises 4, 7 and 8 of the store (docs/store.md) under random calls.
"""

import asyncio
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.helpers.events import line
from tests.helpers.lines import append, json_values, next_tick, run_file
from tests.helpers.store import Event, seqs
from whitetail_store import JsonlRunEventStore, NewEvent, RunEvent, RunLog
from whitetail_store.event import decode, encode

RUNS = ["a", "b"]
runs = st.sampled_from(RUNS)
types = st.sampled_from(["llm.ai.response", "run.start", "ai_message"])
categories = st.sampled_from(["message", "trace"])
contents = json_values | st.integers(0, 2500).map(lambda size: "x" * size)
callers = st.sampled_from(["lead_agent", "middleware:title"])
cursors = st.none() | st.integers(0, 30)


@dataclass
class Piece:
    """The bytes of one write to a file."""

    data: bytes
    event: Event | None = None
    """The event in the bytes; None if there is none."""


@dataclass
class File:
    pieces: list[Piece] = field(default_factory=list[Piece])
    rest: bytes = b""
    """The rest of a line that the other program has not finished."""

    @property
    def data(self) -> bytes:
        return b"".join(piece.data for piece in self.pieces)

    @property
    def events(self) -> list[Event]:
        return [piece.event for piece in self.pieces if piece.event is not None]


class StoreMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.base = Path(self.folder.name)
        self.runner = asyncio.Runner()
        self.store = JsonlRunEventStore(self.base)
        self.logs = {run_id: RunLog(self.path(run_id)) for run_id in RUNS}
        self.files: dict[str, File] = {}
        self.last_given_seq = 0

    def path(self, run_id: str) -> Path:
        return run_file(self.base, "t", run_id)

    @property
    def events(self) -> list[Event]:
        every = [event for file in self.files.values() for event in file.events]
        return sorted(every, key=lambda event: event["seq"])

    @property
    def newest_seq(self) -> int:
        return max((event["seq"] for event in self.events), default=0)

    def of_run(self, run_id: str) -> list[Event]:
        """Return the events in the run's own file that name no other run."""
        events = self.files.get(run_id, File()).events
        own = [event for event in events if event["run_id"] == run_id]
        return sorted(own, key=lambda event: event["seq"])

    def keep(self, run_id: str, event: Event) -> None:
        """Add an event of the store, and check that it is on a line of its own."""
        file = self.files.setdefault(run_id, File())
        before = file.data
        written = self.path(run_id).read_bytes()
        assert written.startswith(before)
        added = written[len(before) :]
        if before and not before.endswith(b"\n"):
            assert added.startswith(b"\n")
        assert decode(added.lstrip(b"\n")) == event
        file.pieces.append(Piece(added, event))

    # The store writes

    @rule(
        run_id=runs, kind=types, category=categories, content=contents, caller=callers
    )
    def put(
        self, run_id: str, kind: str, category: str, content: Any, caller: str
    ) -> None:
        put = self.runner.run(
            self.store.put(
                thread_id="t",
                run_id=run_id,
                event_type=kind,
                category=category,
                content=content,
                metadata={"caller": caller},
            )
        )
        assert put["seq"] > max(self.newest_seq, self.last_given_seq)
        self.last_given_seq = put["seq"]
        self.keep(run_id, decode_as_written(put))

    @rule(of=st.lists(runs, min_size=1, max_size=4, unique=True))
    def put_batch(self, of: list[str]) -> None:
        batch: list[NewEvent] = [
            {"thread_id": "t", "run_id": run_id, "event_type": "x", "category": "trace"}
            for run_id in of
        ]
        for put in self.runner.run(self.store.put_batch(batch)):
            assert put["seq"] > max(self.newest_seq, self.last_given_seq)
            self.last_given_seq = put["seq"]
            self.keep(put["run_id"], put)

    @rule(run_id=runs, kind=types)
    def put_if_absent(self, run_id: str, kind: str) -> None:
        existing = [e for e in self.of_run(run_id) if e["event_type"] == kind]
        put, created = self.runner.run(
            self.store.put_if_absent(
                thread_id="t", run_id=run_id, event_type=kind, category="message"
            )
        )
        assert created is not bool(existing)
        if created:
            assert put["seq"] > max(self.newest_seq, self.last_given_seq)
            self.last_given_seq = put["seq"]
            self.keep(run_id, put)
        else:
            assert put in existing
            assert put["seq"] == existing[0]["seq"]

    # Another program writes

    @rule(
        run_id=runs,
        back=st.integers(0, 3),
        kind=types,
        content=contents,
        of=st.sampled_from([None, None, "a", "other"]),
    )
    def other_appends(
        self, run_id: str, back: int, kind: str, content: Any, of: str | None
    ) -> None:
        seq = max(1, self.newest_seq + 1 - back)
        data = line(seq, run_id=of or run_id, event_type=kind, content=content)
        append(self.path(run_id), data)
        file = self.files.setdefault(run_id, File())
        file.pieces.append(Piece(data, decode(data)))

    @rule(
        run_id=runs, data=st.sampled_from([b"\n", b" \n", b"oops\n", b"{}\n", b"7\n"])
    )
    def other_writes_garbage(self, run_id: str, data: bytes) -> None:
        file = self.files.get(run_id)
        if file and not file.data.endswith(b"\n"):
            data = b"\n" + data
        append(self.path(run_id), data)
        self.files.setdefault(run_id, File()).pieces.append(Piece(data))

    @rule(run_id=runs, cut=st.integers(12, 400), content=contents)
    def other_is_half_done(self, run_id: str, cut: int, content: Any) -> None:
        file = self.files.setdefault(run_id, File())
        data = line(self.newest_seq + 1, run_id=run_id, content=content)
        cut = min(cut, len(data) - 1)
        append(self.path(run_id), data[:cut])
        whole = decode(data) if cut == len(data) - 1 else None
        file.pieces.append(Piece(data[:cut], whole))
        file.rest = data[cut:]

    @precondition(lambda self: any(file.rest for file in self.files.values()))
    @rule(size=st.integers(1, 400))
    def other_goes_on(self, size: int) -> None:
        run_id, file = next((r, f) for r, f in self.files.items() if f.rest)
        data, file.rest = file.rest[:size], file.rest[size:]
        append(self.path(run_id), data)
        last = file.pieces[-1]
        if last.event is None and last.data.startswith(b"{"):
            last.data += data
            last.event = decode(last.data) if is_event(last.data) else None
        else:
            file.pieces.append(Piece(data))

    # Files change

    @precondition(lambda self: self.files)
    @rule(
        way=st.sampled_from(["rename", "unlink", "in place"]),
        at=st.integers(0),
        same=st.booleans(),
    )
    def replaced(self, way: str, at: int, same: bool) -> None:
        run_id = list(self.files)[at % len(self.files)]
        path = self.path(run_id)
        size = len(self.files[run_id].data)
        least = len(line(1, run_id=run_id, content=""))
        filler = "y" * (size - least) if same and size >= least else "y"
        data = line(1, run_id=run_id, content=filler)
        next_tick(path.parent)
        if way == "rename":
            other = path.with_suffix(".new")
            other.write_bytes(data)
            other.replace(path)
        elif way == "unlink":
            path.unlink()
            path.write_bytes(data)
        else:
            path.write_bytes(data)
        self.files[run_id] = File([Piece(data, decode(data))])

    @precondition(lambda self: any(file.pieces for file in self.files.values()))
    @rule(at=st.integers(0), keep=st.integers(0, 10))
    def cut(self, at: int, keep: int) -> None:
        run_id = list(self.files)[at % len(self.files)]
        file = self.files[run_id]
        file.pieces, file.rest = file.pieces[:keep], b""
        next_tick(self.path(run_id).parent)
        os.truncate(self.path(run_id), len(file.data))

    @precondition(lambda self: self.files)
    @rule(at=st.integers(0))
    def removed(self, at: int) -> None:
        run_id = list(self.files)[at % len(self.files)]
        next_tick(self.path(run_id).parent)
        self.path(run_id).unlink()
        del self.files[run_id]

    @rule(run_id=runs)
    def delete_by_run(self, run_id: str) -> None:
        gone = self.files.pop(run_id, File())
        assert self.runner.run(self.store.delete_by_run("t", run_id)) == len(
            gone.events
        )
        assert not self.path(run_id).exists()

    @rule()
    def delete_by_thread(self) -> None:
        count = len(self.events)
        assert self.runner.run(self.store.delete_by_thread("t")) == count
        self.files.clear()
        self.last_given_seq = 0

    @rule()
    def another_process(self) -> None:
        self.store = JsonlRunEventStore(self.base)

    # Reads agree with the list

    @rule(before=cursors, after=cursors, limit=st.integers(0, 9))
    def list_messages(self, before: int | None, after: int | None, limit: int) -> None:
        messages = [e for e in self.events if e["category"] == "message"]
        if before is not None:
            expected = last(limit, [e for e in messages if e["seq"] < before])
        elif after is not None:
            expected = [e for e in messages if e["seq"] > after][:limit]
        else:
            expected = last(limit, messages)
        found = self.runner.run(
            self.store.list_messages(
                "t", limit=limit, before_seq=before, after_seq=after
            )
        )
        assert seqs(found) == seqs(expected)
        assert all(each in messages for each in found)

    @rule(run_id=runs, before=cursors, after=cursors, limit=st.integers(0, 9))
    def list_messages_by_run(
        self, run_id: str, before: int | None, after: int | None, limit: int
    ) -> None:
        messages = [e for e in self.of_run(run_id) if e["category"] == "message"]
        inside = [
            each
            for each in messages
            if (before is None or each["seq"] < before)
            and (after is None or each["seq"] > after)
        ]
        expected = last(limit, inside) if after is None else inside[:limit]
        found = self.runner.run(
            self.store.list_messages_by_run(
                "t", run_id, limit=limit, before_seq=before, after_seq=after
            )
        )
        assert seqs(found) == seqs(expected)
        assert all(each in messages for each in found)

    @rule(run_id=runs, kind=st.none() | types, after=cursors, limit=st.integers(0, 9))
    def list_events(
        self, run_id: str, kind: str | None, after: int | None, limit: int
    ) -> None:
        events = self.of_run(run_id)
        expected = [
            each
            for each in events
            if (kind is None or each["event_type"] == kind)
            and (after is None or each["seq"] > after)
        ][:limit]
        found = self.runner.run(
            self.store.list_events(
                "t",
                run_id,
                event_types=None if kind is None else [kind],
                after_seq=after,
                limit=limit,
            )
        )
        assert seqs(found) == seqs(expected)
        assert all(each in events for each in found)

    @rule()
    def counts_and_replies(self) -> None:
        count = sum(each["category"] == "message" for each in self.events)
        assert self.runner.run(self.store.count_messages("t")) == count
        expected = {}
        for run_id in RUNS:
            visible = [
                each["seq"]
                for each in self.of_run(run_id)
                if each["event_type"] in ("llm.ai.response", "ai_message")
                and each["category"] == "message"
                and each["metadata"].get("caller") != "middleware:title"
            ]
            if visible:
                expected[run_id] = max(visible)
        found = self.store.get_last_visible_ai_seq_by_run("t", RUNS)
        assert self.runner.run(found) == expected

    @invariant()
    def the_logs_describe_the_files(self) -> None:
        for run_id, log in self.logs.items():
            log.refresh()
            log.assert_sound()
            file = self.files.get(run_id, File())
            rows = [row for row in log if isinstance(row, RunEvent)]
            assert rows == [RunEvent.of(event) for event in file.events]
            envelopes = log.envelopes()
            assert envelopes.events == len(rows)
            kept = [at for at in range(len(log)) if envelopes.kind(at).event_type]
            assert [envelopes.seqs[at] for at in kept] == [row.seq for row in rows]

    def teardown(self) -> None:
        self.runner.close()
        self.folder.cleanup()


def decode_as_written(put: Event) -> Event:
    """Return a record as it reads back: its values as JSON means them."""
    return decode(encode(put))


def is_event(data: bytes) -> bool:
    try:
        decode(data)
    except ValueError:
        return False
    return True


def last(limit: int, events: list[Event]) -> list[Event]:
    return events[len(events) - min(limit, len(events)) :]


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
