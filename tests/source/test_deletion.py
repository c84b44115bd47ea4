from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.helpers.disk import Disk
from whitetail.source.catalog import Catalog
from whitetail.source.deletion import DeleteResult
from whitetail.source.file_deletions import FileDeletions
from whitetail.source.prompt_and_end import read_prompt_and_end
from whitetail.source.run_files import TreeFiles
from whitetail.source.trash_limits import TrashLimits, trash_limits
from whitetail_store import (
    JsonlRunEventStore,
    RestoreConflictError,
    RunKey,
    Stamp,
    StoreError,
    Trash,
)

KEYS = [("t", "a"), ("t", "b"), ("u", "a")]


class Session:
    """Three runs on disk, and a `Deletions` for them."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk(folder)
        for thread, run in KEYS:
            self.disk.write_run(thread, run, f"question {thread}{run}", "answer")
        self.catalog = Catalog(TreeFiles(self.disk.threads), time.time)
        self.catalog.apply({key: Stamp.of(self.disk.path(*key).stat()) for key in KEYS})
        self.deletions = FileDeletions(self.disk.base, self.catalog)

    def existing(self) -> list[RunKey]:
        """Return the runs that have a file."""
        return [key for key in KEYS if self.disk.path(*key).exists()]

    def files_in_trash(self) -> list[str]:
        """Return all files outside of `threads`, relative to the tree."""
        base = self.disk.base
        found = (path for path in base.rglob("*") if path.is_file())
        return [
            str(path.relative_to(base))
            for path in found
            if path.relative_to(base).parts[0] != "threads"
        ]


async def delete_and_crash(session: Session) -> None:
    """Delete all runs as a session does that ends without a purge."""
    trash = Trash(session.disk.base)
    store = JsonlRunEventStore(session.disk.base, trash=trash)
    for thread_id, run_id in KEYS:
        await store.delete_by_run(thread_id, run_id)
    trash.close()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


async def test_a_deleted_run_is_gone_and_its_events_are_counted(
    session: Session,
) -> None:
    assert (await session.deletions.delete([("t", "a")])).events == 4
    assert session.existing() == [("t", "b"), ("u", "a")]


async def test_a_deleted_run_leaves_the_lists_at_once(session: Session) -> None:
    deleting = asyncio.ensure_future(session.deletions.delete([("t", "a")]))
    await asyncio.sleep(0)
    assert session.catalog.run_keys("t") == [("t", "b")]
    await deleting
    assert session.catalog.run_keys("t") == [("t", "b")]


async def test_undo_restores_the_same_bytes(session: Session) -> None:
    before = session.disk.path("t", "a").read_bytes()
    await session.deletions.delete([("t", "a")])
    restored, errors = await session.deletions.undo()
    assert (restored, errors) == ([("t", "a")], [])
    assert session.disk.path("t", "a").read_bytes() == before


async def test_undo_restores_all_runs_that_were_deleted_together(
    session: Session,
) -> None:
    await session.deletions.delete([("u", "a")])
    await session.deletions.delete([("t", "a"), ("t", "b")])
    restored, _ = await session.deletions.undo()
    assert sorted(restored) == [("t", "a"), ("t", "b")]
    assert session.existing() == [("t", "a"), ("t", "b")]


async def test_undo_goes_back_step_by_step(session: Session) -> None:
    for key in KEYS:
        await session.deletions.delete([key])
    for key in reversed(KEYS):
        assert (await session.deletions.undo())[0] == [key]
    assert await session.deletions.undo() == ([], [])
    assert session.existing() == KEYS


async def test_a_restored_run_can_be_deleted_again(
    session: Session,
) -> None:
    for _ in range(3):
        assert (await session.deletions.delete([("t", "a")])).events == 4
        assert ("t", "a") not in session.existing()
        await session.deletions.undo()
        assert ("t", "a") in session.existing()


async def test_two_deletes_at_once_are_undone_one_by_one(session: Session) -> None:
    await asyncio.gather(
        session.deletions.delete([("t", "a")]),
        session.deletions.delete([("t", "b")]),
        session.deletions.delete([("u", "a")]),
    )
    for left in (1, 2, 3):
        restored, errors = await session.deletions.undo()
        assert (len(restored), errors) == (1, [])
        assert len(session.existing()) == left


async def test_undo_waits_for_a_delete_that_is_running(session: Session) -> None:
    deleting = asyncio.ensure_future(session.deletions.delete([("t", "a")]))
    await asyncio.sleep(0)
    assert (await session.deletions.undo())[0] == [("t", "a")]
    await deleting
    assert session.existing() == KEYS


async def test_a_failure_leaves_every_run_where_it_was(session: Session) -> None:
    session.disk.base.joinpath(".trash").touch()
    with pytest.raises(OSError):
        await session.deletions.delete(KEYS)
    assert session.existing() == KEYS
    assert len(session.catalog.thread_entries()) == 2
    assert await session.deletions.undo() == ([], [])


async def test_a_failure_half_way_restores_the_runs_deleted_before_it(
    session: Session,
) -> None:
    with pytest.raises(StoreError):
        await session.deletions.delete([("t", "a"), ("t", "b"), ("not/safe", "x")])
    assert session.existing() == KEYS
    assert await session.deletions.undo() == ([], [])


class SlowStore(JsonlRunEventStore):
    """A store whose deletes last until they are allowed to end."""

    def __init__(self, session: Session, trash: Trash) -> None:
        super().__init__(session.disk.base, trash=trash)
        self.reached, self.may_end = asyncio.Event(), asyncio.Event()

    async def delete_by_run(self, thread_id: str, run_id: str) -> int:
        events = await super().delete_by_run(thread_id, run_id)
        if (thread_id, run_id) == KEYS[1]:
            self.reached.set()
            await self.may_end.wait()
        return events


async def test_a_delete_that_is_cancelled_half_way_restores_what_it_has_deleted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores: list[SlowStore] = []

    def slow(base: Path, *, trash: Trash) -> SlowStore:
        stores.append(SlowStore(session, trash))
        return stores[-1]

    monkeypatch.setattr("whitetail.source.file_deletions.JsonlRunEventStore", slow)
    deletions = FileDeletions(session.disk.base, session.catalog)
    deleting = asyncio.ensure_future(deletions.delete(KEYS))
    await stores[0].reached.wait()
    assert session.existing() == KEYS[2:]
    deleting.cancel()
    stores[0].may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await deleting
    assert session.existing() == KEYS
    assert (deletions.can_undo, deletions.kept) == (False, (0, 0))
    assert len(session.catalog.run_keys("t")) == 2


async def test_a_run_that_was_gone_already_is_reported_and_is_no_failure(
    session: Session,
) -> None:
    session.disk.path("t", "a").unlink()
    result = await session.deletions.delete([("t", "a"), ("t", "b")])
    assert result == DeleteResult((("t", "b"),), (("t", "a"),), 4, result.kept)
    assert result.kept == tuple(each.key for each in await session.deletions.trash())
    assert (await session.deletions.undo())[0] == [("t", "b")]


async def test_a_delete_of_nothing_can_not_be_undone(session: Session) -> None:
    await session.deletions.delete([("u", "a")])
    session.disk.path("t", "a").unlink()
    result = await session.deletions.delete([("t", "a")])
    assert (result.deleted, result.missing) == ((), (("t", "a"),))
    assert (await session.deletions.undo())[0] == [("u", "a")]


async def test_a_deleted_run_that_is_written_to_again_is_found(
    session: Session,
) -> None:
    await session.deletions.delete([("t", "a"), ("t", "b")])
    assert await session.deletions.recreated([("t", "a")]) == []
    session.disk.add_reply("t", "a", "more")
    assert await session.deletions.recreated([("t", "a")]) == [("t", "a")]


async def test_undo_does_not_overwrite_a_run_that_has_a_file_again(
    session: Session,
) -> None:
    await session.deletions.delete([("t", "a"), ("t", "b")])
    session.disk.add_reply("t", "a", "more")
    new = session.disk.path("t", "a").read_bytes()
    restored, errors = await session.deletions.undo()
    assert restored == [("t", "b")]
    assert [type(error) for error in errors] == [RestoreConflictError]
    assert session.disk.path("t", "a").read_bytes() == new


async def test_a_run_that_could_not_be_restored_can_be_restored_later(
    session: Session,
) -> None:
    before = session.disk.path("t", "a").read_bytes()
    await session.deletions.delete([("t", "a")])
    session.disk.add_reply("t", "a", "more")
    await session.deletions.undo()
    session.disk.path("t", "a").unlink()
    assert await session.deletions.undo() == ([("t", "a")], [])
    assert session.disk.path("t", "a").read_bytes() == before


async def test_the_end_of_a_session_keeps_its_deleted_runs(session: Session) -> None:
    await session.deletions.delete(KEYS[:2])
    await session.deletions.undo()
    size = session.disk.path(*KEYS[0]).stat().st_size
    await session.deletions.delete(KEYS[:1])
    assert session.deletions.kept == (1, size)
    session.deletions.close()
    later = FileDeletions(session.disk.base, session.catalog)
    (entry,) = await later.trash()
    assert (entry.title, entry.size) == ("a", size)
    assert [each.title for each in await later.with_titles([entry])] == ["question ta"]
    assert await later.restore([entry]) == ([("t", "a")], [])
    assert session.existing() == KEYS


async def test_runs_are_removed_from_the_trash_for_good(session: Session) -> None:
    await session.deletions.delete(KEYS)
    await session.deletions.remove(await session.deletions.trash())
    assert session.deletions.kept == (0, 0)
    assert await session.deletions.undo() == ([], [])
    session.deletions.close()
    assert session.files_in_trash() == []


async def test_a_run_that_was_restored_from_the_trash_is_not_in_the_next_undo(
    session: Session,
) -> None:
    await session.deletions.delete([("t", "b")])
    await session.deletions.delete([("t", "a")])
    newest, _ = await session.deletions.trash()
    assert (await session.deletions.restore([newest]))[0] == [("t", "a")]
    assert await session.deletions.undo() == ([("t", "b")], [])


async def test_what_another_session_restored_does_not_stop_the_next_undo(
    session: Session,
) -> None:
    await session.deletions.delete([("t", "b")])
    await session.deletions.delete([("t", "a")])
    other = FileDeletions(session.disk.base, session.catalog)
    await other.restore((await other.trash())[:1])
    restored, errors = await session.deletions.undo()
    assert (restored, [type(each) for each in errors]) == ([], [FileNotFoundError])
    assert await session.deletions.undo() == ([("t", "b")], [])


async def test_old_runs_are_removed_from_the_trash_of_sessions_that_ended(
    session: Session,
) -> None:
    await session.deletions.delete(KEYS)
    session.deletions.close()
    limits = TrashLimits(days=1)
    later = FileDeletions(session.disk.base, session.catalog, limits)
    assert await later.clean(time.time() + 86_000) == 0
    assert await later.clean(time.time() + 86_401) == 3
    assert session.files_in_trash() == []


async def test_other_files_of_the_thread_are_kept(session: Session) -> None:
    work = session.disk.threads / "t" / "user-data" / "report.md"
    work.parent.mkdir()
    work.write_text("the work of a week")
    await session.deletions.delete(KEYS)
    await session.deletions.remove(await session.deletions.trash())
    assert work.read_text() == "the work of a week"


async def test_runs_that_a_crash_left_in_the_trash_can_be_restored(
    session: Session,
) -> None:
    await delete_and_crash(session)
    later = FileDeletions(session.disk.base, session.catalog)
    restored, errors = await later.restore(await later.trash())
    assert (sorted(restored), errors) == (KEYS, [])
    assert session.existing() == KEYS


def test_a_plan_lists_threads_with_their_runs_and_deletes_nothing(
    session: Session,
) -> None:
    for key in KEYS:
        found = read_prompt_and_end(session.catalog.path(key))
        session.catalog.set_head_and_tail(key, found)
    plan = session.deletions.plan(KEYS, {"t": "one", "u": "two"})
    assert plan.keys == tuple(KEYS)
    titles = [line.title for line in plan.lines]
    assert titles == ["one", "question tb", "question ta", "two", "question ua"]
    status = session.catalog.status(("t", "b"))
    assert [line.status for line in plan.lines[:2]] == [None, status]
    assert plan.lines[1].started is not None
    assert plan.thread_count == 2
    assert plan.size == sum(session.disk.path(*key).stat().st_size for key in KEYS)
    assert plan.running_count == 0
    assert session.existing() == KEYS


def test_a_plan_of_runs_lists_no_thread(session: Session) -> None:
    plan = session.deletions.plan(KEYS[:1], {})
    assert (plan.thread_count, [line.title for line in plan.lines]) == (0, ["a"])


def test_the_user_sets_the_limits_of_the_trash() -> None:
    assert trash_limits({}) == TrashLimits(7, 5e9)
    days, size = {"WHITETAIL_TRASH_DAYS": "30"}, {"WHITETAIL_TRASH_GB": "0.5"}
    assert trash_limits(days | size) == TrashLimits(30, 5e8)
    for text in ("a week", "-1", "nan", "inf"):
        with pytest.raises(ValueError, match="WHITETAIL_TRASH_DAYS"):
            trash_limits({"WHITETAIL_TRASH_DAYS": text})
