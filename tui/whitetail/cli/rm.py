"""`whitetail rm`: deletes runs as the screen does."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial

from whitetail.cli.commands import RefusedError
from whitetail.cli.deleting import (
    clean_trash,
    open_deletions,
    problem,
    require_answer,
    to_its_end,
    trash_id,
)
from whitetail.cli.exit_codes import DECLINED, DONE, INTERRUPTED
from whitetail.cli.output import Output
from whitetail.cli.plan_table import PlannedRun, print_exactly, print_plan
from whitetail.cli.records import deletion_record
from whitetail.cli.run_query import RunQuery
from whitetail.cli.streams import discard_stdout
from whitetail.cli.tree import find_item, names, open_tree, read_or_note
from whitetail.source.deletion import (
    FOR_GOOD,
    DeletePlan,
    DeleteResult,
)
from whitetail.source.listing import LARGE_BYTES
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.brief import plural, reason
from whitetail.view.lists.entries import RunEntry
from whitetail_store import RunKey, StoreError

_NOTHING = "nothing was deleted"


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `rm`."""
    parser.add_argument(
        "names", nargs="*", metavar="RUN|THREAD", help="see docs/commands.md"
    )
    parser.add_argument("--where", metavar="QUERY", help="the runs that match a query")
    parser.add_argument("--yes", action="store_true", help="skip the question")
    parser.add_argument(
        "--dry-run", action="store_true", help="only print what would be deleted"
    )
    parser.add_argument(
        "--purge", action="store_true", help="not to the trash: nothing restores them"
    )
    parser.add_argument(
        "--running", action="store_true", help="also runs that are being written"
    )
    parser.add_argument("--json", action="store_true", help="see docs/json.md")


def run(arguments: Namespace, output: Output) -> int:
    """Delete the runs that the arguments name, once the user has confirmed it."""
    _check(arguments, output)
    removal = _Removal(arguments, output)
    try:
        return removal.run()
    except KeyboardInterrupt:
        discard_stdout()
        output.note(f"interrupted; {removal.outcome}")
        return INTERRUPTED


def _check(arguments: Namespace, output: Output) -> None:
    """Refuse arguments before the tree is looked at."""
    where = arguments.where
    if not arguments.names and where is None:
        raise RefusedError("RUN, THREAD or --where QUERY is missing")
    if arguments.names and where is not None:
        raise RefusedError("either RUN and THREAD or --where can name what goes")
    if where is not None and not where.strip():
        raise RefusedError("an empty query would match all runs")
    for name in arguments.names:
        # An empty variable of a script must not match the only run of a tree.
        if not all(name.split("/")):
            raise RefusedError(f'"{name}" is no name of a run or a thread')
    if arguments.json and not (arguments.yes or arguments.dry_run):
        raise RefusedError("--json needs --yes or --dry-run")
    require_answer(output, yes=arguments.yes or arguments.dry_run)


