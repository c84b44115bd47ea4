"""Compares `HashMap64` with a dict."""

from hypothesis import given
from hypothesis import strategies as st

from whitetail.trace.hash_map import HashMap64

numbers = st.integers(1, (1 << 64) - 1)


@given(st.lists(st.tuples(st.text(max_size=3), numbers), max_size=200), st.text())
def test_a_hash_map_has_the_same_entries_as_a_dict(
    entries: list[tuple[str, int]], other: str
) -> None:
    hash_map, plain = HashMap64(), dict[str, int]()
    for text, number in entries:
        hash_map.set(text, number)
        plain[text] = number
        assert len(hash_map) == len(plain)
    for text in [*plain, other]:
        assert hash_map.get(text) == plain.get(text)
        assert (text in hash_map) == (text in plain)
