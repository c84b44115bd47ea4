"""Standard streams that are full or closed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.commands import PROGRAM, environment
from tests.helpers.disk import Disk
from tests.helpers.waiting import WAIT_TIMEOUT_S

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
needs_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs a full disk"
)


@needs_full
def test_a_full_disk_is_one_sentence(disk: Disk) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [PROGRAM, "ls", "-t", disk.base],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=WAIT_TIMEOUT_S,
            env=environment(),
        )
    assert ended.returncode == 2
    assert ended.stderr == "whitetail: cannot write: no space left on device\n"


@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--version"], ["ls", "--help"]])
def test_version_and_help_on_a_full_disk_are_one_sentence(
    arguments: list[str], unbuffered: str
) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [PROGRAM, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            timeout=WAIT_TIMEOUT_S,
            env=environment({"PYTHONUNBUFFERED": unbuffered}),
        )
    assert ended.returncode == 2
    assert ended.stderr == "whitetail: cannot write: no space left on device\n"


@needs_full
@pytest.mark.parametrize("arguments", [["ls", "no_field:1"], ["-t"], ["/nonexistent"]])
def test_a_refusal_has_its_exit_code_also_if_stderr_is_full(
    arguments: list[str],
) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=full,
            timeout=WAIT_TIMEOUT_S,
            env=environment(),
        )
    assert (ended.returncode, ended.stdout) == (2, b"")


def with_closed_streams(
    redirections: str, *arguments: object
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", PROGRAM, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=WAIT_TIMEOUT_S,
        env=environment(),
    )


@posix_only
def test_closed_streams_are_as_the_null_device(disk: Disk) -> None:
    listed = with_closed_streams("<&- 2>&-", "ls", "-t", disk.base)
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 3)
    unread = with_closed_streams(">&-", "ls", "-t", disk.base)
    assert (unread.returncode, unread.stderr) == (0, "")
    refused = with_closed_streams("2>&-", "ls", "-t", disk.base, "no_field:1")
    assert (refused.returncode, refused.stdout) == (2, "")
    screen = with_closed_streams("<&- 2>&-", disk.base)
    assert (screen.returncode, screen.stdout) == (2, "")
