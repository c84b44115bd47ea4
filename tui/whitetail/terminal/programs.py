"""Other programs that show a text: which one, and the file that it gets."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

_PAGERS = ("less", "more")
_EDITORS = ("nano", "vi") if sys.platform != "win32" else ("notepad",)
_OPENERS = {"darwin": "open", "win32": "explorer"}
_TERMINAL = "/dev/tty"


class ProgramError(Exception):
    """There is no such program. The message is a sentence for the user."""


def pager(environ: Mapping[str, str]) -> list[str]:
    """Return the words of the command that shows a text: PAGER, else less or more.

    Raises:
        ProgramError: It does not exist.

    """
    return _command(environ, ("PAGER",), _PAGERS)


def editor(environ: Mapping[str, str]) -> list[str]:
    """Return the words of the command that edits a text: VISUAL, else EDITOR.

    Raises:
        ProgramError: It does not exist.

    """
    return _command(environ, ("VISUAL", "EDITOR"), _EDITORS)


def opener() -> list[str]:
    """Return the command with which the system opens a file.

    Raises:
        ProgramError: It does not exist.

    """
    name = _OPENERS.get(sys.platform, "xdg-open")
    if shutil.which(name) is None:
        raise ProgramError(f"The program {name}, which opens files, was not found.")
    return [name]


def _command(
    environ: Mapping[str, str], variables: Sequence[str], usual: Sequence[str]
) -> list[str]:
    for variable in variables:
        try:
            words = shlex.split(environ.get(variable, ""), posix=os.name == "posix")
        except ValueError as error:
            text = str(error).lower()
            raise ProgramError(f"{variable} is not a command: {text}.") from error
        if words:
            if shutil.which(words[0]) is None:
                text = f"The program {words[0]!r} in {variable} was not found."
                raise ProgramError(text)
            return words
    found = next(filter(shutil.which, usual), None)
    if found is None:
        names = " nor ".join(usual)
        text = f"Neither {names} was found; {variables[-1]} can name another program."
        raise ProgramError(text)
    return [found]


@contextmanager
def temporary_file(pieces: Iterable[str], name: str) -> Iterator[Path]:
    """Write a text to a file that only the user can read, and that is removed after.

    The file cannot be written (0400), and is in a folder of its own (0700).

    Raises:
        OSError: The file cannot be written.

    """
    folder = Path(tempfile.mkdtemp(prefix="whitetail-"))
    try:
        path = folder / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(path, flags, 0o400), "w", encoding="utf-8") as file:
            for piece in pieces:
                file.write(piece)
        yield path
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder; on Windows, files that cannot be written are not removed."""

    def retry(remove: object, path: str, error: object) -> None:
        Path(path).chmod(0o600)
        Path(path).unlink()

    shutil.rmtree(folder, onerror=retry if os.name == "nt" else None)


@contextmanager
def started(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in the terminal; end it if it still runs at the end.

    Its input and output are the terminal, wherever those of this program lead.

    Raises:
        OSError: It cannot be started.

    """
    with ExitStack() as stack:
        terminal: int | None = None
        if os.name == "posix":
            try:
                terminal = os.open(_TERMINAL, os.O_RDWR)
            except OSError:
                # Without a terminal of its own, it has that of this program.
                terminal = None
            else:
                stack.callback(os.close, terminal)
        process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
