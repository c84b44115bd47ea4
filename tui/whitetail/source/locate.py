"""Finds the `.deer-flow` folder to open."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NAME = ".deer-flow"


class NoTreeError(Exception):
    """The path that the user gave has no runs; the message is the reason."""


@dataclass(frozen=True, slots=True)
class TreeLocation:
    """The tree to open, which may not exist yet."""

    base: Path
    """The `.deer-flow` folder."""
    searched: tuple[Path, ...] = ()
    """The folders that were searched without success. Empty if the tree was found."""

    @property
    def threads(self) -> Path:
        """The folder of threads."""
        return self.base / "threads"


def resolve(path: Path) -> TreeLocation:
    """Return the tree at a path, in it, or around it if it is a `threads` folder.

    Raises:
        NoTreeError: There is no tree.

    """
    try:
        if not path.exists():
            raise NoTreeError(f"{path}: there is no such folder")
        if not path.is_dir():
            raise NoTreeError(
                f"{path}: not a folder; name a {NAME} folder or one that contains it"
            )
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
    """Return the tree to open when the user names none.

    That is the one of `$DEER_FLOW_HOME` if it is set. Else it is the first
    `.deer-flow` or `backend/.deer-flow` in `start` and the folders above it. Else it
    is the one that DeerFlow would create in `start`.

    Raises:
        NoTreeError: `$DEER_FLOW_HOME` names no tree.

    """
    named = environment.get("DEER_FLOW_HOME")
    if named:
        try:
            return resolve(Path(named).expanduser())
        except (NoTreeError, RuntimeError) as error:
            raise NoTreeError(f"DEER_FLOW_HOME: {error}") from error
    searched = []
    for folder in (start, *start.parents):
        for base in (folder / NAME, folder / "backend" / NAME):
            # We may not be allowed to read a folder above.
            with suppress(PermissionError):
                if base.is_dir():
                    return TreeLocation(base)
            searched.append(base)
    return TreeLocation(start / NAME, tuple(searched))
