"""What a user exports: runs and threads, each of which becomes one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from whitetail.export.write import TargetError, file_name, free_name
from whitetail_store import RunKey


@dataclass(frozen=True, slots=True)
class ExportItem:
    """A run or a thread."""

    kind: str
    """`run` or `thread`."""
    name: str
    """Its id."""
    keys: Sequence[RunKey]
    """Its runs, the first one in front."""

    @classmethod
    def of_run(cls, key: RunKey) -> ExportItem:
        """Return a run."""
        return cls("run", key[1], [key])

    @property
    def thread(self) -> str:
        """The id of the thread."""
        return self.keys[0][0]


def file_names(items: Sequence[ExportItem], suffix: str) -> list[str]:
    """Return a name for each item's file; no two are the same, also in any case."""
    found: list[str] = []
    used: set[str] = set()
    for item in items:
        name = file_name(item.kind, item.name, suffix)
        free = free_name(name, suffix, lambda each: each.lower() in used)
        used.add(free.lower())
        found.append(free)
    return found


def target_paths(
    items: Sequence[ExportItem], suffix: str, target: Path | None
) -> list[Path]:
    """Return the path of each item's file; without a target, in the working folder.

    Raises:
        TargetError: There are several items, and the target is no folder.

    """
    if target is not None and len(items) == 1 and not target.is_dir():
        return [target]
    if target is not None and not target.is_dir():
        raise TargetError(f"{target} is not a folder, which several files need")
    folder = Path() if target is None else target
    return [folder / name for name in file_names(items, suffix)]
