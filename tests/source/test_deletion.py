from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from whitetail.source.catalog import Catalog
from whitetail.source.deletion import Deletions
from whitetail_store import RestoreConflictError, RunKey, Stamp, StoreError

KEYS = [("t", "a"), ("t", "b"), ("u", "a")]


class Session:
    """A small tree, and what a session deletes of it."""

    def __init__(self, folder: Path) -> None:
        self.tree = Disk(folder)
        for thread, run in KEYS:
            self.tree.write_run(thread, run, f"question {thread}{run}", "answer")
        self.catalog = Catalog(self.tree.threads, time.time)
        self.catalog.apply({key: Stamp.of(self.tree.path(*key).stat()) for key in KEYS})
        self.deletions = Deletions(self.tree.base, self.catalog)

    def there(self) -> list[RunKey]:
        return [key for key in KEYS if self.tree.path(*key).exists()]

    def files(self) -> list[str]:
        """Return all files of the tree that are no runs in their place."""
        base = self.tree.base
        found = (path for path in base.rglob("*") if path.is_file())
        return [
            str(path.relative_to(base))
            for path in found
            if path.relative_to(base).parts[0] != "threads"
        ]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


async def test_a_deleted_run_is_gone_and_its_events_counted(session: Session) -> None:
    assert await session.deletions.delete([("t", "a")]) == 4
    assert session.there() == [("t", "b"), ("u", "a")]


async def test_a_deleted_run_leaves_the_lists_at_once(session: Session) -> None:
    deleting = asyncio.ensure_future(session.deletions.delete([("t", "a")]))
    await asyncio.sleep(0)
    assert session.catalog.run_keys("t") == [("t", "b")]
    await deleting
    assert session.catalog.run_keys("t") == [("t", "b")]


async def test_undo_brings_back_the_same_bytes(session: Session) -> None:
    before = session.tree.path("t", "a").read_bytes()
    await session.deletions.delete([("t", "a")])
    restored, errors = await session.deletions.undo()
    assert (restored, errors) == ([("t", "a")], [])
    assert session.tree.path("t", "a").read_bytes() == before


async def test_undo_brings_back_all_that_was_deleted_together(session: Session) -> None:
    await session.deletions.delete([("u", "a")])
    await session.deletions.delete([("t", "a"), ("t", "b")])
    restored, _ = await session.deletions.undo()
    assert sorted(restored) == [("t", "a"), ("t", "b")]
    assert session.there() == [("t", "a"), ("t", "b")]


async def test_undo_goes_back_step_by_step(session: Session) -> None:
    for key in KEYS:
        await session.deletions.delete([key])
    for key in reversed(KEYS):
        assert (await session.deletions.undo())[0] == [key]
    assert await session.deletions.undo() == ([], [])
    assert session.there() == KEYS


async def test_what_is_deleted_and_undone_may_be_deleted_again(
    session: Session,
) -> None:
    for _ in range(3):
        assert await session.deletions.delete([("t", "a")]) == 4
        assert ("t", "a") not in session.there()
        await session.deletions.undo()
        assert ("t", "a") in session.there()


async def test_two_deletes_at_once_are_undone_one_by_one(session: Session) -> None:
    await asyncio.gather(
        session.deletions.delete([("t", "a")]),
        session.deletions.delete([("t", "b")]),
        session.deletions.delete([("u", "a")]),
    )
    for left in (1, 2, 3):
        restored, errors = await session.deletions.undo()
        assert (len(restored), errors) == (1, [])
        assert len(session.there()) == left


async def test_an_undo_waits_for_the_delete_under_way(session: Session) -> None:
    deleting = asyncio.ensure_future(session.deletions.delete([("t", "a")]))
    await asyncio.sleep(0)
    assert (await session.deletions.undo())[0] == [("t", "a")]
    await deleting
    assert session.there() == KEYS


async def test_a_failure_leaves_every_run_where_it_was(session: Session) -> None:
    session.tree.base.joinpath(".trash").touch()
    with pytest.raises(OSError):
        await session.deletions.delete(KEYS)
    assert session.there() == KEYS
    assert len(session.catalog.thread_entries()) == 2
    assert await session.deletions.undo() == ([], [])


