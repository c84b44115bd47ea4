from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.cost import assert_cost_is_flat
from tests.helpers.real_runs import real_lines
from tests.helpers.styled import assert_well_formed, plain_text, texts_in_tone
from whitetail.trace.relatives import Relatives
from whitetail.view.detail.document import event_parts, raw_lines
from whitetail.view.folding import unfolded_lines
from whitetail.view.json_tree import field_parts, json_parts
from whitetail.view.styled import StyledLine, wrapped_lines
from whitetail.view.text import PIECE_CHARS, sanitize
from whitetail_store import BadLine, RunEvent
from whitetail_store.event import decode

TYPES = [
    "llm.ai.response",
    "llm.human.input",
    "llm.tool.result",
    "middleware:guardrail",
    "run.delivery",
    "run.end",
    "run.error",
    "run.start",
    "subagent.end",
    "subagent.start",
    "subagent.step",
    "workspace_changes",
    "mystery",
]
KEYS = [
    *("action", "changes", "description", "produced_paths", "prompt", "query"),
    *("reason_messages", "stage", "subagent_type", "tool", "truncated"),
    *("additional_kwargs", "args", "artifacts", "caller", "content", "data", "diff"),
    *("error", "files", "finish_reason", "id", "image_url", "input", "input_tokens"),
    *("input_token_details", "kind", "latency_ms", "model_name", "name", "path"),
    *("paths", "reasoning_content", "response_metadata", "result", "source", "status"),
    *("text", "thinking", "title", "todos", "tool_calls", "tool_name", "type", "url"),
    *("usage", "usage_metadata", "workspace_changes"),
]
TIME = "2026-08-03T12:00:00.123456+00:00"

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9_999)
    | st.floats()
    | st.sampled_from(["text", "thinking", "image_url", "tool_use", "ai", "tool"])
    | st.text(max_size=8)
)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
        ),
        max_leaves=8,
    )


