from hypothesis import given
from hypothesis import strategies as st

from whitetail.trace.hash_map import HashMap64

numbers = st.integers(1, (1 << 64) - 1)


@given(st.lists(st.tuples(st.text(max_size=3), numbers), max_size=200), st.text())
def test_it_is_what_a_dict_would_be(told: list[tuple[str, int]], other: str) -> None:
    compact, plain = HashMap64(), dict[str, int]()
    for text, number in told:
        compact.set(text, number)
        plain[text] = number
        assert len(compact) == len(plain)
    for text in [*plain, other]:
        assert compact.get(text) == plain.get(text)
        assert (text in compact) == (text in plain)
