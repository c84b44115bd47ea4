"""Runs whitetail in processes that a `program_server` forks."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.helpers.waiting import WAIT_TIMEOUT_S

_SERVER = Path(__file__).with_name("program_server.py")
_connections: list[socket.socket] = []
"""The connection to the server of this process, once it was needed."""


class ForkedProgram:
    """A process of whitetail in a terminal, with what tests use of `Popen`."""

    def __init__(
        self,
        arguments: Sequence[str],
        terminal: int,
        environment: Mapping[str, str],
        folder: Path,
    ) -> None:
        """Start it in a folder and a terminal, which is given by its descriptor."""
        self.pid = 0
        self.returncode: int | None = None
        """Its exit code, once it has ended and `poll` was called."""
        self._stops = 0
        self._read_before = b""
        self._pipe, theirs = os.pipe()
        if sys.platform == "win32":
            raise NotImplementedError("Windows has no forks")
        if not _connections:
            _connections.append(_start_server())
        message = json.dumps([str(folder), arguments, dict(environment)]).encode()
        socket.send_fds(_connections[0], [message], [terminal, theirs])
        os.close(theirs)
        self._read(WAIT_TIMEOUT_S)
        assert self.pid, "the server has started no program"

    def poll(self) -> int | None:
        """Return the exit code; None if it has not ended."""
        self._read(0)
        return self.returncode

    def wait(self, timeout: float = WAIT_TIMEOUT_S) -> int:
        """Return the exit code once it has ended."""
        end = time.monotonic() + timeout
        while self.returncode is None:
            left = end - time.monotonic()
            assert left > 0, "the program did not end"
            self._read(left)
        return self.returncode

    def stopped(self) -> bool:
        """Return whether it was suspended since the last call that returned True."""
        self._read(0)
        if self._stops:
            self._stops -= 1
            return True
        return False

    def send_signal(self, number: int) -> None:
        """Send a signal to it, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        if sys.platform == "win32":
            raise NotImplementedError("Windows has no forks")
        self.send_signal(signal.SIGKILL)

    def _read(self, timeout: float) -> None:
        """Read what is known of its state, within some seconds."""
        if self.returncode is not None:
            return
        if not select.select([self._pipe], [], [], timeout)[0]:
            return
        fresh = os.read(self._pipe, 1_000)
        assert fresh, "the process that watches the program has ended"
        *lines, self._read_before = (self._read_before + fresh).split(b"\n")
        for line in lines:
            if not self.pid:
                self.pid = int(line)
            elif line == b"stopped":
                self._stops += 1
            else:
                self.returncode = int(line)
                os.close(self._pipe)


def _start_server() -> socket.socket:
    """Start the server of this process; return the connection to it."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    # `-P`: the modules beside it are not those of the standard library.
    server = subprocess.Popen(
        [sys.executable, "-P", _SERVER, str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    atexit.register(server.wait)
    atexit.register(ours.close)
    return ours
