"""What the commands share that delete runs or change the trash."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from argparse import Namespace
from collections.abc import Coroutine
from hashlib import blake2b
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from whitetail.cli.commands import RefusedError
from whitetail.cli.output import Output
from whitetail.cli.tree import settings_of
from whitetail.source.deletion import NO_DELETIONS, Deletions, cleaned_sentence
from whitetail.source.listing import Listing
from whitetail.source.trash_limits import TrashLimits, trash_limits
from whitetail.view.brief import reason

_ID_BYTES = 8
_ID_PARTS = 3
"""The session, the time of the delete, and the name of the file."""

T = TypeVar("T")


def open_deletions(listing: Listing, arguments: Namespace, output: Output) -> Deletions:
    """Return what deletes the runs of a tree or a database, and restores them.

    Raises:
        RefusedError: There is no folder for a trash, or a limit is no number.

    """
    try:
        # A limit of the environment that is no number is refused.
        trash_limits(os.environ)
    except ValueError as error:
        raise RefusedError(str(error)) from error
    settings = settings_of(arguments, output, "trash")
    limits = TrashLimits(settings.trash_days, settings.trash_size)
    deletions = listing.deletions(limits)
    if deletions is None:
        raise RefusedError(_as_note(NO_DELETIONS))
    return deletions


def require_answer(output: Output, *, yes: bool) -> None:
    """Refuse to begin if the question could not be answered.

    Raises:
        RefusedError: There is neither `yes` nor a terminal to ask on.

    """
    if not (yes or output.can_ask):
        raise RefusedError("there is no terminal to ask on; --yes skips the question")


def trash_id(key: str) -> str:
    """Return the id of a run in the trash, by the key of its entry.

    It is the same in each session, and on each path to the tree.
    """
    path = "/".join(Path(key).parts[-_ID_PARTS:])
    return blake2b(path.encode(), digest_size=_ID_BYTES).hexdigest()


def clean_trash(deletions: Deletions, output: Output) -> None:
    """Remove what the trash need no longer keep, as each start of the screen does."""
    try:
        removed = to_its_end(deletions.clean(time.time()), output)
    except OSError as error:
        output.note(f"the trash could not be cleaned: {problem(error)}")
        return
    if removed:
        output.note(_as_note(cleaned_sentence(removed, deletions.limits)))


def problem(error: Exception) -> str:
    """Return why a file could not be moved or removed, for the end of a sentence."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{os.fsdecode(error.filename)}: {reason(error)}"
    return reason(error)


def to_its_end(work: Coroutine[Any, Any, T], output: Output) -> T:
    """Return the result of work; ctrl+c cancels it once, and waits for its end.

    So the work can undo what it has done: a second ctrl+c does not end that. A note
    shows that the first one was noticed.

    Raises:
        KeyboardInterrupt: The work was cancelled.

    """
    interrupts = _Interrupts(output)
    before = signal.getsignal(signal.SIGINT)
    # A program in the background of a shell ignores ctrl+c.
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupts.handle)
    try:
        return asyncio.run(interrupts.run(work))
    except asyncio.CancelledError as error:
        raise KeyboardInterrupt from error
    finally:
        signal.signal(signal.SIGINT, before)


class _Interrupts:
    """Cancels a task at the first ctrl+c."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._interrupted = False
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of work, which an interrupt cancels."""
        self._loop = asyncio.get_running_loop()
        self._task = task = asyncio.ensure_future(work)
        if self._interrupted:
            task.cancel()
        return await task

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Cancel the task, unless that was done before."""
        if self._interrupted:
            return
        self._interrupted = True
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._output.note("ctrl+c: ends once the run at hand is done")


def _as_note(sentence: str) -> str:
    """Return a sentence of the screen as notes on stderr begin and end."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")
