"""Opens the event, or the value under the cursor, in the user's pager or editor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import SuspendNotSupported

from whitetail.screens.copying import CopyActions
from whitetail.screens.event import plain_lines
from whitetail.view.brief import reason
from whitetail.view.text import one_line

if TYPE_CHECKING:
    from whitetail.run.snapshot import EventSnapshot


class OpenActions(CopyActions):
    """A screen that lends the terminal to a pager or an editor."""

    _lending = False
    """Whether another program has the terminal, or will have it at once."""

    def action_page_event(self) -> None:
        """Open the event or the value under the cursor in the pager."""
        self._open_event("pager")

    def action_edit_event(self) -> None:
        """Open the event or the value under the cursor in the editor."""
        self.skip_while_typing()
        self._open_event("editor")

    @work(group="open")
    async def _open_event(self, kind: str) -> None:
        if self._lending:
            return
        self._lending = True
        try:
            in_detail = self.focused is self.run.detail
            value = self.run.detail.value_under_cursor if in_detail else None
            snapshot = await self.read_current_event()
            if snapshot is None:
                return
            if kind == "editor":
                text, suffix = await asyncio.to_thread(_editor_text, snapshot, value)
                await self._show_text((text,), f"event{suffix}", kind)
            else:
                await self._show_text(_pager_lines(snapshot, value), "event.txt", kind)
        finally:
            self._lending = False

    async def show_text(self, pieces: Iterable[str], name: str, kind: str) -> None:
        """Show a text in the `pager` or the `editor`, and wait until that ends.

        Only one program can have the terminal; nothing is shown if one will have it.
        """
        if self._lending:
            return
        self._lending = True
        try:
            await self._show_text(pieces, name, kind)
        finally:
            self._lending = False

    async def _show_text(self, pieces: Iterable[str], name: str, kind: str) -> None:
        from whitetail.terminal.programs import (
            ProgramError,
            editor,
            pager,
            temporary_file,
        )

        try:
            find = editor if kind == "editor" else pager
            command = await asyncio.to_thread(find, os.environ)
            file = temporary_file(pieces, name)
            path = await asyncio.to_thread(file.__enter__)
            try:
                await self._lend_terminal([*command, str(path)])
            finally:
                await asyncio.to_thread(file.__exit__, None, None, None)
        except ProgramError as error:
            self._warn(str(error))
        except OSError as error:
            self._warn(f"The {kind} cannot be opened: {reason(error)}.")

    async def _lend_terminal(self, command: list[str]) -> None:
        """Run a program in the terminal. The app goes on meanwhile, but draws nothing.

        Raises:
            OSError: The program cannot be started.

        """
        from whitetail.terminal.programs import started

        failed: OSError | None = None
        code = 0
        try:
            # An error must not leave this block: the terminal would not be restored.
            with self.app.suspend():
                try:
                    with started(command) as process:
                        code = await asyncio.to_thread(process.wait)
                except OSError as error:
                    failed = error
        except SuspendNotSupported:
            self._warn("This terminal cannot be lent to another program.")
        self.end_guards()
        if failed is not None:
            raise failed
        if code:
            ending = f"signal {-code}" if code < 0 else f"exit code {code}"
            self._warn(f"{command[0]} ended with {ending}.")

    def _warn(self, text: str) -> None:
        self.notify(one_line(text), severity="warning", markup=False)


def _pager_lines(snapshot: EventSnapshot, value: Any) -> Iterator[str]:
    """Yield the lines for a pager; controls of terminals are made visible."""
    from whitetail.view.event_values import text_of_value
    from whitetail.view.text import sanitized_lines

    if value is None:
        lines = plain_lines(snapshot)
    else:
        lines = sanitized_lines(text_of_value(value))
    for line in lines:
        yield line
        yield "\n"


def _editor_text(snapshot: EventSnapshot, value: Any) -> tuple[str, str]:
    """Return the text for an editor, and the suffix of its file."""
    from whitetail.view.event_values import editor_text, editor_text_of_line

    return editor_text_of_line(snapshot.line) if value is None else editor_text(value)
