"""Chunks of long Markdown texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from whitetail.view.markdown.chunks import chunk_ranges

markdown_texts = st.lists(
    st.sampled_from(["# ", "\n", "\n\n", "```", "~~~", "- ", "    ", "deer ", "`"])
    | st.text(max_size=6),
    max_size=40,
).map("".join)


@given(markdown_texts.map(lambda text: text * 40))
def test_the_chunks_together_are_the_text(source: str) -> None:
    pieces = list(chunk_ranges(source))
    assert "".join(source[start:stop] for start, stop in pieces) == source
    assert all(start < stop for start, stop in pieces)


def test_no_chunk_ends_within_a_fence() -> None:
    source = "deer\n\n" * 2_000 + "```\n# no heading\n\n" + "x\n\n" * 2_000 + "```\n"
    source += "# a heading\n"
    pieces = [source[start:stop] for start, stop in chunk_ranges(source)]
    assert len(pieces) > 2
    assert pieces[-1] == "# a heading\n"
    assert [piece.count("```") % 2 for piece in pieces] == [0] * len(pieces)