async def test_a_failure_half_way_brings_back_the_first_half(session: Session) -> None:
    with pytest.raises(StoreError):
        await session.deletions.delete([("t", "a"), ("t", "b"), ("not/safe", "x")])
    assert session.there() == KEYS
    assert await session.deletions.undo() == ([], [])


async def test_what_was_gone_already_is_no_failure(session: Session) -> None:
    session.tree.path("t", "a").unlink()
    assert await session.deletions.delete([("t", "a"), ("t", "b")]) == 4
    assert (await session.deletions.undo())[0] == [("t", "b")]


async def test_a_run_that_came_back_is_told_of(session: Session) -> None:
    await session.deletions.delete([("t", "a"), ("t", "b")])
    assert await session.deletions.recreated([("t", "a")]) == []
    session.tree.add_reply("t", "a", "more")
    assert await session.deletions.recreated([("t", "a")]) == [("t", "a")]


async def test_a_run_that_came_back_is_not_overwritten(session: Session) -> None:
    await session.deletions.delete([("t", "a"), ("t", "b")])
    session.tree.add_reply("t", "a", "more")
    headless = session.tree.path("t", "a").read_bytes()
    restored, errors = await session.deletions.undo()
    assert restored == [("t", "b")]
    assert [type(error) for error in errors] == [RestoreConflictError]
    assert session.tree.path("t", "a").read_bytes() == headless


async def test_what_could_not_come_back_can_do_so_later(session: Session) -> None:
    before = session.tree.path("t", "a").read_bytes()
    await session.deletions.delete([("t", "a")])
    session.tree.add_reply("t", "a", "more")
    await session.deletions.undo()
    session.tree.path("t", "a").unlink()
    assert await session.deletions.undo() == ([("t", "a")], [])
    assert session.tree.path("t", "a").read_bytes() == before


async def test_a_purge_frees_the_disk(session: Session) -> None:
    await session.deletions.delete(KEYS)
    assert session.files()
    session.deletions.purge()
    assert session.files() == []
    assert not session.tree.base.joinpath(".trash").exists()


async def test_a_purge_touches_nothing_that_was_undone(session: Session) -> None:
    await session.deletions.delete(KEYS)
    await session.deletions.undo()
    session.deletions.purge()
    assert session.there() == KEYS


async def test_other_work_of_the_thread_is_left_alone(session: Session) -> None:
    work = session.tree.threads / "t" / "user-data" / "report.md"
    work.parent.mkdir()
    work.write_text("the work of a week")
    await session.deletions.delete(KEYS)
    session.deletions.purge()
    assert work.read_text() == "the work of a week"


async def test_what_a_crash_left_can_be_brought_back(session: Session) -> None:
    await session.deletions.delete(KEYS)
    session.deletions._trash.close()
    later = Deletions(session.tree.base, session.catalog)
    leftovers = await later.leftovers()
    assert len(leftovers) == 3
    later.adopt(leftovers)
    restored, errors = await later.undo()
    assert (sorted(restored), errors) == (KEYS, [])
    assert session.there() == KEYS


async def test_what_a_crash_left_can_be_purged(session: Session) -> None:
    await session.deletions.delete(KEYS)
    session.deletions._trash.close()
    later = Deletions(session.tree.base, session.catalog)
    later.adopt(await later.leftovers())
    later.purge()
    assert session.files() == []


async def test_what_another_session_deleted_is_not_left_over(session: Session) -> None:
    await session.deletions.delete([("t", "a")])
    assert await Deletions(session.tree.base, session.catalog).leftovers() == []


def test_what_a_delete_would_take_is_told_before(session: Session) -> None:
    doomed = session.deletions.plan(KEYS, ["one", "two"])
    assert doomed.keys == tuple(KEYS)
    assert doomed.titles == ("one", "two")
    assert doomed.size == sum(session.tree.path(*key).stat().st_size for key in KEYS)
    assert doomed.running_count == 0
    assert session.there() == KEYS
