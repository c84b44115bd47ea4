"""Promise 7: each step of a put, and what another program can do before it.

Also covers `note.py` and `writer.py`, and `steps.py` of the helpers.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, next_tick, run_file
from tests.helpers.steps import Killed, before_step
from tests.helpers.store import Event, new_event, seqs
from tests.helpers.waiting import WAIT_TIMEOUT_S, wait_until
from whitetail_store import JsonlRunEventStore

if sys.platform == "win32":
    pytest.skip("the steps are those of POSIX calls", allow_module_level=True)

BATCH = [new_event(run_id=run_id, content="y" * 40) for run_id in "adad"]
"""Two events for a run with a file, and two for one without."""


def path(base: Path, run_id: str) -> Path:
    return run_file(base, "t", run_id)


def newest(base: Path) -> int:
    """Return the highest seq in the files, by which a program numbers its events."""
    found = [0]
    for each in path(base, "a").parent.glob("*.jsonl"):
        for text in each.read_bytes().split(b"\n"):
            with suppress(ValueError, KeyError):
                found.append(json.loads(text)["seq"])
    return max(found)


def appends(base: Path, run_id: str = "b", *, content: str = "") -> None:
    append(path(base, run_id), line(newest(base) + 1, run_id=run_id, content=content))


def creates(base: Path) -> None:
    appends(base, "e")


def deletes(base: Path) -> None:
    path(base, "c").unlink()


def replaces(base: Path) -> None:
    other = path(base, "c").with_suffix(".new")
    other.write_bytes(line(newest(base) + 5, run_id="c"))
    other.replace(path(base, "c"))


def shortens(base: Path) -> None:
    next_tick(path(base, "c").parent)
    os.truncate(path(base, "c"), 0)


def raises_a_seq(base: Path, run_id: str = "c") -> None:
    """Edit a file without changing its size."""
    next_tick(path(base, run_id).parent)
    before = path(base, run_id).read_bytes()
    after = before.replace(b'"seq": 1', b'"seq": 7', 1)
    path(base, run_id).write_bytes(after)


def raises_a_seq_and_appends(base: Path) -> None:
    raises_a_seq(base)
    append(path(base, "c"), line(5, run_id="c"))


def deletes_and_appends_as_much(base: Path) -> None:
    """Leave the size of all files as it was."""
    size = path(base, "c").stat().st_size
    seq = newest(base) + 1
    path(base, "c").unlink()
    rest = size - len(line(seq, run_id="b", content=""))
    append(path(base, "b"), line(seq, run_id="b", content="z" * rest))


def appends_and_deletes_to_the_same_run(base: Path) -> None:
    appends(base, "c")
    seq = newest(base) + 1
    path(base, "c").unlink()
    append(path(base, "c"), line(seq, run_id="c"))


def appends_to_the_run_of_the_put(base: Path) -> None:
    appends(base, "a")


def creates_the_run_of_the_put(base: Path) -> None:
    appends(base, "d")


ACTS = [
    appends,
    creates,
    deletes,
    replaces,
    shortens,
    raises_a_seq,
    raises_a_seq_and_appends,
    deletes_and_appends_as_much,
    appends_and_deletes_to_the_same_run,
    appends_to_the_run_of_the_put,
    creates_the_run_of_the_put,
]


async def begun(base: Path) -> JsonlRunEventStore:
    """Return a store with a note, and runs a, b and c with the seqs 10, 11 and 12."""
    append(path(base, "a"), line(9, run_id="a"))
    store = JsonlRunEventStore(base)
    await store.put_batch([new_event(run_id=run_id) for run_id in "abc"])
    return store


async def settled(base: Path) -> JsonlRunEventStore:
    """Return a store that does not list the folder for a put."""
    store = await begun(base)
    deadline = time.monotonic() + WAIT_TIMEOUT_S
    while True:
        with before_step() as steps:
            await store.put(**new_event(run_id="a"))
        if "scandir" not in steps.names:
            return store
        assert time.monotonic() < deadline
        next_tick(base)


async def count_steps(base: Path) -> int:
    store = await begun(base)
    with before_step() as steps:
        await store.put_batch(BATCH)
    assert {"write", "pwrite", "open", "scandir"} <= set(steps.names)
    return len(steps.names)


async def check_after(
    base: Path, stores: list[JsonlRunEventStore], acknowledged: list[Event], seen: int
) -> None:
    """Check that puts from now on get new seqs, and that nothing acknowledged is lost.

    `seen` is the highest seq that was ever in a file or acknowledged.
    """
    for store in stores:
        before = max(newest(base), seen)
        put = await store.put(**new_event(run_id="b"))
        assert put["seq"] > before
        acknowledged.append(put)
        seen = put["seq"]
    written = await stores[0].list_messages("t", limit=None)
    for each in acknowledged:
        assert written.count(each) == 1


@pytest.mark.parametrize("act", ACTS)
async def test_7_a_change_before_any_step_of_a_put_is_noticed(
    tmp_path: Path, act: Callable[[Path], None]
) -> None:
    for number in range(await count_steps(tmp_path / "count")):
        base = tmp_path / str(number)
        store = await begun(base)
        with before_step(number, partial(act, base)) as steps:
            put = await store.put_batch(BATCH)
        assert steps.acted
        other = JsonlRunEventStore(base)
        await check_after(base, [other, store], list(put), put[-1]["seq"])
        assert store.shared | other.shared == {"t"}, f"step {number}"


@pytest.mark.parametrize("act", ACTS)
async def test_7_a_change_after_a_kill_at_any_step_of_a_put_is_noticed(
    tmp_path: Path, act: Callable[[Path], None]
) -> None:
    for number in range(await count_steps(tmp_path / "count")):
        base = tmp_path / str(number)
        store = await begun(base)
        with before_step(number, kill=True), pytest.raises(Killed):
            await store.put_batch(BATCH)
        seen = newest(base)
        act(base)
        other = JsonlRunEventStore(base)
        await check_after(base, [other, JsonlRunEventStore(base)], [], seen)
        assert other.shared == {"t"}, f"step {number}"


async def test_7_a_kill_at_any_step_of_a_put_is_not_another_writer(
    tmp_path: Path,
) -> None:
    for number in range(await count_steps(tmp_path / "count")):
        base = tmp_path / str(number)
        store = await begun(base)
        with before_step(number, kill=True), pytest.raises(Killed):
            await store.put_batch(BATCH)
        other = JsonlRunEventStore(base)
        await check_after(base, [other], [], newest(base))
        assert other.shared == set(), f"step {number}"


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="each put lists the folder")
@pytest.mark.parametrize("act", ACTS)
async def test_7_a_change_is_noticed_if_the_folder_is_not_listed(
    tmp_path: Path, act: Callable[[Path], None]
) -> None:
    store = await settled(tmp_path)
    with before_step() as steps:
        last = await store.put(**new_event(run_id="a"))
    for number in range(len(steps.names)):
        base = tmp_path / str(number)
        store = await settled(base)
        with before_step(number, partial(act, base)) as steps:
            last = await store.put(**new_event(run_id="a"))
        assert steps.acted
        await check_after(base, [store], [last], last["seq"])
        assert store.shared == {"t"}, f"step {number}"


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="each put lists the folder")
async def test_10_a_put_to_the_run_of_the_last_one_opens_no_file(
    tmp_path: Path,
) -> None:
    store = await settled(tmp_path)
    with before_step() as steps:
        await store.put(**new_event(run_id="a"))
    assert "open" not in steps.names
    assert steps.names.count("lstat") == 1
    path(tmp_path, "a").chmod(0o640)
    with before_step() as steps:
        await store.put(**new_event(run_id="a"))
    assert "open" in steps.names


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="each put lists the folder")
async def test_8_a_put_is_in_the_file_that_replaced_the_one_of_the_last_put(
    tmp_path: Path,
) -> None:
    store = await settled(tmp_path)
    other = path(tmp_path, "a").with_suffix(".new")
    other.write_bytes(line(10**6, run_id="a"))
    other.replace(path(tmp_path, "a"))
    assert (await store.put(**new_event(run_id="a")))["seq"] == 10**6 + 1
    assert seqs(await store.list_events("t", "a")) == [10**6, 10**6 + 1]


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="each put lists the folder")
async def test_7_a_run_that_is_created_during_the_search_of_put_if_absent_is_noticed(
    tmp_path: Path,
) -> None:
    absent = new_event(run_id="a", event_type="absent")
    store = await settled(tmp_path / "count")
    with before_step() as steps:
        await store.put_if_absent(**absent)
    searched = max(at for at, name in enumerate(steps.names) if name == "lstat")
    for number in range(searched + 1):
        base = tmp_path / str(number)
        store = await settled(base)
        with before_step(number, partial(creates, base)) as steps:
            put, created = await store.put_if_absent(**absent)
        assert steps.acted and created
        [other] = await store.list_events("t", "e")
        assert put["seq"] > other["seq"], f"step {number} of {searched}"


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="each put lists the folder")
async def test_files_that_others_remove_are_closed_after_a_while(
    tmp_path: Path,
) -> None:
    await settled(tmp_path)
    deletes(tmp_path)

    def kept() -> list[str]:
        links = []
        for each in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):
                links.append(str(each.readlink()))
        return [link for link in links if str(tmp_path) in link and ".jsonl" in link]

    await asyncio.to_thread(wait_until, lambda: kept() == [])


@pytest.mark.parametrize("whole_thread", [False, True])
async def test_7_a_kill_at_any_step_of_a_delete_gives_no_seq_twice(
    tmp_path: Path, whole_thread: bool
) -> None:
    for number in range(100):
        base = tmp_path / str(number)
        store = await begun(base)
        with suppress(Killed), before_step(number, kill=True) as steps:
            if whole_thread:
                await store.delete_by_thread("t")
            else:
                await store.delete_by_run("t", "c")
        if not steps.acted:
            break
        left = newest(base)
        other = JsonlRunEventStore(base)
        put = await other.put(**new_event(run_id="a"))
        assert put["seq"] > left
        if not whole_thread:
            assert put["seq"] == 13
        assert other.shared == set()
    else:
        pytest.fail("the delete has no end")


async def test_7_two_changes_between_two_puts_are_noticed_in_any_order(
    tmp_path: Path,
) -> None:
    for first in ACTS:
        for second in ACTS:
            base = tmp_path / f"{first.__name__} {second.__name__}"
            store = await begun(base)
            with suppress(FileNotFoundError):
                first(base)
                second(base)
            before = newest(base)
            put = await store.put(**new_event(run_id="a"))
            assert put["seq"] > max(before, 12)
            assert store.shared == {"t"}


@pytest.mark.parametrize("number", [40, 64, 2000])
async def test_7_an_intent_for_many_runs_is_kept(tmp_path: Path, number: int) -> None:
    store = await begun(tmp_path)
    batch = [new_event(run_id=f"n{run}" + "x" * 40) for run in range(number)]
    with before_step() as steps:
        put = await store.put_batch(batch)
    assert seqs(put) == list(range(13, 13 + number))
    last_write = max(at for at, name in enumerate(steps.names) if name == "pwrite")
    assert (await store.delete_by_thread("t")) == 4 + number
    store = await begun(tmp_path)
    with before_step(last_write, kill=True), pytest.raises(Killed):
        await store.put_batch(batch)
    other = JsonlRunEventStore(tmp_path)
    assert (await other.put(**new_event()))["seq"] == 13 + number
    assert other.shared == set()
