"""What the store refuses before it writes anything, and what it leaves out of reads.

The limits of promises 2, 3, 4 and 7, and the section "Files" of docs/store.md.
"""

import asyncio
import errno
import logging
import os
import stat
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from tests.helpers.programs import Program, answer
from tests.helpers.store import new_event, seqs
from whitetail_store import (
    EventTooLargeError,
    JsonlRunEventStore,
    LockUnsupportedError,
    LockVersionError,
    SeqLimitError,
    Trash,
)
from whitetail_store.lock import LOCK_NAME

MAX_SEQ = 2**53 - 1
posix_only = pytest.mark.skipif(
    sys.platform == "win32", reason="needs links, fifos and permissions"
)
Write = Callable[[JsonlRunEventStore], Awaitable[object]]
WRITES: dict[str, Write] = {
    "put": lambda s: s.put(**new_event(content="x" * 100_000)),
    "put_batch": lambda s: s.put_batch([new_event(run_id="a"), new_event()]),
    "put_if_absent": lambda s: s.put_if_absent(**new_event(event_type="other")),
    "delete_by_run": lambda s: s.delete_by_run("t", "r"),
}
DELETE_THREAD: Write = lambda s: s.delete_by_thread("t")  # noqa: E731


def contents(base: Path) -> dict[str, bytes]:
    """Return the bytes of all run files below a folder."""
    return {
        str(path): path.read_bytes()
        for path in base.rglob("*.jsonl")
        if stat.S_ISREG(path.lstat().st_mode)
    }


# Numbers


async def test_2_no_seq_above_the_limit_is_given(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(MAX_SEQ - 2))
    assert (await store.put(**new_event()))["seq"] == MAX_SEQ - 1
    before = contents(tmp_path)
    with pytest.raises(SeqLimitError, match=str(MAX_SEQ)):
        await store.put_batch([new_event(), new_event(run_id="other")])
    assert contents(tmp_path) == before
    assert (await store.put(**new_event()))["seq"] == MAX_SEQ
    with pytest.raises(OverflowError):
        await JsonlRunEventStore(tmp_path).put(**new_event())
    assert await store.count_messages("t") == 3


@pytest.mark.parametrize("note", [b"%d 0 0", b"whitetail-lock 2 1 %08x 3\n%d -"])
async def test_2_a_note_with_a_seq_above_the_limit_is_ignored(
    tmp_path: Path, store: JsonlRunEventStore, note: bytes
) -> None:
    append(run_file(tmp_path), line(5))
    text = note.replace(b"%08x", b"00000000").replace(b"%d", b"%d" % (MAX_SEQ + 1))
    run_file(tmp_path).with_name(LOCK_NAME).write_bytes(text.ljust(63) + b"\n")
    assert (await store.put(**new_event()))["seq"] == 6


async def test_3_a_line_without_a_type_keeps_its_seq(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(1) + b'{"seq": 8, "content": "no type"}\n')
    assert (await store.put(**new_event()))["seq"] == 9
    assert seqs(await store.list_messages("t")) == [1, 9]


# The size of a line


async def test_2_an_event_that_is_too_large_to_be_read_back_is_refused(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event(content="first"))
    before = contents(tmp_path)
    large = new_event(event_type="large", content="x" * (64 << 20))
    with pytest.raises(EventTooLargeError, match="64 MiB"):
        await store.put(**large)
    with pytest.raises(ValueError):
        await store.put_batch([new_event(thread_id="u"), large])
    with pytest.raises(EventTooLargeError):
        await store.put_if_absent(**large)
    assert contents(tmp_path) == before


async def test_2_an_event_of_the_greatest_size_is_read_back(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event(created_at="now"))
    rest = (64 << 20) - run_file(tmp_path).stat().st_size
    with pytest.raises(EventTooLargeError):
        await store.put(**new_event(created_at="now", content="x" * (rest + 1)))
    put = await store.put(**new_event(created_at="now", content="x" * rest))
    assert await store.list_events("t", "r", after_seq=1) == [put]


# Files that are no regular files


def make_link(path: Path) -> None:
    target = path.parents[3] / "target.jsonl"
    target.write_bytes(line(1))
    path.symlink_to(target)


