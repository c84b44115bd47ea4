"""Each statement uses an index, also if only the rows of a user are read."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tests.helpers.table import Table, watch_statements
from whitetail.source.database.address import address_of
from whitetail.source.database.connection import (
    Database,
    open_database,
)
from whitetail.source.database.heads import read_head_and_tail
from whitetail.source.database.rows import DatabaseRows
from whitetail.source.database.statements import (
    COUNT_UP_TO,
    LAST_ID,
    LAST_SEQ,
    arrived_after,
    arrived_between,
    counted_state_of,
    list_runs,
)

KEY = ("t3", "r")
_SCANS_OF_LIST = (
    # The first run is at the beginning of the index, and the scan ends there.
    "SCAN run_events USING COVERING INDEX ix_events_run",
    "SCAN run_events USING INDEX ix_events_run",
    # The runs that were found so far.
    "SCAN before",
    "SCAN firsts",
    "SCAN the_first",
)


def opened(table: Table, user_id: str | None) -> Database:
    address = address_of(table.url)
    assert address is not None
    return open_database(replace(address, user_id=user_id))


@pytest.mark.parametrize("user_id", [None, "deer"])
def test_no_statement_reads_the_whole_table(
    table: Table, user_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        for seq in range(1, 11):
            table.add(seq, thread_id=f"t{number}", user_id="deer")
    database = opened(table, user_id)
    sent = recorded(monkeypatch)
    assert len(list_runs(database)) == 20
    arrived_after(database, 195, 10)
    arrived_between(database, [(3, 5), (7, 9)])
    database.select(LAST_ID, of_all_users=True)
    assert counted_state_of(database, KEY)
    database.select(LAST_SEQ, KEY)
    database.select(COUNT_UP_TO, (*KEY, 5))
    rows = DatabaseRows(KEY, database, Counter())
    rows.refresh()
    rows.refresh()
    assert len(rows[:]) == len(rows.messages(0)) == 10
    assert rows.row_of(3, 10) == 2
    read_head_and_tail(database, KEY, Counter())
    assert len(sent) > 12
    database.close()
    uses_indexes = (
        uses_indexes_of_sqlite if table.is_sqlite else uses_indexes_of_postgres
    )
    for statement, values in sent:
        uses_indexes(table, statement, values)


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Any]]]:
    """Record the statements that a database is asked from now on, as it gets them."""
    sent: list[tuple[str, list[Any]]] = []
    watch_statements(monkeypatch, lambda text, values, _: sent.append((text, values)))
    return sent


def uses_indexes_of_sqlite(table: Table, statement: str, values: list[Any]) -> None:
    found = table.run(f"EXPLAIN QUERY PLAN {statement}", values)
    plan = [str(row[3]) for row in found]
    scans = [each for each in plan if each.startswith("SCAN")]
    # The one row of a count.
    scans = [each for each in scans if each != "SCAN whole"]
    if "RECURSIVE" in statement:
        scans = [each for each in scans if not each.startswith(_SCANS_OF_LIST)]
    assert not scans, plan
    assert not any("TEMP B-TREE" in each for each in plan), plan
    assert not any("ix_events_user" in each for each in plan), plan


def uses_indexes_of_postgres(table: Table, statement: str, values: list[Any]) -> None:
    table.run("ANALYZE run_events")
    # Of so few rows, a scan would be the faster way.
    begin = "SET enable_seqscan = off; EXPLAIN "
    with psycopg.connect(table.url, cursor_factory=psycopg.ClientCursor) as own:
        cursor = own.execute((begin + statement).encode(), values)
        cursor.nextset()
        text = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on run_events" not in text, text
    assert "Index" in text
    assert "ix_events_user" not in text, text
