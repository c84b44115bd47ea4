"""An order that can be changed at any place, held against a list."""

from hypothesis import given, settings
from hypothesis import strategies as st

from whitetail.trace.order import block_list as places
from whitetail.trace.order.block_list import BlockList


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(0), st.integers(0)), max_size=60))
def test_places_are_what_a_list_would_be(
    changes: list[tuple[bool, int, int]],
) -> None:
    full, places._FULL = places._FULL, 4
    try:
        order, plain = BlockList(), list[int]()
        for moves, one, two in changes:
            if moves and plain:
                row = one % len(plain)
                plain.remove(row)
                place = two % (len(plain) + 1)
                plain.insert(place, row)
                order.move(row, place)
            else:
                place = one % (len(plain) + 1)
                plain.insert(place, len(plain))
                order.insert(place)
            order.check()
            assert list(order) == plain
        assert order[:] == plain
        assert [order[-place] for place in range(1, len(plain) + 1)] == plain[::-1]
    finally:
        places._FULL = full


def test_a_row_is_found_at_its_place() -> None:
    order = BlockList()
    for _ in range(5_000):
        order.append()
    order.move(4_990, 7)
    assert (order[7], order.index(4_990), order.index(4_989)) == (4_990, 7, 4_990)
    assert 4_999 in order
    assert 5_000 not in order
