"""Runs commands in processes that a `command_server` forks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.helpers.waiting import WAIT_TIMEOUT_S

_SERVER = Path(__file__).with_name("command_server.py")


class CommandServer:
    """A process that has imported the commands; one command runs at a time."""

    def __init__(self, program: str, environment: Mapping[str, str]) -> None:
        """Start it. Its commands are named `program` and have this environment."""
        self.environment = environment
        self._program = program
        self._connection, theirs = socket.socketpair()
        self._connection.settimeout(WAIT_TIMEOUT_S)
        # `-P`: the modules beside it are not those of the standard library.
        self._process = subprocess.Popen(
            [sys.executable, "-P", _SERVER, str(theirs.fileno()), program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env=environment,
        )
        theirs.close()

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.wait()

    def run(
        self, arguments: Sequence[str], folder: Path
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; return its exit code and what it has written."""
        if sys.platform == "win32":
            raise NotImplementedError("Windows has no forks")
        readers, writers = zip(*(os.pipe() for _ in range(2)), strict=True)
        line = json.dumps([str(folder), arguments]) + "\n"
        with open(os.devnull, "rb") as stdin:  # noqa: PTH123
            files = [stdin.fileno(), *writers]
            socket.send_fds(self._connection, [line.encode()], files)
        for writer in writers:
            os.close(writer)
        with ThreadPoolExecutor(len(readers)) as threads:
            stdout, stderr = threads.map(_read, readers)
        code = self._connection.makefile().readline()
        return subprocess.CompletedProcess(
            [self._program, *arguments], int(code), stdout, stderr
        )


def _read(descriptor: int) -> str:
    """Return all text of a pipe."""
    with open(descriptor, encoding="utf-8") as pipe:
        return pipe.read()
