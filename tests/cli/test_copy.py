from __future__ import annotations

from pathlib import Path

from tests.helpers.commands import answer, command, records
from tests.helpers.disk import Disk


def test_runs_are_copied_to_a_database_and_back(disk: Disk, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/runs.db"
    (line,) = answer("copy", disk.base, url, "--create")
    assert "of 3 runs copied" in line
    back = tmp_path / "other" / ".deer-flow"
    answer("copy", url, back)
    first = records("ls", "--json", "-t", disk.base)
    second = records("ls", "--json", "-t", back)
    for each in [*first, *second]:
        del each["path"], each["size_bytes"]
    assert second == first


def test_again_only_what_is_missing_is_copied(disk: Disk, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/runs.db"
    answer("copy", disk.base, url, "--create")
    disk.add_reply("elk", "aaa2", "one more")
    (line,) = answer("copy", disk.base, url)
    assert line.startswith("1 event of 3 runs copied, ")
    assert line.endswith(" already there")


def test_a_query_chooses_the_runs(disk: Disk, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/runs.db"
    answer("copy", disk.base, url, "status:failed", "--create")
    assert [each["run_id"] for each in records("ls", "--json", "-t", url)] == ["bbb1"]
    result = command("copy", disk.base, url, "status:running")
    assert result.stderr == "whitetail: no run matches; nothing was copied\n"


def test_what_cannot_be_copied_is_one_sentence(disk: Disk, tmp_path: Path) -> None:
    loose = tmp_path / "loose.jsonl"
    loose.write_bytes(disk.path("elk", "aaa1").read_bytes())
    url = f"sqlite:///{tmp_path}/missing.db"
    for arguments, reason in (
        ((disk.base, disk.base), "FROM and TO are the same"),
        ((loose, url), "only runs in a .deer-flow are copied"),
        ((disk.base, url), "the file cannot be opened"),
        ((disk.base, "mysql://u:secret@h/d"), "whitetail reads SQLite and Postgres"),
        ((disk.base, "postgresql://u:secret@h:x/d"), "this is no URL of Postgres"),
        ((disk.base, "postgresql://u:se%zzcret@h/d"), "this is no URL of Postgres"),
        ((disk.base, url, "-t", disk.base), "--tree has no effect"),
    ):
        result = command("copy", *arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert reason in result.stderr
        assert result.stderr.count("\n") == 1
        assert "secret" not in result.stderr
