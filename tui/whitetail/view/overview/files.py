"""The files that a run touched, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from whitetail.trace.stats.file_changes import FileAction, FileChange, FileChanges
from whitetail.view.brief import plural
from whitetail.view.overview.entry import Entry, heading_entries
from whitetail.view.text import one_line

_SIGNS = {
    FileAction.CREATED: ("+", "added"),
    FileAction.CHANGED: ("~", "plain"),
    FileAction.DELETED: ("-", "removed"),
    FileAction.WRITTEN: ("+", "plain"),
    FileAction.REQUESTED: ("·", "muted"),
    FileAction.UNKNOWN: ("·", "muted"),
}
_SAID = {FileAction.REQUESTED: "by a subagent", FileAction.UNKNOWN: ""}
_KEPT = frozenset({FileAction.CREATED, FileAction.CHANGED, FileAction.WRITTEN})


def file_entries(files: FileChanges) -> Iterator[Entry]:
    """Yield the files, those for the person first; each leads to who made it.

    What was made for the person and not presented is said only of a run that is
    over, and is a warning only if it presented nothing at all.
    """
    known = sorted(files.changes(), key=lambda file: not file.output)
    if not known:
        return
    presented = sum(file.presented for file in known)
    yield from heading_entries("files", f"{presented} presented" if presented else "")
    for file in known:
        yield Entry(
            _file(file, files.ended, "muted" if presented else "warning")
        )._replace(row=file.row)
    if files.omitted:
        yield Entry(((f"  and {plural(files.omitted, 'file')} more", "muted"),))
    if files.truncated:
        yield Entry((("  DeerFlow left some out of its comparison", "muted"),))


def _file(file: FileChange, ended: bool, loud: str) -> tuple[tuple[str, str], ...]:
    sign, tone = _SIGNS[file.action]
    said = _SAID.get(file.action, file.action.value)
    fate, how = "", "muted"
    if file.presented:
        fate, how = "✓ presented", "finished"
    elif ended and file.output and file.action in _KEPT:
        fate, how = "not presented", loud
    added = "" if file.added is None else f"+{file.added:,}"
    removed = "" if file.removed is None else f"-{file.removed:,}"
    return (
        (f"  {sign} {said:<14}", tone),
        (f"{added:>7}", "added"),
        (f"{removed:>7}  ", "removed"),
        (f"{fate:<15}", how),
        (one_line(file.path), "plain"),
    )
