"""The faults of a run, with one entry for what is wrong with the whole file."""

from __future__ import annotations

from dataclasses import replace

from whitetail.view.brief import plural
from whitetail_store import Fault, Finding

_OF_WHOLE_FILE = (Fault.ENCODING, Fault.FOREIGN)
MAX_FAULTS = 10_000
"""At most this many faults are kept: a longer list is not useful."""


class FaultList:
    """Collects faults in the order of the file."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        """At most `MAX_FAULTS`. What is wrong with the whole file has one entry, that
        of the first row."""
        self._whole_file: dict[tuple[Fault, str], tuple[int, int]] = {}
        """Their indices in `found`, and how many rows have them."""

    def add(self, fault: Finding) -> None:
        """Add the next fault."""
        key = fault.kind, fault.reason
        index, rows = self._whole_file.get(key, (len(self.found), 0))
        if rows:
            more = f"{fault.reason} (and {plural(rows, 'more row')})"
            self.found[index] = replace(self.found[index], reason=more)
        elif index >= MAX_FAULTS:
            return
        else:
            self.found.append(fault)
        if fault.kind in _OF_WHOLE_FILE:
            self._whole_file[key] = index, rows + 1
