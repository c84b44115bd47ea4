"""The verdict on a run claims no more than its rows prove.

Also covers `trace/verdict/evidence.py`, `subagents.py` and `status.py`.
"""

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


def verdict_on(
    rows: Iterable[AnyEvent], now: float = LONG_AFTER, *, growing: bool = False
) -> Verdict:
    builder = VerdictBuilder()
    builder.feed(rows)
    return builder.verdict(now, growing)


def end_and_judge(run: RunBuilder) -> Verdict:
    run.add("run.end", status="success")
    run.add("run.delivery", {"presented": 0, "paths": []})
    return verdict_on(run.rows)


def found(verdict: Verdict, severity: Severity) -> list[tuple[int, str]]:
    return [
        (each.row, each.text) for each in verdict.evidence if each.severity is severity
    ]


def test_a_run_that_ends_with_a_text_is_answered() -> None:
    run = RunBuilder()
    run.prompt()
    answer = run.reply("Here is\nthe deer.")
    verdict = end_and_judge(run)
    assert verdict.status is RunStatus.ANSWERED
    assert verdict.reason == "answers: Here is the deer."
    assert found(verdict, Severity.GOOD) == [(answer, verdict.reason)]
    assert (verdict.waiting_for, verdict.waiting_since) == ("", None)


def test_a_run_that_ends_with_a_question_to_the_user_is_answered() -> None:
    run = RunBuilder()
    run.reply("", ("ask_clarification", "a"))
    run.result("a", "Which deer?")
    verdict = end_and_judge(run)
    assert verdict.status is RunStatus.ANSWERED
    assert verdict.reason == "asks the user: Which deer?"


def test_a_run_that_presents_files_without_a_text_is_answered() -> None:
    run = RunBuilder()
    run.reply("", ("present_files", "a"))
    run.result("a")
    run.reply("")
    assert end_and_judge(run).status is RunStatus.ANSWERED


def test_a_run_that_ends_without_an_answer_is_degraded() -> None:
    run = RunBuilder()
    run.reply("")
    verdict = end_and_judge(run)
    assert verdict.status is RunStatus.DEGRADED
    assert verdict.reason == "ended without an answer"


def test_a_run_with_an_error_at_its_end_failed_although_it_ends_with_success() -> None:
    run = RunBuilder()
    run.reply("Here")
    row = run.add("run.error", "too deep", error_type="RecursionError")
    verdict = end_and_judge(run)
    assert (verdict.status, verdict.reason) == (RunStatus.FAILED, "too deep")
    assert found(verdict, Severity.ERROR) == [(row, "too deep")]


def test_a_run_that_ends_with_another_status_than_success_failed() -> None:
    run = RunBuilder()
    run.add("run_end", status="interrupted")
    verdict = verdict_on(run.rows)
    assert (verdict.status, verdict.reason) == (RunStatus.FAILED, "interrupted")


def test_a_run_failed_if_deerflow_wrote_the_last_reply_instead_of_the_model() -> None:
    run = RunBuilder()
    fallback: dict[str, Any] = {"additional_kwargs": {"deerflow_error_fallback": True}}
    row = run.reply("Sorry", **fallback)
    verdict = end_and_judge(run)
    assert verdict.status is RunStatus.FAILED
    text = "DeerFlow replied instead of the model: Sorry"
    assert found(verdict, Severity.ERROR) == [(row, text)]


def test_a_reply_of_the_model_after_one_of_deerflow_is_an_answer() -> None:
    run = RunBuilder()
    fallback: dict[str, Any] = {"additional_kwargs": {"deerflow_error_fallback": True}}
    run.reply("Sorry", **fallback)
    run.reply("Here")
    assert end_and_judge(run).status is RunStatus.ANSWERED


def test_an_error_of_the_model_before_a_reply_is_only_a_note() -> None:
    run = RunBuilder()
    row = run.add("llm.error", "429")
    run.reply("Here")
    verdict = end_and_judge(run)
    assert verdict.status is RunStatus.ANSWERED
    text = "the model could not answer: 429; a reply followed"
    assert found(verdict, Severity.NOTE) == [(row, text)]


def test_an_error_of_the_model_after_the_last_reply_degrades_a_run() -> None:
    run = RunBuilder()
    run.reply("Here")
    run.add("llm.error", "429")
    assert end_and_judge(run).status is RunStatus.DEGRADED


