"""Copies between stores of each kind: numbers, times, and a second run."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.helpers.any_store import AnyStore, close_store, open_store
from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from tests.helpers.real_runs import real_folder
from tests.helpers.store import new_event, seqs
from whitetail_store import JsonlRunEventStore, copy
from whitetail_store.copying import CopyReport


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[JsonlRunEventStore]:
    """Return a store over files beside the one that is the target."""
    yield JsonlRunEventStore(tmp_path / "source")


async def every_event(store: AnyStore, thread_id: str, *runs: str) -> str:
    """Return the events of runs as JSON, so that NaN can be compared."""
    found = [await store.list_events(thread_id, run, limit=None) for run in runs]
    return json.dumps(found, indent=1)


async def test_a_copy_has_the_same_numbers_times_and_values(
    source: JsonlRunEventStore, store: AnyStore, tmp_path: Path
) -> None:
    for number in range(700):
        await source.put(
            **new_event(
                run_id="ab"[number % 2],
                category="trace" if number % 3 else "message",
                content={"a": [number, "\0é", None]},
                metadata={"task_id": str(number)},
            )
        )
    await source.put(**new_event(thread_id="u", run_id="a"))
    await source.delete_by_run("t", "b")
    report = await copy(source, store)
    assert report == CopyReport(runs=2, copied=351)
    expected = await every_event(source, "t", "a", "b")
    assert await every_event(store, "t", "a", "b") == expected
    assert await every_event(store, "u", "a") == await every_event(source, "u", "a")
    assert (await store.put(**new_event()))["seq"] >= 700

    back = JsonlRunEventStore(tmp_path / "back")
    await store.delete_by_run("t", "r")
    assert (await copy(store, back)).copied == 351
    assert await every_event(back, "t", "a", "b") == expected


async def test_a_second_copy_adds_what_is_missing(
    source: JsonlRunEventStore, store: AnyStore
) -> None:
    await source.put_batch([new_event(content=str(each)) for each in range(5)])
    assert (await copy(source, store)).copied == 5
    await source.put_batch([new_event(content=str(each)) for each in range(5, 8)])
    await source.put(**new_event(thread_id="u"))
    report = await copy(source, store)
    assert report == CopyReport(runs=2, copied=4, present=5)
    assert await copy(source, store) == CopyReport(runs=2, present=9)
    expected = await every_event(source, "t", "r")
    assert await every_event(store, "t", "r") == expected


async def test_only_some_runs_can_be_copied(
    source: JsonlRunEventStore, store: AnyStore
) -> None:
    for run_id in "abc":
        await source.put(**new_event(run_id=run_id))
    report = await copy(source, store, runs=[("t", "b")])
    assert (report.runs, report.copied) == (1, 1)
    assert seqs(await store.list_messages("t")) == [2]


def repeated(folder: Path) -> None:
    """Write a thread in which two runs have the numbers 2 and 3."""
    for run_id in "ab":
        data = b"".join(line(seq, run_id=run_id, content=run_id) for seq in (2, 3))
        append(run_file(folder, "t", run_id), data)


async def test_an_event_with_a_number_of_another_gets_one_after_the_last(
    source: JsonlRunEventStore, store: AnyStore, tmp_path: Path
) -> None:
    repeated(tmp_path / "source")
    report = await copy(source, store)
    assert (report.copied, report.renumbered) == (4, 2)
    assert report.reasons == [
        "t/b:2 has a number twice: it is 4 now",
        "t/b:3 has a number twice: it is 5 now",
    ]
    assert seqs(await store.list_events("t", "a")) == [2, 3]
    assert seqs(await store.list_events("t", "b")) == [4, 5]
    again = await copy(source, store)
    assert (again.copied, again.present) == (0, 4)


async def test_an_event_with_a_number_of_another_can_be_left_out(
    source: JsonlRunEventStore, store: AnyStore, tmp_path: Path
) -> None:
    repeated(tmp_path / "source")
    report = await copy(source, store, skip_repeated=True)
    assert (report.copied, report.left_out) == (2, 2)
    assert await store.list_events("t", "b") == []


async def test_lines_that_are_no_events_are_counted(
    source: JsonlRunEventStore, store: AnyStore, tmp_path: Path
) -> None:
    data = line(1) + b"oops\n\n" + line(2) + line(3, run_id="../x") + b'{"seq": 4'
    append(run_file(tmp_path / "source"), data)
    report = await copy(source, store)
    assert (report.copied, report.bad_lines) == (2, 2)
    assert seqs(await store.list_events("t", "r")) == [1, 2]


async def test_what_a_table_cannot_hold_is_left_out_and_named(
    source: JsonlRunEventStore, store: AnyStore, kind: str, tmp_path: Path
) -> None:
    long = "r" * 65
    append(run_file(tmp_path / "source"), line(1) + line(2, created_at="yesterday"))
    append(run_file(tmp_path / "source", "t", long), line(3, run_id=long))
    append(run_file(tmp_path / "source"), line(2**40) + line(5, event_type="x" * 33))
    report = await copy(source, store)
    if kind == "files":
        assert report == CopyReport(runs=2, copied=5)
        return
    assert (report.copied, report.left_out) == (1, 4)
    assert [each.partition(" ")[0] for each in report.reasons] == [
        f"t/r:{2}",
        f"t/r:{2**40}",
        "t/r:5",
        f"t/{long}:3",
    ]


async def test_the_real_runs_come_back_unchanged(
    at: str, kind: str, tmp_path: Path
) -> None:
    base = real_folder()
    source = JsonlRunEventStore(base)
    target = open_store(at, max_trace_content=1 << 30)
    report = await copy(source, target)
    assert report.left_out == 0
    assert report.copied > 0
    again = await copy(source, target)
    assert (again.copied, again.present) == (0, report.copied)
    back = JsonlRunEventStore(tmp_path / "back")
    assert (await copy(target, back)).copied == report.copied
    for thread_id, run_id in await source.copy_side.run_keys():
        expected, found = [
            await store.list_events(thread_id, run_id, limit=None)
            for store in (source, back)
        ]
        if report.renumbered:
            for event in [*expected, *found]:
                event["seq"] = 0
        assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, expected))
    await close_store(target)
