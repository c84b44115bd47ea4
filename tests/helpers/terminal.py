"""Runs a program in a pseudo-terminal, with keys and a screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.helpers.forked_program import ForkedProgram
from tests.helpers.waiting import WAIT_TIMEOUT_S

WHITETAIL = [sys.executable, "-m", "whitetail"]
# Queries that pyte would show as text.
_REPORTS = re.compile(rb"\x1b\[\?2026\$p|\x1b\[\?2048\$p")
# Also colours: to follow them is most of the time that pyte needs.
_NO_TEXT = re.compile(_REPORTS.pattern + rb"|\x1b\[[0-9;]*m")
# A sequence at the end that may be one of these, and is incomplete so far.
_PARTIAL = re.compile(rb"\x1b(\[(\?[0-9]*\$?|[0-9;]*)?)?\Z")
_POLL_S = 0.05
_POSIX_ONLY = "Windows has no pseudo-terminals"


class Terminal:
    """A program in a pseudo-terminal. `written` are all bytes that it has written."""

    process: subprocess.Popen[bytes] | ForkedProgram
    _master: int

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 36,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        forked: bool = False,
    ) -> None:
        """Start a program.

        `forked`: as a fork of a process that has imported whitetail, which needs half
        of the time. `argv` begins with `WHITETAIL`, and the environment has nothing
        that Python reads when it starts.
        """
        self.columns, self.rows = columns, rows
        self.written = bytearray()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lines: list[str] = []
        self._cleared = self._drawn = 0
        self._ended = False
        self.began = time.perf_counter()
        if sys.platform == "win32":
            raise NotImplementedError(_POSIX_ONLY)
        self._master, slave = pty.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        # Python prefers COLUMNS and LINES to the size of the terminal. The others are
        # settings of the user. The folders are those of the tests, not of the user.
        ours = (
            "TEXTUAL",
            "COLUMNS",
            "LINES",
            "NO_COLOR",
            "DEER_FLOW_HOME",
            "DATABASE_URL",
            "WHITETAIL",
        )
        folders = ("WHITETAIL_STATE_DIR", "WHITETAIL_CACHE_DIR")
        variables = {
            name: value
            for name, value in os.environ.items()
            if name in folders or not name.startswith(ours)
        }
        variables |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        variables |= {"XDG_CONFIG_HOME": "/nonexistent", **(env or {})}
        if forked and sys.platform == "linux":
            arguments = argv[len(WHITETAIL) :]
            folder = cwd or Path.cwd()
            self.process = ForkedProgram(arguments, slave, variables, folder)
        else:
            self.process = subprocess.Popen(
                argv,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                cwd=cwd,
                env=variables,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
            )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.finish()
        os.close(self._master)

    def read(self, seconds: float) -> bytes:
        """Return the next bytes that are written. Empty if none come in `seconds`."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            # The program has closed its end.
            self._ended = True
            time.sleep(min(seconds, _POLL_S))
            return b""
        self.written += data
        return data

    def wait_until(
        self, condition: Callable[[], object], timeout: float = WAIT_TIMEOUT_S
    ) -> float:
        """Read until a condition is true. Return the performance counter then."""
        end = time.perf_counter() + timeout
        while not condition():
            left = end - time.perf_counter()
            if left <= 0 or (self._ended and self.process.poll() is not None):
                raise AssertionError(
                    "\n".join(["the condition never became true:", *self.screen()])
                )
            self.read(min(left, _POLL_S))
        return time.perf_counter()

    def wait_for(
        self, text: str, timeout: float = WAIT_TIMEOUT_S, *, since: int = 0
    ) -> float:
        """Wait until a text is written. Return the performance counter then."""
        wanted = text.encode()
        return self.wait_until(lambda: self.written.find(wanted, since) >= 0, timeout)

    def press(self, *keys: str, until: str = "") -> None:
        """Type keys. With `until`, wait until that text is written."""
        while self.read(0):
            pass
        since = len(self.written)
        self.send("".join(keys).encode())
        if until:
            self.wait_for(until, since=since)

    def answer(self, key: str, heard: Callable[[], object]) -> None:
        """Answer a question about deleting, again until `heard` is true.

        The program ignores an answer if it was too busy to see the pause before it.
        """
        ignored = b"other keys work after a pause"

        def answered(since: int) -> bool:
            return bool(heard()) or self.written.find(ignored, since) >= 0

        while not heard():
            self.wait_until(lambda: heard() or not self.shows(ignored.decode()))
            since = len(self.written)
            self.send(key.encode())
            self.wait_until(partial(answered, since))

    def send(self, data: bytes) -> None:
        """Send bytes as if they were typed."""
        os.write(self._master, data)

    def hang_up(self) -> None:
        """Close the terminal. The program is left to end by itself."""
        os.close(self._master)

    def stop(self) -> None:
        """Suspend the program as a shell does, and wait until it is suspended."""
        if sys.platform == "win32":
            raise NotImplementedError(_POSIX_ONLY)
        self.process.send_signal(signal.SIGTSTP)
        self.wait_until_stopped()

    def wait_until_stopped(self) -> None:
        """Wait until the program is suspended."""
        self.wait_until(self._is_stopped)

    def _is_stopped(self) -> bool:
        if sys.platform == "win32":
            raise NotImplementedError(_POSIX_ONLY)
        if isinstance(self.process, ForkedProgram):
            return self.process.stopped()
        pid, status = os.waitpid(self.process.pid, os.WUNTRACED | os.WNOHANG)
        assert pid == 0 or os.WIFSTOPPED(status), "the program ended"
        return pid != 0

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size and clear it."""
        self.columns, self.rows = columns, rows
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lines = []
        self._cleared = self._drawn = len(self.written)
        if sys.platform == "win32":
            raise NotImplementedError(_POSIX_ONLY)
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def screen(self) -> list[str]:
        """Return the lines of the screen, without trailing spaces."""
        partial = _PARTIAL.search(self.written, self._drawn)
        end = partial.start() if partial else len(self.written)
        fresh, self._drawn = bytes(self.written[self._drawn : end]), end
        if fresh or not self._lines:
            self._stream.feed(_NO_TEXT.sub(b"", fresh))
            self._lines = [line.rstrip() for line in self._screen.display]
        return list(self._lines)

    def shows(self, text: str) -> bool:
        """Return whether a text is on the screen."""
        return any(text in line for line in self.screen())

    def invisible_texts(self) -> list[str]:
        """Return the lines of the screen with texts that have their ground's colour."""
        screen = pyte.Screen(self.columns, self.rows)
        written = bytes(self.written[self._cleared :])
        pyte.ByteStream(screen).feed(_REPORTS.sub(b"", written))
        return [
            line.rstrip()
            for y, line in enumerate(screen.display)
            if any(
                cell.data.strip() and cell.fg == cell.bg != "default"
                for cell in screen.buffer[y].values()
            )
        ]

    def finish(self, timeout: float = WAIT_TIMEOUT_S) -> int:
        """Wait for the program to end and return its exit code."""
        try:
            self.wait_until(lambda: self.process.poll() is not None, timeout)
        except AssertionError:
            self.process.kill()
            raise
        while self.read(0):
            pass
        code = self.process.returncode
        assert code is not None
        return code

    def cpu(self) -> float:
        """Return the CPU time that the program has used, in seconds."""
        if sys.platform == "win32":
            raise NotImplementedError(_POSIX_ONLY)
        stat = (
            Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[-1].split()
        )
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Return the peak memory of the program, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert match is not None
        return int(match[1]) * 1024
