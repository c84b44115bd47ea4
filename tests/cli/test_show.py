from __future__ import annotations

import json
import shlex
import sys
import time

import pytest

from tests.helpers.commands import PROGRAM, answer, command, environment, records
from tests.helpers.disk import Disk, growing
from tests.helpers.terminal import Terminal
from whitetail.view.event_values import command_of
from whitetail_store import RunEvent

HOSTILE = "\x1b]0;owned\x07 \x9b31m \u202egnp.exe"


def shown(disk: Disk, *arguments: str) -> list[str]:
    return answer("show", "-t", disk.base, *arguments)


def test_a_run_is_its_title_its_status_and_its_events(disk: Disk) -> None:
    lines = shown(disk, "aaa1")
    assert lines[:4] == [
        "Find the elk",
        "✓ answered  answers: It is here",
        "elk/aaa1",
        "",
    ]
    assert [line.split()[0] for line in lines[4:]] == ["1", "2", "3", "4"]
    assert lines[6].endswith("It is here")


def test_results_are_below_the_reply_that_asked_for_them(disk: Disk) -> None:
    disk.write_run("deer", "ccc1", "Run", ended=False)
    calls = [{"name": "bash", "id": "c1", "args": {"command": "ls"}}]
    reply = {"type": "ai", "content": "", "tool_calls": calls}
    disk.add_event("deer", "ccc1", "llm.ai.response", reply)
    result = {"type": "tool", "name": "bash", "tool_call_id": "c1", "content": "a.txt"}
    disk.add_event("deer", "ccc1", "llm.tool.result", result)
    call, answered = shown(disk, "ccc1")[-2:]
    assert call.index("⇢") + 2 == answered.index("⇠")
    text = "\n".join(shown(disk, "ccc1", "--event", "3"))
    # The event in full has the result of its call.
    assert "a.txt" in text


@pytest.mark.parametrize(
    "name", ["elk/aaa2", "el/aaa2", "aaa2", "elk/aaa2", "@latest", "@failed", "bbb"]
)
def test_a_run_is_named_by_a_prefix_or_by_what_it_is(disk: Disk, name: str) -> None:
    path = shown(disk, name)[2]
    assert path == ("fox/bbb1" if name.startswith(("@", "b")) else "elk/aaa2")


def test_a_running_run_is_the_newest_that_grows(disk: Disk) -> None:
    path = disk.write_run("deer", "ccc1", "Go", age=60, ended=False)
    with growing(path):
        assert shown(disk, "@running")[2] == "deer/ccc1"


def test_a_quiet_run_is_a_running_one(disk: Disk) -> None:
    disk.write_run("deer", "ccc1", "Go", age=60, ended=False)
    assert shown(disk, "@running")[1].startswith("◌ quiet")
    assert shown(disk, "@running")[2] == "deer/ccc1"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("aaa", '"aaa" is not unique: elk/aaa1 elk/aaa2'),
        ("zzz", 'no run begins with "zzz"'),
        ("elk", '"elk" is a thread; its runs are: elk/aaa1 elk/aaa2'),
        ("@running", "no run is being written; @latest is the newest one"),
        ("@oldest", '"@oldest" is none of @latest, @failed, @running'),
    ],
)
def test_a_name_without_one_run_is_refused_with_the_candidates(
    disk: Disk, name: str, words: str
) -> None:
    ended = command("show", "-t", disk.base, name)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"whitetail: {words}\n"


def test_a_whole_id_is_unique_although_another_begins_with_it(disk: Disk) -> None:
    disk.write_run("elk", "aaa12", "Longer")
    assert shown(disk, "aaa1")[2] == "elk/aaa1"


def test_a_run_can_be_left_out_if_the_tree_is_one(disk: Disk) -> None:
    assert answer("show", "-t", disk.path("elk", "aaa2"), "--answer") == ["It is gone"]
    assert command("show", "-t", disk.base).returncode == 2