def make_fifo(path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(path)


IRREGULAR: dict[str, Callable[[Path], None]] = {
    "a link": make_link,
    "a link to nothing": lambda path: path.symlink_to(path.parent / "nothing"),
    "a fifo": make_fifo,
    "a device": lambda path: path.symlink_to("/dev/null"),
    "a folder": lambda path: path.mkdir(),
}


@posix_only
@pytest.mark.parametrize("kind", IRREGULAR)
async def test_a_run_that_is_no_regular_file_is_refused_and_reported(
    tmp_path: Path,
    store: JsonlRunEventStore,
    kind: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = run_file(tmp_path)
    append(run_file(tmp_path, "t", "b"), line(1, run_id="b"))
    IRREGULAR[kind](path)
    before, mode = contents(tmp_path / "threads"), path.lstat()
    for write in WRITES.values():
        with pytest.raises(OSError, match="not a regular file"):
            await write(store)
    assert contents(tmp_path / "threads") == before
    assert path.lstat()[:3] == mode[:3]
    assert seqs(await store.list_messages("t")) == [1]
    assert list(store.unreadable) == [path]
    assert await store.list_events("t", "r") == []
    assert list(store.unreadable) == [path]
    assert sum(str(path) in text for text in caplog.messages) == 1
    assert await store.delete_by_thread("t") == 1
    assert path.lstat()[:3] == mode[:3]


@posix_only
async def test_a_device_is_not_opened(
    tmp_path: Path, store: JsonlRunEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test without the rights to create one sees its status only."""
    path, real = run_file(tmp_path), os.lstat
    device = list(os.stat("/dev/null"))  # noqa: PTH116

    def lstat(name: Any, **keywords: Any) -> os.stat_result:
        return os.stat_result(device) if name == path else real(name, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", lstat)
        with pytest.raises(OSError, match="not a regular file"):
            await store.put(**new_event())
    assert not path.exists()


@posix_only
async def test_a_runs_folder_that_is_a_link_is_refused_and_reported(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    append(elsewhere / "r.jsonl", line(1))
    runs = tmp_path / "threads" / "t" / "runs"
    runs.parent.mkdir(parents=True)
    runs.symlink_to(elsewhere)
    for write in [*WRITES.values(), DELETE_THREAD]:
        with pytest.raises(NotADirectoryError, match="a link"):
            await write(store)
    assert [each.name for each in elsewhere.iterdir()] == ["r.jsonl"]
    assert (elsewhere / "r.jsonl").read_bytes() == line(1)
    assert await store.list_messages("t") == []
    assert list(store.unreadable) == [runs]
    assert await store.list_events("t", "r") == []


@posix_only
async def test_a_lock_file_that_is_no_regular_file_is_refused(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    lock = run_file(tmp_path).with_name(LOCK_NAME)
    make_fifo(lock)
    with pytest.raises(OSError, match="not a regular file"):
        await store.put(**new_event())
    assert contents(tmp_path) == {}


async def test_7_what_is_no_run_is_no_writer_without_the_lock(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event())
    folder = run_file(tmp_path).parent
    (folder / "folder.jsonl").mkdir()
    (folder / "a b.jsonl").write_bytes(line(7))
    (folder / "note.txt").write_bytes(line(7))
    if sys.platform != "win32":
        (folder / "link.jsonl").symlink_to(folder / "a b.jsonl")
    assert (await store.put(**new_event()))["seq"] == 2
    assert store.shared == set()


# Permissions

AS_USER = dedent("""
    import logging, os
    logging.disable()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    store = JsonlRunEventStore(sys.argv[1])
    """)


@pytest.fixture
def open_base() -> Iterator[Path]:
    """Return a folder that other users may enter, unlike `tmp_path`."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for each in [run_file(base).parent, *run_file(base).parents[1:4]]:
            each.chmod(0o777)
        yield base


@posix_only
def test_runs_that_may_not_be_read_are_left_out_and_reported(
    open_base: Path, program: Program
) -> None:
    text = """
        async def main():
            found = await store.list_messages("t")
            answer([each["seq"] for each in found])
            answer([path.name for path in store.unreadable])
            answer(await store.count_messages("t"))
            try:
                await store.list_events("t", "secret")
            except PermissionError:
                answer("refused")
        asyncio.run(main())
        """
    append(run_file(open_base, "t", "a"), line(1, run_id="a"))
    secret = run_file(open_base, "t", "secret")
    append(secret, line(2, run_id="secret"))
    secret.chmod(0)
    process = program(AS_USER + dedent(text), open_base)
    assert answer(process) == [1]
    assert answer(process) == ["secret.jsonl"]
    assert answer(process) == 1
    assert answer(process) == "refused"


@posix_only
def test_a_run_that_may_not_be_read_is_deleted(
    open_base: Path, program: Program
) -> None:
    text = """
        answer(asyncio.run(store.delete_by_run("t", "secret")))
        """
    secret = run_file(open_base, "t", "secret")
    append(secret, line(2, run_id="secret"))
    secret.chmod(0)
    assert answer(program(AS_USER + dedent(text), open_base)) == 0
    assert not secret.exists()


async def test_a_delete_warns_that_events_are_not_counted(
    tmp_path: Path,
    store: JsonlRunEventStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path, real = run_file(tmp_path), os.open
    append(path, line(2))

    def refuse(name: Any, *rest: Any, **keywords: Any) -> int:
        if str(name) == str(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(name, *rest, **keywords)

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(os, "open", refuse)
        assert await store.delete_by_run("t", "r") == 0
    assert any("not counted" in text for text in caplog.messages)
    assert not path.exists()


@posix_only
def test_a_lock_file_has_the_owner_and_mode_of_its_folder(tmp_path: Path) -> None:
    if sys.platform == "win32":
        return
    folder = run_file(tmp_path).parent
    folder.chmod(0o770)
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    append(run_file(tmp_path, "t", "a"), line(1, run_id="a"))
    store = JsonlRunEventStore(tmp_path)
    asyncio.run(store.put(**new_event()))
    asyncio.run(store.delete_by_run("t", "a"))
    lock, owner = (folder / LOCK_NAME).stat(), folder.stat()
    assert stat.S_IMODE(lock.st_mode) == 0o660
    assert (lock.st_uid, lock.st_gid) == (owner.st_uid, owner.st_gid)


# Locks


@posix_only
@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
async def test_7_a_file_system_without_locks_is_an_error(
    tmp_path: Path,
    store: JsonlRunEventStore,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
) -> None:
    import fcntl

    append(run_file(tmp_path), line(1))

    def flock(file: int, operation: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", flock)
        for write in [*WRITES.values(), DELETE_THREAD]:
            with pytest.raises(
                LockUnsupportedError, match="does not support"
            ) as caught:
                await write(store)
            assert caught.value.errno == code
            assert LOCK_NAME in str(caught.value)
        with pytest.raises(LockUnsupportedError):
            Trash(tmp_path).discard("t", "r")
        assert seqs(await store.list_messages("t")) == [1]
    assert run_file(tmp_path).read_bytes() == line(1)


async def test_7_the_note_of_the_first_version_is_read(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(5))
    note = b"41 100 100".ljust(63) + b"\n"
    run_file(tmp_path).with_name(LOCK_NAME).write_bytes(note)
    assert (await store.put(**new_event()))["seq"] == 42
    assert store.shared == set()
    # A process of that version writes its note over the beginning.
    with run_file(tmp_path).with_name(LOCK_NAME).open("r+b") as lock:
        lock.write(note.replace(b"41", b"57"))
    assert (await store.put(**new_event()))["seq"] == 58


async def test_7_the_note_of_a_later_version_is_refused(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(5))
    lock = run_file(tmp_path).with_name(LOCK_NAME)
    lock.write_bytes(b"whitetail-lock 3 anything\n")
    for write in [*WRITES.values(), DELETE_THREAD]:
        with pytest.raises(LockVersionError, match="version 3"):
            await write(store)
    assert run_file(tmp_path).read_bytes() == line(5)
    assert lock.read_bytes() == b"whitetail-lock 3 anything\n"
    assert seqs(await store.list_messages("t")) == [5]
