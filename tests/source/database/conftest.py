"""Each test that asks for a table is run on SQLite and on Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.any_store import location
from tests.helpers.postgres import new_schema
from tests.helpers.table import Table


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    """Return a database without a table."""
    kind = str(request.param)
    server = request.getfixturevalue("postgres") if kind == "postgres" else ""
    with location(kind, tmp_path, server) as url:
        table = Table(url)
        yield table
        table.close()


@pytest.fixture
def table(empty: Table) -> Table:
    """Return an empty table as DeerFlow creates it."""
    empty.create()
    return empty


@pytest.fixture
def postgres_table(postgres: str) -> Iterator[Table]:
    """Return an empty table on the server."""
    with new_schema(postgres) as url:
        table = Table(url)
        table.create()
        yield table
        table.close()


@pytest.fixture
def sqlite_table(tmp_path: Path) -> Iterator[Table]:
    """Return an empty table in a file."""
    table = Table(f"sqlite:///{tmp_path}/runs.db")
    table.create()
    yield table
    table.close()
