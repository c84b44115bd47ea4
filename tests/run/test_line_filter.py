"""The matches of a filter in an open run, while it is read and while it grows.

Also covers `run/row_filter.py` and `run/listed_rows.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import BAD, AnyEvent, RunBuilder
from tests.helpers.list_rows import FILE_ORDER, ListRows, Recorder, opened
from tests.helpers.trace_rows import batches, cuts, mangled, subagents
from tests.helpers.waiting import WAIT_TIMEOUT_S
from whitetail.run.open_run import OpenRun
from whitetail.run.read_limits import LIMITS, ReadLimits
from whitetail.run.row_filter import FilterScan, Joined, RowFilter
from whitetail.run.run_lines import RunLines
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline
from whitetail.trace.query.parse import parse_query
from whitetail.trace.stats.stats import RunStats


class Changes:
    """A `LinesListener` that notes what is published, and waits for it."""

    def __init__(self, lines: RunLines) -> None:
        self.new_rows = 0
        self.share = 0.0
        """Which share was matched when that was published last."""
        self.errors: list[Exception] = []
        self._lines = lines
        self._changed = asyncio.Event()
        lines.subscribe(self)

    @contextmanager
    def lines_changing(self) -> Iterator[None]:
        yield
        self._changed.set()

    def lines_changed(self, new_rows: int) -> None:
        self.new_rows += new_rows
        if (state := self._lines.filter) is not None:
            self.share = state.share
        self._changed.set()

    def lines_failed(self, error: Exception) -> None:
        self.errors.append(error)
        self._changed.set()

    async def wait_until_matched(self, rows: int) -> None:
        """Return once all rows of a run of this length were matched."""
        async with asyncio.timeout(WAIT_TIMEOUT_S):
            while not self._is_matched(rows):
                self._changed.clear()
                await self._changed.wait()

    def _is_matched(self, rows: int) -> bool:
        state = self._lines.filter
        return (
            state is not None
            and state.rows == rows
            and self.share >= 1
            and self._lines.row_count == rows
        )


def filter_of(text: str) -> RowFilter:
    return RowFilter(parse_query(text), now=0)


def scanned(rows: Sequence[AnyEvent], text: str) -> bytes:
    """Return the results of all rows, read at once."""
    listed = ListRows(rows)
    listed.refresh()
    return FilterScan(listed, filter_of(text)).advance(len(rows), 60).bits


async def shown(
    rows: ListRows | Sequence[AnyEvent], text: str, limits: ReadLimits = LIMITS
) -> tuple[OpenRun, RunLines, Changes]:
    """Return a run, its lines and their listener, once all rows were matched."""
    run = await opened(rows, limits=limits)
    lines = RunLines(run)
    changes = Changes(lines)
    lines.filter_rows(filter_of(text))
    await changes.wait_until_matched(len(run.rows))
    return run, lines, changes


async def grow(run: OpenRun, changes: Changes, rows: Sequence[AnyEvent]) -> None:
    """Add rows to a run, and wait until they were matched."""
    source = run.rows
    assert isinstance(source, ListRows)
    source.rows = [*source.rows, *rows]
    run.touch()
    await changes.wait_until_matched(len(source.rows))


def tools() -> RunBuilder:
    run = RunBuilder()
    run.prompt()
    run.reply("", ("bash", "a"), ("read", "b"))
    run.second += 4
    run.result("a", "done")
    run.result("b", "done")
    run.reply("The deer is in the forest")
    return run


async def test_only_the_rows_that_match_are_listed_with_what_they_are_under() -> None:
    _, lines, changes = await shown(tools().rows, "kind:result tool:read")
    assert list(lines.positions()()) == [1, 3]
    assert [lines.is_context(row) for row in (1, 3)] == [True, False]
    state = lines.filter
    assert state is not None
    assert (state.parts, state.matches) == (("kind:result", "tool:read"), 1)
    assert changes.new_rows == 0


async def test_a_result_has_the_tool_and_the_duration_of_its_call() -> None:
    _, lines, _ = await shown(tools().rows, "kind:result tool:bash took>4s")
    assert list(lines.positions()()) == [1, 2]


async def test_in_a_run_in_file_order_nothing_is_context() -> None:
    _, lines, _ = await shown(tools().rows, "kind:result tool:bash took>4s", FILE_ORDER)
    assert list(lines.positions()()) == [2]


async def test_new_rows_are_matched_as_they_come_and_are_parsed_once() -> None:
    builder = tools()
    rows = ListRows(list(builder.rows))
    run, lines, changes = await shown(rows, "forest")
    known = len(builder.rows)
    builder.reply("No forest here")
    builder.reply("Nothing")
    await grow(run, changes, builder.rows[known:])
    assert list(lines.positions()()) == [4, 5]
    assert changes.new_rows == 1
    assert lines.newest_row == 5
    assert [rows.reads.count(row) for row in (5, 6)] == [1, 1]


async def test_new_rows_of_a_long_run_are_matched_too() -> None:
    builder = tools()
    run, lines, changes = await shown(list(builder.rows), "forest", FILE_ORDER)
    known = len(builder.rows)
    builder.reply("No forest here")
    await grow(run, changes, builder.rows[known:])
    assert list(lines.positions()()) == [4, 5]


async def test_a_filter_that_is_switched_off_goes_on_matching() -> None:
    builder = tools()
    run, lines, changes = await shown(list(builder.rows), "forest")
    lines.show_filtered(False)
    assert lines.count == 5
    known = len(builder.rows)
    builder.reply("No forest here")
    await grow(run, changes, builder.rows[known:])
    assert lines.count == 6
    lines.show_filtered(True)
    assert list(lines.positions()()) == [4, 5]


async def test_without_a_filter_all_rows_are_listed() -> None:
    _, lines, _ = await shown(tools().rows, "forest")
    lines.filter_rows(None)
    assert lines.filter is None
    assert lines.count == 5


async def test_slow_rows_match_once_the_run_was_read_for_its_order() -> None:
    run = tools()
    run.reply("", ("bash", "c"))
    run.second += 100
    run.result("c")
    limits = replace(LIMITS, long_rows=-1, first_slice_s=0)
    _, lines, _ = await shown(run.rows, "is:slow", limits)
    assert list(lines.positions()()) == [5, 6]


async def test_what_is_not_slow_in_a_longer_run_is_not_listed_any_more() -> None:
    builder = tools()
    builder.reply("", ("bash", "c"))
    builder.second += 20
    builder.result("c")
    run, lines, changes = await shown(list(builder.rows), "is:slow kind:result")
    assert list(lines.positions()()) == [5, 6]
    known = len(builder.rows)
    builder.second += 500
    builder.reply("Later")
    await grow(run, changes, builder.rows[known:])
    assert list(lines.positions()()) == []
    assert lines.filter is not None
    assert lines.filter.matches == 0


async def test_bad_lines_are_matched_by_their_text_and_size() -> None:
    _, lines, _ = await shown([*tools().rows, BAD], "kind:bad size>1B")
    assert list(lines.positions()()) == [5]


async def test_a_failure_to_read_is_published_once_and_the_filter_ends() -> None:
    rows = ListRows(tools().rows)
    run = await opened(rows)
    lines = RunLines(run)
    changes = Changes(lines)
    rows.error = PermissionError("no")
    lines.filter_rows(filter_of("forest"))
    async with asyncio.timeout(WAIT_TIMEOUT_S):
        while not changes.errors:
            await asyncio.sleep(0)
    assert isinstance(changes.errors[0], PermissionError)


async def test_a_run_is_matched_while_it_is_read_for_its_order() -> None:
    rows = ListRows([*tools().rows, *[BAD] * 2_000])
    limits = replace(LIMITS, first_slice_s=0, slice_s=0)
    run = await opened(rows, limits=limits)
    recorder = Recorder(run)
    lines = RunLines(run)
    changes = Changes(lines)
    lines.filter_rows(filter_of("kind:result"))
    await recorder.wait_until(lambda: run.read_whole)
    await changes.wait_until_matched(len(rows))
    assert list(lines.positions()()) == [1, 2, 3]


@pytest.mark.parametrize("starts", [1, 2])
async def test_a_subagent_has_one_first_row_if_that_of_its_start_comes_late(
    starts: int,
) -> None:
    events = RunBuilder()
    launch, step, end = events.launch("b"), events.step("b"), events.finish("b")
    query = "kind:call or seq:3..5"
    run, lines, changes = await shown([*events.rows], query)
    assert list(lines.positions()()) == [launch, step, end]
    late = [
        events.add("subagent.start", {"task_id": "b"}, task_id="b")
        for _ in range(starts)
    ]
    await grow(run, changes, events.rows[late[0] :])
    # The step does not match: it was only above what does.
    assert list(lines.positions()()) == [launch, *late, end]


async def test_a_reply_that_moves_from_above_a_subagents_lines_is_not_listed() -> None:
    events = RunBuilder()
    launch = events.launch("a")
    reply = events.reply("Two", caller="subagent:scout")
    events.launch("b")
    step = events.step("a")
    run, lines, changes = await shown([*events.rows], "seq:4")
    assert list(lines.positions()()) == [launch, reply, step]
    same = events.add(
        "subagent.step", {"task_id": "a", "kind": "ai", "text": "Two"}, task_id="a"
    )
    await grow(run, changes, events.rows[same:])
    # It belongs before the step that repeats it.
    assert list(lines.positions()()) == [launch, step]


queries = st.sampled_from(
    [
        *("a", "tool:ls", "tool:task took>0s", "kind:call", "has:error", "is:moved"),
        *("is:slow or a", "not kind:subagent", "task:a", "size>300B", "seq:2..9"),
    ]
)


@given(mangled | subagents, cuts, queries, st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_run_that_grows_is_filtered_as_the_whole_is(
    rows: Sequence[AnyEvent], ends: list[int], text: str, long: bool
) -> None:
    async def filtered(parts: Sequence[Sequence[AnyEvent]]) -> list[int]:
        limits = replace(
            FILE_ORDER if long else LIMITS,
            publish_interval_s=0,
            flood_interval_s=0,
            first_matches_s=0,
        )
        first, *more = parts
        run, lines, changes = await shown(list(first), text, limits)
        for part in more:
            await grow(run, changes, part)
        lines.show_filtered(True)
        found = list(lines.positions()())
        lines.close()
        run.close()
        return found

    async def both() -> None:
        whole = await filtered([rows])
        assert await filtered(list(batches(rows, ends))) == whole

    asyncio.run(both())


joined_queries = st.sampled_from(
    [
        *("tool:ls", "tool:*", "took>0s", "tool:task took>=1s", "not tool:task"),
        *("took:0..1 or tool:ls", "took<1s", "a tool:*", "size<900B took>=0s"),
    ]
)


@given(mangled, joined_queries)
@settings(deadline=None)
def test_rows_that_are_matched_one_by_one_have_the_results_of_all_in_order(
    rows: Sequence[AnyEvent], text: str
) -> None:
    source = ListRows(rows)
    source.refresh()
    stats, outline = RunStats(), Outline()
    stats.feed(rows)
    outline.add_placements(ParentResolver().resolve(rows))
    joined = Joined(outline.times.duration, stats.spans.tool_results())
    scan = FilterScan(source, filter_of(text), joined=joined)
    assert scan.advance(len(rows), 60).bits == scanned(rows, text)


@given(mangled, queries)
def test_rows_that_are_matched_in_steps_have_the_same_results(
    rows: Sequence[AnyEvent], text: str
) -> None:
    source = ListRows(rows)
    source.refresh()
    scan = FilterScan(source, filter_of(text))
    steps = [scan.advance(stop + 1, 0).bits for stop in range(len(rows))]
    assert b"".join(steps) == scanned(rows, text)
