"""The store gives the same results as a plain list while other programs write.

Keeps promises 4, 7 and 8 of the store (docs/store.md) under random calls, of two
processes, beside a writer that works as DeerFlow's store does: it has no lock, it
appends, deletes, replaces, edits and shortens files, and is killed half way.
"""

import asyncio
import os
import tempfile
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

from tests.helpers.events import line, record
from tests.helpers.file_model import File
from tests.helpers.lines import append, json_values, next_tick, run_file
from tests.helpers.second_process import call_in_second_process
from tests.helpers.store import Event, seqs
from whitetail_store import JsonlRunEventStore, RunEvent, RunLog
from whitetail_store.event import decode, encode

RUNS = ["a", "b"]
runs = st.sampled_from(RUNS)
types = st.sampled_from(["llm.ai.response", "run.start", "ai_message"])
categories = st.sampled_from(["message", "trace"])
records = st.builds(record, st.integers(1, 99)) | st.lists(
    st.builds(record, st.integers(1, 99)), max_size=3
)
contents = json_values | records | st.integers(0, 2500).map(lambda size: "x" * size)
callers = st.sampled_from(["lead_agent", "middleware:title"])
cursors = st.none() | st.integers(0, 30)
stores = st.sampled_from(["first", "new", "second process"])
"""The store that a call is made to: the one that stays, a new one, another process."""


class StoreMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.base = Path(self.folder.name)
        self.runner = asyncio.Runner()
        self.store = JsonlRunEventStore(self.base)
        self.logs = {run_id: RunLog(self.path(run_id)) for run_id in RUNS}
        self.files: dict[str, File] = {}
        self.given: set[int] = set()
        """The seqs that stores of ours gave since the thread was deleted."""

    def path(self, run_id: str) -> Path:
        return run_file(self.base, "t", run_id)

    def call(self, store: str, method: str, *args: Any, **keywords: Any) -> Any:
        if store == "second process":
            return call_in_second_process(self.base, method, *args, **keywords)
        of = self.store if store == "first" else JsonlRunEventStore(self.base)
        return self.runner.run(getattr(of, method)(*args, **keywords))

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

    def number(self, run_id: str, event: Event, newest: int) -> None:
        """Check the seq of an event that a store has written, and its line."""
        assert newest < event["seq"] < 1000 + newest
        assert event["seq"] > max(self.given, default=0)
        self.given.add(event["seq"])
        file = self.files.setdefault(run_id, File())
        before = file.data
        if file.in_line:
            file.write(b"\n")
        written = self.path(run_id).read_bytes()
        assert written.startswith(file.data)
        added = written[len(file.data) :]
        added = added[: added.index(b"\n") + 1]
        assert decode(added) == event
        assert before == file.data or before + b"\n" == file.data
        file.write(added, added)

    # Stores of ours write

    @rule(
        store=stores,
        run_id=runs,
        kind=types,
        category=categories,
        content=contents,
        caller=callers,
    )
    def put(
        self,
        store: str,
        run_id: str,
        kind: str,
        category: str,
        content: Any,
        caller: str,
    ) -> None:
        newest = self.newest_seq
        put = self.call(
            store,
            "put",
            thread_id="t",
            run_id=run_id,
            event_type=kind,
            category=category,
            content=content,
            metadata={"caller": caller},
        )
        self.number(run_id, decode(encode(put)), newest)

    @rule(store=stores, of=st.lists(runs, min_size=1, max_size=4))
    def put_batch(self, store: str, of: list[str]) -> None:
        newest = self.newest_seq
        batch = [
            {"thread_id": "t", "run_id": run_id, "event_type": "x", "category": "trace"}
            for run_id in of
        ]
        for put in self.call(store, "put_batch", batch):
            self.number(put["run_id"], put, newest)

    @rule(store=stores, run_id=runs, kind=types)
    def put_if_absent(self, store: str, run_id: str, kind: str) -> None:
        existing = [e for e in self.of_run(run_id) if e["event_type"] == kind]
        newest = self.newest_seq
        put, created = self.call(
            store,
            "put_if_absent",
            thread_id="t",
            run_id=run_id,
            event_type=kind,
            category="message",
        )
        assert created is not bool(existing)
        if created:
            self.number(run_id, put, newest)
        else:
            assert put in existing
            assert put["seq"] == existing[0]["seq"]

    @rule(store=stores, run_id=runs)
    def delete_by_run(self, store: str, run_id: str) -> None:
        gone = self.files.pop(run_id, File())
        assert self.call(store, "delete_by_run", "t", run_id) == len(gone.events)
        assert not self.path(run_id).exists()

    @rule(store=stores)
    def delete_by_thread(self, store: str) -> None:
        count = len(self.events)
        assert self.call(store, "delete_by_thread", "t") == count
        self.files.clear()
        self.given.clear()

    # Another program writes, without the lock

    def other_writes(self, run_id: str, data: bytes, whole: bytes = b"") -> None:
        append(self.path(run_id), data)
        self.files.setdefault(run_id, File()).write(data, whole)

    @rule(
        run_id=runs,
        back=st.integers(0, 3),
        kind=types,
        content=contents,
        of=st.sampled_from([None, None, "a", "other"]),
        count=st.sampled_from([1, 1, 1, 30]),
    )
    def other_appends(
        self,
        run_id: str,
        back: int,
        kind: str,
        content: Any,
        of: str | None,
        count: int,
    ) -> None:
        first = max(1, self.newest_seq + 1 - back)
        for seq in range(first, first + count):
            data = line(seq, run_id=of or run_id, event_type=kind, content=content)
            self.other_writes(run_id, data, data)

    @rule(
        run_id=runs,
        data=st.sampled_from(
            [
                b"\n",
                b" \n",
                b"oops\n",
                b"{}\n",
                b"7\n",
                b'{"seq": 9223372036854775807, "event_type": "x"}\n',
                b'{"seq": 0, "event_type": "x"}\n',
            ]
        ),
    )
    def other_writes_garbage(self, run_id: str, data: bytes) -> None:
        file = self.files.get(run_id, File())
        self.other_writes(run_id, b"\n" * file.in_line)
        self.other_writes(run_id, data)

    @rule(run_id=runs, cut=st.integers(12, 400), content=contents)
    def other_is_half_done(self, run_id: str, cut: int, content: Any) -> None:
        data = line(self.newest_seq + 1, run_id=run_id, content=content)
        cut = min(cut, len(data) - 1)
        self.other_writes(run_id, data[:cut], data)
        self.files[run_id].rest = data[cut:]

    @precondition(lambda self: any(file.rest for file in self.files.values()))
    @rule(size=st.integers(1, 400))
    def other_goes_on(self, size: int) -> None:
        run_id, file = next((r, f) for r, f in self.files.items() if f.rest)
        piece = file.lines[-1].pieces[-1:] if file.in_line else []
        if piece and piece[0].whole == piece[0].data + file.rest.removesuffix(b"\n"):
            data, file.rest = file.rest[:size], file.rest[size:]
            append(self.path(run_id), data)
            file.go_on(data)
        else:
            # Others have written meanwhile: its rest is no part of its beginning.
            data, file.rest = file.rest, b""
            self.other_writes(run_id, b"\n" * file.in_line)
            self.other_writes(run_id, data)

    # Files change

    def some_run(self, at: int) -> str:
        """Return one of the runs that have a file, after the next tick of the clock."""
        run_id = list(self.files)[at % len(self.files)]
        next_tick(self.path(run_id).parent)
        return run_id

    @precondition(lambda self: self.files)
    @rule(
        way=st.sampled_from(["rename", "unlink", "in place"]),
        at=st.integers(0),
        same=st.booleans(),
    )
    def other_replaces(self, way: str, at: int, same: bool) -> None:
        run_id = self.some_run(at)
        path = self.path(run_id)
        size = len(self.files[run_id].data)
        least = len(line(1, run_id=run_id, content=""))
        filler = "y" * (size - least) if same and size >= least else "y"
        data = line(1, run_id=run_id, content=filler)
        if way == "rename":
            other = path.with_suffix(".new")
            other.write_bytes(data)
            other.replace(path)
        elif way == "unlink":
            path.unlink()
            path.write_bytes(data)
        else:
            path.write_bytes(data)
        self.files[run_id] = File()
        self.files[run_id].write(data, data)

    @precondition(lambda self: self.files)
    @rule(at=st.integers(0), size=st.integers(0, 3000))
    def other_shortens(self, at: int, size: int) -> None:
        run_id = self.some_run(at)
        self.files[run_id].cut(size)
        size = min(size, self.path(run_id).stat().st_size)
        os.truncate(self.path(run_id), size)

    @precondition(lambda self: self.files)
    @rule(at=st.integers(0), raised=st.integers(1, 9))
    def other_raises_a_seq(self, at: int, raised: int) -> None:
        # To a read, an edit together with an append looks like an append.
        self.all_stores_read()
        run_id = self.some_run(at)
        file = self.files[run_id]
        for each in file.lines:
            event = each.pieces[-1].event if each.pieces else None
            if event is None or event["seq"] > 90:
                continue
            old, new = (b', "seq": %d, ' % seq for seq in (event["seq"], 90 + raised))
            piece = each.pieces[-1]
            if len(old) == len(new) and piece.data.count(old) == 1:
                piece.data = piece.whole = piece.data.replace(old, new)
        with self.path(run_id).open("r+b") as opened:
            opened.write(file.data)
        self.all_stores_read()

    def all_stores_read(self) -> None:
        for store in ("first", "second process"):
            self.call(store, "count_messages", "t")

    @precondition(lambda self: self.files)
    @rule(at=st.integers(0))
    def other_removes(self, at: int) -> None:
        run_id = self.some_run(at)
        self.path(run_id).unlink()
        del self.files[run_id]

    # Reads agree with the list

    @rule(store=stores, before=cursors, after=cursors, limit=st.integers(0, 9))
    def list_messages(
        self, store: str, before: int | None, after: int | None, limit: int
    ) -> None:
        messages = [e for e in self.events if e["category"] == "message"]
        if before is not None:
            expected = last(limit, [e for e in messages if e["seq"] < before])
        elif after is not None:
            expected = [e for e in messages if e["seq"] > after][:limit]
        else:
            expected = last(limit, messages)
        found = self.call(
            store, "list_messages", "t", limit=limit, before_seq=before, after_seq=after
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
            # As text, since NaN does not equal itself.
            assert repr(rows) == repr([RunEvent.of(event) for event in file.events])
            new = RunLog(log.path)
            new.refresh()
            assert repr(list(new)) == repr(list(log))
            envelopes = log.envelopes()
            assert envelopes.events == len(rows)
            kept = [at for at in range(len(log)) if envelopes.kind(at).event_type]
            assert [envelopes.seqs[at] for at in kept] == [row.seq for row in rows]

    def teardown(self) -> None:
        self.runner.close()
        self.folder.cleanup()


def last(limit: int, events: list[Event]) -> list[Event]:
    return events[len(events) - min(limit, len(events)) :]


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