def test_a_call_without_a_result_degrades_a_run_that_ended() -> None:
    run = RunBuilder()
    row = run.reply("", ("ls", "a"))
    run.reply("Here")
    verdict = end_and_judge(run)
    assert verdict.status is RunStatus.DEGRADED
    assert found(verdict, Severity.WARNING) == [(row, "ls has no result in this run")]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("All is well", RunStatus.DEGRADED),
        ("I couldn\N{RIGHT SINGLE QUOTATION MARK}t look", RunStatus.ANSWERED),
        ("COUNT DEER came to nothing", RunStatus.ANSWERED),
        ("未能找到", RunStatus.ANSWERED),
    ],
)
def test_a_failed_subagent_degrades_a_run_whose_answer_does_not_mention_it(
    answer: str, status: RunStatus
) -> None:
    run = RunBuilder()
    row = run.finish("t", "timed_out", error="900 s")
    run.launch("t", description="Count deer")
    run.result("t", "Task timed out", status="error")
    run.reply(answer)
    verdict = end_and_judge(run)
    assert verdict.status is status
    degraded = status is RunStatus.DEGRADED
    severity = Severity.WARNING if degraded else Severity.NOTE
    (evidence,) = found(verdict, severity)
    assert evidence[0] == row
    assert evidence[1].startswith("a subagent timed out: 900 s")


def test_a_failed_task_that_succeeded_later_is_only_a_note() -> None:
    run = RunBuilder()
    run.launch("s", description="Count deer")
    run.result("s", "Task failed. Error: 403")
    run.launch("t", description="Count deer")
    run.result("t", "Task Succeeded")
    run.reply("Three")
    verdict = end_and_judge(run)
    assert verdict.status is RunStatus.ANSWERED
    ((_, text),) = found(verdict, Severity.NOTE)
    assert text.endswith("the same task succeeded later")


def test_a_truncated_answer_degrades_a_run() -> None:
    truncated: dict[str, Any] = {"response_metadata": {"finish_reason": "length"}}
    run = RunBuilder()
    run.reply("The deer is", **truncated)
    assert end_and_judge(run).reason == "the reply was truncated (length)"


def test_a_truncated_reply_before_the_answer_does_not_degrade_a_run() -> None:
    truncated: dict[str, Any] = {"response_metadata": {"finish_reason": "length"}}
    run = RunBuilder()
    run.reply("Thinking", **truncated)
    run.reply("Here")
    assert end_and_judge(run).status is RunStatus.ANSWERED


def test_a_call_that_a_guardrail_denied_degrades_a_run() -> None:
    run = RunBuilder()
    run.add("middleware:guardrail", {"action": "allow", "changes": {"tool": "ls"}})
    row = run.add("middleware:guardrail", {"action": "deny", "changes": {"tool": "rm"}})
    run.reply("Here")
    verdict = end_and_judge(run)
    assert verdict.status is RunStatus.DEGRADED
    assert found(verdict, Severity.WARNING) == [(row, "guardrail: deny rm")]


def test_new_outputs_that_were_not_presented_degrade_a_run() -> None:
    files = [{"path": "/a", "root": "outputs", "status": "created"}]
    run = RunBuilder()
    run.reply("Here")
    row = run.add("workspace_changes", workspace_changes={"files": files})
    verdict = end_and_judge(run)
    assert verdict.status is RunStatus.DEGRADED
    text = "1 file was made, and none was presented"
    assert found(verdict, Severity.WARNING) == [(row, text)]


def test_the_delivery_overrules_the_comparison_of_folders() -> None:
    files = [{"path": "/a", "root": "outputs", "status": "created"}]
    delivery = {"produced_paths": ["/a", "/b"], "presented_paths": []}
    run = RunBuilder()
    run.reply("Here")
    run.add("workspace_changes", workspace_changes={"files": files})
    run.add("run.end", status="success")
    run.add("run.delivery", delivery)
    assert verdict_on(run.rows).reason == "2 files were made, and none was presented"
    run.add("run.delivery", delivery | {"satisfied": True, "produced_paths": []})
    assert verdict_on(run.rows).status is RunStatus.ANSWERED


