"""The lines that a filter leaves: what matches, and what it is under.

Also covers `run/nested_lines.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import AnyEvent, RunBuilder, handoff
from tests.helpers.trace_rows import batches, cuts, mangled, subagents
from whitetail.run.filtered_order import FilteredOrder
from whitetail.run.row_filter import ALWAYS, NEVER
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline
from whitetail.trace.order.row_order import RowOrder

SLOW = 0b1010
"""What a row has that matches only if it is slow."""
MOVED = 0b1100
"""The same if it is moved."""


def order_of(rows: Sequence[AnyEvent], *, causal: bool = True) -> RowOrder:
    outline = Outline()
    outline.add_placements(ParentResolver().resolve(rows))
    return RowOrder(len(rows), outline, causal)


def results_of(rows: int, *matching: int) -> bytes:
    return bytes(ALWAYS if row in matching else NEVER for row in range(rows))


def filtered(order: RowOrder, *matching: int) -> FilteredOrder:
    lines = FilteredOrder(order)
    lines.add(0, results_of(order.row_count, *matching))
    return lines


def grow(
    lines: FilteredOrder,
    order: RowOrder,
    resolver: ParentResolver,
    batch: Sequence[AnyEvent],
    bits: bytes,
) -> None:
    """Add rows to a run; `bits` are the results of all rows."""
    placements, first = resolver.resolve(batch), order.row_count
    with lines.moving(placements):
        assert order.outline is not None
        order.outline.add_placements(placements)
        order.row_count += len(batch)
    lines.add(first, bits[first : order.row_count])


def test_a_row_that_matches_is_listed_with_the_rows_it_is_under() -> None:
    lines = filtered(order_of(handoff().rows), 0, 5)
    assert list(lines.all_rows()()) == [3, 0, 5]
    assert [lines.is_context(row) for row in (3, 0, 5)] == [True, False, False]
    assert (lines.match_count, lines.newest) == (2, 5)


def test_a_row_above_that_matches_itself_is_no_context() -> None:
    lines = filtered(order_of(handoff().rows), 0, 3)
    assert list(lines.all_rows()()) == [3, 0]
    assert not lines.is_context(3)


def test_in_file_order_only_what_matches_is_listed() -> None:
    lines = filtered(order_of(handoff().rows, causal=False), 0, 5)
    assert list(lines.all_rows()()) == [0, 5]
    assert not lines.is_context(0)


def test_a_row_that_is_not_listed_has_the_nearest_line() -> None:
    run = RunBuilder()
    for _ in range(10):
        run.reply("Seven")
    lines = filtered(order_of(run.rows), 2, 8)
    assert [lines.line_of(row) for row in range(10)] == [0] * 5 + [1] * 5
    assert filtered(order_of(run.rows)).line_of(4) == 0


def test_what_no_longer_matches_is_not_listed_any_more() -> None:
    lines = filtered(order_of(handoff().rows), 0, 5)
    lines.add(0, bytes([NEVER]))
    assert list(lines.all_rows()()) == [5]
    lines.check()


def test_a_slow_row_matches_once_the_outline_shows_it() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    run.second += 100
    run.result("a")
    order = order_of(run.rows)
    attached, order.outline = order.outline, None
    lines = FilteredOrder(order)
    lines.add(0, bytes([SLOW, SLOW]))
    assert lines.line_count == 0
    order.outline = attached
    lines.outline_added()
    lines.match_all_again()
    assert not lines.settle(60)
    assert list(lines.all_rows()()) == [0, 1]
    assert lines.is_context(0)


def test_many_matches_are_put_into_causal_order_in_slices() -> None:
    run = RunBuilder()
    run.reply("Count", ("ls", "a"))
    run.reply("Six")
    run.result("a")
    for _ in range(2_000):
        run.reply("Seven")
    order = order_of(run.rows)
    attached, order.outline = order.outline, None
    lines = filtered(order, *range(1, order.row_count))
    order.outline = attached
    lines.outline_added()
    assert lines.settle(0)
    in_file_order = list(range(1, order.row_count))
    assert list(lines.all_rows()()) == in_file_order
    assert not lines.is_listed(0)
    while lines.settle(60):
        pass
    assert list(lines.all_rows()()) == [0, 2, 1, *in_file_order[2:]]
    lines.check()


def test_the_rows_on_all_lines_are_those_of_the_moment_when_they_were_asked_for() -> (
    None
):
    lines = filtered(order_of(handoff().rows), 0, 5)
    rows = lines.all_rows()
    lines.add(0, bytes([NEVER]))
    assert list(rows()) == [3, 0, 5]


def test_a_row_is_not_moved_any_more_once_the_row_that_it_passed_is_elsewhere() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    run.step("t")
    run.result("a")
    run.launch("t")
    order, resolver = RowOrder(0, Outline()), ParentResolver()
    lines, found = FilteredOrder(order), list[list[int]]()
    for batch in (run.rows[:3], run.rows[3:]):
        grow(lines, order, resolver, batch, bytes([MOVED] * 4))
        found.append(list(lines.all_rows()()))
    assert found == [[0, 2], [3, 1]]
    lines.check()


def subagent() -> RunBuilder:
    """Return a run of a subagent that has ended: its rows are 1, the start, to 4."""
    run = RunBuilder()
    run.launch("t")
    run.add("subagent.start", {"task_id": "t", "description": "Look"}, task_id="t")
    run.step("t", "tool")
    run.step("t", "tool")
    run.finish("t")
    run.result("t")
    return run


def test_a_row_of_a_subagent_is_under_the_first_one_although_that_is_folded() -> None:
    order = order_of(subagent().rows)
    assert list(order.rows_on_lines(0, 9)) == [0, 1, 5]
    lines = filtered(order, 3)
    assert list(lines.all_rows()()) == [0, 1, 3]
    assert [lines.is_context(row) for row in (0, 1, 3)] == [True, True, False]
    assert [lines.has_children(row) for row in (0, 1, 3)] == [True, True, False]


def test_the_result_of_a_subagent_is_not_under_its_first_row() -> None:
    lines = filtered(order_of(subagent().rows), 5)
    assert list(lines.all_rows()()) == [0, 5]


def test_a_start_that_is_written_late_is_above_the_rows_of_its_subagent() -> None:
    run = RunBuilder()
    run.launch("t")
    run.step("t", "tool")
    run.step("t", "tool")
    run.add("subagent.start", {"task_id": "t", "description": "Look"}, task_id="t")
    run.finish("t")
    order, resolver = RowOrder(0, Outline()), ParentResolver()
    lines, found = FilteredOrder(order), list[list[int]]()
    for batch in (run.rows[:3], run.rows[3:]):
        grow(lines, order, resolver, batch, results_of(5, 2))
        found.append(list(lines.all_rows()()))
    assert found == [[0, 1, 2], [0, 3, 2]]
    lines.check()


results = st.lists(
    st.sampled_from([NEVER, NEVER, ALWAYS, SLOW, 0b1100, 0b0110]), min_size=1
)


@given(mangled | subagents, cuts, results, st.booleans(), st.sampled_from([-1, 0, 1]))
def test_a_run_that_grows_is_listed_as_the_whole_is(
    rows: Sequence[AnyEvent],
    ends: list[int],
    some: list[int],
    causal: bool,
    late: int,
) -> None:
    """Rows are matched when the outline has them, or one batch before or after."""
    bits = bytes(some[row % len(some)] for row in range(len(rows)))
    order, matched = RowOrder(0, Outline(), causal), 0
    lines, resolver = FilteredOrder(order), ParentResolver()
    parts = list(batches(rows, ends))
    for number, batch in enumerate(parts):
        placements = resolver.resolve(batch)
        with lines.moving(placements):
            assert order.outline is not None
            order.outline.add_placements(placements)
            order.row_count += len(batch)
        last = sum(map(len, parts[: max(0, number + 1 - late)]))
        lines.add(matched, bits[matched:last])
        matched = last
        while lines.settle(60):
            pass
        so_far = bits[: min(matched, order.row_count)].ljust(len(rows), b"\0")
        assert list(lines.all_rows()()) == expected(order, so_far)
        lines.check()


@given(
    mangled | subagents,
    results,
    st.lists(st.integers(0, 40), max_size=6),
    st.booleans(),
)
@settings(max_examples=50)
def test_rows_can_be_matched_in_any_order(
    rows: Sequence[AnyEvent], some: list[int], starts: list[int], causal: bool
) -> None:
    bits = bytes(some[row % len(some)] for row in range(len(rows)))
    order = order_of(rows, causal=causal)
    lines = FilteredOrder(order)
    for start in (*starts, 0):
        lines.add(start, bits[start:][: 7 if start else None])
    assert list(lines.all_rows()()) == expected(order, bits)


def expected(order: RowOrder, bits: bytes) -> list[int]:
    """Return the rows that match, and their ancestors, in the order that is shown."""
    outline = order.outline
    assert outline is not None
    listed: set[int] = set()
    for row in range(order.row_count):
        slow = outline.times.is_slow(outline.times.duration(row))
        fact = slow | outline.is_moved(row) << 1
        if bits[row] >> fact & 1:
            listed.add(row)
            above = outline.outer(row) if order.causal else None
            while above is not None:
                listed.add(above)
                above = outline.outer(above)
    return [row for row in order.all_rows()() if row in listed]
