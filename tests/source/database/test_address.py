from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from whitetail.source.database.address import AddressError, address_of


def test_a_file_of_sqlite_is_recognized_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE something (else_ TEXT)")
    connection.commit()
    connection.close()
    found = address_of(str(path))
    assert found is not None
    assert (found.path, found.name) == (path, str(path))


@pytest.mark.parametrize("content", [b"", b"SQLite", b'{"seq": 1}\n'])
def test_other_files_and_folders_are_no_database(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(content)
    assert address_of(str(path)) is None
    assert address_of(str(tmp_path)) is None
    assert address_of(str(tmp_path / "missing")) is None


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///a/b.db", "a/b.db"),
        ("sqlite:////a/b.db", "/a/b.db"),
        ("sqlite+aiosqlite:////a/b.db?timeout=5", "/a/b.db"),
    ],
)
def test_a_url_of_sqlite_names_its_file(url: str, path: str) -> None:
    found = address_of(url)
    assert found is not None
    assert found.path == Path(path)


@pytest.mark.parametrize(
    "url",
    [
        *("sqlite://", "sqlite:///:memory:", "mysql://u:p@h/d"),
        *("postgresql://u:p@h/\udcff", "postgresql://u:p@h/d?host=\udcff"),
    ],
)
def test_other_urls_are_refused_without_their_passwords(url: str) -> None:
    with pytest.raises(AddressError) as caught:
        address_of(url)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name", "opened"),
    [
        (
            "postgresql+asyncpg://deer:secret@h:5/d?ssl=require",
            "postgresql://deer@h:5/d",
            "postgresql://deer:secret@h:5/d?sslmode=require",
        ),
        ("postgres://h/d", "postgresql://h/d", "postgresql://h/d"),
        (
            "postgresql://u:secret@h/d?options=-csearch_path%3Ddeer",
            "postgresql://u@h/d?options=-csearch_path%3Ddeer",
            "postgresql://u:secret@h/d?options=-csearch_path%3Ddeer",
        ),
        (
            "postgresql://u@h/d?password=secret",
            "postgresql://u@h/d",
            "postgresql://u@h/d?password=secret",
        ),
        (
            "postgresql://u@/d?host=/run/pg&password=secret@x",
            "postgresql://u@x",
            "postgresql://u@/d?host=/run/pg&password=secret%40x",
        ),
        (
            "postgresql://u@/d?host=%2Frun%2Fpg",
            "postgresql://u@/d?host=/run/pg",
            "postgresql://u@/d?host=/run/pg",
        ),
        (
            "postgresql://u:sec@ret/x@h/d",
            "postgresql://u@h/d",
            "postgresql://u:sec@ret/x@h/d",
        ),
    ],
)
def test_a_url_of_postgres_is_shown_without_its_password(
    url: str, name: str, opened: str
) -> None:
    found = address_of(url)
    assert found is not None
    assert (found.name, found.state_name, found.url) == (name, name, opened)
    assert "sec" not in repr(found)