def any_event(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[RunEvent]:
    return st.builds(
        RunEvent,
        st.integers(),
        st.sampled_from(TYPES),
        content=nested(leaves),
        metadata=st.dictionaries(st.sampled_from(KEYS), nested(leaves), max_size=3),
        created_at=st.sampled_from([TIME, "noon"]),
        extra=st.dictionaries(st.sampled_from(["new", "newer"]), nested(leaves)),
    )


def laid_out(given: RunEvent | BadLine) -> Iterator[StyledLine]:
    return unfolded_lines(event_parts(given))


def laid_out_tree(value: Any) -> Iterator[StyledLine]:
    return unfolded_lines(json_parts(value))


def event(kind: str, content: Any = "", **metadata: Any) -> RunEvent:
    return RunEvent(7, kind, "message", content, metadata, TIME, "run-1", "thread-1")


def read(kind: str, content: Any = "", **metadata: Any) -> str:
    return plain_text(laid_out(event(kind, content, **metadata)))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


@settings(max_examples=60)
@given(any_event(scalars))
def test_no_json_is_too_strange_to_read(event: RunEvent) -> None:
    assert_well_formed(laid_out(event))


markers = st.integers(0, 10**9).map(lambda n: f"deer{n:09}")


@settings(max_examples=60)
@given(
    any_event(
        markers | st.sampled_from(["text", "thinking", "tool_use", "ai", "task"])
    ).filter(lambda event: event.event_type != "run.end")
)
def test_nothing_of_an_event_is_hidden(event: RunEvent) -> None:
    said = plain_text(laid_out(event))
    for part in (event.content, event.metadata, event.extra):
        for marker in strings(part):
            if marker.startswith("deer"):
                assert marker in said


@pytest.mark.parametrize("kind", TYPES)
def test_neither_depth_nor_huge_numbers_are_too_strange_to_read(kind: str) -> None:
    deep: Any = 10**5_000
    for _ in range(1_000):
        deep = [deep]
    usage = {"input_tokens": 10**5_000, "output_tokens": 1}
    block = {"type": "tool_use", "id": "c", "input": deep}
    call = {"name": "x", "id": "c", "args": deep}
    content = {"content": [block, deep], "tool_calls": [call], "type": deep}
    lines = laid_out(event(kind, content, usage=usage, latency_ms=10**5_000))
    assert_well_formed(islice(lines, 10_000))


def test_reading_leaves_the_event_as_it_was() -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    content = {"response_metadata": {"finish_reason": "stop"}, "content": "x"}
    given = event("llm.ai.response", content, usage=usage, caller="lead_agent")
    before = repr(given)
    list(laid_out(given))
    assert repr(given) == before


def test_real_events_can_be_read_whole() -> None:
    lines = list(real_lines())
    for line in lines:
        given = RunEvent.of(decode(line))
        assert_well_formed(laid_out(given))
        assert plain_text(raw_lines(line)).replace("\n", "") == sanitize(line.decode())
        for each in wrapped_lines(islice(laid_out(given), 20), 40):
            assert cell_len(plain_text([each])) <= 40


def test_the_head_says_what_it_was_and_what_it_cost() -> None:
    usage = {
        "input_tokens": 3_217,
        "output_tokens": 366,
        "total_tokens": 3_583,
        "input_token_details": {"cache_read": 2_573},
    }
    said = read(
        "llm.ai.response",
        {
            "content": "Seven.",
            "response_metadata": {"finish_reason": "stop", "model_name": "doe-3"},
            "usage_metadata": usage,
        },
        caller="subagent:scout",
        latency_ms=6_712,
        usage=usage,
    )
    head = said.splitlines()[0]
    assert head.endswith(
        "subagent:scout · doe-3 · stop · 6.7s (6712 ms)"
        " · 3,217 in (2,573 cached) · 366 out · 3,583 total"
    )
    assert "usage" not in said
    assert head.startswith("2026-08-03")


def test_a_reply_shows_its_text_its_thoughts_and_its_calls() -> None:
    content = {
        "content": "# Plan\n```py\nx = 1\n```\nsee https://deer.example/a.",
        "additional_kwargs": {"reasoning_content": "first\nthen"},
        "tool_calls": [
            {
                "name": "bash",
                "args": {"description": "Look", "command": "ls\nwc -l"},
                "id": "call_1",
                "type": "tool_call",
            }
        ],
    }
    lines = list(laid_out(event("llm.ai.response", content)))
    assert texts_in_tone(lines, "heading") == [
        "text",
        "reasoning",
        "call bash",
        "fields",
    ]
    assert texts_in_tone(lines, "strong") == ["# Plan"]
    assert texts_in_tone(lines, "code") == ["```py", "x = 1", "```", "ls", "wc -l"]
    assert texts_in_tone(lines, "link") == ["https://deer.example/a."]
    assert "\nLook\n$ ls\n  wc -l\ncall id  call_1" in plain_text(lines)


def test_arguments_that_were_cut_are_shown_as_they_stand() -> None:
    call = {"name": "write_file", "args": '{"path": "/x", "content": "a', "id": ""}
    said = read("subagent.step", {"kind": "ai", "tool_calls": [call]})
    assert '{"path": "/x", "content": "a' in said


def test_to_do_lists_read_as_lists() -> None:
    todos = [
        {"content": "Look", "status": "completed"},
        {"content": "Count", "status": "in_progress"},
    ]
    call = {"name": "write_todos", "args": {"todos": todos}}
    said = read("llm.ai.response", {"tool_calls": [call]})
    assert "todos\n  ✓ Look\n  ▸ Count" in said


def test_a_result_that_is_json_is_laid_out() -> None:
    lines = list(laid_out(event("llm.tool.result", {"content": '[{"url": "x"}, 1.5]'})))
    assert '[\n  {\n    "url": "x"\n  },\n  1.5\n]' in plain_text(lines)
    assert texts_in_tone(lines, "string") == ['"x"']
    assert "[not JSON" in read("llm.tool.result", {"content": "[not JSON"})


def test_a_failed_result_has_the_tone_of_an_error() -> None:
    content = {"content": "403", "status": "error", "name": "task"}
    lines = list(laid_out(event("llm.tool.result", content)))
    assert texts_in_tone(lines, "error") == ["403"]


def test_images_show_their_type_and_size() -> None:
    data = "data:image/png;base64," + "A" * 4_000
    blocks = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": data, "detail": "low"}},
        {"type": "image", "source": {"media_type": "image/webp", "data": "A" * 400}},
        {"type": "image_url", "image_url": "https://deer.example/a.png"},
        {"type": "text", "text": "Seen?", "cache": "kept"},
        {"type": "mystery", "deer": 7},
    ]
    said = read("llm.human.input", {"content": blocks})
    assert "[image/png, 3.0 kB]" in said
    assert "[image/webp, 300 B]" in said
    assert "[image https://deer.example/a.png]" in said
    assert "low" in said
    assert "kept" in said
    assert '"deer": 7' in said
    assert "AAAA" not in said


def test_a_call_that_is_also_a_block_is_shown_once() -> None:
    block = {"type": "tool_use", "id": "c", "name": "ls", "input": {"path": "/deer"}}
    call = {"name": "ls", "id": "c", "args": {"path": "/deer"}}
    said = read("llm.ai.response", {"content": [block], "tool_calls": [call]})
    assert "[calls ls, see below]" in said
    assert said.count("/deer") == 1
    call["args"] = {"path": "/doe"}
    said = read("llm.ai.response", {"content": [block], "tool_calls": [call]})
    assert "/deer" in said
    assert "/doe" in said


