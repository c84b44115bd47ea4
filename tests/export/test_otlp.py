from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

from tests.helpers.demo import NOW, run_files
from tests.helpers.events import RunBuilder, encoded
from tests.helpers.exported import exported, hostile_files
from tests.helpers.real_runs import real_paths
from whitetail.demo import demo_tree
from whitetail.run.whole_run import WholeRun
from whitetail.source.file_rows import FileRows
from whitetail.trace.stats.spans import SpanKind
from whitetail_store import RunEvent

USAGE = "gen_ai.usage."
SLACK_NS = 1_000


def spans_of(data: bytes) -> list[Span]:
    """Parse an export with the classes of Protocol Buffers, which know each field."""
    parsed = json.loads(data)
    for group in parsed["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    # OTLP has them in hexadecimal, Protocol Buffers in base64.
                    if key in span:
                        value = bytes.fromhex(span[key])
                        span[key] = b64encode(value).decode()
    traces = ParseDict(parsed, TracesData())
    [group] = traces.resource_spans
    [scope] = group.scope_spans
    return list(scope.spans)


def values_of(span: Span) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, str(each.value.WhichOneof("value")))
        for each in span.attributes
    }


def run_of(tmp_path: Path, run: RunBuilder) -> Path:
    path = tmp_path / "run.jsonl"
    events = (row for row in run.rows if isinstance(row, RunEvent))
    path.write_bytes(b"".join(map(line_of, events)))
    return path


def line_of(row: RunEvent) -> bytes:
    fields = ("seq", "event_type", "category", "content", "metadata", "created_at")
    return encoded({key: getattr(row, key) for key in fields})


@pytest.fixture(params=["demo", "real"])
def paths(request: pytest.FixtureRequest) -> Iterator[list[Path]]:
    """Return the files of runs."""
    if request.param == "real":
        yield real_paths()
        return
    with demo_tree(live=False, now=NOW) as root:
        yield run_files(root)


def check_tree(spans: list[Span]) -> None:
    """Assert that there is one root, that parents exist, and that times are ordered."""
    by_id = {span.span_id: span for span in spans}
    assert len(by_id) == len(spans)
    assert len({span.trace_id for span in spans}) == 1
    [root] = [span for span in spans if not span.parent_span_id]
    assert (len(root.trace_id), len(root.span_id)) == (16, 8)
    for span in spans:
        assert span.start_time_unix_nano <= span.end_time_unix_nano
        assert root.start_time_unix_nano <= span.start_time_unix_nano
        assert span.end_time_unix_nano <= root.end_time_unix_nano
        if span.parent_span_id:
            parent = by_id[span.parent_span_id]
            assert parent.start_time_unix_nano <= span.end_time_unix_nano


def test_each_run_is_a_trace_with_one_root(paths: list[Path]) -> None:
    for path in paths:
        check_tree(spans_of(exported([path], "otlp")))


def test_calls_of_a_subagent_are_within_its_task(paths: list[Path]) -> None:
    for path in paths:
        spans = spans_of(exported([path], "otlp"))
        by_id = {span.span_id: span for span in spans}
        for span in spans:
            parent = by_id.get(span.parent_span_id)
            if parent is not None and parent.parent_span_id:
                start = parent.start_time_unix_nano
                assert span.start_time_unix_nano >= start - SLACK_NS


def test_the_tokens_are_those_of_the_run(paths: list[Path]) -> None:
    for path in paths:
        total = WholeRun(FileRows(("thread", path.stem), path)).stats.usage.total
        found = [values_of(span) for span in spans_of(exported([path], "otlp"))]
        sums = [
            sum(values.get(f"{USAGE}{name}", 0) for values in found)
            for name in (
                *("input_tokens", "output_tokens"),
                *("cache_read.input_tokens", "reasoning.output_tokens"),
            )
        ]
        assert sums == [total.input, total.output, total.cached, total.reasoning]


def test_there_is_a_span_for_each_call(paths: list[Path]) -> None:
    operations = {
        SpanKind.RUN: "invoke_agent",
        SpanKind.MODEL: "chat",
        SpanKind.TOOL: "execute_tool",
        SpanKind.SUBAGENT: "invoke_agent",
    }
    for path in paths:
        spans = WholeRun(FileRows(("thread", path.stem), path)).stats.spans
        found = [values_of(each) for each in spans_of(exported([path], "otlp"))]
        named = [values["gen_ai.operation.name"] for values in found]
        assert sorted(named) == sorted(operations[each.kind] for each in spans)


