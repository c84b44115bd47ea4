"""What can be written at the cursor of a query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trace.query.test_parse import query_texts
from whitetail.trace.query.complete import FoundValues, complete
from whitetail.trace.query.fields import FIELDS, Scope
from whitetail.trace.query.parse import parse_query

FOUND = FoundValues(
    tools=("read_file", "bash", 'say "hi"'),
    models=("gpt-5",),
    callers=("lead_agent", "subagent:scout"),
    types=("middleware:title",),
)


def completed(text: str, scope: Scope = Scope.FILTER) -> list[str]:
    """Return the text with each candidate; `|` is the cursor."""
    before, _, after = text.partition("|")
    plain = before + after
    completion = complete(plain, len(before), FOUND, scope)
    return [
        plain[: completion.start] + candidate.text + plain[completion.end :]
        for candidate in completion.candidates
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to|", ["tool:", "took>", "tokens>="]),
        ("deer toke|", ["deer tokens>="]),
        ("-tool|", ["-tool:"]),
        ("not (tool|", ["not (tool:"]),
        ("ki|x)", ["kind:)"]),
        ("me|", ["meta.", "time>"]),
        ("tool:|", ["tool:read_file", "tool:bash", r'tool:"say \"hi\""']),
        ("tool:b|", ["tool:bash"]),
        ("tool:ba|sh x", ["tool:bash x"]),
        ("(tool:B|)", ["(tool:bash)"]),
        ("tool:bash,re|", ["tool:bash,read_file"]),
        ('tool:"a,b",re|', ['tool:"a,b",read_file']),
        ('tool:"say|', [r'tool:"say \"hi\""']),
        ("model:|", ["model:gpt-5"]),
        ("caller:scout|", ["caller:subagent:scout"]),
        ("type:|", ["type:middleware:title"]),
        ("is:|", ["is:slow", "is:moved"]),
        ("has:e|", ["has:error", "has:reasoning", "has:image", "has:tokens"]),
        ("kind:re|", ["kind:reply", "kind:result", "kind:middleware"]),
        ("zzz:|", []),
        ("took>|", []),
        ("/to|", []),
        ('"to|', []),
    ],
)
def test_a_query_is_completed(text: str, expected: list[str]) -> None:
    assert completed(text) == expected


def test_an_empty_query_offers_the_fields_of_its_scope() -> None:
    for scope in Scope:
        names = [text.rstrip(":>=.") for text in completed("|", scope)]
        assert names == [each for each in FIELDS if scope in FIELDS[each].scopes]
    assert completed("is:|", Scope.SEARCH) == []
    assert completed("has:|", Scope.RUNS) == ["has:error", "has:call", "has:tokens"]
    assert "status:cut_off" in completed("status:|", Scope.THREADS)


@given(query_texts, st.integers(-3, 60), st.sampled_from(Scope))
def test_any_text_can_be_completed(text: str, cursor: int, scope: Scope) -> None:
    completion = complete(text, cursor, FOUND, scope)
    assert 0 <= completion.start <= completion.end <= len(text)


@pytest.mark.parametrize("text", ["tool:|", "model:|", "caller:|", "kind:|", "is:|"])
def test_a_completed_value_is_a_query(text: str) -> None:
    for each in completed(text):
        assert str(parse_query(each)) == each
