"""`whitetail trash`: lists deleted runs, restores them, or removes them for good."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import closing

from whitetail.cli.commands import RefusedError
from whitetail.cli.deleting import (
    open_deletions,
    problem,
    require_answer,
    to_its_end,
    trash_id,
)
from whitetail.cli.exit_codes import DECLINED, DONE, INTERRUPTED, REFUSED
from whitetail.cli.output import Output
from whitetail.cli.records import trash_record
from whitetail.cli.streams import discard_stdout
from whitetail.cli.tree import names, open_tree, unique_length
from whitetail.source.deletion import DAY_S, FOR_GOOD
from whitetail.view.brief import first_of, plural
from whitetail.view.json_fields import iso_time
from whitetail.view.lists.entries import TrashEntry
from whitetail.view.styled import StyledSpan
from whitetail.view.units import date_and_clock, size
from whitetail_store import RestoreConflictError

ACTIONS = ("list", "restore", "empty")
_HEADS = ("id", "thread", "run", "size", "deleted", "kept until", "prompt or title")
_WIDTHS = (-7, 15, 15)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `trash`."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=ACTIONS,
        default="list",
        help="list (without it, too), restore ID, or empty, which removes for good",
    )
    parser.add_argument(
        "ids",
        nargs="*",
        metavar="ID",
        help="of restore: the beginning of an id, or a thread or run that is deleted",
    )
    parser.add_argument(
        "--yes", action="store_true", help="of empty: skip the question"
    )
    parser.add_argument("--json", action="store_true", help="see docs/json.md")


def run(arguments: Namespace, output: Output) -> int:
    """List, restore or remove what is in the trash."""
    action, ids = arguments.action, arguments.ids
    if ids and action != "restore":
        raise RefusedError(f"{action} has no ID")
    if action == "restore" and not ids:
        raise RefusedError("ID is missing; whitetail trash lists them")
    if action == "empty":
        if arguments.json and not arguments.yes:
            raise RefusedError("--json needs --yes")
        require_answer(output, yes=arguments.yes)
    trash = _Trash(arguments, output)
    with closing(trash):
        try:
            if action == "restore":
                return trash.restore(ids)
            return trash.empty() if action == "empty" else trash.list()
        except KeyboardInterrupt:
            discard_stdout()
            output.note(f"interrupted; {trash.outcome}")
            return INTERRUPTED


class _Trash:
    """The deleted runs of what the user named."""

    def __init__(self, arguments: Namespace, output: Output) -> None:
        self._arguments, self._output = arguments, output
        listing = open_tree(arguments, output)
        self._deletions = open_deletions(listing, arguments, output)
        thread, run = listing.selected or (None, None)
        self._entries = [
            each
            for each in to_its_end(self._deletions.trash(), output)
            if thread in (None, each.run[0]) and run in (None, each.run[1])
        ]
        self._chosen: Sequence[TrashEntry] = ()
        """What is to be restored or removed."""

    @property
    def outcome(self) -> str:
        """What has become of the trash so far, for the end of a sentence."""
        gone = sum(not os.path.lexists(each.key) for each in self._chosen)
        restores = self._arguments.action == "restore"
        verb = "restored" if restores else "removed for good"
        return f"{plural(gone, 'run')} {verb}" if gone else f"nothing was {verb}"

    def close(self) -> None:
        """End the session of the trash."""
        self._deletions.close()

    def list(self) -> int:
        """Print all entries, the last deleted at the front."""
        output, entries = self._output, self._with_titles(self._entries)
        if output.is_terminal and not entries:
            output.note("the trash is empty")
        elif output.is_terminal and not self._arguments.json:
            self._print_table(entries)
        else:
            self._print_exactly(entries)
        return DONE

    def restore(self, ids: Sequence[str]) -> int:
        """Restore what the ids name; what cannot be restored stays in the trash."""
        found = dict.fromkeys(each for name in ids for each in self._found(name))
        self._chosen = self._with_titles([*found])
        restored: list[TrashEntry] = []
        for entry in self._chosen:
            runs, errors = to_its_end(self._deletions.restore([entry]), self._output)
            restored += [entry] * len(runs)
            for error in errors:
                self._output.note(f"{names([entry.run])} not restored: {_why(error)}")
        if self._output.is_terminal and not self._arguments.json:
            for entry in restored:
                self._output.text(f"Restored {names([entry.run])}.")
        else:
            self._print_exactly(restored)
        return DONE if len(restored) == len(self._chosen) else REFUSED

    def empty(self) -> int:
        """Remove all entries for good, once the user has confirmed it."""
        output, entries = self._output, self._with_titles(self._entries)
        if not entries:
            output.note("the trash is empty")
            return DONE
        as_table = output.is_terminal and not self._arguments.json
        if as_table:
            self._print_table(entries)
            total = size(sum(each.size for each in entries))
            text = f"{plural(len(entries), 'run')}, {total}"
            output.line([(text, "strong")])
            output.line([(FOR_GOOD, "warning")])
        if not self._arguments.yes and not output.ask("Empty the trash?"):
            output.note("nothing was removed")
            return DECLINED
        self._chosen = entries
        try:
            to_its_end(self._deletions.remove(entries), output)
        except OSError as error:
            raise RefusedError(f"{problem(error)}; {self.outcome}") from error
        if as_table:
            output.text(f"Removed {plural(len(entries), 'run')} for good.")
        else:
            self._print_exactly(entries)
        return DONE

    def _found(self, name: str) -> Sequence[TrashEntry]:
        """Return the entry that an id or a run means, or those of a thread.

        Raises:
            RefusedError: There is none, or there are several.

        """
        thread, slash, run = name.rpartition("/")
        entries = self._entries
        whole = [each for each in entries if each.run[0] == name]
        if exact := [each for each in entries if trash_id(each.key) == name] or whole:
            return exact
        named = [each for each in entries if name in (each.run[1], "/".join(each.run))]
        found = named or [
            each
            for each in entries
            if (run and each.run[1].startswith(run) and each.run[0].startswith(thread))
            or (name and not slash and trash_id(each.key).startswith(name))
        ]
        of_thread = [each for each in entries if name and each.run[0].startswith(name)]
        if not found and len({each.run[0] for each in of_thread}) == 1:
            return of_thread
        found = found or of_thread
        if not found:
            raise RefusedError(f'no deleted run begins with "{name}"')
        if len(found) > 1:
            texts = (f"{trash_id(each.key)} ({names([each.run])})" for each in found)
            raise RefusedError(f'"{name}" is not unique: {first_of(texts, ", ")}')
        return found

    def _with_titles(self, entries: Sequence[TrashEntry]) -> Sequence[TrashEntry]:
        return to_its_end(self._deletions.with_titles(entries), self._output)

    def _expires(self, entry: TrashEntry) -> float:
        """Return until when a run is kept, in seconds since the epoch."""
        return entry.deleted_at + self._deletions.limits.days * DAY_S

    def _print_exactly(self, entries: Sequence[TrashEntry]) -> None:
        """Print objects, or lines with tabs between exact values."""
        for each in entries:
            name, expires = trash_id(each.key), self._expires(each)
            if self._arguments.json:
                self._output.json(trash_record(each, name, expires))
                continue
            deleted, until = iso_time(each.deleted_at) or "", iso_time(expires) or ""
            cells = [name, "/".join(each.run), str(each.size), deleted, until]
            row = [(cell, "plain") for cell in (*cells, each.title)]
            self._output.row(row, (0,) * len(cells))

    def _print_table(self, entries: Sequence[TrashEntry]) -> None:
        """Print a line for each entry, for a person on a terminal."""
        output, now = self._output, time.time()
        widths = [
            unique_length(trash_id(each.key) for each in entries),
            unique_length({each.run[0] for each in entries}),
            unique_length({each.run[1] for each in entries}),
        ]
        output.row([(head, "muted") for head in _HEADS], (*widths, *_WIDTHS))
        for each in entries:
            ids = (trash_id(each.key), *each.run)
            short = [text[:cells] for text, cells in zip(ids, widths, strict=True)]
            row: list[StyledSpan] = [
                (short[0], "strong"),
                (short[1], "plain"),
                (short[2], "plain"),
                (size(each.size), "plain"),
                (date_and_clock(each.deleted_at, now), "muted"),
                (date_and_clock(self._expires(each), now), "muted"),
                (each.title, "plain"),
            ]
            output.row(row, (*widths, *_WIDTHS))


def _why(error: Exception) -> str:
    """Return why a run was not restored."""
    if isinstance(error, RestoreConflictError):
        return f"{error.path} exists again"
    if isinstance(error, FileNotFoundError):
        return "it is no longer in the trash"
    return problem(error)
