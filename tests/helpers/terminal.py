"""A program run in a pseudo-terminal, as a person would run it."""

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
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

WHITETAIL = [sys.executable, "-m", "whitetail"]
_REPORTS = re.compile(rb"\x1b\[\?2026\$p|\x1b\[\?2048\$p")


class Terminal:
    """A program with a screen: what it writes is kept, and can be looked at."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 36,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.columns, self.rows = columns, rows
        self.written = bytearray()
        self.began = time.perf_counter()
        self._master, slave = pty.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        # Python believes COLUMNS and LINES before it asks the terminal.
        ours = ("TEXTUAL", "COLUMNS", "LINES")
        plain = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**plain, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            | dict(env or {}),
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
            self.finish(5)
        os.close(self._master)

    def read(self, seconds: float) -> bytes:
        """Take what is written within some seconds, as soon as there is anything."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return b""
        self.written += data
        return data

    def run(self, seconds: float) -> bytes:
        """Take all that is written during some seconds."""
        start, end = len(self.written), time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)
        return bytes(self.written[start:])

    def wait_for(self, text: str, timeout: float = 10, *, since: int = 0) -> float:
        """Wait until a text was written; return when, on the performance clock."""
        wanted = text.encode()
        end = time.perf_counter() + timeout
        while self.written.find(wanted, since) == -1:
            left = end - time.perf_counter()
            if left <= 0:
                raise AssertionError(
                    f"{text!r} never came:\n" + "\n".join(self.screen())
                )
            self.read(min(left, 0.5))
        return time.perf_counter()

    def press(self, *keys: str, pause: float = 0.15) -> None:
        """Type keys, and take what is written after each."""
        for key in keys:
            os.write(self._master, key.encode())
            self.run(pause)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self.columns, self.rows = columns, rows
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def screen(self) -> list[str]:
        """Return the lines of the screen as a person sees them."""
        screen = pyte.Screen(self.columns, self.rows)
        stream = pyte.ByteStream(screen)
        stream.feed(_REPORTS.sub(b"", bytes(self.written)))
        return [line.rstrip() for line in screen.display]

    def shows(self, text: str) -> bool:
        """Return whether a text is on the screen."""
        return any(text in line for line in self.screen())

    def finish(self, timeout: float = 5) -> int:
        """Wait for the program to end and return its exit code."""
        end = time.perf_counter() + timeout
        while self.process.poll() is None and time.perf_counter() < end:
            self.read(0.05)
        if self.process.poll() is None:
            self.process.kill()
            raise AssertionError("it did not end:\n" + "\n".join(self.screen()))
        self.run(0.05)
        return self.process.returncode

    def cpu(self) -> float:
        """Return how many seconds of a core the program has used."""
        stat = (
            Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")")[-1].split()
        )
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Return how much memory the program has at most had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert match is not None
        return int(match[1]) * 1024
