"""Regular expressions are found where `re` finds them."""

from __future__ import annotations

import re
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from whitetail.trace.query.regexes import Search

PATTERNS = st.sampled_from(
    [
        *("a", "a+b", "^a+", "b$", "a.*b", "(a|b)+c", r"\bab\b", r"\Aa*\Z", "[^a]b+"),
        *(r"a\s*b", "a{2,}", "(?:ab)+", "(?<=a)b", "(?!a)b+", r"\[^a]*", "a++b", "x*"),
        *(r"(a)\1", r"\$a+", "a|b|c|d|e|f", r"a\nb*", "(?s)a.*b", "a*?b", "[$^]+"),
    ]
)
TEXTS = st.lists(st.text("ab c\n[$^", max_size=6), max_size=4)


@given(PATTERNS, TEXTS)
def test_a_regex_is_found_in_the_texts_in_which_re_finds_it(
    pattern: str, texts: list[str]
) -> None:
    # `re` knows possessive quantifiers from Python 3.11 on, as this program.
    expected = any(re.search(pattern, text, re.IGNORECASE) for text in texts)
    found = Search(pattern).is_in_one(texts, process_time() + 60)
    assert found == expected
