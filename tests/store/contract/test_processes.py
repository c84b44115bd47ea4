"""Several processes write one thread: no number is given twice."""

import subprocess
import sys

import pytest

from tests.helpers.store import seqs
from whitetail_store import RunEventStore

PUTS = 25
WRITER = """
import asyncio, json, sys
from tests.helpers.any_store import close_store, open_store
from tests.helpers.store import new_event

async def main():
    store = open_store(sys.argv[1])
    sys.stdin.readline()
    for turn in range(int(sys.argv[2])):
        await store.put(**new_event(run_id=sys.argv[3], content=f"{sys.argv[3]}{turn}"))
    await close_store(store)

asyncio.run(main())
"""


async def test_7_processes_give_no_number_twice(
    at: str, store: RunEventStore, pytestconfig: pytest.Config
) -> None:
    # So that all find a table.
    assert await store.count_messages("t") == 0
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, at, str(PUTS), name],
            stdin=subprocess.PIPE,
            text=True,
            cwd=pytestconfig.rootpath,
        )
        for name in "abc"
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    found = await store.list_messages("t", limit=None)
    assert seqs(found) == list(range(1, 3 * PUTS + 1))
    contents = {each["content"] for each in found}
    assert contents == {f"{name}{turn}" for name in "abc" for turn in range(PUTS)}
    # Those of a process are in the order in which it wrote them.
    for name in "abc":
        of_process = [each["content"] for each in found if each["run_id"] == name]
        assert of_process == [f"{name}{turn}" for turn in range(PUTS)]
