"""Which lines a filter leaves out before they are parsed: none that matches."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.helpers.events import encoded, record
from tests.helpers.real_runs import real_lines
from tests.helpers.trace_rows import events_with_any_json
from whitetail.trace.parse import RowParser
from whitetail.trace.query.event_match import EventMatcher
from whitetail.trace.query.nodes import Query, Regex, Text
from whitetail.trace.query.parse import parse_query
from whitetail.trace.query.prefilter import line_filter
from whitetail.trace.searchable import searchable_texts
from whitetail_store import BadLine, RunEvent
from whitetail_store.errors import CorruptLineError
from whitetail_store.event import decode

SHORT = {'"': '"', "\\": "\\", "/": "/", "\n": "n", "\t": "t", "\b": "b", "\f": "f"}


def matches(query: Query, line: bytes) -> bool:
    """Return whether the event of a line matches, or the line if it has none."""
    matcher = EventMatcher(query, limit_s=60)
    try:
        event = RunEvent.of(decode(line))
    except CorruptLineError as error:
        return matcher.matches(BadLine(0, len(line), str(error), line))
    return matcher.matches(RowParser().parse(event))


def may_match(query: Query, line: bytes) -> bool:
    """Return whether a filter leaves a line for the parser."""
    lines = line_filter(query)
    return lines is None or lines.may_match(line)


def written(text: str, choices: list[int]) -> str:
    """Return a text as a JSON string; each character is escaped as a choice says."""
    parts = []
    for at, char in enumerate(text):
        choice = choices[at % len(choices)]
        code = char.encode("utf-16-be", "surrogatepass").hex()
        escapes = [f"\\u{code[:4]}"] + ([f"\\u{code[4:]}"] if len(code) > 4 else [])
        escape = "".join(escapes)
        if choice == 1 and char in SHORT:
            parts.append(f"\\{SHORT[char]}")
        elif choice == 2:
            parts.append("".join(f"\\u{each[2:].upper()}" for each in escapes))
        elif choice == 3 or char in '"\\' or char < " " or "\ud800" <= char < "\ue000":
            parts.append(escape)
        else:
            parts.append(char)
    return f'"{"".join(parts)}"'


TEXTS = st.sampled_from(
    [
        *(
            "deer",
            "Deer",
            "DEER",
            "K",
            "k",
            "İ",
            "i",
            "\u017f",
            "ß",
            "Σ",
            "ς",
            "\u03c3",
            "é",
            "É",
        ),
        *(
            "上海",
            "上",
            "😀",
            "/",
            "a/b",
            '"',
            "\\",
            "\n",
            "u",
            "5c",
            "0",
            " ",
            ": ",
            "x",
        ),
        *("привет", "ПРИВЕТ", "1.50", "image/png", "<b>", "true", "\ufffd", "\u0307"),
    ]
)
PHRASES = st.lists(TEXTS, min_size=1, max_size=4).map("".join)
CHOICES = st.lists(st.integers(0, 3), min_size=1, max_size=7)


@st.composite
def lines_and_queries(draw: st.DrawFn) -> tuple[bytes, Query]:
    """Draw a line with a text that is nested in JSON texts, and a query for a part."""
    text = draw(PHRASES)
    value = written(text, draw(CHOICES))
    for _ in range(draw(st.integers(0, 3))):
        key = written(draw(TEXTS), draw(CHOICES))
        value = written(f"{{{key}: {value}}}", draw(CHOICES))
    line = json.dumps(record(1, content="HERE")).replace('"HERE"', value)
    first = draw(st.integers(0, len(text)))
    part = text[first : draw(st.integers(first, len(text)))]
    part = draw(st.sampled_from([part, part.lower(), part.upper(), part.title()]))
    return line.encode("utf-8", "surrogatepass"), Text(part)


@given(lines_and_queries())
@example((encoded(record(1, content="K\u212a \u0130")), Text("kk")))
@example((b'{"seq": 1, "event_type": "x", "content": "\\ud83d\\ude00"}', Text("😀")))
def test_no_line_is_left_out_whose_event_matches(case: tuple[bytes, Query]) -> None:
    line, query = case
    if matches(query, line):
        assert may_match(query, line)


@given(events_with_any_json, st.data())
def test_no_event_of_any_shape_is_left_out(
    event: RunEvent, data: st.DataObject
) -> None:
    texts = [text for text in searchable_texts(event) if text] or ["x"]
    text = data.draw(st.sampled_from(texts))
    first = data.draw(st.integers(0, len(text)))
    part = text[first : data.draw(st.integers(first, len(text)))]
    line = encoded(
        record(
            event.seq,
            event_type=event.event_type,
            content=event.content,
            metadata=event.metadata,
        )
    )
    for query in (Text(part), Text(part.lower())):
        if matches(query, line):
            assert may_match(query, line)


REGEXES = st.sampled_from(
    [
        *("deer", "DEER", "de+r", "dee?r", "d(ee)r", "deer|x", "(deer|x)", "x*deer"),
        *(
            r"\x64eer",
            "[d]eer",
            "deer{0}",
            "dee{2}r",
            r"deer\b",
            "(?i)DEER",
            "(?x)d eer",
        ),
        *("skis", "deerx?", r"deer\(", r"\\deer", r"deer\\(x)", "[]]deer", "^deer$"),
        *(r"\(deer(x)?", "deer++", "(?:deer)?x", "deer/x", "s", "k", "i"),
    ]
)
SUBJECTS = st.sampled_from(
    [
        *("deer", "DEER", "der", "de", "dr", "x", "deex", "deer(", "\\deer", "d eer"),
        *("]deer", "\u017f\u212a\u0130\u017f", "\u017f", "\u212a", "\u0131", "(deer"),
        *("deer\\x", "DEER/X", "dee", "deeer", "deerdeer"),
    ]
)


@given(REGEXES, SUBJECTS, CHOICES)
def test_no_line_is_left_out_in_which_a_regex_is_found(
    pattern: str, subject: str, choices: list[int]
) -> None:
    value = written(subject, choices)
    line = json.dumps(record(1, content="HERE")).replace('"HERE"', value).encode()
    query = Regex(pattern)
    if matches(query, line):
        assert may_match(query, line)


@pytest.mark.parametrize(
    "text",
    [
        *("the", "Shanghai", "shanghai", "2026", "report.md", "上海", "/mnt/user-data"),
        *("/s\\w+hai/", "/error|failed/", '"title: "', "bash tool:bash", "é", "image"),
    ],
)
def test_no_line_of_a_real_run_is_left_out(text: str) -> None:
    query = parse_query(text)
    for line in real_lines():
        assert may_match(query, line) or not matches(query, line)


@pytest.mark.parametrize(
    "raw",
    [b'{"caf\xe9"', b'torn "deer', b"caf\xc3\xa9", b"\xed\xa0\x80 deer", b"a\\/b"],
)
@pytest.mark.parametrize(
    "text", ["caf", "café", "deer", "\ufffd", "/b", "\\/", "a\\/b"]
)
def test_no_line_is_left_out_that_is_no_event(raw: bytes, text: str) -> None:
    if matches(Text(text), raw):
        assert may_match(Text(text), raw)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "not a",
            "tool:bash",
            "a or tool:bash",
            "57",
            '": "',
            "1e5",
            "inf",
            "png",
        ),
        *("/a|b/", "/a?/", "/(?i)deer/", "/[ab]/", "/\\x61/", "-deer", "deer or 57"),
    ],
)
def test_a_query_without_a_literal_has_no_filter(text: str) -> None:
    assert line_filter(parse_query(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        *("stag", "white stag", "stag tool:bash", "Deer", "stag or buck", "/sta.*g/"),
        *("/[ab]stag+/", "/(a|b)stag/", "上海", "ГДЕ", '"57 stags"', "stag -deer", "ß"),
    ],
)
def test_a_query_with_a_literal_leaves_other_lines_out(text: str) -> None:
    line = encoded(record(1, content='a deer / in 上 "the" {"forest": "\\u4e0a"}'))
    query = parse_query(text)
    assert line_filter(query) is not None
    assert not may_match(query, line)


def test_a_chunk_gives_the_lines_that_must_be_parsed() -> None:
    values: list[Any] = ["a deer", "none", "DEER", "x", "d\\", json.dumps("deer"), "y"]
    lines = [encoded(record(1, content=value)) for value in values]
    lines[3] = lines[3].replace(b'"x"', b'"d\\u0065er"')
    chunk = b"".join(lines)[:-1]
    lines[6] = lines[6][:-1]
    filter_ = line_filter(parse_query("deer"))
    assert filter_ is not None
    found = [chunk[start:end] for start, end in filter_.candidates(chunk)]
    assert found == [lines[0], lines[2], lines[3], lines[5]]
    assert list(filter_.candidates(b"")) == []


@st.composite
def many_lines(draw: st.DrawFn) -> tuple[list[bytes], Query]:
    """Draw lines, and a query for a part of one of them."""
    phrases = draw(st.lists(PHRASES, min_size=1, max_size=6))
    lines = []
    for phrase in phrases:
        value = written(phrase, draw(CHOICES))
        line = json.dumps(record(1, content="HERE")).replace('"HERE"', value)
        lines.append(line.encode("utf-8", "surrogatepass") + b"\n")
    text = draw(st.sampled_from(phrases))
    first = draw(st.integers(0, len(text)))
    part = text[first : draw(st.integers(first, len(text)))]
    part = draw(st.sampled_from([part, part.lower(), part.upper()]))
    # In few lines, no byte is frequent in a sample of them; in many, most are.
    return lines * draw(st.sampled_from([1, 9, 300])), Text(part)


@given(many_lines(), many_lines())
@example(
    ([b"z deer\n", b"deer z\n", b"DEERZ\n", b"zzdeerz"], Text("deerz")), ([], Text(""))
)
@example(([b"xdeer\n", b"Xdeer\n", b"Deerx\n", b"deeX"], Text("x")), ([b"x"], Text("")))
@example(([b"deer"], Text("rx")), ([b"r"], Text("")))
@example(([b"dEer\n", b"der"], Text("deer")), ([b"deer\n"] * 300, Text("")))
@example(([b"a\\u0064\n", b"\\"], Text("ad")), ([b"\\n\n"] * 300, Text("")))
def test_a_chunk_gives_the_same_lines_as_each_line_alone(
    case: tuple[list[bytes], Query], before: tuple[list[bytes], Query]
) -> None:
    """Whatever was searched `before`: which byte was rare there is remembered."""
    lines, query = case
    filter_ = line_filter(query)
    if filter_ is not None:
        list(filter_.candidates(b"".join(before[0])))
        chunk = b"".join(lines)
        spans = list(filter_.candidates(chunk))
        found = [chunk[start:end] for start, end in spans]
        fresh = line_filter(query)
        assert fresh is not None
        assert found == [line for line in lines if fresh.may_match(line)]
        assert sorted(set(spans)) == spans
