"""Finds the `.deer-flow` folder to open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whitetail.source.database.address import DatabaseAddress

NAME = ".deer-flow"


class NoTreeError(Exception):
    """The path that the user gave has no runs; the message is the reason."""


@dataclass(frozen=True, slots=True)
class TreeLocation:
    """The tree to open, which may not exist yet; or runs outside of any tree."""

    base: Path
    """The `.deer-flow` folder; the run's file, or the folder of runs, if `is_loose`."""
    candidates: tuple[Path, ...] = ()
    """The folders that could have been opened, this one included; some do not exist."""

    selected: tuple[str, str | None] | None = None
    """The thread and the run that the user named. None if the user named neither."""

    is_loose: bool = False
    """Whether `base` is a file or a folder outside of any tree."""

    unused: str = ""
    """Why the database of `$DATABASE_URL` was not opened; empty if it was not tried."""

    @property
    def unused_note(self) -> str:
        """The same as a sentence for the user."""
        return self.unused and f"$DATABASE_URL was not used: {self.unused}"

    @property
    def threads(self) -> Path:
        """The folder of threads."""
        return self.base / "threads"

    @property
    def state_name(self) -> str:
        """The name under which bookmarks, notes and positions are kept."""
        return str(self.base.absolute())


def locate(
    text: str | None, environment: Mapping[str, str], user_id: str | None = None
) -> TreeLocation | DatabaseAddress:
    """Return what the user named: a tree, runs outside of any, or a database.

    With `user_id`, only the rows of that user in the database.

    Without a name, it is the tree that `discover` finds; if that has neither runs nor
    a trash, the database of DeerFlow in it or in another candidate, else that of
    `$DATABASE_URL`, if there is one.

    Raises:
        NoTreeError: There is no such thing; or with `user_id`, it is no database.

    """
    found = _located(text, environment)
    if user_id is None:
        return found
    if isinstance(found, TreeLocation):
        files = f"the runs in {found.base} are files"
        reason = files if found.base.exists() else "there is none"
        problem = f"--user needs a database, and {reason}"
        raise NoTreeError("; ".join(filter(None, (problem, found.unused_note))))
    return replace(found, user_id=user_id)


def _located(
    text: str | None, environment: Mapping[str, str]
) -> TreeLocation | DatabaseAddress:
    if not text:
        tree = discover(working_folder(), environment)
        return _tree_or_database(tree, environment.get("DATABASE_URL"))
    # Imported here: --version and --help must not wait for it.
    from whitetail.source.database.address import AddressError, address_of

    try:
        return address_of(text) or resolve(Path(text))
    except AddressError as error:
        raise NoTreeError(str(error)) from error


def _tree_or_database(
    tree: TreeLocation, url: str | None
) -> TreeLocation | DatabaseAddress:
    """Return a tree that was found, or a database if the tree has nothing to show."""
    bases = [base for base in (tree.candidates or (tree.base,)) if _is_folder(base)]
    is_used = (tree.base / ".trash").exists() or tree.is_loose
    if is_used or not (url or any((base / "data").is_dir() for base in bases)):
        return tree
    if has_runs(tree.base):
        return tree
    # Imported here: most users have no database.
    from whitetail.source.database.find import database_at, database_in
    from whitetail_store.errors import DatabaseError

    if found := database_in(bases):
        return found
    try:
        return database_at(url) if url else tree
    except DatabaseError as error:
        return replace(tree, unused=str(error))


def offered(
    location: TreeLocation | DatabaseAddress, key: str
) -> TreeLocation | DatabaseAddress:
    """Return what was offered beside a location, by the key of its `TreeEntry`."""
    # Imported here: most users have no database.
    from whitetail.source.database.address import address_of_file

    path = Path(key)
    if database := address_of_file(path):
        return database
    if isinstance(location, TreeLocation):
        return replace(location, base=path, selected=None)
    return TreeLocation(path)


def resolve(path: Path) -> TreeLocation:
    """Return the tree at a path, in it, or around it.

    Around a `threads` folder, a thread's folder, its `runs` folder, and a run's file.
    Without a tree, a file is opened as a run, whatever its name; a folder as a thread,
    if it or its folder `runs` has files with the ending `.jsonl`.

    Raises:
        NoTreeError: There is no tree, and nothing that can be a run.

    """
    try:
        if not path.exists():
            raise NoTreeError(f"{path}: there is no such file or folder")
        if path.is_dir():
            inside = _inside(path)
            if any(base.is_dir() for base in inside):
                return _best(inside)
            if path.name == "threads" and not (path / "threads").is_dir():
                return TreeLocation(path.parent, _beside(path.parent))
            if path.name == NAME or (path / "threads").is_dir():
                return TreeLocation(path, _beside(path))
        # The user named it, so a link is followed, but only one that is no part of a
        # tree: a link to a run's file is no run there.
        real = path.resolve()
        if found := _around(path) or _around(real) or _loose(real):
            return found
    except OSError as error:
        raise NoTreeError(f"{path}: {(error.strerror or '').lower()}") from error
    if path.is_dir():
        raise NoTreeError(f"{path}: there is no {NAME} and no .jsonl file in it")
    raise NoTreeError(f"{path}: neither a folder nor a regular file")


