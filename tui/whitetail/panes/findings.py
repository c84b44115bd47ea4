"""The pane of what is wrong with a run's file."""

from __future__ import annotations

from collections.abc import Sequence

from whitetail.panes.line_list import Cell, LineList
from whitetail.view.text import fit, one_line
from whitetail_store import Finding

_KIND = 25
_PLACE = 22


class FindingsPane(LineList):
    """Findings, one a line."""

    def __init__(self, id: str, findings: Sequence[Finding]) -> None:  # noqa: A002
        super().__init__(id)
        self.findings = findings
        """What is listed."""

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.findings)

    def draw(self, at: int, width: int) -> list[Cell]:
        """Return a finding's kind, place and reason."""
        finding = self.findings[at]
        place = finding.place
        where = "" if place.row is None else f"row {place.row + 1:,}"
        if place.offset is not None:
            where = f"{where}  byte {place.offset:,}".strip()
        rest = max(0, width - _KIND - _PLACE)
        return [
            (f"{finding.kind:<{_KIND}}", "warning"),
            (fit(where, _PLACE - 1) + " ", "muted"),
            (fit(one_line(finding.reason), rest), "plain"),
        ]
