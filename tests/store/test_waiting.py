"""Promise 11: waiting ends, and calls on a thread are served in their order.

Also covers `turns.py`, `workers.py` and `open_threads.py`.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file, scan
from tests.helpers.programs import Program, answer
from tests.helpers.steps import before_step
from tests.helpers.store import new_event, seqs
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail_store import (
    JsonlRunEventStore,
    LockTimeoutError,
    LogChangedError,
    UnsettledFilesError,
)
from whitetail_store.lock import LOCK_NAME, thread_lock

PUTTER = """
    import os
    from whitetail_store.lock import LOCK_NAME, thread_lock
    path = Path(sys.argv[1], "threads", "t", "runs", LOCK_NAME)
    with thread_lock(path):
        answer("locked")
        sys.stdin.readline()
    """


def lock_path(base: Path, thread_id: str = "t") -> Path:
    return run_file(base, thread_id).with_name(LOCK_NAME)


async def test_11_calls_are_served_in_the_order_in_which_they_were_made(
    store: JsonlRunEventStore,
) -> None:
    for _ in range(20):
        first = (await store.put(**new_event()))["seq"] + 1
        puts = [store.put(**new_event()) for _ in range(50)]
        assert seqs(await asyncio.gather(*puts)) == list(range(first, first + 50))


async def test_11_a_batch_for_several_threads_has_its_turn_in_each(
    store: JsonlRunEventStore,
) -> None:
    batch, one, other = await asyncio.gather(
        store.put_batch([new_event(thread_id=each) for each in "ab"]),
        store.put(**new_event(thread_id="b")),
        store.put(**new_event(thread_id="a")),
    )
    assert seqs([*batch, one, other]) == [1, 1, 2, 2]


async def test_11_a_delete_between_two_puts_has_its_turn_between_them(
    store: JsonlRunEventStore,
) -> None:
    first, deleted, second = await asyncio.gather(
        store.put(**new_event()),
        store.delete_by_run("t", "r"),
        store.put(**new_event()),
    )
    assert (first["seq"], deleted, second["seq"]) == (1, 1, 2)
    assert await store.list_events("t", "r") == [second]


async def test_11_turns_continue_if_the_loop_of_a_waiting_call_is_closed(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    with thread_lock(lock_path(tmp_path)):

        def give_up() -> None:
            async def wait() -> None:
                async with asyncio.timeout(0.05):
                    await store.put(**new_event())

            with pytest.raises(TimeoutError):
                asyncio.run(wait())

        await asyncio.to_thread(give_up)
        putting = asyncio.create_task(store.put(**new_event()))
        await asyncio.sleep(0)
    assert (await putting)["seq"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGSTOP")
async def test_11_a_stopped_process_delays_only_the_writers_of_its_thread(
    tmp_path: Path, program: Program
) -> None:
    if sys.platform == "win32":
        return
    store = JsonlRunEventStore(tmp_path, lock_timeout=0.2)
    await store.put(**new_event())
    process = program(PUTTER, tmp_path)
    assert answer(process) == "locked"
    process.send_signal(signal.SIGSTOP)
    puts = [asyncio.create_task(store.put(**new_event())) for _ in range(40)]
    assert len(await store.list_messages("t")) == 1
    assert len(await store.list_events("t", "r")) == 1
    assert (await store.put(**new_event(thread_id="u")))["seq"] == 1
    assert await asyncio.to_thread(lambda: 1) == 1
    for put in puts:
        with pytest.raises(LockTimeoutError, match=r"\.whitetail\.lock") as caught:
            await put
        assert caught.value.path == lock_path(tmp_path)
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()
    assert (await store.put(**new_event()))["seq"] == 2


def test_11_a_program_ends_while_its_puts_wait(
    tmp_path: Path, program: Program
) -> None:
    text = """
        store = JsonlRunEventStore(sys.argv[1])
        async def main():
            puts = [asyncio.create_task(store.put(**new_event())) for _ in range(40)]
            await asyncio.sleep(0)
        asyncio.run(main())
        answer("ended")
        """
    with thread_lock(lock_path(tmp_path)):
        process = program(text, tmp_path)
        assert answer(process) == "ended"
        process.wait(WAIT_TIMEOUT_S)
    assert process.returncode == 0
    assert not run_file(tmp_path).exists()


async def test_11_no_thread_of_the_program_waits_for_a_lock(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    ids = [f"t{number}" for number in range(40)]
    locks = [thread_lock(lock_path(tmp_path, each)) for each in ids]
    for lock in locks:
        lock.__enter__()
    puts = [asyncio.create_task(store.put(**new_event(thread_id=each))) for each in ids]
    assert (await store.put(**new_event(thread_id="free")))["seq"] == 1
    assert not any(put.done() for put in puts)
    for lock in locks:
        lock.__exit__(None, None, None)
    assert seqs(await asyncio.gather(*puts)) == [1] * 40


async def test_11_a_put_that_is_cancelled_while_it_waits_writes_nothing(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    with thread_lock(lock_path(tmp_path)):
        puts = [
            asyncio.create_task(store.put(**new_event(content=n))) for n in range(3)
        ]
        await asyncio.sleep(0)
        puts[0].cancel()
        puts[1].cancel()
        await asyncio.wait(puts[:2])
    assert (await puts[2])["seq"] == 1
    assert [each["content"] for each in scan(run_file(tmp_path))] == [2]
    assert puts[0].cancelled() and puts[1].cancelled()


async def test_11_a_put_that_is_cancelled_while_it_is_served_is_done_as_a_whole(
    tmp_path: Path,
) -> None:
    with before_step() as steps:
        await JsonlRunEventStore(tmp_path / "count").put(**new_event())
    for number in range(len(steps.names)):
        await cancel_before_step(tmp_path / str(number), number)


async def cancel_before_step(base: Path, number: int) -> None:
    """Cancel a put before a step of it; check that the next put has its turn after."""
    store = JsonlRunEventStore(base)
    loop, cancelled = asyncio.get_running_loop(), threading.Event()
    task = asyncio.create_task(store.put(**new_event()))

    def cancel_now() -> None:
        task.cancel()
        cancelled.set()

    def cancel() -> None:
        loop.call_soon_threadsafe(cancel_now)
        assert cancelled.wait(WAIT_TIMEOUT_S)

    with before_step(number, cancel):
        await asyncio.wait([task])
        put = await store.put(**new_event())
    assert task.cancelled()
    assert put["seq"] in (1, 2)
    found = await store.list_messages("t")
    assert seqs(found) == list(range(1, put["seq"] + 1))
    assert found[-1] == put


@contextmanager
def replaced_at_each_read(path: Path) -> Iterator[None]:
    """Replace a file by another one whenever it has been opened to be read."""
    real, turn = os.open, 0

    def open_and_replace(name: Any, flags: int, *rest: Any, **keywords: Any) -> int:
        nonlocal turn
        file = real(name, flags, *rest, **keywords)
        if str(name) == str(path) and not flags & (os.O_RDWR | os.O_WRONLY):
            turn += 1
            other = path.with_suffix(".new")
            other.write_bytes(line(1, content="x" * (turn % 1000)))
            other.replace(path)
        return file

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", open_and_replace)
        yield


async def test_11_files_that_change_all_the_time_are_an_error_at_the_deadline(
    tmp_path: Path,
) -> None:
    store = JsonlRunEventStore(tmp_path, lock_timeout=0.1)
    append(run_file(tmp_path), line(1))
    with replaced_at_each_read(run_file(tmp_path)):
        with pytest.raises(UnsettledFilesError, match=r"r\.jsonl") as caught:
            await store.list_messages("t")
        assert isinstance(caught.value, TimeoutError)
        assert isinstance(caught.value.__cause__, LogChangedError)
        with pytest.raises(UnsettledFilesError):
            await store.put_if_absent(**new_event())
    assert seqs(await store.list_messages("t")) == [1]


@pytest.mark.skipif(sys.platform == "win32", reason="waits in os.pread")
async def test_11_a_reader_does_not_delay_a_put(
    tmp_path: Path, store: JsonlRunEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        return
    append(run_file(tmp_path), line(1))
    await store.put(**new_event())
    reading, released = threading.Event(), threading.Event()
    real = os.pread

    def pread(file: int, size: int, offset: int) -> bytes:
        if threading.current_thread().name == "whitetail-reader":
            reading.set()
            assert released.wait(WAIT_TIMEOUT_S)
        return real(file, size, offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", pread)
        listing = asyncio.create_task(store.list_events("t", "r"))
        assert await asyncio.to_thread(reading.wait, WAIT_TIMEOUT_S)
        assert (await store.put(**new_event()))["seq"] == 3
        assert not listing.done()
        released.set()
        assert seqs(await listing)[:2] == [1, 2]


# Forks


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_7_a_child_that_is_forked_while_others_put_can_put(
    tmp_path: Path, program: Program
) -> None:
    text = """
        import os, threading
        store = JsonlRunEventStore(sys.argv[1])
        ended = threading.Event()
        async def put_all(name):
            while not ended.is_set():
                await store.put(**new_event(run_id=name))
                await store.list_messages("t", limit=1)
        threads = [threading.Thread(target=lambda name=name: asyncio.run(put_all(name)))
                   for name in "abc"]
        for thread in threads:
            thread.start()
        children = []
        for number in range(20):
            child = os.fork()
            if child == 0:
                put = asyncio.run(store.put(**new_event(run_id=f"child{number}")))
                os._exit(0 if put["seq"] > 0 else 1)
            children.append(child)
        answer([os.waitpid(child, 0)[1] for child in children])
        ended.set()
        for thread in threads:
            thread.join()
        """
    process = program(text, tmp_path)
    assert answer(process) == [0] * 20
    process.wait(WAIT_TIMEOUT_S)
    events = scan(*run_file(tmp_path).parent.glob("*.jsonl"))
    assert seqs(events) == list(range(1, len(events) + 1))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_7_a_child_that_is_forked_inside_a_put_does_not_keep_the_lock(
    tmp_path: Path, program: Program
) -> None:
    text = """
        import os
        from whitetail_store.lock import LOCK_NAME, thread_lock
        with thread_lock(Path(sys.argv[1], "threads", "t", "runs", LOCK_NAME)):
            if os.fork() == 0:
                answer("forked")
                sys.stdin.readline()
                os._exit(0)
            sys.stdin.readline()
        """
    run_file(tmp_path)
    process = program(text, tmp_path)
    assert answer(process) == "forked"
    process.kill()
    process.wait()
    store = JsonlRunEventStore(tmp_path, lock_timeout=5)
    assert asyncio.run(store.put(**new_event()))["seq"] == 1
