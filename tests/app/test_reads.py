"""A run that is open is read once, whatever the user opens."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.disk import Disk
from tests.helpers.pilot import press, until
from whitetail.app import WhitetailApp
from whitetail.screens.browse import BrowseScreen
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail.trace.verdict.status import RunStatus
from whitetail_store import RunLog, event, rows

EVENTS = 2_003


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """A run of 2,003 events, one of which failed."""
    disk = Disk(tmp_path)
    disk.write_run("t", "r", "a question", *["an answer"] * (EVENTS - 4), ended=False)
    disk.add_event("t", "r", "llm.error", "no", at=0)
    disk.add_event("t", "r", "run.end", {}, {"status": "success"}, at=0)
    return disk


async def test_whatever_is_opened_a_run_has_one_log_and_each_row_is_parsed_once(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs: list[Path] = []
    parsed: Counter[int] = Counter()
    begin, decode = RunLog.__init__, event.decode

    def counting_begin(self: RunLog, path: Path) -> None:
        logs.append(path)
        begin(self, path)

    def counting_decode(line: bytes) -> dict[str, Any]:
        parsed[json.loads(line)["seq"]] += 1
        return decode(line)

    monkeypatch.setattr(RunLog, "__init__", counting_begin)
    monkeypatch.setattr(rows, "decode", counting_decode)
    source = FileSource(TreeLocation(disk.base))
    app = WhitetailApp(source)
    async with app.run_test(size=(150, 42)) as pilot:
        screen = app.screen
        assert isinstance(screen, BrowseScreen)
        view, key = screen.run, ("t", "r")
        await until(pilot, lambda: view.run is not None and view.run.read_whole)
        await until(pilot, lambda: source.catalog.status(key) is RunStatus.DEGRADED)
        await press(pilot, "3", "i")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await press(pilot, "escape", "c")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await press(pilot, "escape", "e")
        await until(pilot, lambda: view.events.row == EVENTS - 2)
        await press(pilot, "exclamation_mark", "g", "G")
        await until(pilot, lambda: view.events.row == EVENTS - 1)
    assert logs == [disk.path("t", "r")]
    assert len(parsed) == EVENTS
    assert parsed.most_common(1)[0][1] == 1