def test_an_end_shows_counts_artifacts_and_a_line_for_each_message() -> None:
    content = {
        "title": "Deer",
        "artifacts": ["/o/a.md"],
        "messages": [
            "content='Count\\nthem' additional_kwargs={} id='1'",
            "content='' additional_kwargs={} tool_calls=[{'name': 'ls', 'args': {}}]",
            {"type": "ai", "content": "Seven.\n" + "x" * 1_000},
        ],
        "thing": 5,
    }
    said = read("run.end", content)
    assert "artifacts (1)\n/o/a.md" in said
    assert "\nCount them\ncalls ls\nai: Seven. xxx" in said
    assert "content.thing  5" in said


def test_changed_files_show_their_diff_in_colour() -> None:
    file = {"path": "/o/a", "status": "modified", "diff": "@@ -1 +1 @@\n-old\n+new"}
    lines = list(
        laid_out(
            event("workspace_changes", "1 file", workspace_changes={"files": [file]})
        )
    )
    assert "modified /o/a" in texts_in_tone(lines, "heading")
    assert texts_in_tone(lines, "added") == ["+new"]
    assert texts_in_tone(lines, "removed") == ["-old"]


def test_a_delivery_shows_what_was_made_and_not_presented() -> None:
    content = {
        "presented": 1,
        "paths": ["/o/a", "/u/b", 7],
        "produced_paths": ["/o/a", "/o/c"],
        "matched_paths": ["/o/a"],
        "stage": "presented",
        "satisfied": True,
    }
    said = read("run.delivery", content)
    assert "\npresented 2 files\nthe run presented some of the" in said
    assert "✓ /o/a\n✓ /u/b  presented, but not made by this run\n" in said
    assert "✗ /o/c  made, but not presented\n7\n" in said
    content |= {"paths": ["/o/a", "/o/c"]}
    assert "the run presented all files" in read("run.delivery", content)
    content |= {"paths": [], "stage": "not_started", "satisfied": False}
    lines = list(event_parts(event("run.delivery", content)))
    assert "the run made files but presented none of them" in texts_in_tone(
        lines, "error"
    )
    assert "presented nothing" in read("run.delivery", {"presented": 0, "paths": []})


def test_a_decision_says_what_was_decided_on_which_tool_and_why() -> None:
    changes = {"tool_name": "bash", "reason_messages": ["No."], "policy_id": "p"}
    content = {"name": "Guard", "action": "deny_tool_call", "changes": changes}
    lines = list(event_parts(event("middleware:guardrail", content)))
    assert "\ndecision deny tool call bash\nNo.\npolicy_id  p\n" in plain_text(lines)
    assert texts_in_tone(lines, "error") == [" deny tool call bash", "No."]
    allowed = {"action": "allow", "changes": {"tool": "ls"}, "hook": "before"}
    said = read("middleware:guardrail", allowed)
    assert "decision allow ls\n" in said
    assert "content.hook  before" in said
    odd = {"action": "deer" * 99, "changes": {"tool": "doe" * 99, "x": 1}}
    said = read("middleware:guardrail", odd)
    assert "deer" * 99 in said
    assert "doe" * 99 in said


def test_an_error_is_called_one() -> None:
    lines = list(event_parts(event("run.error", "Out of breath")))
    assert texts_in_tone(lines, "error") == ["Out of breath"]
    assert "error" in texts_in_tone(lines, "heading")


def test_a_text_that_was_cut_says_so() -> None:
    content = {"kind": "tool", "tool_name": "ls", "text": "/a\n/b", "truncated": True}
    assert "/b\n[cut off by DeerFlow after 5 characters]" in read(
        "subagent.step", content
    )
    content = {"result": "Seven", "result_truncated": True}
    assert "Seven\n[cut off by DeerFlow after 5" in read("subagent.end", content)


def test_what_is_to_be_said_of_its_place_stands_below_the_head() -> None:
    around = Relatives(position_note="its call is not in this run")
    lines = plain_text(event_parts(event("llm.tool.result", {"content": "x"}), around))
    assert lines.split("\n")[1] == "its call is not in this run"


def test_counts_of_nothing_are_left_out() -> None:
    usage = {
        "input_tokens": 1,
        "output_tokens": 1,
        "total_tokens": 2,
        "input_token_details": {"audio": 0, "cache_creation": 7},
    }
    said = read("llm.ai.response", {"content": "x"}, usage=usage)
    assert "audio" not in said
    assert '"cache_creation": 7' in said


