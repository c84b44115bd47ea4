from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.helpers.commands import answer, command, records, started
from tests.helpers.disk import Disk, growing
from tests.helpers.waiting import WAIT_TIMEOUT_S


def statuses(lines: list[str]) -> list[str]:
    return [line.split("\t")[0] for line in lines]


def test_a_failed_run_is_1(disk: Disk) -> None:
    lines = answer("check", "-t", disk.base, code=1)
    assert lines == [
        "failed\tfox/bbb1\tno fox",
        "answered\telk/aaa2\tanswers: It is gone",
        "answered\telk/aaa1\tanswers: It is here",
    ]


def test_answered_runs_are_0_and_a_degraded_one_is_3(disk: Disk) -> None:
    query = ("check", "-t", disk.base, "not status:failed")
    assert statuses(answer(*query)) == ["answered", "answered"]
    disk.write_run("none", "ccc1", "Go")
    assert statuses(answer(*query, code=3)).count("degraded") == 1


def test_a_cut_off_run_is_1(disk: Disk) -> None:
    disk.write_run("cut", "ccc1", "Go", ended=False)
    assert statuses(answer("check", "-t", disk.base, "id:cut", code=1)) == ["cut_off"]


def test_a_run_that_goes_on_is_0(disk: Disk) -> None:
    path = disk.write_run("live", "ccc1", "Go", age=60, ended=False)
    with growing(path):
        assert statuses(answer("check", "-t", disk.base, "id:live")) == ["running"]


def test_a_fault_of_a_file_is_1(disk: Disk) -> None:
    with disk.path("elk", "aaa1").open("ab") as file:
        file.write(b"no event\x1b[31m\n")
    lines = answer("check", "-t", disk.base, "id:aaa1", code=1)
    assert statuses(lines) == ["answered", "fault"]
    assert lines[1].startswith("fault\telk/aaa1\trow 5: bad line: ")
    (run,) = records("check", "-t", disk.base, "id:aaa1", code=1)
    assert list(run) == [
        *("schema", "thread_id", "run_id", "status", "reason", "faults", "path")
    ]
    assert run["schema"] == "whitetail.check/1"
    assert [(each["row"], each["fault"]) for each in run["faults"]] == [(4, "bad line")]


def test_a_run_that_cannot_be_read_is_a_fault(disk: Disk) -> None:
    disk.path("elk", "aaa1").write_bytes("elk".encode("utf-16"))
    lines = answer("check", "-t", disk.base, "id:aaa1", code=1)
    assert statuses(lines) == ["unknown", "fault"]
    assert "unreadable" in lines[1]


def test_an_empty_tree_is_0(tmp_path: Path) -> None:
    (tmp_path / ".deer-flow").mkdir()
    assert answer("check", "-t", tmp_path) == []


def test_a_report_has_a_test_case_for_each_run(disk: Disk, tmp_path: Path) -> None:
    disk.write_run("bad", "ccc1", "Go", ended=False)
    disk.add_event("bad", "ccc1", "run.error", "<&>\x1b[0m\uffff ]]>")
    report = tmp_path / "report.xml"
    answer("check", "-t", disk.base, "--junit", report, code=1)
    suite = ElementTree.parse(report).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("4", "2")
    cases = {case.get("name"): case.find("failure") for case in suite}
    assert cases["aaa1"] is None
    failure = cases["ccc1"]
    assert failure is not None and failure.get("type") == "failed"
    assert "<&>" in (failure.get("message") or "")


def test_a_report_that_cannot_be_written_is_one_sentence(
    disk: Disk, tmp_path: Path
) -> None:
    report = tmp_path / "gone" / "report.xml"
    ended = command("check", "-t", disk.base, "--junit", report)
    assert ended.returncode == 2
    assert ended.stderr == f"whitetail: {report}: no such file or directory\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise")
def test_a_reader_that_stops_early_still_gets_the_code(disk: Disk) -> None:
    for number in range(400):
        disk.write_run("many", f"run-{number:04}", "Go", "x" * 300, age=60)
    # The oldest one has failed: it is checked last.
    disk.write_run("old", "zzz", "Go", age=90_000, ended=False)
    query = "id:many or id:old"
    with started("check", "-t", disk.base, query, "--json") as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(WAIT_TIMEOUT_S) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_a_report_on_a_full_disk_is_named(disk: Disk) -> None:
    ended = command("check", "-t", disk.base, "--junit", "/dev/full")
    assert ended.returncode == 2
    assert ended.stderr == "whitetail: /dev/full: no space left on device\n"