@pytest.mark.parametrize(
    ("now", "growing", "status"),
    [
        (NOON + 60, True, RunStatus.RUNNING),
        (NOON + 60, False, RunStatus.QUIET),
        (LONG_AFTER, False, RunStatus.CUT_OFF),
    ],
)
def test_growth_and_age_decide_for_a_run_without_an_end(
    now: float, growing: bool, status: RunStatus
) -> None:
    run = RunBuilder()
    run.prompt()
    assert verdict_on(run.rows, now, growing=growing).status is status


def test_a_run_that_was_cut_off_after_a_reply_does_not_wait_for_its_end() -> None:
    run = RunBuilder()
    run.reply("Here")
    verdict = verdict_on(run.rows, LONG_AFTER)
    assert verdict.status is RunStatus.CUT_OFF
    assert verdict.reason == "no end was written after its last reply"
    run.launch("t")
    run.result("t")
    waiting = verdict_on(run.rows, LONG_AFTER)
    assert waiting.reason == "no end was written; its last events wait for the model"


def test_a_run_without_events_is_unknown() -> None:
    verdict = verdict_on([])
    assert verdict.status is RunStatus.UNKNOWN
    assert verdict.reason == "the file has no events"


def test_a_run_whose_last_line_may_be_its_end_is_unknown() -> None:
    run = RunBuilder()
    run.prompt()
    verdict = verdict_on([*run.rows, BAD])
    assert verdict.status is RunStatus.UNKNOWN
    assert verdict.reason == "its last line cannot be read"


def test_a_running_run_waits_for_the_tools_of_the_lead_agent() -> None:
    run = RunBuilder()
    run.prompt()
    run.reply("", ("web_fetch", "a"), ("ls", "b"), caller="lead_agent")
    run.reply("", ("cat", "c"), caller="subagent:scout")
    run.result("b")
    verdict = verdict_on(run.rows, NOON + 9)
    assert (verdict.waiting_for, verdict.waiting_since) == ("web_fetch", NOON + 2)
    expected = "waits for web_fetch (DeerFlow writes in batches of 20 events)"
    assert verdict.reason == expected


def test_a_running_run_without_unanswered_calls_waits_for_the_model_or_its_end() -> (
    None
):
    run = RunBuilder()
    run.prompt()
    assert verdict_on(run.rows, growing=True).waiting_for == "the model"
    run.reply("", ("ls", "a"))
    run.result("a")
    assert verdict_on(run.rows).waiting_for == "the model"
    run.reply("Here")
    assert verdict_on(run.rows).waiting_for == "its end"


def test_texts_of_evidence_are_one_line_of_200_characters_at_most() -> None:
    assert shorten("a\n b" + "c" * 999) == "a b" + "c" * 196 + "…"


def test_a_task_without_a_description_is_not_mentioned() -> None:
    assert not mentions_failure("All is well", "")


@settings(max_examples=80, deadline=None)
@given(mangled, cuts)
def test_batches_of_rows_give_the_same_verdict_as_all_at_once(
    rows: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, rows, at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> list[Verdict]:
    builder, count = VerdictBuilder(), 0
    for part in parts:
        builder.feed(part)
        count += len(part)
        verdict = builder.verdict(NOON + 60, False)
        assert all(0 <= each.row < count for each in verdict.evidence)
    return [builder.verdict(NOON + 60, growing) for growing in (False, True)]


def test_verdicts_on_real_runs_are_those_of_a_short_program() -> None:
    for name, rows in real_runs().items():
        verdict = verdict_on(rows, now=NOON + 10**9)
        kinds = [event.event_type for event in rows]
        statuses = {
            event.content["status"]
            for event in rows
            if event.event_type == "subagent.end"
        }
        if "run.error" in kinds:
            expected = RunStatus.FAILED
        elif "run.end" not in kinds:
            expected = RunStatus.CUT_OFF
        elif statuses & {"failed", "timed_out"} or rows[-1].content.get(
            "produced_paths"
        ):
            expected = RunStatus.DEGRADED
        else:
            expected = RunStatus.ANSWERED
        assert verdict.status is expected, name


def test_evidence_of_real_runs_names_the_seq_of_its_row() -> None:
    for rows in real_runs().values():
        verdict = verdict_on(rows, now=NOON + 10**9)
        assert verdict.evidence or verdict.status is RunStatus.ANSWERED
        assert all(rows[each.row].seq == each.seq for each in verdict.evidence)
