"""Calls the store in a second process, which lives as long as that of the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

SERVER = """
import asyncio, json, logging, sys
from whitetail_store import JsonlRunEventStore
logging.disable()
stores = {}
with asyncio.Runner() as runner:
    for line in sys.stdin:
        base, method, args, keywords = json.loads(line)
        if base not in stores:
            stores.clear()
            stores[base] = JsonlRunEventStore(base)
        call = getattr(stores[base], method)(*args, **keywords)
        print(json.dumps(runner.run(call)), flush=True)
"""


def call_in_second_process(
    base_dir: Path, method: str, *args: Any, **keywords: Any
) -> Any:
    """Return the result of a method, as JSON has it. It ends if the call fails."""
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([str(base_dir), method, args, keywords]) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    assert answer, "the second process has ended: its error is above"
    return json.loads(answer)


@cache
def _process() -> subprocess.Popen[str]:
    # It ends with the process of the tests, at the end of its standard input.
    return subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
