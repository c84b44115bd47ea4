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
    FileAction.ASKED: ("·", "muted"),
    FileAction.UNSEEN: ("·", "muted"),
}
_SAID = {FileAction.ASKED: "by a subagent", FileAction.UNSEEN: ""}
_KEPT = frozenset({FileAction.CREATED, FileAction.CHANGED, FileAction.WRITTEN})


def file_entries(files: FileChanges) -> Iterator[Entry]:
    """Yield the files, those for the person first; each leads to who made it.

    What was made for the person and not presented is said only of a run that is
    over, and is a warning only if it presented nothing at all.
    """
    known = sorted(files.touched(), key=lambda file: not file.output)
    if not known:
        return
    presented = sum(file.presented for file in known)
    yield from heading_entries("files", f"{presented} presented" if presented else "")
    for file in known:
        yield Entry(
            _file(file, files.ended, "muted" if presented else "warning")
        )._replace(row=file.row)
    if files.more:
        yield Entry(((f"  and {plural(files.more, 'file')} more", "muted"),))
    if files.cut:
        yield Entry((("  DeerFlow left some out of its comparison", "muted"),))


def _file(file: FileChange, ended: bool, loud: str) -> tuple[tuple[str, str], ...]:
    sign, tone = _SIGNS[file.deed]
    said = _SAID.get(file.deed, file.deed.value)
    fate, how = "", "muted"
    if file.presented:
        fate, how = "✓ presented", "finished"
    elif ended and file.output and file.deed in _KEPT:
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
