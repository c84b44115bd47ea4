"""Texts of queries, their values, and the errors of texts that are no query."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from whitetail.trace.query.errors import QueryError
from whitetail.trace.query.fields import FIELDS
from whitetail.trace.query.nodes import (
    EVERYTHING,
    And,
    Field,
    Not,
    Or,
    Query,
    Regex,
    Text,
    all_of,
    any_of,
)
from whitetail.trace.query.parse import MAX_DEPTH, parse_query

A, B, C = Text("a"), Text("b"), Text("c")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", EVERYTHING),
        ("   ", EVERYTHING),
        ("deer", Text("deer")),
        ("a b", And((A, B))),
        ("a and b", And((A, B))),
        ("a or b", Or((A, B))),
        ("a b or c", Or((And((A, B)), C))),
        ("a OR b AND c", Or((A, And((B, C))))),
        ("not a", Not(A)),
        ("-a", Not(A)),
        ("-(a or b) c", And((Not(Or((A, B))), C))),
        ("not a b", And((Not(A), B))),
        ("(a b) c", And((A, B, C))),
        ("((a or b) or c)", Or((A, B, C))),
        ('"white tail"', Text("white tail")),
        (r'"a \"b\" \\ \n"', Text(r'a "b" \ \n')),
        ('""', Text("")),
        ('"or"', Text("or")),
        ("/white *tail/", Regex("white *tail")),
        (r"/a\/b/", Regex("a/b")),
        (r"/\\/", Regex(r"\\")),
        ("tool:bash", Field("tool", ":", ("bash",))),
        ("kind:call,result", Field("kind", ":", ("call", "result"))),
        ('tool:"a b",c', Field("tool", ":", ("a b", "c"))),
        ("(tool:bash)", Field("tool", ":", ("bash",))),
        ("took>=1h30m", Field("took", ">=", ("1h30m",))),
        ("seq:100..200", Field("seq", ":", ("100..200",))),
        ("meta.agent_name=x", Field("meta.agent_name", "=", ("x",))),
        ("content.a.b-c>5", Field("content.a.b-c", ">", ("5",))),
        ("content.path=/mnt/x", Field("content.path", "=", ("/mnt/x",))),
        ("type:middleware:*", Field("type", ":", ("middleware:*",))),
    ],
)
def test_a_text_is_parsed(text: str, query: Query) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize(
    "text",
    [
        *("http://deer.org/a?b=c", "https://en.wikipedia.org/wiki/Deer_(animal)"),
        *("14:03", "--yes", "-", "/", "//x", "/mnt/user-data/out.md", "a/b/c"),
        *("user@host", "1.5", "x,y", "=", "==", ":57", "名前:x", "\\"),
    ],
)
def test_what_looks_like_syntax_but_is_none_is_a_text(text: str) -> None:
    assert parse_query(text) == Text(text)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("(a", 0, 'This "(" has no ")" after it.'),
        ("b ((a)", 2, 'This "(" has no ")" after it.'),
        ("a)", 1, 'This ")" has no "(" before it.'),
        ("a ()", 3, "There is nothing in the parentheses."),
        ('a "b', 2, "This quote has no closing quote."),
        ('tool:"b', 5, "This quote has no closing quote."),
        (
            "a /b",
            2,
            'This regex has no closing "/"; to search for the text, write "/b".',
        ),
        (
            "or a",
            0,
            '"or" needs a text or a field before it; to search for the word, quote it.',
        ),
        (
            "a (b and)",
            5,
            '"and" needs a text or a field after it; to search for the word, quote it.',
        ),
        (
            "a not",
            2,
            '"not" needs a text or a field after it; to search for the word, quote it.',
        ),
        (
            "a tol:bash",
            2,
            'There is no field "tol" (did you mean "tool"?); '
            'to search for the text, write "tol:bash".',
        ),
        (
            "x=5",
            0,
            'There is no field "x"; to search for the text, write "x=5".',
        ),
        (
            "a took>5x",
            7,
            '"5x" is not a duration such as 300ms, 5s or 1h30m.',
        ),
        ("size>5s", 5, '"5s" is not a size such as 800B, 10kB or 1.5MB.'),
        ("tokens:1..x", 7, '"x" is not a number such as 12, 1.5k or 2M.'),
        (
            "time>25:00",
            5,
            '"25:00" is not a time such as 14:03, 2026-11-20 or 2026-11-20T14:03.',
        ),
        (
            "since:5",
            6,
            '"5" is neither an age such as 2h or 7d nor a time such as 2026-11-20.',
        ),
        ("tool>x", 4, '"tool" cannot be compared with ">": use : or =.'),
        ("has:eror", 4, '"eror" is no value of has; did you mean "error"?'),
        (
            "tool:",
            5,
            'There is no value after the ":", such as tool:bash.',
        ),
        ("tool:a,", 6, "There is no value after the comma, such as tool:bash."),
        ("took>1s,2s", 5, 'After ">" there can only be one value.'),
        (
            "meta:x",
            4,
            '"meta" needs a path after a dot, such as meta.agent_name=lead*.',
        ),
        ("a /b(c/", 6, "This is not a valid regex: missing )."),
    ],
)
def test_a_wrong_query_gives_one_sentence_and_its_position(
    text: str, position: int, message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert (caught.value.position, caught.value.message) == (position, message)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        *(("tol:x", "tool"), ("Kind:call", "kind"), ("tok>5", "tokens")),
        *(("is:slo", "slow"), ("status:cutoff", "cut_off"), ("zzz:x", "")),
        *(("meta:x", "meta."), ("title.x:3", "title"), ("model>x", ":")),
    ],
)
def test_an_error_has_the_nearest_valid_name(text: str, suggestion: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert caught.value.suggestion == suggestion
    assert suggestion in caught.value.message


def test_queries_that_are_nested_too_deeply_are_refused() -> None:
    deep = "not (" * (MAX_DEPTH // 2) + "a" + ")" * (MAX_DEPTH // 2)
    parse_query(deep)
    parse_query(" ".join(["-a"] * 100))
    for text in (f"-({deep})", "(" * 4_000 + "a" + ")" * 4_000, "not " * 2_000 + "a"):
        with pytest.raises(QueryError, match="nested more than 40 deep"):
            parse_query(text)
    with pytest.raises(QueryError, match="at most 10,000 characters"):
        parse_query("a" * 10_001)


pieces = st.sampled_from(
    [
        *("a", "Deer", " ", "  ", "(", ")", "-", "not ", " or ", " and ", "OR", "\\"),
        *('"', '"a b"', "/", "/x+/", "/(/", "*", ",", "..", ":", ">", ">=", "=", "<"),
        *("5", "5s", "1k", "10kB", "14:03", "2026-11-20", "http://", "é", "上海", "\n"),
        *FIELDS,
        *(spec.example for spec in FIELDS.values()),
        *(choice for spec in FIELDS.values() for choice in spec.choices),
    ]
)
query_texts = st.lists(pieces, max_size=12).map("".join) | st.text(max_size=40)


@given(query_texts)
@example("/\\p{/")
@example("/[[a]/")
@example("/(?<=a*)b/")
def test_any_text_is_a_query_or_gives_a_sentence_and_a_position(text: str) -> None:
    try:
        query = parse_query(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert re.fullmatch(r'["A-Z].*[.?]', error.message, flags=re.S)
    else:
        assert parse_query(str(query)) == query


texts = st.text(max_size=8)
fields = st.sampled_from([spec.example for spec in FIELDS.values()]).map(parse_query)
names = st.lists(texts, min_size=1, max_size=3).map(
    lambda values: Field("tool", ":", tuple(values))
)
queries = st.recursive(
    texts.map(Text) | fields | names,
    lambda inner: (
        inner.filter(lambda query: query != EVERYTHING).map(Not)
        | st.lists(inner, max_size=3).map(lambda parts: all_of(*parts))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: any_of(*parts))
    ),
    max_leaves=8,
)


def test_the_opposite_of_everything_is_printed_as_a_query_that_matches_nothing() -> (
    None
):
    assert str(Not(EVERYTHING)) == 'not ""'


@given(queries)
def test_a_query_that_is_printed_and_parsed_is_the_same(query: Query) -> None:
    assert parse_query(str(query)) == query
