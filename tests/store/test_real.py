"""Runs that DeerFlow wrote: every event is read, and results equal a plain scan."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.lines import scan
from tests.helpers.real_runs import real_folder, real_paths
from whitetail_store import JsonlRunEventStore, RunEvent, RunLog
from whitetail_store.event import decode, encode

Event = dict[str, Any]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return a folder with a copy of the real runs."""
    for path in real_paths():
        copy = tmp_path / path.relative_to(real_folder())
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return tmp_path


def threads(base: Path) -> dict[str, dict[str, Path]]:
    """Return the files of runs by thread id and run id."""
    return {
        folder.name: {path.stem: path for path in folder.glob("runs/*.jsonl")}
        for folder in (base / "threads").iterdir()
    }


def plain_lines(path: Path) -> list[bytes]:
    return [each + b"\n" for each in path.read_bytes().split(b"\n")[:-1]]


def test_every_line_reads_as_json_loads_reads_it(base: Path) -> None:
    for path in base.glob("threads/*/runs/*.jsonl"):
        log = RunLog(path)
        log.refresh()
        log.assert_sound()
        assert log.torn_bytes == 0
        assert list(log.lines(range(len(log)))) == plain_lines(path)
        expected = [json.loads(each) for each in plain_lines(path)]
        assert [decode(log.line(row)) for row in range(len(log))] == expected
        assert list(log) == [RunEvent.of(each) for each in expected]


def test_every_envelope_agrees_with_its_event(base: Path) -> None:
    for path in base.glob("threads/*/runs/*.jsonl"):
        log = RunLog(path)
        log.refresh()
        envelopes = log.envelopes()
        for at, event in enumerate(log):
            assert isinstance(event, RunEvent)
            assert envelopes.seqs[at] == event.seq
            kind = envelopes.kind(at)
            assert (kind.event_type, kind.category) == (
                event.event_type,
                event.category,
            )


def test_every_event_is_written_as_it_was_read(base: Path) -> None:
    for path in base.glob("threads/*/runs/*.jsonl"):
        for each in plain_lines(path):
            assert decode(encode(decode(each))) == decode(each)


async def test_messages_are_those_of_a_plain_scan(base: Path) -> None:
    store = JsonlRunEventStore(base)
    for thread_id, runs in threads(base).items():
        whole = [e for e in scan(*runs.values()) if e["category"] == "message"]
        assert await store.count_messages(thread_id) == len(whole)
        assert await store.list_messages(thread_id) == whole[-50:]
        assert await store.list_messages(thread_id, limit=10_000) == whole
        for cursor in range(0, whole[-1]["seq"] + 2, 7):
            below = [e for e in whole if e["seq"] < cursor][-5:]
            above = [e for e in whole if e["seq"] > cursor][:5]
            page = await store.list_messages(thread_id, before_seq=cursor, limit=5)
            assert page == below
            page = await store.list_messages(thread_id, after_seq=cursor, limit=5)
            assert page == above


async def test_a_run_s_events_are_those_of_a_plain_scan(base: Path) -> None:
    store = JsonlRunEventStore(base)
    for thread_id, runs in threads(base).items():
        for run_id in runs:
            whole = [e for e in scan(*runs.values()) if e["run_id"] == run_id]
            assert await store.list_events(thread_id, run_id, limit=10_000) == whole
            messages = [e for e in whole if e["category"] == "message"]
            by_run = await store.list_messages_by_run(thread_id, run_id, limit=10_000)
            assert by_run == messages
            tasks = {e["metadata"].get("task_id") for e in whole} - {None}
            for task_id in tasks:
                found = await store.list_events(thread_id, run_id, task_id=task_id)
                assert found == [
                    e for e in whole if e["metadata"].get("task_id") == task_id
                ]


async def test_last_replies_are_those_of_a_plain_scan(base: Path) -> None:
    store = JsonlRunEventStore(base)
    for thread_id, runs in threads(base).items():
        expected = {}
        for event in scan(*runs.values()):
            caller = str(event["metadata"].get("caller", ""))
            kind = event["category"], event["event_type"]
            if kind == ("message", "llm.ai.response") and not caller.startswith(
                "middleware:"
            ):
                expected[event["run_id"]] = event["seq"]
        found = await store.get_last_visible_ai_seq_by_run(thread_id, list(runs))
        assert found == expected


async def test_seqs_continue_after_those_of_deer_flow(base: Path) -> None:
    store = JsonlRunEventStore(base)
    for thread_id, runs in threads(base).items():
        before = {path: path.read_bytes() for path in runs.values()}
        newest = scan(*runs.values())[-1]["seq"]
        put = await store.put(
            thread_id=thread_id,
            run_id=next(iter(runs)),
            event_type="x",
            category="trace",
        )
        assert put["seq"] == newest + 1
        for path, data in before.items():
            assert path.read_bytes().startswith(data)
