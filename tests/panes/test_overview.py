"""The pane of a run's overview."""

from __future__ import annotations

import pytest

from tests.helpers.pilot import Stage, handled, press
from whitetail.panes.overview import OverviewPane
from whitetail.trace.stats.spans import Span, SpanKind
from whitetail.view.overview.entry import Entry
from whitetail.view.overview.timeline import Timeline


def entries_of(count: int) -> list[Entry]:
    return [Entry(((f"entry {number}", "plain"),)) for number in range(count)]


def timeline_of(count: int) -> Timeline:
    """Return a timeline whose spans have the rows from 0 to `count`."""
    spans = [
        Span(SpanKind.TOOL, "bash", 0.0, 1.0, True, row, row, "lead_agent")
        for row in range(count)
    ]
    return Timeline(spans, range(count), (0.0, 1.0))


@pytest.mark.parametrize("new_entries", [9, 11, 5, 40])
@pytest.mark.parametrize("keys", ["G", "Gkk", "Gkkkkkkkkkkkk"])
async def test_the_cursor_stays_with_its_span_when_lines_above_it_come_or_go(
    keys: str, new_entries: int
) -> None:
    pane = OverviewPane("overview")
    async with Stage(pane).run_test(size=(80, 20)) as pilot:
        spans = timeline_of(60)
        pane.show(entries_of(10), spans)
        await press(pilot, *keys)
        await handled(pilot)
        row, y = pane.row, pane.cursor - pane.scroll_offset.y
        pane.show(entries_of(new_entries), spans)
        await pilot.pause()
        assert row is not None
        assert (pane.row, pane.cursor - pane.scroll_offset.y) == (row, y)
