from __future__ import annotations

from itertools import pairwise

from whitetail.export.document import ExportedSpan
from whitetail.export.waterfall import MAX_SPANS, WIDTH, waterfall
from whitetail.trace.stats.spans import Span, SpanKind


def span(number: int, start: float, end: float | None) -> ExportedSpan:
    kind = SpanKind.TOOL if number else SpanKind.RUN
    return ExportedSpan(
        number, None, Span(kind, f"span {number}", start, end, True, number, None, "")
    )


def test_a_bar_is_where_its_span_was() -> None:
    drawing = waterfall([span(0, 100, 200), span(1, 150, 200)], (100, 200))
    assert drawing is not None
    run, tool = drawing.bars
    assert run.x + run.width == tool.x + tool.width == WIDTH
    assert tool.width == run.width / 2
    assert (run.kind, tool.kind, tool.duration) == ("run", "tool", "50s")


def test_no_bar_is_outside_of_the_window() -> None:
    spans = [span(0, 0, None), span(1, -50, 400), span(2, 300, 301)]
    drawing = waterfall(spans, (0, 200))
    assert drawing is not None
    for bar in drawing.bars:
        assert 0 < bar.x < bar.x + bar.width <= WIDTH + 2


def test_of_many_spans_the_run_and_the_longest_are_drawn() -> None:
    spans = [span(0, 0, None), *(span(each, 0, each) for each in range(1, 1_000))]
    drawing = waterfall(spans, (0, 1_000))
    assert drawing is not None and drawing.spans == 1_000
    rows = [bar.row for bar in drawing.bars]
    assert rows == [0, *range(1_001 - MAX_SPANS, 1_000)]


def test_a_run_without_times_has_no_drawing() -> None:
    assert waterfall([], (0, 0)) is None


def test_each_bar_is_in_one_band_between_pages() -> None:
    drawing = waterfall([span(each, 0, 9) for each in range(25)], (0, 10))
    assert drawing is not None
    bands = list(drawing.bands())
    assert [bar for band in bands for bar in band.bars] == drawing.bars
    assert [len(band.bars) for band in bands] == [10, 10, 5]
    assert bands[0].top == 0
    for before, band in pairwise(bands):
        assert before.top + before.height == band.top <= band.bars[0].y