def _around(path: Path) -> TreeLocation | None:
    """Return the tree with the thread or the run at a path; None if it is neither."""
    # Imported here: --version and --help must not wait for it.
    from whitetail_store.errors import InvalidIdError
    from whitetail_store.paths import check_run_id, check_thread_id, stamp

    path = path.absolute()
    in_runs = path.suffix == ".jsonl" and path.parent.name == "runs"
    is_run = in_runs and stamp(path) is not None
    runs = path.parent if is_run else path
    thread = runs.parent if runs.name == "runs" else path
    if thread.parent.name != "threads" or not runs.is_dir():
        return None
    if runs.is_symlink() or thread.is_symlink():
        return None
    try:
        run_id = check_run_id(path.stem) if is_run else None
        selected = check_thread_id(thread.name), run_id
    except InvalidIdError:
        # The tree does not list it.
        return None
    base = thread.parent.parent
    return TreeLocation(base, _beside(base), selected)


def _loose(path: Path) -> TreeLocation | None:
    """Return the file at a path, or the folder of runs at it; None if it is neither."""
    from whitetail_store.paths import stamps_in

    if path.is_file():
        return TreeLocation(path, is_loose=True)
    for folder in (path, path / "runs"):
        if stamps_in(str(folder), any_name=True):
            return TreeLocation(folder, is_loose=True)
    return None


def discover(start: Path, environment: Mapping[str, str]) -> TreeLocation:
    """Return the tree to open when the user names none.

    Candidates are the one of `$DEER_FLOW_HOME`, if it is set, and `.deer-flow` and
    `backend/.deer-flow` in `start` and in the folders above it. The first one that has
    runs is opened: DeerFlow writes runs to the working folder of its gateway, whatever
    the variable contains. Without any runs, it is the first one that exists, else the
    one that DeerFlow would create in `start`.

    Raises:
        NoTreeError: `$DEER_FLOW_HOME` names no tree, and there are no runs elsewhere.

    """
    around = [base for each in (start, *start.parents) for base in _inside(each)]
    named = environment.get("DEER_FLOW_HOME")
    if not named:
        return _best(around)
    try:
        tree = resolve(Path(named).expanduser())
    except (NoTreeError, RuntimeError) as error:
        found = _best(around)
        if has_runs(found.base):
            return found
        raise NoTreeError(f"DEER_FLOW_HOME: {error}") from error
    return _best([tree.base, *around])


def working_folder() -> Path:
    """Return the working folder.

    Raises:
        NoTreeError: It no longer exists.

    """
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise NoTreeError("the working folder no longer exists") from error


def has_runs(base: Path) -> bool:
    """Return whether a tree has a run. Stops at the first one."""
    try:
        return any(_run_counts(base / "threads"))
    except OSError:
        return False


def count_runs(base: Path) -> int | None:
    """Return the number of runs of a tree; None if there is no such folder.

    Raises:
        OSError: A folder cannot be read.

    """
    return sum(_run_counts(base / "threads")) if base.is_dir() else None


def _run_counts(threads: Path) -> Iterator[int]:
    """Yield the number of runs of each thread."""
    # Imported here: --version and --help must not wait for it.
    from whitetail_store.paths import run_stamps, thread_ids

    try:
        for thread_id in thread_ids(threads):
            yield len(run_stamps(threads, thread_id))
    except (FileNotFoundError, NotADirectoryError):
        return


def _inside(folder: Path) -> list[Path]:
    return [folder / NAME, folder / "backend" / NAME]


def _beside(base: Path) -> tuple[Path, ...]:
    """Return a tree and those that DeerFlow may write to instead of it."""
    folder = base.absolute().parent
    above = [folder.parent / NAME] if folder.name == "backend" else []
    others = filter(_is_folder, [*_inside(folder), *above])
    return (base, *(each for each in others if not each.samefile(base)))


def _best(candidates: Iterable[Path]) -> TreeLocation:
    """Return the first candidate with runs, else that exists, else the first one."""
    unique = tuple(dict.fromkeys(candidates))
    existing = [base for base in unique if _is_folder(base)]
    if len(existing) > 1:
        with_runs = next(filter(has_runs, existing), None)
        return TreeLocation(with_runs or existing[0], unique)
    return TreeLocation(next(iter(existing), unique[0]), unique)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except PermissionError:
        # We may not be allowed to read a folder above.
        return False
