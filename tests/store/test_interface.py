"""The interface of the store: its arguments as type checkers and callers see them."""

from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.helpers.events import line
from tests.helpers.lines import append, run_file
from tests.helpers.store import new_event, seqs
from whitetail_store import JsonlRunEventStore, NewEvent

if TYPE_CHECKING:

    async def wrong_arguments_are_found(store: JsonlRunEventStore) -> None:
        """Each line is an error for mypy, else its comment is one."""
        await store.put(thread_id="t", run_id="r", event_type="x")  # type: ignore[call-arg]
        await store.put(**new_event(), contents="x")  # type: ignore[call-arg]
        await store.put(thread_id=1, run_id="r", event_type="x", category="y")  # type: ignore[arg-type]
        await store.put_if_absent(**new_event(), contents="x")  # type: ignore[call-arg]
        await store.put_batch([{"thread_id": "t"}])  # type: ignore[typeddict-item]
        await store.list_events("t")  # type: ignore[call-arg]
        await store.list_messages("t", before="x")  # type: ignore[call-arg]


@pytest.mark.parametrize("name", ["put", "put_if_absent"])
def test_the_keywords_of_a_new_event_are_those_of_put(name: str) -> None:
    of_store = signature(getattr(JsonlRunEventStore, name)).parameters
    assert list(of_store) == ["self", *NewEvent.__annotations__]


@pytest.mark.parametrize("key", ["thread_id", "run_id", "event_type", "category"])
async def test_a_missing_key_is_an_error_before_the_first_write(
    tmp_path: Path, store: JsonlRunEventStore, key: str
) -> None:
    event: dict[str, Any] = {**new_event()}
    del event[key]
    with pytest.raises(KeyError, match=key):
        await store.put_batch([new_event(thread_id="u"), cast("NewEvent", event)])
    assert list(tmp_path.iterdir()) == []


async def test_a_base_folder_of_none_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await JsonlRunEventStore(None).put(**new_event())
    assert await JsonlRunEventStore().count_messages("t") == 1
    assert run_file(tmp_path / ".deer-flow").exists()


async def test_a_limit_of_none_is_no_limit(
    tmp_path: Path, store: JsonlRunEventStore
) -> None:
    append(run_file(tmp_path), b"".join(line(seq) for seq in range(1, 701)))
    expected = list(range(1, 701))
    assert seqs(await store.list_messages("t", limit=None)) == expected
    assert seqs(await store.list_messages("t", limit=None, after_seq=0)) == expected
    assert seqs(await store.list_events("t", "r", limit=None)) == expected
    assert seqs(await store.list_messages_by_run("t", "r", limit=None)) == expected
