"""What a store of run events promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Record = dict[str, Any]
"""An event as its line in the file: the eight keys, and any others it came with."""


class RunEventStore(ABC):
    """Events of runs, numbered within their thread.

    The methods, their keywords and what they return are those of DeerFlow's store
    of the same name. Ids that are not safe file names raise `ValueError` before
    anything is touched. `user_id` is taken and ignored: this is one person's store.
    """

    @abstractmethod
    async def put(
        self,
        *,
        thread_id: str,
        run_id: str,
        event_type: str,
        category: str,
        content: Any = "",
        metadata: Mapping[str, Any] | None = None,
        created_at: str | None = None,
    ) -> Record:
        """Write one event and return its whole record, `seq` included.

        Raises:
            ValueError: An id is not safe, or `json.dumps` refuses a value.
            TypeError: `json.dumps` refuses a value.
            OSError: It could not be written; nothing of it is in the file.

        """

    @abstractmethod
    async def put_batch(self, events: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Write events, each given as the keywords of `put`; return them in order.

        Each lands in its own run's file. When a write fails, none of that thread's
        part stays. Raises as `put`; a bad value anywhere stops the whole batch
        before the first write.
        """

    @abstractmethod
    async def put_if_absent(
        self,
        *,
        thread_id: str,
        run_id: str,
        event_type: str,
        category: str,
        content: Any = "",
        metadata: Mapping[str, Any] | None = None,
        created_at: str | None = None,
    ) -> tuple[Record, bool]:
        """Write an event unless its run has one of that type, in one step.

        Returns the record that is in the store then, and whether it was written now.
        """

    @abstractmethod
    async def list_messages(
        self,
        thread_id: str,
        *,
        limit: int = 50,
        before_seq: int | None = None,
        after_seq: int | None = None,
        user_id: str | None = None,
    ) -> list[Record]:
        """Return events of category `message` across a thread's runs, by `seq`.

        With `before_seq` the last `limit` below it (it wins over `after_seq`), with
        `after_seq` the first `limit` above it, with neither the newest `limit`.
        """

    @abstractmethod
    async def list_events(
        self,
        thread_id: str,
        run_id: str,
        *,
        event_types: Sequence[str] | None = None,
        task_id: str | None = None,
        limit: int = 500,
        after_seq: int | None = None,
    ) -> list[Record]:
        """Return a run's first `limit` events that pass the filters, by `seq`.

        `task_id` is compared with the event's `metadata["task_id"]`.
        """

    @abstractmethod
    async def list_messages_by_run(
        self,
        thread_id: str,
        run_id: str,
        *,
        limit: int = 50,
        before_seq: int | None = None,
        after_seq: int | None = None,
    ) -> list[Record]:
        """Return one run's events of category `message`, by `seq`.

        Both cursors may narrow together. `limit` keeps the first ones when
        `after_seq` is given, else the last ones.
        """

    @abstractmethod
    async def get_last_visible_ai_seq_by_run(
        self, thread_id: str, run_ids: Iterable[str], *, user_id: str | None = None
    ) -> dict[str, int]:
        """Return, per run, the `seq` of the last model reply that a person sees.

        Replies to middleware do not count; runs without one are left out.
        """

    @abstractmethod
    async def count_messages(self, thread_id: str) -> int:
        """Return how many events of category `message` a thread has."""

    @abstractmethod
    async def delete_by_run(self, thread_id: str, run_id: str) -> int:
        """Remove a run's file and return how many events went, 0 if it is not there."""

    @abstractmethod
    async def delete_by_thread(self, thread_id: str) -> int:
        """Remove all run files of a thread and return how many events went.

        Nothing else below the thread is touched. The thread begins again at 1.
        """
