from __future__ import annotations

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from whitetail.trace.stats.totals import TokenTotals

latencies = st.lists(st.integers(0, 10_000), min_size=1, max_size=50)


@given(latencies, st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_a_share_of_the_latencies_is_not_above_the_percentile(
    hundredths: list[int], share: float
) -> None:
    totals = TokenTotals()
    for each in hundredths:
        totals.add_latency(each / 100)
    wanted = sorted(hundredths)[ceil(share * len(hundredths)) - 1]
    assert totals.latency_at(share) == wanted / 100


def test_no_latency_has_no_percentile() -> None:
    assert TokenTotals().latency_at(0.95) is None