def test_the_answer_is_only_the_answer(disk: Disk) -> None:
    disk.write_run("long", "ccc1", "Go", "first", "# Done\n\n- one\n- two")
    assert shown(disk, "ccc1", "--answer") == ["# Done", "", "- one", "- two"]
    assert records("show", "-t", disk.base, "aaa1", "--answer") == [
        {
            "schema": "whitetail.answer/1",
            "thread_id": "elk",
            "run_id": "aaa1",
            "answer": "It is here",
        }
    ]


def test_an_answer_far_from_the_end_is_found(disk: Disk) -> None:
    disk.write_run("long", "ccc1", "Go", "the answer", ended=False)
    for number in range(300):
        disk.add_event("long", "ccc1", "middleware:x", {"n": number})
    assert shown(disk, "ccc1", "--answer") == ["the answer"]


def test_a_run_without_an_answer_prints_none(disk: Disk) -> None:
    disk.write_run("none", "ccc1", "Go")
    ended = command("show", "-t", disk.base, "ccc1", "--answer")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == "whitetail: the run has no answer\n"


def test_the_overview_has_the_verdict_and_the_totals(disk: Disk) -> None:
    lines = shown(disk, "@failed", "--overview")
    assert lines[0] == "failed  no fox"
    assert "Totals" in lines
    assert not any("zoom" in line for line in lines)


def test_the_overview_as_an_object_has_the_evidence(disk: Disk) -> None:
    (overview,) = records("show", "-t", disk.base, "@failed", "--overview")
    assert overview["schema"] == "whitetail.overview/1"
    assert (overview["status"], overview["reason"]) == ("failed", "no fox")
    assert overview["evidence"][0]["severity"] == "error"
    assert (overview["events"], overview["errors"]) == (4, 1)
    assert [each["caller"] for each in overview["by_caller"]] == ["lead_agent"]


def write_file(disk: Disk) -> None:
    """Write a run that writes a file for two seconds."""
    then = time.time() - 60
    disk.write_run("deer", "ccc1", "Write", age=60, ended=False)
    args = {"path": "/mnt/outputs/a.md", "content": "text"}
    calls = [{"name": "write_file", "id": "c1", "args": args}]
    reply = {"type": "ai", "content": "", "tool_calls": calls}
    disk.add_event("deer", "ccc1", "llm.ai.response", reply, at=then)
    result = {"type": "tool", "name": "write_file", "tool_call_id": "c1"}
    written = {**result, "content": "OK"}
    disk.add_event("deer", "ccc1", "llm.tool.result", written, at=then + 2)


def test_the_overview_ends_with_the_timeline(disk: Disk) -> None:
    write_file(disk)
    lines = shown(disk, "ccc1", "--overview")
    start = lines.index("Timeline")
    axis, *spans = lines[start + 1 :]
    assert axis.split()[0] == "╷0.0s"
    assert [line.split()[0] for line in spans] == ["run", "model", "write_file"]
    assert spans[-1].split()[1] == "2.0s" and spans[-1].endswith("━")
    assert max(map(len, lines[start:])) <= 100


def test_the_overview_as_an_object_has_the_files(disk: Disk) -> None:
    write_file(disk)
    (overview,) = records("show", "-t", disk.base, "ccc1", "--overview")
    assert overview["files"] == [
        {
            "path": "/mnt/outputs/a.md",
            "action": "written",
            "row": 2,
            "added_lines": None,
            "removed_lines": None,
            "output": True,
            "presented": False,
        }
    ]
    assert overview["more_files"] == 0


def test_the_command_that_the_screen_copies_shows_the_event(disk: Disk) -> None:
    line = disk.path("elk", "aaa2").read_bytes().splitlines()[1]
    event = RunEvent.of(json.loads(line))
    copied = command_of(event, "elk", "aaa2", str(disk.base))
    assert copied is not None
    program, *arguments = shlex.split(copied)
    assert program == "whitetail"
    assert "And now?" in "\n".join(answer(*arguments))


