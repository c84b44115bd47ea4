"""Promise 7: the lock between processes, and its note."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file, scan
from tests.helpers.programs import Program, answer
from tests.helpers.store import new_event, seqs
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail_store import JsonlRunEventStore
from whitetail_store.lock import LOCK_NAME, thread_lock


@contextlib.contextmanager
def lock_file_opened() -> Iterator[Callable[[], Awaitable[None]]]:
    """Yield a function that waits until the lock file has been opened."""
    opened, real = threading.Event(), os.open

    def watched(path: Any, *rest: Any, **keywords: Any) -> int:
        file = real(path, *rest, **keywords)
        if Path(path).name == LOCK_NAME:
            opened.set()
        return file

    async def wait() -> None:
        assert await asyncio.to_thread(opened.wait, WAIT_TIMEOUT_S)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", watched)
        yield wait


async def test_7_a_put_succeeds_if_only_its_second_note_fails(
    tmp_path: Path, store: JsonlRunEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put(**new_event())
    lock_file = run_file(tmp_path).with_name(LOCK_NAME)
    # The function is another one on Windows.
    name = "write" if sys.platform == "win32" else "pwrite"
    real, notes = getattr(os, name), 0

    def write(file: int, *rest: Any) -> int:
        nonlocal notes
        if os.path.samestat(os.fstat(file), lock_file.stat()):
            notes += 1
            if notes == 2:
                raise OSError(28, "No space left on device")
        return int(real(file, *rest))

    with monkeypatch.context() as patch:
        patch.setattr(os, name, write)
        assert (await store.put(**new_event()))["seq"] == 2
    assert notes == 2
    assert (await store.put(**new_event()))["seq"] == 3
    assert seqs(scan(run_file(tmp_path))) == [1, 2, 3]
    assert store.shared == set()


async def test_7_concurrent_puts_each_get_their_own_seq(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    with thread_lock(run_file(tmp_path).with_name(LOCK_NAME)):
        with lock_file_opened() as wait_for_opening:
            puts = [asyncio.create_task(store.put(**new_event())) for _ in range(60)]
            await wait_for_opening()
        assert not any(put.done() for put in puts)
    assert sorted(seqs(await asyncio.gather(*puts))) == list(range(1, 61))


async def test_7_a_malformed_note_is_ignored(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(5))
    for note in [b"", b"nonsense", b"1 2", b"-1 0 99999999", b"\xff" * 64]:
        (run_file(tmp_path).parent / LOCK_NAME).write_bytes(note)
        before = len(scan(run_file(tmp_path)))
        assert (await store.put(**new_event()))["seq"] == 5 + before


async def test_7_the_lock_ends_with_its_process(
    tmp_path: Path, store: JsonlRunEventStore, program: Program
) -> None:
    text = """
        from whitetail_store.lock import thread_lock
        with thread_lock(Path(sys.argv[1])):
            answer("locked")
            sys.stdin.readline()
        """
    process = program(text, run_file(tmp_path).with_name(LOCK_NAME))
    assert answer(process) == "locked"
    with lock_file_opened() as wait_for_opening:
        waiting = asyncio.create_task(store.put(**new_event()))
        await wait_for_opening()
    assert await store.list_messages("u") == []
    assert not waiting.done()
    process.kill()
    assert (await waiting)["seq"] == 1


async def test_7_a_delete_waits_for_a_writer(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event())
    path = run_file(tmp_path)
    with thread_lock(path.with_name(LOCK_NAME)):
        with lock_file_opened() as wait_for_opening:
            deleting = asyncio.create_task(store.delete_by_run("t", "r"))
            await wait_for_opening()
        await asyncio.to_thread(append, path, line(2))
        assert await store.list_messages("u") == []
        assert path.exists()
    assert await deleting == 2
    assert not path.exists()


async def test_7_a_lock_whose_folder_was_removed_is_acquired_again(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    path = run_file(tmp_path)
    with thread_lock(path.with_name(LOCK_NAME)):
        with lock_file_opened() as wait_for_opening:
            putting = asyncio.create_task(store.put(**new_event()))
            await wait_for_opening()
        # One rename: a waiting process may create the lock file again at any time.
        path.parent.rename(tmp_path / "removed")
    assert (await putting)["seq"] == 1
    assert seqs(scan(path)) == [1]


async def test_7_a_folder_that_is_removed_before_its_lock_is_opened_is_made_again(
    tmp_path: Path, store: JsonlRunEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, asked_before = run_file(tmp_path), os.lstat, list[Path]()

    def removing(asked: Any, **keywords: Any) -> os.stat_result:
        if Path(asked) == path.parent:
            # At first whether it has to be made, then whether it is a folder.
            asked_before.append(path.parent)
            if len(asked_before) == 2:
                path.parent.rmdir()
        return real(asked, **keywords)

    monkeypatch.setattr(os, "lstat", removing)
    assert (await store.put(**new_event()))["seq"] == 1
    assert len(asked_before) > 2
    assert seqs(scan(path)) == [1]


def test_7_the_lock_file_is_not_named_like_a_run(tmp_path: Path) -> None:
    path = run_file(tmp_path)
    with thread_lock(path.with_name(LOCK_NAME)):
        assert [each.name for each in path.parent.iterdir()] == [LOCK_NAME]
    assert list(path.parent.glob("*.jsonl")) == []
