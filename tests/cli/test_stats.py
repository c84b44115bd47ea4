from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commands import answer, command, records
from tests.helpers.disk import Disk

FIELDS = [
    *("schema", "by", "name", "runs", "replies", "calls", "input", "output", "cached"),
    *("reasoning", "cost", "errors", "latency_median_s", "latency_p95_s"),
]


def add_reply(
    disk: Disk, run: str, model: str, tokens: int, latency_ms: int, **more: Any
) -> None:
    usage = {"input_tokens": tokens, "output_tokens": 1}
    settings = {"model_name": model}
    content = {"content": "x", "usage_metadata": usage, "response_metadata": settings}
    metadata = {"caller": "lead_agent", "latency_ms": latency_ms}
    disk.add_event("count", run, "llm.ai.response", content | more, metadata)


@pytest.fixture
def counted(disk: Disk) -> Disk:
    """The tree with two more runs, whose replies have tokens and latencies."""
    for run in ("ccc1", "ccc2"):
        disk.write_run("count", run, "Count", ended=False)
        for latency_ms in (1_000, 2_000, 30_000):
            add_reply(disk, run, "doe-3", 100, latency_ms)
    add_reply(disk, "ccc2", "=elk", 7, 500)
    calls = [{"name": "bash", "id": "c1", "args": {}}]
    add_reply(disk, "ccc2", "doe-3", 0, 1_000, tool_calls=calls)
    return disk


def stats(disk: Disk, *arguments: str) -> dict[str | None, dict[str, Any]]:
    found = records("stats", "-t", disk.base, *arguments)
    return {each["name"]: each for each in found}


def test_models_have_tokens_and_latencies_of_all_runs(counted: Disk) -> None:
    found = stats(counted, "id:count")
    doe = found["doe-3"]
    assert list(doe) == FIELDS
    assert (doe["schema"], doe["by"], doe["runs"]) == ("whitetail.stats/1", "model", 2)
    assert (doe["input"], doe["output"], doe["replies"]) == (600, 7, 7)
    assert (doe["latency_median_s"], doe["latency_p95_s"]) == (2.0, 30.0)
    assert (doe["cost"], doe["errors"], doe["calls"]) == (None, None, None)
    assert found["=elk"]["input"] == 7


def test_tools_have_calls_and_the_time_that_they_needed(counted: Disk) -> None:
    result = {"type": "tool", "name": "bash", "tool_call_id": "c1", "content": "ok"}
    counted.add_event("count", "ccc2", "llm.tool.result", result)
    bash = stats(counted, "--by", "tool")["bash"]
    assert (bash["calls"], bash["errors"], bash["runs"]) == (1, 0, 1)
    assert bash["latency_median_s"] >= 0
    assert bash["input"] is None and bash["replies"] is None


@pytest.mark.parametrize(
    ("by", "name", "runs"),
    [
        ("caller", "lead_agent", 5),
        ("thread", "count", 2),
        ("thread", "elk", 2),
        ("status", "failed", 1),
        ("status", "answered", 2),
    ],
)
def test_runs_are_grouped(counted: Disk, by: str, name: str, runs: int) -> None:
    assert stats(counted, "--by", by)[name]["runs"] == runs


def test_the_groups_add_up_to_what_ls_lists(counted: Disk) -> None:
    listed = records("ls", "-t", counted.base)
    tokens = sum(run["tokens"]["input"] for run in listed if run["tokens"])
    errors = sum(run["errors"] for run in listed)
    for by in ("thread", "day", "status"):
        found = stats(counted, "--by", by).values()
        assert sum(each["input"] or 0 for each in found) == tokens == 607
        assert sum(each["errors"] for each in found) == errors
        assert sum(each["runs"] for each in found) == len(listed)


def test_a_query_chooses_the_runs(counted: Disk) -> None:
    assert list(stats(counted, "status:failed", "--by", "thread")) == ["fox"]


def test_a_formula_is_quoted_in_csv(counted: Disk) -> None:
    lines = answer("stats", "-t", counted.base, "--csv", "id:count")
    head, *rows = csv.reader(lines)
    assert head == ["model", *FIELDS[3:]]
    assert [row[0] for row in rows] == ["doe-3", "'=elk"]
    assert rows[0][1:5] == ["2", "7", "", "600"]


def test_a_pipe_has_tabs_between_exact_values(counted: Disk) -> None:
    line = answer("stats", "-t", counted.base, "id:count")[0]
    assert line.split("\t")[:5] == ["doe-3", "2", "7", "", "600"]


def test_costs_are_those_of_the_price_table(counted: Disk, tmp_path: Path) -> None:
    prices = tmp_path / "whitetail" / "prices.toml"
    prices.parent.mkdir()
    prices.write_text('["doe-3"]\ninput = 1000000\noutput = 0\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    for by, cost in (("model", 600.0), ("thread", 600.0)):
        query = ("stats", "-t", counted.base, "id:count", "--by", by, "--json")
        ended = command(*query, env=env)
        assert json.loads(ended.stdout.splitlines()[0])["cost"] == cost


def test_an_empty_tree_has_no_groups(tmp_path: Path) -> None:
    (tmp_path / ".deer-flow").mkdir()
    assert answer("stats", "-t", tmp_path) == []