def test_an_event_has_each_format(disk: Disk) -> None:
    event = ("aaa1", "--event", "3")
    assert shown(disk, *event, "--format", "markdown")[0] == "### Event 3 · reply"
    raw = disk.path("elk", "aaa1").read_bytes().splitlines()[2].decode()
    assert shown(disk, *event, "--format", "raw") == [raw]
    (record,) = records("show", "-t", disk.base, *event)
    assert record["content"] == json.loads(raw)["content"]
    assert (record["category"], record["row"], record["seq"]) == ("message", 2, 3)


def test_a_number_without_an_event_is_refused(disk: Disk) -> None:
    ended = command("show", "-t", disk.base, "aaa1", "--event", "99")
    assert ended.returncode == 2
    assert ended.stderr == "whitetail: elk/aaa1 has no event 99\n"


def test_a_filter_leaves_only_what_matches(disk: Disk) -> None:
    lines = shown(disk, "@failed", "--filter", "has:error")[4:]
    assert len(lines) == 1 and "FoxError" in lines[0]
    raw = shown(disk, "aaa1", "--filter", "kind:prompt", "--format", "raw")
    assert [json.loads(line)["seq"] for line in raw] == [2]
    assert shown(disk, "aaa1", "--filter", "is:moved")[4:] == []


def test_a_thread_is_its_conversation(disk: Disk) -> None:
    lines = shown(disk, "--thread", "el")
    texts = ["Find the elk", "It is here", "And now?", "It is gone"]
    assert lines[0] == "Find the elk"
    assert [line for line in lines[1:] if line in texts] == texts
    markdown = shown(disk, "--thread", "elk", "--format", "markdown")
    assert markdown[0] == "# Find the elk"
    messages = records("show", "-t", disk.base, "--thread", "elk")
    assert [each["seq"] for each in messages] == sorted(
        each["seq"] for each in messages
    )
    assert {each["run_id"] for each in messages} == {"aaa1", "aaa2"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("aaa1", "--answer", "--format", "raw"),
        ("aaa1", "--overview", "--filter", "x"),
        ("aaa1", "--thread", "elk"),
        ("aaa1", "--filter", "tol:x"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(
    disk: Disk, arguments: tuple[str, ...]
) -> None:
    ended = command("show", "-t", disk.base, *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("whitetail: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ccc1",),
        ("ccc1", "--answer"),
        ("ccc1", "--overview"),
        ("ccc1", "--event", "2"),
        ("ccc1", "--event", "2", "--json"),
        ("ccc1", "--format", "markdown"),
        ("ccc1", "--format", "json"),
        ("--thread", "hostile"),
        ("--thread", "hostile", "--format", "markdown"),
    ],
)
def test_no_escape_sequence_of_a_log_is_printed(
    disk: Disk, arguments: tuple[str, ...]
) -> None:
    disk.write_run("hostile", "ccc1", HOSTILE, HOSTILE)
    text = "\n".join(shown(disk, *arguments))
    assert "owned" in text
    assert not set("\x1b\x07\x9b\u202e") & set(text)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("form", ["text", "raw"])
@pytest.mark.parametrize("part", [("--event", "2"), ()])
def test_a_terminal_gets_wrapped_lines_without_escapes_of_the_log(
    disk: Disk, form: str, part: tuple[str, ...]
) -> None:
    disk.write_run("hostile", "ccc1", f"{HOSTILE} " + "word " * 40)
    argv = [PROGRAM, "show", "-t", str(disk.base), "ccc1", *part, "--format", form]
    with Terminal(argv, env=environment(), columns=60) as terminal:
        assert terminal.finish() == 0
        assert terminal.shows("owned")
        assert b"\x1b]0;" not in terminal.written
        assert "\x9b".encode() not in terminal.written
        assert all(len(line) <= 60 for line in terminal.screen())
