from __future__ import annotations

from whitetail.export.formats import FORMATS


def test_a_page_that_needs_much_memory_is_announced() -> None:
    assert FORMATS["html"].large_note(300_000_000) == (
        "A browser needs about 4.2 GB of memory for a page of 300 MB; "
        "a filter makes a smaller one."
    )
    assert FORMATS["html"].large_note(100_000_000) == ""
    assert FORMATS["jsonl"].large_note(300_000_000) == ""
