from __future__ import annotations

import json
from pathlib import Path

from tests.helpers.exported import exported, hostile_files
from tests.helpers.real_runs import real_paths


def test_lines_are_those_of_the_file_byte_by_byte(tmp_path: Path) -> None:
    for file in hostile_files(tmp_path):
        assert exported([file], "jsonl") == file.read_bytes()


def test_the_real_runs_are_exported_byte_by_byte() -> None:
    for path in real_paths():
        assert exported([path], "jsonl") == path.read_bytes()


def test_a_last_line_without_a_break_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text('{"seq": 1, "event_type": "a"}\n{"seq": 2, "event_type": "b"}')
    found = exported([path], "jsonl")
    assert found in (path.read_bytes() + b"\n", path.read_bytes()[:30])


def test_only_lines_with_long_values_are_changed(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    short = b'{"seq":1,  "event_type": "a", "content": "b"}\n'
    many = b'{"seq":2, "event_type": "a", "content": [' + b'"bb", ' * 50 + b'"b"]}\n'
    long = json.dumps({"seq": 3, "event_type": "a", "content": "x" * 300}).encode()
    bad = b"no JSON " * 40 + b"\n"
    path.write_bytes(short + many + long + b"\n" + bad)
    lines = exported([path], "jsonl", max_bytes=100).splitlines(keepends=True)
    assert lines[0] == short and lines[1] == many
    cut = "x" * 100 + "… [200 of 300 bytes left out by --max-bytes]"
    assert json.loads(lines[2])["content"] == cut
    note = "… [220 of 320 bytes left out by --max-bytes]\n"
    assert lines[3] == bad[:100] + note.encode()
