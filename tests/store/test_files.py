"""Promise 5: a failed write leaves no trace. Also covers `append_all` of `files.py`."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file, scan
from tests.helpers.store import new_event, seqs
from whitetail_store import JsonlRunEventStore

if sys.platform == "win32":
    pytest.skip("needs limits on the size of files", allow_module_level=True)


@contextlib.contextmanager
def full_at(size: int) -> Iterator[None]:
    """Limit the size of files: a write ends there, the next one fails."""
    # Does not exist on Windows.
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The system also sends a signal, which Python ignores.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [100, 150, 5000])
async def test_5_a_full_disk_leaves_the_file_as_it_was(
    path: Path, store: JsonlRunEventStore, room: int
) -> None:
    await store.put(**new_event(content="first"))
    before = path.read_bytes()
    with full_at(len(before) + room), pytest.raises(OSError):
        await store.put(**new_event(content="x" * 10_000))
    assert path.read_bytes() == before
    assert (await store.put(**new_event(content="again")))["seq"] == 2
    assert seqs(scan(path)) == [1, 2]


async def test_5_a_failed_write_to_a_new_run_leaves_no_file(
    path: Path, store: JsonlRunEventStore
) -> None:
    with full_at(500), pytest.raises(OSError):
        await store.put(**new_event(content="x" * 10_000))
    assert not path.exists()


async def test_5_a_failed_batch_is_in_none_of_its_runs(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    paths = [run_file(tmp_path, "t", run_id) for run_id in "abc"]
    await store.put_batch([new_event(run_id=run_id) for run_id in "ab"])
    before = [path.read_bytes() for path in paths[:2]]
    batch = [new_event(run_id=run_id) for run_id in "abcab"]
    batch.append(new_event(run_id="c", content="x" * 10_000))
    with full_at(4000), pytest.raises(OSError):
        await store.put_batch(batch)
    assert [path.read_bytes() for path in paths[:2]] == before
    assert not paths[2].exists()
    assert seqs(await store.put_batch(batch)) == [3, 4, 5, 6, 7, 8]
    assert seqs(scan(*paths)) == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_5_a_failed_write_leaves_a_torn_tail_as_it_was(
    path: Path, store: JsonlRunEventStore
) -> None:
    append(path, line(1) + line(2)[:70])
    before = path.read_bytes()
    with full_at(len(before) + 10), pytest.raises(OSError):
        await store.put(**new_event())
    assert path.read_bytes() == before


async def test_5_bytes_that_others_appended_after_a_failed_write_are_kept(
    path: Path, store: JsonlRunEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put(**new_event())
    real = os.write

    def write_half_before_another_program(file: int, data: Any) -> int:
        if len(data) < 1000:
            return real(file, data)
        real(file, data[:300])
        append(path, line(7))
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(os, "write", write_half_before_another_program)
        await store.put(**new_event(content="x" * 10_000))
    assert seqs(await store.list_messages("t")) == [1, 7]


async def test_5_a_put_whose_note_cannot_be_written_writes_nothing(
    path: Path, store: JsonlRunEventStore
) -> None:
    await store.put(**new_event())
    before = path.read_bytes()
    with full_at(10), pytest.raises(OSError):
        await store.put(**new_event())
    assert path.read_bytes() == before