class _Removal:
    """Chooses runs, shows them, asks, and deletes them."""

    def __init__(self, arguments: Namespace, output: Output) -> None:
        self._arguments, self._output = arguments, output
        self._listing = open_tree(arguments, output)
        self._deletions = open_deletions(self._listing, arguments, output)
        self._before = dict(self._listing.stamps)
        self._threads: dict[str, str] = {}
        """The titles of the threads that were chosen whole, by id."""
        self._done = _NOTHING

    @property
    def outcome(self) -> str:
        """What has become of the runs so far, for the end of a sentence."""
        kept = self._deletions.kept[0]
        return f"{plural(kept, 'run')} now in the trash" if kept else self._done

    def run(self) -> int:
        """Return the exit code."""
        with closing(self._deletions):
            runs = [*self._planned()]
            if not runs:
                self._output.note(f"no run matches; {_NOTHING}")
                return DONE
            plan = self._deletions.plan([each.key for each in runs], self._threads)
            self._show(plan, runs)
            if self._arguments.dry_run:
                return DONE
            if not (self._arguments.yes or self._is_confirmed(len(runs))):
                self._output.note(_NOTHING)
                return DECLINED
            self._refuse_changes(runs)
            self._report(runs, self._delete(plan))
        return DONE

    def _chosen(self) -> Iterator[RunKey]:
        """Yield the runs that the arguments name; some of them twice."""
        listing = self._listing
        if self._arguments.where is not None:
            yield from self._matching(RunQuery(self._arguments.where))
        for name in self._arguments.names:
            thread, run = find_item(listing, name)
            if run is not None:
                yield thread, run
                continue
            yield from listing.runs_of(thread)
            self._threads[thread] = listing.catalog.title(thread) or thread

    def _matching(self, query: RunQuery) -> Iterator[RunKey]:
        listing = self._listing

        def whole(key: RunKey) -> RunEntry | None:
            read_or_note(listing, key, self._output)
            return listing.entry(key)

        for number, key in enumerate(listing.newest_first()):
            self._output.progress(number, len(listing.stamps), "runs")
            entry = listing.entry(key)
            if entry is not None and query.matches(entry, partial(whole, key)):
                yield key

    def _planned(self) -> Iterator[PlannedRun]:
        """Yield the chosen runs that are still there."""
        keys = list(dict.fromkeys(self._chosen()))
        for number, key in enumerate(keys):
            self._output.progress(number, len(keys), "runs")
            events = self._count_events(key)
            if (entry := self._listing.entry(key)) is not None:
                record = deletion_record(entry, self._listing, events)
                yield PlannedRun(entry, events, record)

    def _count_events(self, key: RunKey) -> int | None:
        """Read what is shown of a run; return its events, None if that fails."""
        listing, catalog = self._listing, self._listing.catalog
        listing.read(key)
        unknown = catalog.status(key) is RunStatus.UNKNOWN
        try:
            if unknown and catalog.cost(key) <= LARGE_BYTES:
                listing.read_whole(key)
            return listing.count_events(key)
        except FileNotFoundError:
            # The delete reports that.
            return None
        except (OSError, StoreError) as error:
            self._output.note(f"{'/'.join(key)} cannot be read: {reason(error)}")
            return None

    def _show(self, plan: DeletePlan, runs: Sequence[PlannedRun]) -> None:
        """Show what would be deleted.

        Raises:
            RefusedError: A run is being written.

        """
        arguments, output = self._arguments, self._output
        if arguments.json and arguments.dry_run:
            for each in runs:
                output.json(each.record)
        elif output.is_terminal and not arguments.json:
            print_plan(output, runs, self._threads, whole=arguments.dry_run)
            events = sum(each.events or 0 for each in runs)
            output.line([(plan.summary(plural(events, "event")), "strong")])
            for warning in (plan.warning, FOR_GOOD if arguments.purge else ""):
                if warning:
                    output.wrapped(((warning, "warning"),))
        elif arguments.dry_run:
            print_exactly(output, runs)
        output.flush()
        if plan.running_count and not arguments.running:
            written = [each.key for each in runs if each.may_be_written]
            raise RefusedError(
                f"{names(written)} may still be written, which --running allows; "
                f"{_NOTHING}"
            )

    def _is_confirmed(self, count: int) -> bool:
        runs, purge = plural(count, "run"), self._arguments.purge
        return self._output.ask(
            f"Remove {runs} for good?" if purge else f"Move {runs} to the trash?"
        )

    def _refuse_changes(self, runs: Sequence[PlannedRun]) -> None:
        """Refuse to delete runs that others have written since they were listed.

        Raises:
            RefusedError: There are some.

        """
        keys = [each.key for each in runs if not each.may_be_written]
        self._listing.stat(keys)
        changed = [
            key
            for key in keys
            if (now := self._listing.stamps.get(key))
            # The time of a change of metadata is left out.
            and now[:4] != self._before[key][:4]
        ]
        if changed:
            raise RefusedError(f"{names(changed)} changed meanwhile; {_NOTHING}")

    def _delete(self, plan: DeletePlan) -> DeleteResult:
        deletions = self._deletions
        try:
            result = to_its_end(deletions.delete(plan.keys), self._output)
            if self._arguments.purge:
                self._done = f"{plural(len(result.deleted), 'run')} removed for good"
                to_its_end(self._purge(result), self._output)
        except (OSError, StoreError) as error:
            raise RefusedError(f"{problem(error)}; {self.outcome}") from error
        if not self._arguments.purge:
            clean_trash(deletions, self._output)
        return result

    async def _purge(self, result: DeleteResult) -> None:
        """Remove the deleted runs from the trash."""
        kept = set(result.kept)
        entries = await self._deletions.trash()
        await self._deletions.remove(each for each in entries if each.key in kept)

    def _report(self, runs: Sequence[PlannedRun], result: DeleteResult) -> None:
        """Print what was deleted.

        Raises:
            RefusedError: It cannot be written.

        """
        output = self._output
        deleted = dict(zip(result.deleted, result.kept, strict=True))
        if result.missing:
            output.note(f"{names(result.missing)} gone already, by another program")
        if again := to_its_end(self._deletions.recreated(result.deleted), output):
            output.note(f"{names(again)} written again, with the new events only")
        gone = [each for each in runs if each.key in deleted]
        try:
            if self._arguments.json:
                purge = self._arguments.purge
                for each in gone:
                    kept = None if purge else trash_id(deleted[each.key])
                    output.json({**each.record, "deleted": True, "trash_id": kept})
            elif output.is_terminal:
                output.text(self._sentence(result))
            else:
                print_exactly(output, gone)
            output.flush()
        except OSError as error:
            discard_stdout()
            raise RefusedError(
                f"{self.outcome}, but cannot write: {problem(error)}"
            ) from error
        if self._arguments.purge and not output.is_terminal:
            them = "it" if len(gone) == 1 else "them"
            output.note(f"{self._done}; nothing can restore {them}")

    def _sentence(self, result: DeleteResult) -> str:
        runs = plural(len(result.deleted), "run")
        what = f"{runs}, {plural(result.events, 'event')}"
        if self._arguments.purge:
            return f"Removed {what} for good."
        then = "whitetail trash lists what is there"
        if len(result.kept) == 1:
            then = f"whitetail trash restore {trash_id(result.kept[0])} restores it"
        return f"Moved {what} to the trash; {then}."
