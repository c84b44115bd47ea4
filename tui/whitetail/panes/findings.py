"""The pane that lists the faults of a run's file."""

from __future__ import annotations

from collections.abc import Sequence

from whitetail.keys import DIALOGS
from whitetail.panes.line_list import Cell, LineList
from whitetail.view.text import fit, one_line
from whitetail_store import Finding

_KIND_CELLS, _POSITION_CELLS = 25, 22


class FindingsPane(LineList):
    """The faults that an examination of a file found, one per line."""

    HELP_GROUP = DIALOGS

    def __init__(self, id: str, findings: Sequence[Finding]) -> None:  # noqa: A002
        super().__init__(id)
        self.findings = findings
        """The findings, in the order of the lines."""

    @property
    def count(self) -> int:
        """The number of findings."""
        return len(self.findings)

    def draw(self, line: int, width: int) -> list[Cell]:
        """Return the kind, the position and the reason of a finding."""
        finding = self.findings[line]
        row, offset = finding.location.row, finding.location.offset
        position = "" if row is None else f"row {row + 1:,}"
        if offset is not None:
            position = f"{position}  byte {offset:,}".strip()
        reason_cells = max(0, width - _KIND_CELLS - _POSITION_CELLS)
        return [
            (f"{finding.kind:<{_KIND_CELLS}}", "warning"),
            (fit(position, _POSITION_CELLS - 1) + " ", "muted"),
            (fit(one_line(finding.reason), reason_cells), "plain"),
        ]
