"""The methods of the store that read, with their filters and limits."""

from pathlib import Path

from tests.helpers.events import line, record
from tests.helpers.lines import append, run_file
from tests.helpers.store import new_event, seqs
from whitetail_store import JsonlRunEventStore


async def test_list_events_accepts_metadata_of_any_shape(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(1, metadata=None) + line(2, metadata=[1]))
    assert await store.list_events("t", "r", task_id="x") == []
    assert await store.get_last_visible_ai_seq_by_run("t", ["r"]) == {"r": 2}


async def test_reads_order_events_by_seq_not_by_row(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), line(4) + line(2) + line(9) + line(1))
    assert seqs(await store.list_messages("t", limit=2)) == [4, 9]
    assert seqs(await store.list_messages("t", after_seq=1, limit=2)) == [2, 4]
    assert seqs(await store.list_messages("t", before_seq=9, limit=2)) == [2, 4]
    assert seqs(await store.list_events("t", "r", after_seq=1)) == [2, 4, 9]


async def test_a_call_about_a_run_returns_the_events_in_its_own_file(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path, "t", "a"), line(1, run_id="a") + line(2, run_id="b"))
    append(run_file(tmp_path, "t", "b"), line(3, run_id="b"))
    append(run_file(tmp_path, "t", "a"), line(4, run_id="b") + line(5, run_id="a"))
    assert seqs(await store.list_events("t", "b")) == [3]
    assert seqs(await store.list_events("t", "a")) == [1, 5]
    assert seqs(await store.list_messages_by_run("t", "a", limit=2)) == [1, 5]
    assert seqs(await store.list_messages_by_run("t", "a", after_seq=1)) == [5]
    assert seqs(await store.list_messages("t")) == [1, 2, 3, 4, 5]
    runs = ["a", "b", "c"]
    assert await store.get_last_visible_ai_seq_by_run("t", runs) == {"a": 5, "b": 3}
    put, created = await store.put_if_absent(**new_event(run_id="b"))
    assert (put["seq"], created) == (3, False)


async def test_unknown_keys_are_kept(tmp_path: Path, store: JsonlRunEventStore) -> None:
    append(run_file(tmp_path), line(1, parent="p"))
    assert await store.list_messages("t") == [record(1, parent="p")]


async def test_files_have_no_users(filled: JsonlRunEventStore) -> None:
    assert seqs(await filled.list_messages("t", user_id="u")) == [*range(1, 20, 2)]
