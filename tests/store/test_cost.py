"""Promise 10: a page costs the page, an append the append, a grown file its growth."""

import os
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from tests.helpers.store import Event, new_event
from whitetail_store import JsonlRunEventStore, RunLog


@pytest.fixture
def read_bytes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return a function that returns the bytes read since its last call."""
    if sys.platform == "win32":
        pytest.skip("counts the calls of os.pread")
    real, total = os.pread, 0

    def pread(file: int, size: int, offset: int) -> bytes:
        nonlocal total
        data = real(file, size, offset)
        total += len(data)
        return data

    def since() -> int:
        nonlocal total
        found, total = total, 0
        return found

    monkeypatch.setattr(os, "pread", pread)
    return since


@pytest.fixture
def big(path: Path) -> Path:
    """Return a run of 8 MB with 2,000 events."""
    append(path, b"".join(line(seq, content="x" * 4000) for seq in range(1, 2001)))
    return path


async def test_10_a_page_costs_the_page(
    big: Path, store: JsonlRunEventStore, read_bytes: Callable[[], int]
) -> None:
    await store.count_messages("t")
    read_bytes()
    cursors: list[Event] = [{}, {"before_seq": 1000}, {"after_seq": 1000}]
    for keywords in cursors:
        assert len(await store.list_messages("t", limit=10, **keywords)) == 10
        assert read_bytes() < 12 * 4300


async def test_10_a_cold_page_reads_each_byte_of_the_thread_once(
    big: Path, store: JsonlRunEventStore, read_bytes: Callable[[], int]
) -> None:
    assert len(await store.list_messages("t", limit=10)) == 10
    assert read_bytes() < big.stat().st_size + 12 * 4300


async def test_10_a_count_of_an_unchanged_thread_reads_nothing(
    big: Path, store: JsonlRunEventStore, read_bytes: Callable[[], int]
) -> None:
    await store.count_messages("t")
    read_bytes()
    assert await store.count_messages("t") == 2000
    assert read_bytes() == 0


async def test_10_an_append_costs_the_append(
    big: Path, store: JsonlRunEventStore, read_bytes: Callable[[], int]
) -> None:
    await store.put(**new_event())
    read_bytes()
    await store.put(**new_event())
    assert read_bytes() < 800


async def test_10_the_first_put_of_a_process_reads_no_run(
    tmp_path: Path, big: Path, read_bytes: Callable[[], int]
) -> None:
    await JsonlRunEventStore(tmp_path).put(**new_event())
    read_bytes()
    assert (await JsonlRunEventStore(tmp_path).put(**new_event()))["seq"] == 2002
    assert read_bytes() < 800


async def test_10_a_call_about_a_run_costs_that_run(
    tmp_path: Path, big: Path, read_bytes: Callable[[], int]
) -> None:
    append(run_file(tmp_path, "t", "small"), line(3000, run_id="small"))
    calls: list[Callable[[JsonlRunEventStore], Awaitable[object]]] = [
        lambda store: store.list_events("t", "small"),
        lambda store: store.list_messages_by_run("t", "small"),
        lambda store: store.get_last_visible_ai_seq_by_run("t", ["small"]),
        lambda store: store.put_if_absent(**new_event(run_id="small")),
        lambda store: store.delete_by_run("t", "missing"),
    ]
    for call in calls:
        await call(JsonlRunEventStore(tmp_path))
        assert read_bytes() < 2000
    many = [JsonlRunEventStore(tmp_path)] * 200
    for number, store in enumerate(many):
        await store.list_events(f"other{number}", "small")
        assert len(await store.list_events("t", "small")) == 1
    assert read_bytes() < 200 * 2000


async def test_10_reading_a_grown_file_again_costs_the_growth(
    big: Path, store: JsonlRunEventStore, read_bytes: Callable[[], int]
) -> None:
    await store.count_messages("t")
    append(big, line(2001) * 2)
    read_bytes()
    assert await store.count_messages("t") == 2002
    assert read_bytes() < 4000


def test_10_an_event_costs_less_than_50_bytes_of_memory(big: Path) -> None:
    log = RunLog(big)
    tracemalloc.start()
    log.refresh()
    log.envelopes()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept / len(log) < 50