def test_ids_are_hexadecimal_and_numbers_are_encoded_as_otlp_has_them(
    tmp_path: Path,
) -> None:
    run = RunBuilder()
    run.prompt()
    run.reply("Yes", usage=(1200, 30, 1100))
    data = json.loads(exported([run_of(tmp_path, run)], "otlp"))
    [root, chat] = data["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert len(root["traceId"]) == 32 and len(root["spanId"]) == 16
    assert chat["parentSpanId"] == root["spanId"]
    assert int(root["traceId"], 16) and int(root["spanId"], 16)
    assert (root["kind"], chat["kind"]) == (1, 3)
    assert isinstance(chat["startTimeUnixNano"], str)
    tokens = {"key": f"{USAGE}input_tokens", "value": {"intValue": "1200"}}
    assert tokens in chat["attributes"]


def test_a_tool_has_its_call_and_its_result(tmp_path: Path) -> None:
    run = RunBuilder()
    calls = [
        {"name": "ls", "id": "a", "args": {"path": "/"}},
        {"name": "ls", "id": "b", "args": {"path": "/x"}},
    ]
    run.reply(tool_calls=calls)
    run.result("b", "Error: no /x", status="error")
    _, _, first, second = spans_of(exported([run_of(tmp_path, run)], "otlp"))
    assert first.name == second.name == "execute_tool ls"
    values = values_of(second)
    assert values["gen_ai.tool.call.id"] == "b"
    assert json.loads(values["gen_ai.tool.call.arguments"]) == {"path": "/x"}
    assert values["gen_ai.tool.call.result"] == "Error: no /x"
    assert second.status.code == Status.STATUS_CODE_ERROR
    assert values_of(first)["gen_ai.tool.call.id"] == "a"
    assert "gen_ai.tool.call.result" not in values_of(first)
    assert first.status.code == Status.STATUS_CODE_UNSET


def test_a_failed_run_has_the_reason(tmp_path: Path) -> None:
    run = RunBuilder()
    run.prompt()
    run.add("run.error", "no deer", error_type="DeerError")
    root = spans_of(exported([run_of(tmp_path, run)], "otlp"))[0]
    assert root.status.code == Status.STATUS_CODE_ERROR
    assert root.status.message == "no deer"


def test_values_are_cut_and_stay_json(tmp_path: Path) -> None:
    run = RunBuilder()
    run.prompt("p" * 500)
    run.reply("r" * 500)
    data = exported([run_of(tmp_path, run)], "otlp", max_bytes=100)
    root, chat = spans_of(data)
    for span in (root, chat):
        [message] = json.loads(values_of(span)["gen_ai.output.messages"])
        assert message["parts"][0]["content"].startswith("r" * 100 + "…")
    assert b"r" * 101 not in data and b"p" * 101 not in data


def test_a_filter_leaves_spans_with_parents(tmp_path: Path) -> None:
    run = RunBuilder()
    run.prompt("Find the deer")
    run.launch("t")
    run.reply("The moose", caller="subagent:scout")
    run.result("t", "It is here")
    data = exported([run_of(tmp_path, run)], "otlp", query="moose")
    spans = spans_of(data)
    check_tree(spans)
    assert [span.name for span in spans] == ["invoke_agent lead_agent", "chat doe-3"]
    assert b"Find the deer" not in data


def test_several_runs_are_several_traces(tmp_path: Path) -> None:
    files = hostile_files(tmp_path)
    spans = spans_of(exported(files, "otlp"))
    assert len({span.trace_id for span in spans}) == len(files)


@pytest.mark.parametrize("levels", [900, 960, 970, 980, 990, 1_000, 1_010])
def test_arguments_may_be_nested_deeply(tmp_path: Path, levels: int) -> None:
    run = RunBuilder()
    run.reply(tool_calls=[{"name": "ls", "id": "a", "args": {"x": "DEEP"}}])
    path = run_of(tmp_path, run)
    nested = b"[" * levels + b"]" * levels
    path.write_bytes(path.read_bytes().replace(b'"DEEP"', nested))
    _, chat, tool = spans_of(exported([path], "otlp"))
    arguments = values_of(tool)["gen_ai.tool.call.arguments"]
    assert arguments.startswith(('{"x": [[', '"[nested too deeply]"'))
    assert "tool_call" in values_of(chat)["gen_ai.output.messages"]


def test_a_file_without_events_has_no_span(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"no event\n")
    assert spans_of(exported([path], "otlp")) == []


def test_a_run_without_times_has_ordered_ones(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run = RunBuilder()
    run.prompt()
    run.reply("", ("ls", "a"))
    lines = run_of(tmp_path, run).read_bytes().splitlines()
    events = [{**json.loads(line), "created_at": "noon"} for line in lines]
    path.write_bytes(b"".join(map(encoded, events)))
    check_tree(spans_of(exported([path], "otlp")))


def test_without_the_extra_one_sentence_says_how_to_install_it(tmp_path: Path) -> None:
    run = RunBuilder()
    run.prompt()
    path = run_of(tmp_path, run)
    # The packages of the extra are hidden from a process of its own.
    program = (
        "import sys; sys.modules['opentelemetry'] = None; "
        "from whitetail.cli import main; sys.exit(main())"
    )
    arguments = ("export", "-t", path, "--format", "otlp", "-o", tmp_path / "a.json")
    ended = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "whitetail: the format otlp needs opentelemetry-proto; install it with: "
        "pip install 'whitetail[otel]'\n"
    )
    assert not (tmp_path / "a.json").exists()
