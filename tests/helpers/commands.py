"""Runs the installed program in a pipe."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

from tests.helpers.forked import CommandServer
from tests.helpers.waiting import WAIT_TIMEOUT_S

_PROGRAM = shutil.which("whitetail", path=sysconfig.get_path("scripts"))
assert _PROGRAM is not None
PROGRAM = _PROGRAM
"""The installed program."""
_servers: list[CommandServer] = []
_OF_USER = (
    "DEER_FLOW_HOME",
    "DATABASE_URL",
    "NO_COLOR",
    "XDG_CONFIG_HOME",
    "COLUMNS",
    "WHITETAIL_CONFIG",
)


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of the tests without settings of their user."""
    left_out = (*_OF_USER, "PYTEST_CURRENT_TEST")
    plain = {k: v for k, v in os.environ.items() if k not in left_out}
    return {**plain, "XDG_CONFIG_HOME": "/nonexistent", **(changes or {})}


def command(
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    prepare: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; return its exit code and what it has written.

    `prepare` is called in its process before it starts. A command without changes is
    forked from a process that has imported it; the others, those that are `started`
    and those of a terminal start as the user's do.
    """
    changed = env is not None or prepare is not None
    if not changed and sys.platform != "win32":
        return _server(environment()).run([*map(str, arguments)], cwd or Path.cwd())
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_TIMEOUT_S,
        cwd=cwd,
        env=environment(env),
        preexec_fn=prepare,
    )


def _server(environment: Mapping[str, str]) -> CommandServer:
    """Return the server of this process; a new one if the environment has changed."""
    if _servers and _servers[0].environment != environment:
        _servers.pop().close()
    if not _servers:
        _servers.append(CommandServer(PROGRAM, environment))
        atexit.register(_servers[0].close)
    return _servers[0]


def redirected(
    redirections: str, *arguments: object, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command with streams as a shell redirects them, such as `>/dev/full`."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_TIMEOUT_S,
        env=environment(env),
    )


def without_room() -> None:
    """Have each write to a file fail in the program that this process starts next."""
    if sys.platform == "win32":
        raise NotImplementedError("Windows has no limits on the size of files")
    import resource

    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))


@contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Start a command whose lines are read as it writes them.

    One that writes nothing is ended at the limit of all waits, so that a read ends.
    """
    with subprocess.Popen(
        [PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(),
    ) as process:
        limit = Timer(WAIT_TIMEOUT_S, process.kill)
        limit.start()
        try:
            yield process
        finally:
            limit.cancel()
            limit.join()
            if process.poll() is None:
                process.kill()


def answer(*arguments: str | Path, code: int = 0) -> list[str]:
    """Return the lines of a command that ends with a code, and writes no errors."""
    ended = command(*arguments)
    assert (ended.returncode, ended.stderr) == (code, ""), ended.stdout
    return ended.stdout.splitlines()


def records(*arguments: str | Path, code: int = 0) -> list[dict[str, Any]]:
    """Return the objects that a command prints with `--json`."""
    return [json.loads(line) for line in answer(*arguments, "--json", code=code)]
