"""The pane that lists the faults of a run's file."""

from __future__ import annotations

from collections.abc import Sequence

from whitetail.keys import DIALOGS
from whitetail.panes.line_list import Cell, LineList
from whitetail.view.brief import plural
from whitetail.view.text import fit, one_line
from whitetail_store import Finding

_KIND_CELLS, _POSITION_CELLS = 25, 22


class FindingsPane(LineList):
    """The faults that an examination of a file found.

    Faults of one kind and one reason in adjacent rows have one line, which leads to the
    first of them: a file with the wrong name has the same faults in each row.
    """

    HELP_GROUP = DIALOGS

    def __init__(self, id: str, findings: Sequence[Finding]) -> None:  # noqa: A002
        super().__init__(id)
        self._groups = _of_adjacent_rows(findings)

    @property
    def row(self) -> int | None:
        """The row of the first fault under the cursor; None if it has none."""
        return self._groups[self.cursor][0].location.row if self._groups else None

    @property
    def count(self) -> int:
        """The number of lines."""
        return len(self._groups)

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return the kind, the first position, and the reason of equal faults."""
        finding, *others = self._groups[line]
        row, offset = finding.location.row, finding.location.offset
        position = "" if row is None else f"row {row + 1:,}"
        if offset is not None:
            position = f"{position}  byte {offset:,}".strip()
        if others and row is not None:
            position = f"row {row + 1:,} and {plural(len(others), 'more row')}"
        reason_cells = max(0, width - _KIND_CELLS - _POSITION_CELLS)
        return [
            (f"{finding.kind:<{_KIND_CELLS}}", "warning"),
            (fit(position, _POSITION_CELLS - 1) + " ", "muted"),
            (fit(one_line(finding.reason), reason_cells), "plain"),
        ]


def _of_adjacent_rows(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return findings in groups of one kind and one reason in adjacent rows."""
    groups: list[list[Finding]] = []
    latest: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        row, same = finding.location.row, (finding.kind, finding.reason)
        group = latest.get(same)
        before = group[-1].location.row if group else None
        if group is not None and row is not None and before == row - 1:
            group.append(finding)
        else:
            latest[same] = [finding]
            groups.append(latest[same])
    return groups
