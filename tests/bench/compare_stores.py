"""Compares files, SQLite and Postgres over random calls: `[500]` sequences.

    python -m tests.bench.compare_stores [500]

Each sequence has up to 25 calls, which all three stores must answer alike.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from hypothesis import given, settings

from tests.helpers.postgres import server_url
from tests.helpers.store_calls import Call, calls, compare


def main() -> None:
    """Run the sequences; a difference ends it with the shortest that shows it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    root = Path(__file__).parents[2]
    made = 0
    with tempfile.TemporaryDirectory() as folder:
        server = server_url(Path(folder), os.getpid(), root)

        @settings(max_examples=count, deadline=None, database=None)
        @given(calls=calls)
        def run(calls: list[Call]) -> None:
            nonlocal made
            compare(calls, server)
            made += len(calls)

        run()
    print(f"{count} sequences, {made} calls: the same results")


if __name__ == "__main__":
    main()
