"""Which files a run wrote, changed or deleted, and which of them it presented."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from whitetail.trace.message import ToolCall
from whitetail.trace.parse import Aggregator, ParsedRow, RowParser

_MAX_FILES = 200
_TOOL_ACTIONS = {
    **dict.fromkeys(("write_file", "create_file", "append_file"), "written"),
    **dict.fromkeys(("str_replace", "edit_file", "insert", "apply_patch"), "changed"),
    "delete_file": "deleted",
}
_PATH_ARGUMENTS = ("path", "file_path", "filepath", "filename")
_CHANGE_ACTIONS = {"created": "created", "modified": "changed", "deleted": "deleted"}


class FileAction(StrEnum):
    """How a run changed a file."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    WRITTEN = "written"
    """A tool wrote it; it is not known whether it existed before."""
    REQUESTED = "requested"
    """A subagent called a tool for it; the result is not in the run."""
    UNKNOWN = "unknown"
    """It was presented or delivered, and no row shows who wrote it."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that a run wrote, changed, deleted or presented."""

    path: str
    action: FileAction
    row: int
    """The last call that wrote it, or else the first row that names it."""
    added: int | None = None
    """Added lines; None if DeerFlow did not compare the file."""
    removed: int | None = None
    """Removed lines; None if DeerFlow did not compare the file."""
    output: bool = False
    """Whether it is in the folder of outputs for the user."""
    presented: bool = False


class FileChanges(Aggregator):
    """The files of one run, of which the first 200 are kept.

    There are three sources. Calls of file tools show which row wrote a file.
    `workspace_changes` is DeerFlow's comparison of the folders after the run, and
    overrules the calls. `present_files` and `run.delivery` name the files that were
    presented. The artifacts of `run.end` are those of the whole thread: they only mark
    known files as presented.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self.ended = False
        """Whether the run has an end, so that no more files are presented."""
        self.truncated = False
        """Whether DeerFlow left files out of its comparison."""
        self._files: dict[str, FileChange] = {}
        self._omitted: set[int] = set()
        """Hashes of the paths that are not kept."""
        self._pending: dict[
            tuple[int, int], tuple[FileAction | None, tuple[str, ...]]
        ] = {}
        """Action and paths of unanswered calls, by row and index; None: to present."""

    @property
    def omitted(self) -> int:
        """The number of files that are not kept."""
        return len(self._omitted)

    def changes(self) -> list[FileChange]:
        """Return the kept files in the order of their first row."""
        return list(self._files.values())

    def add(self, parsed: ParsedRow) -> None:
        """Add the run's next row."""
        kind = parsed.kind
        if parsed.reply is not None:
            if parsed.reply.tool_calls:
                self._add_calls(parsed, parsed.reply.tool_calls)
        elif parsed.result is not None:
            call = parsed.result.match.call
            if call is not None and self._pending:
                pending = self._pending.pop((call.row, call.index), None)
                if pending is not None and not parsed.failed:
                    action, paths = pending
                    row = parsed.row if action is None else call.row
                    self._apply(action, paths, row)
        elif kind == "workspace_changes":
            self._add_workspace_changes(parsed)
        elif kind == "run.delivery":
            self._add_delivery(parsed)
        elif kind in ("run.end", "run.error"):
            self.ended = True
            for path in _paths(_field(parsed.event.content, "artifacts")):
                if path in self._files:
                    self._present(path, parsed.row)

    def _add_calls(self, parsed: ParsedRow, tool_calls: list[ToolCall]) -> None:
        for index, call in enumerate(tool_calls):
            action: FileAction | None = None
            if call.name == "present_files":
                paths = tuple(_paths(_field(call.args, "filepaths")))
            elif (word := _TOOL_ACTIONS.get(call.name)) is not None:
                action, paths = FileAction(word), tuple(_argument_paths(call.args))
            else:
                continue
            if call.error:
                continue
            if parsed.from_lead:
                self._pending[parsed.row, index] = action, paths
            elif action is not None:
                self._apply(FileAction.REQUESTED, paths, parsed.row)

    def _apply(
        self, action: FileAction | None, paths: tuple[str, ...], row: int
    ) -> None:
        for path in paths:
            known = self._files.get(path)
            requested = action is FileAction.REQUESTED
            if action is None:
                self._present(path, row)
            elif known is None:
                self._keep(FileChange(path, action, row, output="/outputs/" in path))
            elif not requested or known.action is FileAction.REQUESTED:
                # A file that this run wrote and then edited stays a written one.
                edited = (
                    action is FileAction.CHANGED and known.action is FileAction.WRITTEN
                )
                now = known.action if edited else action
                self._files[path] = replace(known, action=now, row=row)

    def _present(self, path: str, row: int) -> None:
        known = self._files.get(path)
        if known is None:
            known = FileChange(path, FileAction.UNKNOWN, row, output=True)
        self._keep(replace(known, presented=True))

    def _add_workspace_changes(self, parsed: ParsedRow) -> None:
        changes = parsed.event.metadata.get("workspace_changes")
        self.truncated |= _field(_field(changes, "summary"), "truncated") is True
        files = _field(changes, "files")
        for file in files if isinstance(files, list) else ():
            path, status = _field(file, "path"), _field(file, "status")
            if not isinstance(path, str) or not path:
                continue
            word = _CHANGE_ACTIONS.get(status if isinstance(status, str) else "")
            known = self._files.get(path)
            self._keep(
                FileChange(
                    path,
                    FileAction(word or "changed"),
                    parsed.row if known is None else known.row,
                    _line_count(file, "additions"),
                    _line_count(file, "deletions"),
                    _field(file, "root") == "outputs",
                    known is not None and known.presented,
                )
            )

    def _add_delivery(self, parsed: ParsedRow) -> None:
        content, row = parsed.event.content, parsed.row
        for path in _paths(_field(content, "produced_paths")):
            if path not in self._files:
                self._keep(FileChange(path, FileAction.WRITTEN, row, output=True))
        for key in ("paths", "presented_paths"):
            for path in _paths(_field(content, key)):
                self._present(path, row)

    def _keep(self, file: FileChange) -> None:
        if file.path in self._files or len(self._files) < _MAX_FILES:
            self._files[file.path] = file
        else:
            self._omitted.add(hash(file.path))


def _field(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _line_count(file: Any, key: str) -> int | None:
    count = _field(file, key)
    return count if type(count) is int and count >= 0 else None


def _argument_paths(args: Any) -> Iterator[str]:
    """Yield the path that a file tool is called with, if there is one."""
    for key in _PATH_ARGUMENTS:
        if isinstance(path := _field(args, key), str) and path:
            yield path
            return


def _paths(value: Any) -> Iterable[str]:
    """Return the paths in a list; empty if the value is not a list."""
    if not isinstance(value, list):
        return ()
    return (each for each in value if isinstance(each, str) and each)
