"""Where the files of runs are: in a tree, or outside of any."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from whitetail_store import RunEvent, RunKey, Stamp, read_head_and_tail
from whitetail_store.paths import run_path, stamp, stamps_in, thread_ids

_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
_MAX_THREAD_ID = 64


class RunFiles(Protocol):
    """Finds threads and the files of their runs."""

    @property
    def root(self) -> Path:
        """The path below which, or at which, all runs are."""
        ...

    def thread_ids(self) -> Iterable[str]:
        """Return the ids of all threads.

        Raises:
            OSError: The root is missing or cannot be read.

        """
        ...

    def folder(self, thread_id: str) -> str:
        """Return the path below which, or at which, a thread's runs are."""
        ...

    def folder_stamp(self, folder: str) -> Stamp | None:
        """Return a stamp that changes with each new or removed file; None for none."""
        ...

    def stamps(self, folder: str) -> dict[str, Stamp]:
        """Return the stamp of each run of the thread with this folder, by run id."""
        ...

    def path(self, key: RunKey) -> Path:
        """Return the path of a run's file."""
        ...


class TreeFiles:
    """The runs of a tree: `threads/{thread_id}/runs/{run_id}.jsonl`."""

    def __init__(self, threads: Path) -> None:
        """Find runs below the folder `threads`, which need not exist yet."""
        self.root = threads

    def thread_ids(self) -> Iterable[str]:
        """Return the names of the threads' folders."""
        return thread_ids(self.root)

    def folder(self, thread_id: str) -> str:
        """Return the path of a thread's `runs` folder."""
        return f"{self.root}/{thread_id}/runs"

    def folder_stamp(self, folder: str) -> Stamp | None:
        """Return the stamp of a folder; None if there is none or it is a link."""
        return _stamp_if(folder, stat.S_ISDIR)

    def stamps(self, folder: str) -> dict[str, Stamp]:
        """Return the stamps of the files in a `runs` folder."""
        return stamps_in(folder)

    def path(self, key: RunKey) -> Path:
        """Return the path of a run's file."""
        return run_path(self.root, *key)


class LooseFiles:
    """Runs outside of any tree: one file, or the `.jsonl` files of one folder.

    They are the runs of one thread. Files may have any name, so the ids come from the
    first event of each; without one, from the names.
    """

    def __init__(self, root: Path) -> None:
        """Find the run at `root`, or the runs in it."""
        self.root = root
        self._paths: dict[str, Path] = {}
        self._run_ids: dict[Path, str] = {}
        self._thread_id = ""

    def thread_ids(self) -> Iterable[str]:
        """Return the id of the only thread."""
        if not self._thread_id:
            paths = self._found(str(self.root))
            ids = next(filter(None, (_ids(each)[0] for each in sorted(paths))), "")
            folder = self.root if self.root.is_dir() else self.root.parent
            name = folder.parent.name if folder.name == "runs" else folder.name
            self._thread_id = _safe(ids or name)[:_MAX_THREAD_ID]
        return [self._thread_id]

    def folder(self, thread_id: str) -> str:
        """Return the path of the file or of the folder."""
        return str(self.root)

    def folder_stamp(self, folder: str) -> Stamp | None:
        """Return the stamp of the file or of the folder; None if there is none."""
        return _stamp_if(folder, lambda mode: stat.S_ISDIR(mode) or stat.S_ISREG(mode))

    def stamps(self, folder: str) -> dict[str, Stamp]:
        """Return the stamp of the file, or those of the files in the folder."""
        found = self._found(folder)
        return {self._run_id(path): found[path] for path in sorted(found)}

    def path(self, key: RunKey) -> Path:
        """Return the path of a run's file."""
        return self._paths[key[1]]

    def _found(self, folder: str) -> dict[Path, Stamp]:
        if (file := stamp(folder)) is not None:
            return {self.root: file}
        names = stamps_in(folder, any_name=True)
        return {self.root / f"{name}.jsonl": each for name, each in names.items()}

    def _run_id(self, path: Path) -> str:
        """Return the id of a file's run, which stays the same and is that of no other.

        It contains only characters that are allowed in ids.
        """
        run_id = self._run_ids.get(path)
        if run_id is None:
            run_id = wanted = _safe(_ids(path)[1] or path.stem)
            number = 2
            while run_id in self._paths:
                run_id, number = f"{wanted}-{number}", number + 1
            self._paths[run_id], self._run_ids[path] = path, run_id
        return run_id


def _ids(path: Path) -> tuple[str, str]:
    """Return the thread id and the run id of a file's first event; empty for none."""
    try:
        rows = read_head_and_tail(path).head
    except OSError:
        # Opening the run shows the reason; until then its file's name has to do.
        return "", ""
    first = next((each for each in rows if isinstance(each, RunEvent)), None)
    return (first.thread_id, first.run_id) if first else ("", "")


def _safe(name: str) -> str:
    """Return a name with `_` for all that is not allowed in an id."""
    return _NO_ID.sub("_", name) or "_"


def _stamp_if(path: str, is_wanted: Callable[[int], bool]) -> Stamp | None:
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Stamp.of(status) if is_wanted(status.st_mode) else None
