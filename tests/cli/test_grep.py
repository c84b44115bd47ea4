from __future__ import annotations

import pytest

from tests.helpers.commands import answer, command, records
from tests.helpers.disk import Disk

EVENT_FIELDS = [
    *("schema", "thread_id", "run_id", "row", "seq", "time", "event_type"),
    *("caller", "error", "text"),
]


def found(disk: Disk, *arguments: str) -> list[str]:
    return answer("grep", "-t", disk.base, *arguments)


def test_each_event_is_one_line_with_run_seq_and_text(disk: Disk) -> None:
    assert found(disk, "elk") == ["elk/aaa1:2  Find the elk"]
    assert found(disk, "it", "is") == [
        "elk/aaa2:7  It is gone",
        "elk/aaa1:3  It is here",
    ]


def test_no_match_is_1(disk: Disk) -> None:
    assert answer("grep", "-t", disk.base, "unicorn", code=1) == []


def test_runs_only_and_counts(disk: Disk) -> None:
    assert found(disk, "-l", "find") == ["fox/bbb1", "elk/aaa1"]
    assert found(disk, "-c", "it or elk") == ["elk/aaa2:1", "elk/aaa1:2"]


def test_at_most_some_events_of_each_run(disk: Disk) -> None:
    disk.write_run("many", "ccc1", "one deer", "two deer", "three deer", age=60)
    disk.write_run("many", "ccc2", "four deer", age=30)
    lines = found(disk, "-m", "2", "deer")
    assert [line.partition("  ")[2] for line in lines] == [
        *("four deer", "one deer", "two deer")
    ]
    assert found(disk, "-c", "-m", "2", "deer") == ["many/ccc2:1", "many/ccc1:2"]


def test_context_lines_are_those_around_and_none_is_printed_twice(disk: Disk) -> None:
    texts = [f"reply {number}" for number in range(9)]
    disk.write_run("many", "ccc1", "begin", *texts)
    lines = found(disk, "-C", "1", "reply 2 or reply 3 or reply 7")
    signs = [line.removeprefix("many/ccc1")[:1] for line in lines]
    shown = [line.partition("  ")[2] for line in lines]
    assert shown == [
        *("reply 1", "reply 2", "reply 3", "reply 4", ""),
        *("reply 6", "reply 7", "reply 8"),
    ]
    assert lines[4] == "--"
    assert signs == ["-", ":", ":", "-", "-", "-", ":", "-"]


def test_an_object_has_the_fields_of_the_schema(disk: Disk) -> None:
    (event,) = records("grep", "-t", disk.base, "FoxError")
    assert list(event) == EVENT_FIELDS
    assert event["schema"] == "whitetail.event/1"
    assert (event["thread_id"], event["run_id"], event["row"]) == ("fox", "bbb1", 3)
    assert (event["event_type"], event["error"]) == ("run.error", True)
    (hits,) = records("grep", "-c", "-t", disk.base, "FoxError")
    assert hits == {
        "schema": "whitetail.hits/1",
        "thread_id": "fox",
        "run_id": "bbb1",
        "count": 1,
    }


def test_a_bad_line_is_found_and_has_no_seq(disk: Disk) -> None:
    with disk.path("elk", "aaa1").open("ab") as file:
        file.write(b"neither JSON\x1b[31m nor an event\n")
    (line,) = found(disk, "neither")
    assert line.startswith("elk/aaa1:  neither JSON")
    assert "\x1b" not in line
    (event,) = records("grep", "-t", disk.base, "neither")
    assert (event["seq"], event["event_type"], event["error"]) == (None, None, True)


def test_fields_and_regexes_work_as_in_the_search(disk: Disk) -> None:
    assert found(disk, "-l", "kind:error") == ["fox/bbb1"]
    assert found(disk, "/gon.$/") == ["elk/aaa2:7  It is gone"]


@pytest.mark.parametrize("query", ["is:slow", "tol:bash"])
def test_a_query_that_cannot_search_is_refused(disk: Disk, query: str) -> None:
    ended = command("grep", "-t", disk.base, query)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("whitetail: ")


def test_a_run_that_cannot_be_read_is_explained_and_the_others_are_searched(
    disk: Disk,
) -> None:
    disk.path("elk", "aaa2").write_bytes("elk".encode("utf-16"))
    ended = command("grep", "-t", disk.base, "elk")
    assert (ended.returncode, ended.stdout) == (0, "elk/aaa1:2  Find the elk\n")
    assert ended.stderr.startswith("whitetail: elk/aaa2: ")


def test_a_query_behind_two_dashes_can_begin_with_one(disk: Disk) -> None:
    assert found(disk, "-l", "--", "-fox", "kind:prompt") == ["elk/aaa2", "elk/aaa1"]
