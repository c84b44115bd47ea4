from __future__ import annotations

import json

from whitetail.demo.journal import Batch, Event, Journal, split_into_batches

KEYS = [
    "thread_id",
    "run_id",
    "event_type",
    "category",
    "content",
    "metadata",
    "seq",
    "created_at",
]


def event(at: float, event_type: str = "llm.tool.result") -> Event:
    category = "subagent" if event_type.startswith("subagent.") else "message"
    return Event(at, event_type, category, {"text": "小鹿 🦌"}, {"caller": "x"})


def times(batches: list[Batch]) -> list[list[float]]:
    return [[each.at for each in batch.events] for batch in batches]


def test_a_line_is_what_json_dumps_gives_for_deerflow_s_eight_keys() -> None:
    line = Journal("t").encode("r", [Batch(2.0, (event(2.0),))], 1_790_000_000.0)
    record = json.loads(line)
    assert list(record) == KEYS
    assert line.decode() == json.dumps(record, ensure_ascii=False) + "\n"
    assert record["created_at"] == "2026-09-21T14:13:22.000000+00:00"


def test_seq_goes_on_from_one_run_of_a_thread_to_the_next() -> None:
    journal = Journal("t")
    batches = [Batch(1.0, (event(0.0), event(1.0)))]
    lines = journal.encode("r1", batches, 0.0) + journal.encode("r2", batches, 9.0)
    found = [json.loads(line) for line in lines.splitlines()]
    assert [record["seq"] for record in found] == [1, 2, 3, 4]
    assert [record["run_id"] for record in found] == ["r1", "r1", "r2", "r2"]


def test_events_are_written_in_batches_and_at_the_end() -> None:
    events = [event(float(at)) for at in range(5)]
    batches = list(split_into_batches(events, flush_events=2))
    assert times(batches) == [[0, 1], [2, 3], [4]]
    assert [batch.at for batch in batches] == [1, 3, 4]


def test_the_last_batch_is_missing_if_the_process_died() -> None:
    events = [event(float(at)) for at in range(5)]
    batches = list(split_into_batches(events, flush_events=2, process_died=True))
    assert times(batches) == [[0, 1], [2, 3]]


def test_events_of_a_subagent_are_written_at_its_end_with_that_time() -> None:
    events = [
        event(1.0, "subagent.start"),
        event(2.0),
        event(3.0, "subagent.step"),
        event(4.0, "subagent.end"),
    ]
    batches = list(split_into_batches(events, flush_events=1))
    assert times(batches) == [[2], [4, 4, 4]]


def test_a_subagent_with_many_steps_writes_25_events_at_a_time() -> None:
    steps = [event(float(at), "subagent.step") for at in range(30)]
    batches = list(split_into_batches([*steps, event(30.0, "subagent.end")]))
    assert times(batches) == [[24] * 25, [30] * 6]
