from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from whitetail.export.write import TargetError, file_name, free_name, write_file

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs modes, links")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    assert write_file([b"one", b"two"], tmp_path / "a.md") == 6
    assert (tmp_path / "a.md").read_bytes() == b"onetwo"
    assert names(tmp_path) == ["a.md"]


def test_an_existing_file_is_replaced_only_with_force(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("mine")
    with pytest.raises(TargetError, match="exists"):
        write_file([b"new"], tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text() == "mine"
    write_file([b"new"], tmp_path / "a.md", force=True)
    assert (tmp_path / "a.md").read_text() == "new"
    assert names(tmp_path) == ["a.md"]


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"new"
        (tmp_path / "a.md").write_text("mine")

    with pytest.raises(TargetError, match="exists"):
        write_file(chunks(), tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text() == "mine"
    assert names(tmp_path) == ["a.md"]


def test_what_stopped_it_is_reported_if_its_draft_cannot_be_removed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()

    def chunks() -> Iterator[bytes]:
        yield b"half"
        folder.rename(tmp_path / "moved")
        folder.write_text("no folder any more")
        raise RuntimeError("the reason")

    with pytest.raises(RuntimeError, match="the reason"):
        write_file(chunks(), folder / "a.md")


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(chunks(), tmp_path / "a.md")
    assert names(tmp_path) == []


@pytest.mark.parametrize("force", [False, True])
def test_what_stops_it_leaves_nothing_behind(tmp_path: Path, force: bool) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if force:
        (tmp_path / "a.md").write_text("mine")
    with pytest.raises(OSError) as caught:
        write_file(chunks(), tmp_path / "a.md", force=force)
    assert caught.value.filename == str(tmp_path / "a.md")
    assert names(tmp_path) == ["a.md"] * force
    if force:
        assert (tmp_path / "a.md").read_text() == "mine"


@posix_only
def test_a_file_has_the_mode_of_the_user_or_of_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_file([b""], tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    (tmp_path / "new").chmod(0o600)
    write_file([b"x"], tmp_path / "new", force=True)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


@posix_only
def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.md").write_text("old")
    (tmp_path / "link.md").symlink_to(tmp_path / "real" / "a.md")
    write_file([b"new"], tmp_path / "link.md", force=True)
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real" / "a.md").read_text() == "new"
    assert names(tmp_path / "real") == ["a.md"]


@posix_only
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
    for each in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(TargetError, match="is not a file"):
            write_file([b""], each, force=True)
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(TargetError, match="leads nowhere"):
        write_file([b""], tmp_path / "nowhere", force=True)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("77ac3ad9-8939", "run-77ac3ad9-8939.html"),
        ("../../etc/passwd", "run-etc_passwd.html"),
        ("a/b\\c:d\x00\x1b\u202e e", "run-a_b_c_d_e.html"),
        ("", "run-unnamed.html"),
        ("x" * 500, f"run-{'x' * 100}.html"),
    ],
)
def test_a_name_is_no_path(name: str, safe: str) -> None:
    assert file_name("run", name, ".html") == safe


@pytest.mark.parametrize("suffix", [".md", ".otlp.json"])
def test_a_name_that_is_used_gets_a_number_before_its_ending(suffix: str) -> None:
    used = [f"a.b{suffix}", f"a.b-2{suffix}"]
    assert free_name("a.b" + suffix, suffix, [].__contains__) == f"a.b{suffix}"
    assert free_name("a.b" + suffix, suffix, used.__contains__) == f"a.b-3{suffix}"
