"""Forks whitetail in a terminal, from a process that has imported all of its screen.

To start the interpreter and import the screen is half of the processor time of a test
that presses a few keys. `python program_server.py FD` reads from the socket FD a
message of JSON, with the folder, the arguments and the environment of a program;
beside it come its terminal and a pipe. The pipe gets lines: the id of its process,
"stopped" each time it is suspended, and its exit code. It ends with its socket.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import io
import json
import os
import pkgutil
import socket
import sys
import termios

import whitetail

_UNUSED = ("whitetail.__main__", "whitetail.store")
"""A program that would start, and an alias that warns."""
_MAX_MESSAGE_BYTES = 1 << 17


def main() -> None:
    """Start programs until the socket ends; return in the process of a program."""
    if sys.platform == "win32":
        raise NotImplementedError("Windows has no forks")
    for module in pkgutil.walk_packages(whitetail.__path__, "whitetail."):
        if module.name not in _UNUSED:
            importlib.import_module(module.name)
    gc.freeze()
    watchers: list[int] = []
    with socket.socket(type=socket.SOCK_SEQPACKET, fileno=int(sys.argv[1])) as ours:
        while True:
            message, files, _, _ = socket.recv_fds(ours, _MAX_MESSAGE_BYTES, 2)
            watchers = [
                each for each in watchers if not os.waitpid(each, os.WNOHANG)[0]
            ]
            if not message:
                sys.exit()
            if not (watcher := os.fork()):
                break
            watchers.append(watcher)
            for file in files:
                os.close(file)
    terminal, pipe = files
    if process := os.fork():
        os.close(terminal)
        watch(process, pipe)
    os.close(pipe)
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(terminal, number)
    os.close(terminal)
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)
    folder, arguments, environment = json.loads(message)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["whitetail", *arguments]


def watch(process: int, pipe: int) -> None:
    """Write the states of a process into a pipe, and end with it."""
    if sys.platform == "win32":
        raise NotImplementedError("Windows has no forks")
    os.write(pipe, f"{process}\n".encode())
    while True:
        _, status = os.waitpid(process, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            os.write(pipe, b"stopped\n")
        else:
            os.write(pipe, f"{os.waitstatus_to_exitcode(status)}\n".encode())
            sys.exit()


if __name__ == "__main__":
    main()
    from whitetail import cli

    cli.main()