def test_a_bad_line_shows_its_place_its_reason_and_its_bytes() -> None:
    said = plain_text(laid_out(BadLine(12, 2_000, "not JSON", b"{oops\x1b\xff")))
    assert "reason  not JSON" in said
    assert "byte 12 " in said
    assert "raw line, first 7 B\n{oops␛\ufffd" in said


def test_json_of_any_depth_is_laid_out() -> None:
    value: Any = "deep"
    for _ in range(2_000):
        value = [value]
    lines = list(laid_out_tree(value))
    assert len(lines) == 4_001
    assert max(len(plain_text([line])) for line in lines) < 60


def test_what_python_cannot_print_is_printed() -> None:
    assert plain_text(
        laid_out_tree([10**5_000, float("nan"), True, None, {}, []])
    ).startswith("[\n  0x")


def test_empty_fields_share_a_line() -> None:
    said = plain_text(
        unfolded_lines(field_parts([("a", None), ("bee", 1), ("c", {}), ("d", "")]))
    )
    assert said == 'bee  1\na null · c {} · d ""'


@pytest.mark.parametrize(
    "given",
    [
        lambda size: event("llm.ai.response", {"content": "deer\n" * size}),
        lambda size: event("llm.ai.response", {"content": "x" * size * 10}),
        lambda size: event("llm.tool.result", {"content": "[1, " * size}),
        lambda size: event("mystery", {"a": {"b": "x" * size * 10}}),
        lambda size: event("mystery", [[n] for n in range(size // 10)]),
        lambda size: event(
            "llm.ai.response", {"tool_calls": [{"args": {"c": "\n" * size * 10}}]}
        ),
    ],
    ids=["lines", "line", "json", "field", "list", "call"],
)
def test_the_first_lines_of_a_huge_event_come_at_once(
    given: Callable[[int], RunEvent],
) -> None:
    def first_lines(given: RunEvent) -> None:
        assert len(list(islice(wrapped_lines(laid_out(given), 80), 50))) == 50

    assert_cost_is_flat(lambda size: partial(first_lines, given(size)))


def test_raw_pieces_together_are_the_line() -> None:
    line = ("鹿x" * 5_000).encode() + b"\xff\n"
    pieces = [said for ((said, _),) in raw_lines(line)]
    assert "".join(pieces) == "鹿x" * 5_000 + "\ufffd"
    assert max(map(len, pieces)) <= PIECE_CHARS
    assert list(raw_lines(b"\n")) == []


@given(st.binary(max_size=60))
def test_raw_bytes_of_any_kind_are_inert(line: bytes) -> None:
    assert_well_formed(raw_lines(line))


words = st.text(
    st.sampled_from("ab  鹿é\u0301") | st.characters(codec="utf-8"), max_size=60
).map(sanitize)
toned_lines = st.lists(
    st.lists(st.tuples(words, st.sampled_from(["plain", "key"])), max_size=4).map(
        tuple
    ),
    max_size=3,
)


@given(toned_lines, st.integers(2, 30))
def test_no_wrapped_line_is_too_wide_and_nothing_is_lost(
    lines: list[StyledLine], width: int
) -> None:
    broken = list(wrapped_lines(lines, width))
    assert all(cell_len(plain_text([line])) <= width for line in broken)
    assert "".join(plain_text(broken).split()) == "".join(plain_text(lines).split())
    for tone in ("plain", "key"):
        kept = "".join("".join(texts_in_tone(broken, tone)).split())
        assert kept == "".join("".join(texts_in_tone(lines, tone)).split())


def test_lines_break_between_words_and_keep_their_indentation() -> None:
    line = (("  ", "plain"), ("the white ", "key"), ("tail jumps", "string"))
    assert plain_text(wrapped_lines([line], 12)) == "  the white\n  tail jumps"
    assert list(wrapped_lines([line], 12))[1] == (
        ("  ", "plain"),
        ("tail jumps", "string"),
    )


def test_words_too_long_for_a_line_are_cut_and_wide_ones_break_anywhere() -> None:
    assert (
        plain_text(wrapped_lines([(("to abcdefghijkl", "plain"),)], 8))
        == "to abcde\nfghijkl"
    )
    assert (
        plain_text(wrapped_lines([(("a 鹿鹿鹿鹿", "plain"),)], 5)) == "a 鹿\n鹿鹿\n鹿"
    )


def test_without_a_width_lines_stay_whole() -> None:
    line = (("x" * 500, "plain"),)
    assert list(wrapped_lines([line], None)) == [line]
    with pytest.raises(ValueError, match="at least 2 cells"):
        list(wrapped_lines([line], 1))
