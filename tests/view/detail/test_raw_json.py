"""The raw line of an event, indented and coloured."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.any_json import any_json
from tests.helpers.styled import line_text
from whitetail.view.detail.raw_json import raw_json_lines
from whitetail.view.text import PIECE_CHARS

LINE = (
    b'{"seq": 7, "content": {"text": "a \\u00e4 [x] \\"y\\"", '
    b'"n": [1, true]}, "e": {}}\n'
)


def test_each_value_has_a_line_and_nothing_is_decoded() -> None:
    assert [line_text(line) for line in raw_json_lines(LINE)] == [
        "{",
        '  "seq": 7,',
        '  "content": {',
        '    "text": "a \\u00e4 [x] \\"y\\"",',
        '    "n": [',
        "      1,",
        "      true",
        "    ]",
        "  },",
        '  "e": {}',
        "}",
    ]


def test_keys_and_values_have_their_tones() -> None:
    spans = [span for line in raw_json_lines(LINE) for span in line]
    assert ('"seq"', "key") in spans
    assert ("7", "number") in spans
    assert ("true", "keyword") in spans
    assert ('"a \\u00e4 [x] \\"y\\""', "string") in spans


def test_a_long_text_goes_on_in_further_lines() -> None:
    raw = json.dumps(["x" * (2 * PIECE_CHARS)]).encode()
    texts = [line_text(line).strip() for line in raw_json_lines(raw)]
    assert "".join(texts) == raw.decode()
    assert max(map(len, texts)) <= PIECE_CHARS


@given(any_json(st.text(max_size=8)))
@example(float("nan"))
def test_no_character_of_a_value_is_lost(value: object) -> None:
    raw = json.dumps(value)
    shown = "".join(line_text(line) for line in raw_json_lines(raw.encode()))
    assert parsed(shown) == parsed(raw)


def parsed(text: str) -> object:
    """Return the value of a JSON text, with NaN as text, because NaN != NaN."""
    return json.loads(text, parse_constant=str)
