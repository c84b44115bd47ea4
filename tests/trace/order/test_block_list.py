"""Compares `BlockList` with a plain list. `RowTree` is covered by `test_outline.py`."""

from hypothesis import given, settings
from hypothesis import strategies as st

from whitetail.trace.order.block_list import BlockList


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(0), st.integers(0)), max_size=60))
def test_inserting_and_moving_rows_gives_the_same_order_as_a_list(
    changes: list[tuple[bool, int, int]],
) -> None:
    order, plain = BlockList(block_rows=4), list[int]()
    shown, others = set[int](), order.add_lines()
    for moves, one, two in changes:
        if moves and plain:
            row = one % len(plain)
            plain.remove(row)
            position = two % (len(plain) + 1)
            plain.insert(position, row)
            order.move(row, position)
        else:
            position = one % (len(plain) + 1)
            plain.insert(position, len(plain))
            order.insert(position)
        row = two % len(plain)
        others.set(row, row not in shown)
        shown ^= {row}
        order.check()
        assert list(order) == plain
        assert others.rows_on_lines(0, len(plain)) == [
            row for row in plain if row in shown
        ]
    assert order[:] == plain
    from_last = [order[-back] for back in range(1, len(plain) + 1)]
    assert from_last == plain[::-1]


def test_a_moved_row_is_found_at_its_new_position() -> None:
    order = BlockList()
    for _ in range(5_000):
        order.append()
    order.move(4_990, 7)
    assert (order[7], order.index(4_990), order.index(4_989)) == (4_990, 7, 4_990)


def test_only_rows_that_were_added_are_in_the_list() -> None:
    order = BlockList()
    for _ in range(5_000):
        order.append()
    assert 4_999 in order
    assert 5_000 not in order


def test_the_next_line_after_a_row_can_be_some_blocks_away() -> None:
    order = BlockList(block_rows=4)
    for _ in range(20):
        order.append()
    lines = order.add_lines()
    for row in (1, 3, 17):
        lines.set(row, True)
    assert [lines.row_after(row) for row in (0, 1, 3, 16, 17)] == [1, 3, 17, 17, None]


def test_lines_that_were_removed_are_not_kept_up_to_date() -> None:
    order = BlockList(block_rows=4)
    lines = order.add_lines()
    order.remove_lines(lines)
    order.append()
    assert 0 not in lines
    assert len(lines.flags) == 0


def test_a_hidden_row_has_the_line_of_the_row_before() -> None:
    order = BlockList(block_rows=4)
    for _ in range(10):
        order.append()
    order.lines.set(4, False)
    assert order.lines.count == 9
    assert (order.line_of(3), order.line_of(4), order.line_of(5)) == (3, 3, 4)
    assert order.lines.rows_on_lines(3, 5) == [3, 5]
