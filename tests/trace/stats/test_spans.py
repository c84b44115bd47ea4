"""The duration of model calls, tools and subagents, and whether it is exact.

Also covers `trace/stats/span_order.py`.
"""

from collections.abc import Iterable, Sequence

from hypothesis import given, settings

from tests.helpers.events import NOON, AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled
from whitetail.trace.stats.spans import Span, SpanKind, Spans


def spans_of(rows: Iterable[AnyEvent]) -> Spans:
    spans = Spans()
    spans.feed(rows)
    return spans


def only_span(run: RunBuilder, kind: SpanKind) -> Span:
    (span,) = (each for each in spans_of(run.rows) if each.kind is kind)
    return span


def test_a_model_call_starts_its_latency_before_its_reply() -> None:
    run = RunBuilder()
    run.reply("Hello")
    assert only_span(run, SpanKind.MODEL) == Span(
        SpanKind.MODEL, "doe-3", NOON + 0.5, NOON + 1, True, 0, 0, "lead_agent"
    )


def test_a_reply_without_latency_has_only_an_exact_end() -> None:
    run = RunBuilder()
    run.add("llm.ai.response", {}, latency_ms=0)
    span = only_span(run, SpanKind.MODEL)
    assert (span.start, span.end, span.exact) == (NOON + 1, NOON + 1, False)


def test_a_tool_runs_from_the_reply_with_its_call_to_its_result() -> None:
    run = RunBuilder()
    reply, result = run.reply("", ("ls", "a")), run.result("a", status="error")
    span = only_span(run, SpanKind.TOOL)
    assert (span.name, span.duration, span.exact, span.failed) == ("ls", 1, True, True)
    assert (span.row, span.result_row) == (reply, result)


def test_a_tool_without_a_result_has_no_end() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    span = only_span(run, SpanKind.TOOL)
    assert (span.end, span.duration, span.result_row) == (None, None, None)


def test_the_times_of_a_subagent_are_not_exact() -> None:
    run = RunBuilder()
    begin = run.step("t")
    run.launch("t", description="Count deer")
    end = run.finish("t", "failed")
    span = only_span(run, SpanKind.SUBAGENT)
    assert (span.name, span.caller) == ("Count deer", "subagent:scout")
    assert (span.start, span.end) == (NOON + 1, NOON + 3)
    assert (span.row, span.result_row, span.exact, span.failed) == (
        begin,
        end,
        False,
        True,
    )


def test_a_run_lasts_from_run_start_to_run_end() -> None:
    run = RunBuilder()
    run.step("t")
    start = run.add("run.start", at=20)
    end = run.add("run.end", at=30)
    span = spans_of(run.rows)[0]
    assert (span.start, span.end, span.exact) == (NOON + 20, NOON + 30, True)
    assert (span.row, span.result_row, span.failed) == (start, end, False)


def test_the_spans_of_a_subagent_are_drawn_under_its_task() -> None:
    run = RunBuilder()
    run.step("t")
    run.reply("", ("ls", "a"))
    run.launch("t", "u")
    run.result("a")
    run.step("u")
    run.reply("", ("cat", "b"), caller="subagent:scout", task_id="t")
    run.result("t")
    run.reply("", caller="subagent:scout")
    run.result("u")
    run.reply("Done")
    spans = spans_of(run.rows)
    drawn = [spans[at] for at in spans.display_order()]
    assert [(each.depth, each.kind.value, each.row) for each in drawn] == [
        (0, "run", 0),
        (0, "model", 1),
        (0, "tool", 1),
        (0, "model", 2),
        (0, "tool", 2),
        (1, "subagent", 0),
        (2, "model", 5),
        (2, "tool", 5),
        (0, "tool", 2),
        (1, "subagent", 4),
        (2, "model", 7),
        (0, "model", 9),
    ]


def test_a_subagent_starts_with_its_call() -> None:
    run = RunBuilder()
    run.launch("t")
    run.add("subagent.end", {"task_id": "t"}, at=30, task_id="t")
    span = only_span(run, SpanKind.SUBAGENT)
    assert (span.start, span.end, span.exact) == (NOON + 1, NOON + 30, False)


def test_the_time_range_of_a_run_without_rows_is_empty() -> None:
    assert spans_of([]).time_range == (0, 0)


def test_the_time_range_is_from_the_start_to_the_latest_row() -> None:
    run = RunBuilder()
    run.add("run.start", at=5)
    run.add("run.end", at=30)
    run.add("run.delivery", at=40)
    assert spans_of(run.rows).time_range == (NOON + 5, NOON + 40)


def test_a_span_that_ends_before_its_start_is_not_exact() -> None:
    run = RunBuilder()
    run.reply("", ("ls", "a"))
    run.add("llm.tool.result", {"tool_call_id": "a"}, at=0)
    span = only_span(run, SpanKind.TOOL)
    assert (span.exact, span.duration) == (False, 0)


@settings(max_examples=60, deadline=None)
@given(mangled, cuts)
def test_batches_of_rows_give_the_same_spans_as_all_at_once(
    rows: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, rows, at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> list[Span]:
    spans = Spans()
    for part in parts:
        spans.feed(part)
    assert spans[:] == list(spans)
    assert sorted(spans.display_order()) == list(range(len(spans)))
    return [spans[at] for at in spans.display_order()]


def test_real_runs_have_a_span_for_each_call_and_subagent() -> None:
    for rows in real_runs().values():
        spans = spans_of(rows)
        kinds = [span.kind for span in spans]
        replies = [each for each in rows if each.event_type == "llm.ai.response"]
        called = sum(len(each.content["tool_calls"]) for each in replies)
        ends = sum(each.event_type == "subagent.end" for each in rows)
        assert kinds.count(SpanKind.RUN) == 1
        assert kinds.count(SpanKind.MODEL) == len(replies)
        assert kinds.count(SpanKind.TOOL) == called
        assert kinds.count(SpanKind.SUBAGENT) == ends
        for span in spans:
            if span.kind is SpanKind.TOOL and span.caller == "lead_agent":
                assert span.exact or span.result_row is None
