from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from tests.helpers.commands import answer, command, records
from tests.helpers.disk import Disk
from tests.helpers.events import RunBuilder, encoded

RUN_FIELDS = [
    *("schema", "thread_id", "run_id", "status", "title", "prompt", "started_at"),
    *("ended_at", "duration_s", "events", "size_bytes", "tokens", "cost"),
    *("tool_calls", "errors", "path"),
]
ROOT = Path(__file__).parents[2]


def ids(disk: Disk, *arguments: str) -> list[str]:
    return [line.split("\t")[0] for line in answer("ls", "-t", disk.base, *arguments)]


def write_tokens(disk: Disk, thread: str, run: str, tokens: int) -> None:
    """Add a run with one reply of so many tokens."""
    run_rows = RunBuilder()
    run_rows.prompt(f"Count to {tokens}")
    run_rows.reply("done", ("bash", "c1"), usage=(tokens, 5, 3))
    path = disk.path(thread, run)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for event in run_rows.rows:
            file.write(encoded(vars_of(event)))


def vars_of(event: object) -> dict[str, object]:
    names = ("thread_id", "run_id", "event_type", "category", "content", "metadata")
    fields = {name: getattr(event, name) for name in names}
    seq, created = getattr(event, "seq"), getattr(event, "created_at")  # noqa: B009
    return {**fields, "seq": seq, "created_at": created}


def test_runs_are_listed_newest_first(disk: Disk) -> None:
    assert ids(disk) == ["fox/bbb1", "elk/aaa2", "elk/aaa1"]


def test_the_order_is_that_of_the_start_also_if_all_files_were_copied(
    disk: Disk,
) -> None:
    for path in disk.threads.rglob("*.jsonl"):
        os.utime(path, (2_000_000_000, 2_000_000_000))
    assert ids(disk) == ["fox/bbb1", "elk/aaa2", "elk/aaa1"]


def test_a_line_in_a_pipe_has_exact_values_with_tabs(disk: Disk) -> None:
    line = answer("ls", "-t", disk.base)[1].split("\t")
    assert line[0:2] == ["elk/aaa2", "answered"]
    assert datetime.fromisoformat(line[2]).tzinfo is not None
    assert line[3:] == ["2.0", "4", "", "", "0", "Find the elk"]


def test_a_run_has_the_fields_of_the_schema(disk: Disk) -> None:
    run = records("ls", "-t", disk.base)[0]
    assert list(run) == RUN_FIELDS
    assert run["schema"] == "whitetail.run/1"
    assert (run["thread_id"], run["run_id"]) == ("fox", "bbb1")
    assert (run["status"], run["title"]) == ("failed", None)
    assert run["prompt"] == "Find the fox"
    assert (run["events"], run["errors"], run["tool_calls"]) == (4, 1, 0)
    assert run["size_bytes"] == disk.path("fox", "bbb1").stat().st_size
    assert run["tokens"] is None and run["cost"] is None
    assert run["path"] == str(disk.path("fox", "bbb1"))
    assert datetime.fromisoformat(run["started_at"]).tzinfo is not None


def test_the_document_describes_every_field_of_a_run_and_of_a_thread(
    disk: Disk,
) -> None:
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    thread = records("ls", "--threads", "-t", disk.base)[0]
    for name in [*RUN_FIELDS, *thread]:
        assert f"| `{name}` |" in text


def test_tokens_and_costs_are_those_of_all_rows(disk: Disk, tmp_path: Path) -> None:
    write_tokens(disk, "count", "ccc1", 1_000)
    prices = tmp_path / "whitetail" / "prices.toml"
    prices.parent.mkdir()
    prices.write_text('["doe-3"]\ninput = 1000\noutput = 1000\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    ended = command("ls", "-t", disk.base, "tokens>0", "--json", env=env)
    run = json.loads(ended.stdout)
    assert run["tokens"] == {"input": 1000, "output": 5, "cached": 3, "reasoning": 0}
    assert (run["cost"], run["tool_calls"]) == (1.005, 1)


def test_a_query_chooses_runs(disk: Disk) -> None:
    assert ids(disk, "status:failed") == ["fox/bbb1"]
    assert ids(disk, "status:answered", "elk") == ["elk/aaa2", "elk/aaa1"]
    assert ids(disk, "not", "status:answered") == ["fox/bbb1"]
    assert ids(disk, "prompt:now", "--json")[0].startswith('{"schema"')
    assert ids(disk, "errors>0") == ["fox/bbb1"]
    assert ids(disk, "status:unknown") == []


def test_runs_are_sorted_by_a_column(disk: Disk) -> None:
    write_tokens(disk, "count", "few", 10)
    write_tokens(disk, "count", "many", 9_000)
    assert ids(disk, "--sort", "tokens", "-n", "2") == ["count/many", "count/few"]
    assert ids(disk, "--sort", "status", "-n", "1") == ["fox/bbb1"]


def test_threads_have_the_totals_of_their_runs(disk: Disk) -> None:
    newest, older = records("ls", "--threads", "-t", disk.base)
    assert (newest["thread_id"], newest["status"]) == ("fox", "failed")
    assert (older["thread_id"], older["runs"], older["events"]) == ("elk", 2, 8)
    assert older["status"] == "answered"
    assert ids(disk, "--threads", "runs>1") == ["elk"]


@pytest.mark.parametrize("query", ["tol:bash", "(a", "tool:bash"])
def test_a_wrong_query_is_refused_in_one_line(disk: Disk, query: str) -> None:
    ended = command("ls", "-t", disk.base, query)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("whitetail: ")
    assert ended.stderr.count("\n") == 1


def test_a_run_that_cannot_be_read_is_listed_and_explained(disk: Disk) -> None:
    disk.path("elk", "aaa2").write_bytes("elk".encode("utf-16"))
    ended = command("ls", "-t", disk.base)
    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == 3
    assert ended.stderr.startswith("whitetail: elk/aaa2: ")
