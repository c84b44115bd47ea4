"""Forks a process for each command, from one that has imported all of them.

To start the interpreter and import the commands is nine tenths of the processor time
of a command. `python command_server.py FD PROGRAM` reads from the socket FD a line of
JSON, with the folder and the arguments of a command; beside it come the files for
stdin, stdout and stderr. It answers with the exit code. It ends with its socket.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import socket
import sys

from whitetail import cli

_WITH_A_SCREEN = "browse"
"""The module that imports the screen; no command does."""
_MAX_LINE_BYTES = 1_000_000


def main() -> None:
    """Start commands until the socket ends; return in the process of a command."""
    if sys.platform == "win32":
        raise NotImplementedError("Windows has no forks")
    descriptor, program = sys.argv[1:]
    for module in pkgutil.iter_modules(cli.__path__, f"{cli.__name__}."):
        if not module.name.endswith(f".{_WITH_A_SCREEN}"):
            importlib.import_module(module.name)
    gc.freeze()
    with socket.socket(fileno=int(descriptor)) as connection:
        while True:
            line, files, _, _ = socket.recv_fds(connection, _MAX_LINE_BYTES, 3)
            while line and not line.endswith(b"\n"):
                line += connection.recv(_MAX_LINE_BYTES)
            if not line:
                sys.exit()
            if not (process := os.fork()):
                break
            for file in files:
                os.close(file)
            code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            connection.sendall(f"{code}\n".encode())
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    folder, arguments = json.loads(line)
    os.chdir(folder)
    sys.argv = [program, *arguments]


if __name__ == "__main__":
    main()
    cli.main()
