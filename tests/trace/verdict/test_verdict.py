"""How a run stands, never surer than its rows."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from tests.helpers.events import BAD, NOON, AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled
from whitetail.trace.verdict.evidence import Severity, mentions_failure, shorten
from whitetail.trace.verdict.status import RunStatus
from whitetail.trace.verdict.verdict import Verdict, VerdictBuilder

LONG_AFTER = NOON + 86_400


def verdict(
    rows: Iterable[AnyEvent], now: float = LONG_AFTER, *, growing: bool = False
) -> Verdict:
    judge = VerdictBuilder()
    judge.feed(rows)
    return judge.verdict(now, growing)


def ended(run: RunBuilder) -> Verdict:
    run.add("run.end", status="success")
    run.add("run.delivery", {"presented": 0, "paths": []})
    return verdict(run.rows)


def found(said: Verdict, tone: Severity) -> list[tuple[int, str]]:
    return [(each.row, each.text) for each in said.evidence if each.severity is tone]


def test_a_run_that_ends_with_an_answer_is_answered() -> None:
    run = RunBuilder()
    run.prompt()
    answer = run.reply("Here is\nthe deer.")
    said = ended(run)
    assert (said.status, said.reason) == (
        RunStatus.ANSWERED,
        "answers: Here is the deer.",
    )
    assert found(said, Severity.GOOD) == [(answer, said.reason)]
    assert (said.waiting_for, said.waiting_since) == ("", None)


def test_a_question_and_files_are_answers_too() -> None:
    run = RunBuilder()
    run.reply("", ("ask_clarification", "a"))
    run.result("a", "Which deer?")
    assert ended(run).reason == "asks back: Which deer?"
    run = RunBuilder()
    run.reply("", ("present_files", "a"))
    run.result("a")
    run.reply("")
    assert ended(run).status is RunStatus.ANSWERED


def test_an_end_without_an_answer_is_none() -> None:
    run = RunBuilder()
    run.reply("")
    said = ended(run)
    assert (said.status, said.reason) == (RunStatus.DEGRADED, "ended without an answer")


def test_an_error_of_the_run_is_its_failure() -> None:
    run = RunBuilder()
    run.reply("Here")
    row = run.add("run.error", "too deep", error_type="RecursionError")
    said = ended(run)
    assert (said.status, said.reason) == (RunStatus.FAILED, "too deep")
    assert found(said, Severity.ERROR) == [(row, "too deep")]
    run = RunBuilder()
    run.add("run_end", status="interrupted")
    assert verdict(run.rows).reason == "interrupted"


def test_an_apology_in_the_models_place_is_a_failure_if_it_is_the_last_word() -> None:
    run = RunBuilder()
    sorry: dict[str, Any] = {"additional_kwargs": {"deerflow_error_fallback": True}}
    row = run.reply("Sorry", **sorry)
    said = ended(run)
    assert (said.status, found(said, Severity.ERROR)) == (
        RunStatus.FAILED,
        [(row, "not the model: Sorry")],
    )
    run.reply("Here")
    assert ended(run).status is RunStatus.ANSWERED


def test_a_models_error_that_a_reply_follows_is_but_a_note() -> None:
    run = RunBuilder()
    row = run.add("llm.error", "429")
    run.reply("Here")
    said = ended(run)
    assert said.status is RunStatus.ANSWERED
    text = "the model could not answer: 429; a reply followed"
    assert found(said, Severity.NOTE) == [(row, text)]
    run.add("llm.error", "429")
    assert verdict(run.rows).status is RunStatus.DEGRADED


def test_a_call_without_a_result_degrades_a_run_that_ended() -> None:
    run = RunBuilder()
    row = run.reply("", ("ls", "a"))
    run.reply("Here")
    said = ended(run)
    assert said.status is RunStatus.DEGRADED
    assert found(said, Severity.WARNING) == [(row, "ls has no result in this run")]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("All is well", RunStatus.DEGRADED),
        ("I couldn\N{RIGHT SINGLE QUOTATION MARK}t look", RunStatus.ANSWERED),
        ("COUNT DEER came to nothing", RunStatus.ANSWERED),
        ("未能找到", RunStatus.ANSWERED),
    ],
)
def test_a_failed_subagent_degrades_a_run_whose_answer_is_silent_on_it(
    answer: str, state: RunStatus
) -> None:
    run = RunBuilder()
    row = run.finish("t", "timed_out", error="900 s")
    run.launch("t", purpose="Count deer")
    run.result("t", "Task timed out", status="error")
    run.reply(answer)
    said = ended(run)
    assert said.status is state
    tone = Severity.WARNING if state is RunStatus.DEGRADED else Severity.NOTE
    (evidence,) = found(said, tone)
    assert evidence[0] == row
    assert evidence[1].startswith("a subagent timed out: 900 s")


def test_a_task_that_was_done_in_the_end_degrades_nothing() -> None:
    run = RunBuilder()
    run.launch("s", purpose="Count deer")
    run.result("s", "Task failed. Error: 403")
    run.launch("t", purpose="Count deer")
    run.result("t", "Task Succeeded")
    run.reply("Three")
    said = ended(run)
    assert said.status is RunStatus.ANSWERED
    assert found(said, Severity.NOTE)[0][1].endswith("the same was done later")


def test_an_answer_that_was_cut_degrades_a_run() -> None:
    cut: dict[str, Any] = {"response_metadata": {"finish_reason": "length"}}
    run = RunBuilder()
    run.reply("Thinking", **cut)
    run.reply("Here")
    assert ended(run).status is RunStatus.ANSWERED
    run.reply("The deer is", **cut)
    assert ended(run).reason == "the reply was cut (length)"


def test_a_guardrail_that_blocked_degrades_a_run() -> None:
    run = RunBuilder()
    run.add("middleware:guardrail", {"action": "allow", "changes": {"tool": "ls"}})
    row = run.add("middleware:guardrail", {"action": "deny", "changes": {"tool": "rm"}})
    run.reply("Here")
    said = ended(run)
    assert (said.status, found(said, Severity.WARNING)) == (
        RunStatus.DEGRADED,
        [(row, "guardrail: deny rm")],
    )


def test_files_that_nobody_was_shown_degrade_a_run() -> None:
    files = [{"path": "/a", "root": "outputs", "status": "created"}]
    run = RunBuilder()
    run.reply("Here")
    row = run.add("workspace_changes", workspace_changes={"files": files})
    said = ended(run)
    assert said.status is RunStatus.DEGRADED
    assert found(said, Severity.WARNING) == [
        (row, "1 file was made, and none presented")
    ]
    told = {"produced_paths": ["/a", "/b"], "presented_paths": []}
    run.add("run.delivery", told)
    assert verdict(run.rows).reason == "2 files were made, and none presented"
    run.add("run.delivery", told | {"satisfied": True, "produced_paths": []})
    assert verdict(run.rows).status is RunStatus.ANSWERED


def test_a_run_without_an_end_is_told_by_its_growth_and_its_age() -> None:
    run = RunBuilder()
    run.prompt()
    states = [
        verdict(run.rows, NOON + 60, growing=True).status,
        verdict(run.rows, NOON + 60).status,
        verdict(run.rows, LONG_AFTER).status,
        verdict([]).status,
    ]
    assert states == ["running", "quiet", "cut off", "unknown"]


def test_a_run_that_may_have_an_unreadable_end_is_unknown() -> None:
    run = RunBuilder()
    run.prompt()
    said = verdict([*run.rows, BAD])
    assert (said.status, said.reason) == (
        RunStatus.UNKNOWN,
        "its last line cannot be read",
    )


def test_a_live_run_says_what_it_waits_for_and_since_when() -> None:
    run = RunBuilder()
    run.prompt()
    assert verdict(run.rows, growing=True).waiting_for == "the model"
    run.reply("", ("web_fetch", "a"), ("ls", "b"), caller="lead_agent")
    run.reply("", ("cat", "c"), caller="subagent:scout")
    run.result("b")
    said = verdict(run.rows, NOON + 9)
    assert (said.waiting_for, said.waiting_since) == ("web_fetch", NOON + 2)
    assert said.reason == (
        "waits for web_fetch, as far as is written; the writer holds up to 20 rows back"
    )
    run.result("a")
    assert verdict(run.rows).waiting_for == "the model"
    run.reply("Here")
    assert verdict(run.rows).waiting_for == "its end"


def test_texts_of_evidence_are_short() -> None:
    assert shorten("a\n b" + "c" * 999) == "a b" + "c" * 196 + "…"
    assert not mentions_failure("All is well", "")


@settings(max_examples=80, deadline=None)
@given(mangled, cuts)
def test_any_rows_in_any_batches_come_to_a_verdict(
    rows: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, rows, at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> list[Verdict]:
    judge, count = VerdictBuilder(), 0
    for part in parts:
        judge.feed(part)
        count += len(part)
        said = judge.verdict(NOON + 60, False)
        assert all(0 <= each.row < count for each in said.evidence)
    return [judge.verdict(NOON + 60, growing) for growing in (False, True)]


def test_real_runs_get_the_verdicts_that_a_reader_would_give() -> None:
    for name, rows in real_runs().items():
        said = verdict(rows, now=NOON + 10**9)
        kinds = [event.event_type for event in rows]
        bad = {"failed", "timed_out"}
        statuses = {
            event.content["status"]
            for event in rows
            if event.event_type == "subagent.end"
        }
        if "run.error" in kinds:
            expected = RunStatus.FAILED
        elif "run.end" not in kinds:
            expected = RunStatus.CUT_OFF
        elif statuses & bad or rows[-1].content.get("produced_paths"):
            expected = RunStatus.DEGRADED
        else:
            expected = RunStatus.ANSWERED
        assert said.status is expected, name
        assert said.evidence or said.status is RunStatus.ANSWERED
        assert all(rows[each.row].seq == each.seq for each in said.evidence)
