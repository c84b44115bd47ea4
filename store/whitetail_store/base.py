"""The interface of a store of run events: that of DeerFlow's store of this name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

Record = dict[str, Any]
"""An event as the JSON object of its line: the eight keys, and any unknown ones."""


class NewEvent(TypedDict):
    """An event to be written: the keywords of `put`."""

    thread_id: str
    run_id: str
    event_type: str
    category: str
    content: NotRequired[Any]
    metadata: NotRequired[Mapping[str, Any] | None]
    created_at: NotRequired[str | datetime | None]


class RunEventStore(ABC):
    """Stores the events of runs; each has a `seq` that is unique within its thread.

    Methods, keywords and results are those of DeerFlow's store of the same name.
    An id that is not a safe file name raises `ValueError` before any file is
    touched. `limit=None` means no limit. `user_id` is accepted and ignored, since the
    store has a single user.
    """

    async def put(
        self,
        *,
        thread_id: str,
        run_id: str,
        event_type: str,
        category: str,
        content: Any = "",
        metadata: Mapping[str, Any] | None = None,
        created_at: str | datetime | None = None,
    ) -> Record:
        """Write one event and return its whole record, `seq` included.

        Raises:
            ValueError: An id is not safe, or `json.dumps` refuses a value.
            TypeError: `json.dumps` refuses a value.
            OSError: The write failed; no part of the event is in the file.

        """
        event: NewEvent = {
            "thread_id": thread_id,
            "run_id": run_id,
            "event_type": event_type,
            "category": category,
            "content": content,
            "metadata": metadata,
            "created_at": created_at,
        }
        return (await self.put_batch([event]))[0]

    @abstractmethod
    async def put_batch(self, events: Iterable[NewEvent]) -> list[Record]:
        """Write events, each given as the keywords of `put`; return them in order.

        Each event is appended to the file of its own run. If a write fails, no event
        of that thread stays in any file. Unknown keys are ignored. Raises the errors
        of `put`; they are raised for bad ids and values before the first write.

        Raises:
            KeyError: An event has no `thread_id`, `run_id`, `event_type` or `category`.

        """

    async def put_if_absent(
        self,
        *,
        thread_id: str,
        run_id: str,
        event_type: str,
        category: str,
        content: Any = "",
        metadata: Mapping[str, Any] | None = None,
        created_at: str | datetime | None = None,
    ) -> tuple[Record, bool]:
        """Write an event unless its run has one of that type, as one atomic step.

        Returns the record that is stored, and whether this call has written it.
        """
        event: NewEvent = {
            "thread_id": thread_id,
            "run_id": run_id,
            "event_type": event_type,
            "category": category,
            "content": content,
            "metadata": metadata,
            "created_at": created_at,
        }
        return await self._put_if_absent(event)

    @abstractmethod
    async def _put_if_absent(self, event: NewEvent) -> tuple[Record, bool]:
        """Do the work of `put_if_absent`."""

    @abstractmethod
    async def list_messages(
        self,
        thread_id: str,
        *,
        limit: int | None = 50,
        before_seq: int | None = None,
        after_seq: int | None = None,
        user_id: str | None = None,
    ) -> list[Record]:
        """Return the events of category `message` of all runs, in order of `seq`.

        `before_seq`: the last `limit` events below it; wins if both are given.
        `after_seq`: the first `limit` events above it. Neither: the last `limit`.
        """

    @abstractmethod
    async def list_events(
        self,
        thread_id: str,
        run_id: str,
        *,
        event_types: Sequence[str] | None = None,
        task_id: str | None = None,
        limit: int | None = 500,
        after_seq: int | None = None,
    ) -> list[Record]:
        """Return a run's first `limit` events that pass the filters, in order of `seq`.

        `task_id` is compared with the event's `metadata["task_id"]`.
        """

    @abstractmethod
    async def list_messages_by_run(
        self,
        thread_id: str,
        run_id: str,
        *,
        limit: int | None = 50,
        before_seq: int | None = None,
        after_seq: int | None = None,
    ) -> list[Record]:
        """Return one run's events of category `message`, in order of `seq`.

        Both cursors may be given. `limit` keeps the first events if `after_seq` is
        given, else the last ones.
        """

    @abstractmethod
    async def get_last_visible_ai_seq_by_run(
        self, thread_id: str, run_ids: Iterable[str], *, user_id: str | None = None
    ) -> dict[str, int]:
        """Return, by run id, the `seq` of the last model reply that the user sees.

        Replies to middleware do not count. A run without a reply has no entry.
        """

    @abstractmethod
    async def count_messages(self, thread_id: str) -> int:
        """Return the number of events of category `message` of a thread."""

    @abstractmethod
    async def delete_by_run(self, thread_id: str, run_id: str) -> int:
        """Remove a run's file; return the number of its events, 0 without a file."""

    @abstractmethod
    async def delete_by_thread(self, thread_id: str) -> int:
        """Remove all run files of a thread; return the number of their events.

        No other file below the thread is touched. The next `seq` is 1 again.
        """
