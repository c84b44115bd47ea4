"""The overview's section with the files that a run changed, one file per line."""

from __future__ import annotations

from collections.abc import Iterator

from whitetail.trace.stats.file_changes import FileAction, FileChange, FileChanges
from whitetail.view.brief import plural
from whitetail.view.overview.entry import Entry, heading_entries
from whitetail.view.styled import StyledLine
from whitetail.view.text import one_line

_SIGNS = {
    FileAction.CREATED: ("+", "added"),
    FileAction.CHANGED: ("~", "plain"),
    FileAction.DELETED: ("-", "removed"),
    FileAction.WRITTEN: ("+", "plain"),
    FileAction.REQUESTED: ("·", "muted"),
    FileAction.UNKNOWN: ("·", "muted"),
}
_LABELS = {FileAction.REQUESTED: "by a subagent", FileAction.UNKNOWN: ""}
_EXISTING = frozenset({FileAction.CREATED, FileAction.CHANGED, FileAction.WRITTEN})


def file_entries(files: FileChanges) -> Iterator[Entry]:
    """Yield the files, output files first; each entry has the row that made the file.

    Once the run has ended, output files are marked that were not presented. The mark is
    a warning if the run presented no file at all.
    """
    changes = sorted(files.changes(), key=lambda file: not file.output)
    if not changes:
        return
    presented = sum(file.presented for file in changes)
    tone = "muted" if presented else "warning"
    yield from heading_entries("files", f"{presented} presented" if presented else "")
    for file in changes:
        line = _file_line(file, files.ended, tone)
        yield Entry(line, file.row, path=file.path)
    if files.omitted:
        more = plural(files.omitted, "more file", "more files")
        yield Entry(((f"  and {more}", "muted"),))
    if files.truncated:
        yield Entry((("  DeerFlow did not compare all files", "muted"),))


def _file_line(file: FileChange, ended: bool, not_presented_tone: str) -> StyledLine:
    sign, tone = _SIGNS[file.action]
    label = _LABELS.get(file.action, file.action.value)
    delivery, delivery_tone = "", "muted"
    if file.presented:
        delivery, delivery_tone = "✓ presented", "finished"
    elif ended and file.output and file.action in _EXISTING:
        delivery, delivery_tone = "not presented", not_presented_tone
    added = "" if file.added is None else f"+{file.added:,}"
    removed = "" if file.removed is None else f"-{file.removed:,}"
    return (
        (f"  {sign} {label:<14}", tone),
        (f"{added:>7}", "added"),
        (f"{removed:>7}  ", "removed"),
        (f"{delivery:<15}", delivery_tone),
        (one_line(file.path), "plain"),
    )
