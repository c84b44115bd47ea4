"""Standard streams that are full or closed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.helpers.commands import redirected
from tests.helpers.disk import Disk

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
needs_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs a full disk"
)


@needs_full
def test_a_full_disk_is_one_sentence(disk: Disk) -> None:
    ended = redirected(">/dev/full", "ls", "-t", disk.base)
    assert ended.returncode == 2
    assert ended.stderr == "whitetail: cannot write: no space left on device\n"


@needs_full
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--version"], ["ls", "--help"]])
def test_version_and_help_on_a_full_disk_are_one_sentence(
    arguments: list[str], unbuffered: str
) -> None:
    env = {"PYTHONUNBUFFERED": unbuffered}
    ended = redirected(">/dev/full", *arguments, env=env)
    assert ended.returncode == 2
    assert ended.stderr == "whitetail: cannot write: no space left on device\n"


@needs_full
@pytest.mark.parametrize("arguments", [["ls", "no_field:1"], ["-t"], ["/nonexistent"]])
def test_a_refusal_has_its_exit_code_also_if_stderr_is_full(
    arguments: list[str],
) -> None:
    ended = redirected("2>/dev/full", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")


@posix_only
def test_closed_streams_are_as_the_null_device(disk: Disk) -> None:
    listed = redirected("<&- 2>&-", "ls", "-t", disk.base)
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, 3)
    unread = redirected(">&-", "ls", "-t", disk.base)
    assert (unread.returncode, unread.stderr) == (0, "")
    refused = redirected("2>&-", "ls", "-t", disk.base, "no_field:1")
    assert (refused.returncode, refused.stdout) == (2, "")
    screen = redirected("<&- 2>&-", disk.base)
    assert (screen.returncode, screen.stdout) == (2, "")
