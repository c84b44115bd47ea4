"""Copies parts of the event under the cursor: a menu of them, or one at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from textual import work

from whitetail.keymap import shown_key
from whitetail.screens.clipboard import copy
from whitetail.screens.event import plain_text, raw_line
from whitetail.screens.run_actions import RunActions
from whitetail.view.brief import reason
from whitetail_store import StoreError

if TYPE_CHECKING:
    from whitetail.panes.menu import MenuItem
    from whitetail.run.snapshot import EventSnapshot

_KEYED_ARGUMENTS = "123456789"
_MAX_READ_S = 0.5
"""How long the menu waits for the event; without it, only the run can be copied."""


class Copied(NamedTuple):
    """Something that can be copied."""

    name: str
    """What the message to the user calls it."""
    text: Callable[[], str]
    """Returns it. Called in a thread: a long value needs a moment."""


class CopyActions(RunActions):
    """A screen that copies parts of the event under the cursor."""

    tree_name: str = ""
    """The tree that is open, for the command line that shows an event."""

    async def action_copy_menu(self) -> None:
        """Open the menu of what can be copied.

        The app handles no other key meanwhile, so a slow disk may not delay it.
        """
        from whitetail.screens.menu import MenuScreen

        title = "Copy"
        try:
            reading = self.read_current_event()
            snapshot = await asyncio.wait_for(reading, _MAX_READ_S)
        except TimeoutError:
            snapshot, title = None, "Copy (the event is not read yet)"
        run = self.run.run
        if run is not None and self.is_attached:
            in_detail = self.focused is self.run.detail
            value = self.run.detail.value_under_cursor if in_detail else None
            items = _menu_items(snapshot, value)
            items += _run_items(snapshot, run.key, run.rows.location, self.tree_name)
            await self.app.push_screen(MenuScreen(title, items), self._copy_chosen)

    @work(group="copy event")
    async def action_copy_line(self) -> None:
        """Copy the raw line of the event."""
        if (snapshot := await self.read_current_event()) is not None:
            copy(self.app, raw_line(snapshot), "the raw line")

    def action_copy_path(self) -> None:
        """Copy the path of the run's file."""
        if self.run.run is not None:
            copy(self.app, self.run.run.rows.location, "the path")

    async def read_current_event(self) -> EventSnapshot | None:
        """Return the event under the cursor; None if there is none, or if it fails."""
        try:
            return await self.run.read_event()
        except (StoreError, OSError, IndexError) as error:
            text = f"The event cannot be read: {reason(error)}."
            self.notify(text, severity="error", markup=False)
            return None

    def _copy_chosen(self, chosen: Copied | None) -> None:
        if chosen is not None:
            self._copy(chosen)

    @work(group="copy event")
    async def _copy(self, chosen: Copied) -> None:
        from whitetail.view.text import without_controls

        text = await asyncio.to_thread(lambda: without_controls(chosen.text()))
        copy(self.app, text, chosen.name)


def _menu_items(snapshot: EventSnapshot | None, value: Any) -> list[MenuItem[Copied]]:
    """Return what can be copied of an event, and the value under the cursor."""
    from whitetail.panes.menu import MenuItem
    from whitetail.view import brief
    from whitetail.view import event_values as values

    if snapshot is None:
        return []
    event, relatives = snapshot.event, snapshot.relatives
    items: list[MenuItem[Copied]] = []

    def add(key: str, label: str, part: Any, note: str = "") -> None:
        """Add a value; one that the event does not have cannot be chosen."""
        copied = Copied(f"the {label}", partial(values.text_of_value, part))
        has_part = part not in (None, "", [], {})
        note = note or (brief.value(part) if has_part else "")
        items.append(MenuItem(key, label, copied, has_part, note))

    calls = values.calls_of(event, relatives)
    if value is not None:
        add("v", "value under the cursor", value)
    arguments = list(values.arguments(calls))
    for number, argument in enumerate(arguments):
        key = _KEYED_ARGUMENTS[number : number + 1]
        part = partial(values.text_of_value, argument.value)
        copied = Copied("the argument", part)
        items.append(
            MenuItem(key, argument.name, copied, note=brief.value(argument.value))
        )
    add("a", "arguments", values.all_arguments(calls) if arguments else None)
    add("r", "result", values.result_of(event, relatives))
    add("t", "text", values.text_of_event(event))
    plain = Copied("the event", lambda: plain_text(snapshot))
    items.append(MenuItem("e", "event in full", plain))
    markdown = Copied("the event", lambda: values.markdown_of(event, relatives))
    items.append(MenuItem("m", "Markdown", markdown))
    line = Copied("the raw line", lambda: raw_line(snapshot))
    items.append(MenuItem("l", "raw line", line, note=shown_key("copy_line")))
    return items


def _run_items(
    snapshot: EventSnapshot | None, key: tuple[str, str], location: str, tree: str
) -> list[MenuItem[Copied]]:
    """Return the names of the run, and the command that shows the event."""
    from whitetail.panes.menu import MenuItem
    from whitetail.view.event_values import command_of

    thread, run = key
    items = [
        MenuItem("i", "run id", Copied("the id", lambda: run), note=run),
        MenuItem(
            "h", "thread id", Copied("the thread id", lambda: thread), note=thread
        ),
        MenuItem(
            "p",
            "path",
            Copied("the path", lambda: location),
            note=shown_key("copy_path"),
        ),
    ]
    command = None
    if snapshot is not None:
        command = command_of(snapshot.event, thread, run, tree)
    if command is not None:
        copied = Copied("the command", lambda: command)
        items.append(MenuItem("c", "command that shows it", copied, note=command))
    return items
