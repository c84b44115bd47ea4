"""Tool calls of a reply with their results."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.styled import (
    all_blocks,
    assert_well_formed,
    plain_text,
    texts_in_tone,
)
from tests.helpers.trace_rows import all_relatives, mangled
from whitetail.trace.relatives import UNKNOWN_RELATIVES, Relatives
from whitetail.view.detail.calls import (
    answered_call_lines,
    call_result_parts,
    results_by_call_id,
)
from whitetail.view.detail.document import event_parts
from whitetail.view.detail.sections import section_parts
from whitetail.view.detail.unshown import Unshown
from whitetail.view.folding import unfolded_lines
from whitetail.view.styled import Block
from whitetail_store import RunEvent


def event_at(run: RunBuilder, row: int) -> RunEvent:
    event = run.rows[row]
    assert isinstance(event, RunEvent)
    return event


def result_text(reply: RunEvent, relatives: Relatives, tool: str = "ls") -> str:
    results = results_by_call_id(relatives)
    return plain_text(
        unfolded_lines(call_result_parts(reply, tool, "a", results, relatives))
    )


def test_the_result_of_a_call_is_below_it() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    run.result("a", "/x\n/y", name="ls")
    relatives = Relatives(None, run.rows[1:])
    text = result_text(event_at(run, reply), relatives)
    assert text == "→ result · seq 2 · 1.0s · 5 B\n  /x\n  /y"


def test_an_image_that_a_tool_returned_is_below_its_call() -> None:
    run = RunBuilder()
    reply = run.reply("", ("view_image", "a"))
    image = {"type": "image", "base64": "A" * 4_000, "mime_type": "image/png"}
    run.result("a", content=[image], name="view_image")
    relatives = Relatives(None, run.rows[1:])
    text = result_text(event_at(run, reply), relatives)
    assert text == "→ result · seq 2 · 1.0s · 1 file\n  [image/png, 3.0 kB]"


def test_a_long_result_is_folded_under_its_length() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    run.result("a", "/x\n" * 31)
    relatives = Relatives(None, run.rows[1:])
    parts = list(
        call_result_parts(
            event_at(run, reply), "ls", "a", results_by_call_id(relatives), relatives
        )
    )
    assert isinstance(parts[0], Block)
    assert parts[0].folded
    assert "31 lines" in plain_text([parts[0].heading])
    assert len(list(parts[0].body())) == 31


def test_a_failed_result_has_the_tone_of_an_error() -> None:
    run = RunBuilder()
    reply = run.reply("", ("ls", "a"))
    run.result("a", "Error: no such deer")
    relatives = Relatives(None, run.rows[1:])
    results = results_by_call_id(relatives)
    lines = list(
        unfolded_lines(
            call_result_parts(event_at(run, reply), "ls", "a", results, relatives)
        )
    )
    assert texts_in_tone(lines, "error") == ["→ failed", "Error: no such deer"]


def test_a_missing_result_is_shown_only_if_it_is_known_to_be_missing() -> None:
    run = RunBuilder()
    reply = event_at(run, run.reply("", ("ls", "a")))
    assert result_text(reply, Relatives()) == "→ no result was written"
    assert result_text(reply, UNKNOWN_RELATIVES) == ""
    assert result_text(reply, Relatives(omitted=1)) == ""
    scout = event_at(run, run.reply("", ("ls", "a"), caller="subagent:scout"))
    assert result_text(scout, Relatives()) == ""


def test_a_missing_result_is_no_error_while_the_run_goes_on() -> None:
    run = RunBuilder()
    asked = run.reply("", ("ls", "a"))
    relatives = next(all_relatives(run.rows))
    reply = event_at(run, asked)
    assert result_text(reply, relatives) == "→ no result was written"
    assert (
        result_text(reply, relatives._replace(run_ended=False)) == "→ no result so far"
    )


def test_a_result_shows_its_call() -> None:
    run = RunBuilder()
    args = {"query": "deer"}
    calls = [{"name": "web_search", "id": "a", "args": args}]
    cause = event_at(run, run.reply(tool_calls=calls))
    answered = event_at(run, run.result("a"))
    assert (
        plain_text(answered_call_lines(answered, Relatives(cause)))
        == 'called by seq 1: web_search("deer")'
    )
    assert plain_text(answered_call_lines(answered, UNKNOWN_RELATIVES)) == ""
    stray = event_at(run, run.result("b"))
    assert plain_text(answered_call_lines(stray, Relatives(cause))) == ""


@given(mangled)
def test_every_event_is_laid_out_with_its_relatives(rows: list[AnyEvent]) -> None:
    for event, relatives in zip(rows, all_relatives(rows), strict=True):
        if isinstance(event, RunEvent):
            assert_well_formed(section_parts(Unshown(event), relatives))


def test_real_events_are_laid_out_with_their_relatives() -> None:
    for events in real_runs().values():
        rows: list[AnyEvent] = list(events)
        for row, relatives in zip(events, all_relatives(rows), strict=True):
            if row.event_type != "run.end":
                assert_well_formed(section_parts(Unshown(row), relatives))


def test_real_calls_are_shown_with_their_results() -> None:
    results = 0
    for events in real_runs().values():
        rows: list[AnyEvent] = list(events)
        for event, relatives in zip(events, all_relatives(rows), strict=True):
            blocks = all_blocks(section_parts(Unshown(event), relatives))
            results += sum(block.name == "call result" for block in blocks)
    assert results > 100


values = st.integers(0, 10**9).map(lambda n: f"deer{n:09}")

argument_names = st.sampled_from(
    ["content", "description", "id", "name", "prompt", "subagent_type", "type"]
)


@given(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["bash", "task", "task", "web_search", "deer"])},
        optional={
            "id": values | st.just(""),
            "type": values | st.just("tool_call"),
            "args": st.dictionaries(argument_names, values | st.just("")) | values,
            "function": values,
        },
    ),
    st.sampled_from(["llm.ai.response", "subagent.step"]),
    st.sampled_from(["tool_calls", "invalid_tool_calls"]),
)
def test_every_field_of_a_call_is_shown(
    call: dict[str, Any], kind: str, key: str
) -> None:
    text = plain_text(event_parts(RunEvent(1, kind, content={key: [call]})))
    args = call.get("args", "")
    shown = [*args.values()] if isinstance(args, dict) else [args]
    shown += [call[name] for name in call if name not in ("args", "type")]
    for value in shown:
        assert value in text
