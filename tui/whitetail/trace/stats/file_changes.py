"""Which files a run touched, and which of them it presented."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from whitetail.trace.message import ToolCall
from whitetail.trace.parse import Aggregator, ParsedRow, RowParser

_MOST = 200
_WRITERS = {
    **dict.fromkeys(("write_file", "create_file", "append_file"), "written"),
    **dict.fromkeys(("str_replace", "edit_file", "insert", "apply_patch"), "changed"),
    "delete_file": "deleted",
}
_PATHS = ("path", "file_path", "filepath", "filename")
_STATES = {"created": "created", "modified": "changed", "deleted": "deleted"}


class FileAction(StrEnum):
    """What was done to a file, as far as is known."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    WRITTEN = "written"
    """By a tool: whether it was there before is not known."""
    REQUESTED = "asked"
    """A subagent asked a tool to write it: what that answered is not in the run."""
    UNKNOWN = "unseen"
    """It was presented or delivered, and no row tells who made it."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that a run wrote, changed, deleted or presented."""

    path: str
    action: FileAction
    row: int
    """Where that is told: the call that wrote it last, where there is one."""
    added: int | None = None
    """Lines, as `removed`, where DeerFlow compared the folders."""
    removed: int | None = None
    output: bool = False
    """Whether it lies where files are put for the person."""
    presented: bool = False


class FileChanges(Aggregator):
    """The files of one run, of which the first two hundred are kept.

    Three sources tell of them: the calls that write files, DeerFlow's comparison
    of the folders after the run, which knows best, and what was presented. The
    artifacts of `run.end` are the whole thread's: they say only whether a file
    that is known here was presented.
    """

    def __init__(self, parser: RowParser | None = None) -> None:
        super().__init__(parser)
        self.ended = False
        """Whether the run is over, so that nothing more will be presented."""
        self.truncated = False
        """Whether DeerFlow says that it left files out of its comparison."""
        self._files: dict[str, FileChange] = {}
        self._more: set[int] = set()
        self._called: dict[
            tuple[int, int], tuple[FileAction | None, tuple[str, ...]]
        ] = {}
        """What the calls that wait for results are to do; nothing: to present."""

    @property
    def omitted(self) -> int:
        """How many files there are beside those that are kept."""
        return len(self._more)

    def changes(self) -> list[FileChange]:
        """Return the files in the order in which they were first told of."""
        return list(self._files.values())

    def add(self, parsed: ParsedRow) -> None:
        """Take the run's next row."""
        kind = parsed.kind
        if parsed.reply is not None:
            if parsed.reply.tool_calls:
                self._read_calls(parsed, parsed.reply.tool_calls)
        elif parsed.result is not None:
            call = parsed.result.match.call
            if call is not None and self._called:
                told = self._called.pop((call.row, call.index), None)
                if told is not None and not parsed.failed:
                    self._do(*told, parsed.row if told[0] is None else call.row)
        elif kind == "workspace_changes":
            self._read_changes(parsed)
        elif kind == "run.delivery":
            self._read_delivery(parsed)
        elif kind in ("run.end", "run.error"):
            self.ended = True
            for path in _paths(_field(parsed.event.content, "artifacts")):
                if path in self._files:
                    self._present(path, parsed.row)

    def _read_calls(self, reading: ParsedRow, asked: list[ToolCall]) -> None:
        for index, call in enumerate(asked):
            if call.name == "present_files":
                shown = tuple(_paths(_field(call.args, "filepaths")))
                told: tuple[FileAction | None, tuple[str, ...]] = None, shown
            elif (deed := _WRITERS.get(call.name)) is not None:
                told = FileAction(deed), tuple(_named(call.args))
            else:
                continue
            if call.error:
                continue
            if reading.from_lead:
                self._called[reading.row, index] = told
            elif told[0] is not None:
                self._do(FileAction.REQUESTED, told[1], reading.row)

    def _do(self, deed: FileAction | None, paths: tuple[str, ...], row: int) -> None:
        for path in paths:
            known = self._files.get(path)
            if deed is None:
                self._present(path, row)
            elif known is None:
                self._keep(FileChange(path, deed, row, output="/outputs/" in path))
            elif (
                deed is not FileAction.REQUESTED or known.action is FileAction.REQUESTED
            ):
                written = (
                    deed is FileAction.CHANGED and known.action is FileAction.WRITTEN
                )
                now = known.action if written else deed
                self._files[path] = replace(known, action=now, row=row)

    def _present(self, path: str, row: int) -> None:
        known = self._files.get(path)
        if known is None:
            known = FileChange(path, FileAction.UNKNOWN, row, output=True)
        self._keep(replace(known, presented=True))

    def _read_changes(self, reading: ParsedRow) -> None:
        changes = reading.event.metadata.get("workspace_changes")
        self.truncated |= _field(_field(changes, "summary"), "truncated") is True
        files = _field(changes, "files")
        for each in files if isinstance(files, list) else ():
            path, state = _field(each, "path"), _field(each, "status")
            if not isinstance(path, str) or not path:
                continue
            deed = FileAction(
                _STATES.get(state if isinstance(state, str) else "", "changed")
            )
            known = self._files.get(path)
            self._keep(
                FileChange(
                    path,
                    deed,
                    reading.row if known is None else known.row,
                    _lines(each, "additions"),
                    _lines(each, "deletions"),
                    _field(each, "root") == "outputs",
                    known is not None and known.presented,
                )
            )

    def _read_delivery(self, reading: ParsedRow) -> None:
        content, row = reading.event.content, reading.row
        for path in _paths(_field(content, "produced_paths")):
            if path not in self._files:
                self._keep(FileChange(path, FileAction.WRITTEN, row, output=True))
        for key in ("paths", "presented_paths"):
            for path in _paths(_field(content, key)):
                self._present(path, row)

    def _keep(self, file: FileChange) -> None:
        if file.path in self._files or len(self._files) < _MOST:
            self._files[file.path] = file
        else:
            self._more.add(hash(file.path))


def _field(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _lines(file: Any, key: str) -> int | None:
    said = _field(file, key)
    return said if type(said) is int and said >= 0 else None


def _named(args: Any) -> Iterator[str]:
    for key in _PATHS:
        if isinstance(path := _field(args, key), str) and path:
            yield path
            return


def _paths(value: Any) -> Iterable[str]:
    if not isinstance(value, list):
        return ()
    return (each for each in value if isinstance(each, str) and each)
