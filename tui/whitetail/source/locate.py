"""Which `.deer-flow` to open."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NAME = ".deer-flow"


class NoTreeError(Exception):
    """A path that was asked for holds no runs; the message says why."""


@dataclass(frozen=True, slots=True)
class TreeLocation:
    """A tree to open, there or yet to come."""

    base: Path
    """The `.deer-flow` folder."""
    searched: tuple[Path, ...] = ()
    """Where it was looked for in vain; empty when it was found."""

    @property
    def threads(self) -> Path:
        """The folder of threads."""
        return self.base / "threads"


def resolve(path: Path) -> TreeLocation:
    """Return the tree that a path names: itself, one inside, or its `threads`.

    Raises:
        NoTreeError: There is none.

    """
    try:
        if not path.exists():
            raise NoTreeError(f"{path}: there is no such folder")
        if not path.is_dir():
            raise NoTreeError(f"{path}: not a folder; give a {NAME} or what holds one")
        if (path / NAME).is_dir():
            return TreeLocation(path / NAME)
        if path.name == "threads" and not (path / "threads").is_dir():
            return TreeLocation(path.parent)
        if path.name == NAME or (path / "threads").is_dir():
            return TreeLocation(path)
    except OSError as error:
        raise NoTreeError(f"{path}: {(error.strerror or '').lower()}") from error
    raise NoTreeError(f"{path}: there is no {NAME} in it")


def discover(start: Path, environment: Mapping[str, str]) -> TreeLocation:
    """Return the tree to open when none was named.

    `$DEER_FLOW_HOME` decides if it is set; else the first `.deer-flow`, also one
    in `backend`, in a folder or those above it; else where one would come to be.

    Raises:
        NoTreeError: `$DEER_FLOW_HOME` names no tree.

    """
    named = environment.get("DEER_FLOW_HOME")
    if named:
        try:
            return resolve(Path(named).expanduser())
        except (NoTreeError, RuntimeError) as error:
            raise NoTreeError(f"DEER_FLOW_HOME: {error}") from error
    looked = []
    for folder in (start, *start.parents):
        for base in (folder / NAME, folder / "backend" / NAME):
            # A folder above may be closed to us.
            with suppress(PermissionError):
                if base.is_dir():
                    return TreeLocation(base)
            looked.append(base)
    return TreeLocation(start / NAME, tuple(looked))
