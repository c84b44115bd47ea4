"""Files that a run produced: only regular ones in the thread's folder are opened."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from whitetail.source.produced import VIRTUAL_ROOT, open_produced

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs links and fifos")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of the outputs of thread `t`, with a file."""
    outputs = tmp_path / "threads" / "t" / "user-data" / "outputs"
    outputs.mkdir(parents=True)
    (outputs / "a report.md").write_text("# Deer\n", encoding="utf-8")
    (tmp_path / "secret").write_text("secret")
    return outputs


def opened(tmp_path: Path, path: str, thread: str = "t") -> str | None:
    """Return the text of a file; None if it is not opened."""
    file = open_produced(tmp_path / "threads", thread, path)
    if file is None:
        return None
    with file:
        return "".join(file.pieces())


def test_a_path_of_the_agent_leads_to_the_file_of_the_thread(
    folder: Path, tmp_path: Path
) -> None:
    path = f"{VIRTUAL_ROOT}outputs/a report.md"
    assert opened(tmp_path, path) == "# Deer\n"
    assert opened(tmp_path, path, "other") is None
    with open_produced(tmp_path / "threads", "t", path) or pytest.fail() as file:
        assert (file.size, file.kind, file.is_text) == (7, "text", True)
        assert file.is_still_at_path()
        (folder / "new").write_text("other")
        (folder / "new").replace(folder / "a report.md")
        assert not file.is_still_at_path()
        assert "".join(file.pieces()) == "# Deer\n"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "outputs/a report.md",
        f"{VIRTUAL_ROOT}outputs",
        f"{VIRTUAL_ROOT}outputs/",
        f"{VIRTUAL_ROOT}outputs/missing",
        f"{VIRTUAL_ROOT}other/a",
        f"{VIRTUAL_ROOT}outputs/../../../../secret",
        f"{VIRTUAL_ROOT}outputs/./a report.md",
        f"{VIRTUAL_ROOT}outputs//a report.md",
        f"{VIRTUAL_ROOT}outputs/a report.md/b",
        f"{VIRTUAL_ROOT}outputs/a\0b",
        f"{VIRTUAL_ROOT}outputs/{'x' * 5000}",
        f"{VIRTUAL_ROOT}outputs/\ud800",
        "",
    ],
)
def test_other_paths_open_nothing(folder: Path, tmp_path: Path, path: str) -> None:
    assert opened(tmp_path, path) is None


@posix
def test_no_link_is_followed_at_any_step(folder: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    threads = tmp_path / "threads"
    (threads / "linked").symlink_to(threads / "t")
    for path in ("link", "up/secret"):
        assert opened(tmp_path, f"{VIRTUAL_ROOT}outputs/{path}") is None
    assert opened(tmp_path, f"{VIRTUAL_ROOT}outputs/a report.md", "linked") is None


@posix
def test_a_fifo_or_a_folder_is_not_opened(folder: Path, tmp_path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(folder / "fifo")
    (folder / "folder").mkdir()
    assert opened(tmp_path, f"{VIRTUAL_ROOT}outputs/fifo") is None
    assert opened(tmp_path, f"{VIRTUAL_ROOT}outputs/folder") is None


def test_what_is_no_text_is_recognized(folder: Path, tmp_path: Path) -> None:
    (folder / "a.png").write_bytes(b"\x89PNG\r\n\x00")
    path = f"{VIRTUAL_ROOT}outputs/a.png"
    with open_produced(tmp_path / "threads", "t", path) or pytest.fail() as file:
        assert (file.kind, file.is_text) == ("png", False)
