"""Which files a run touched, as far as its rows tell."""

from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import AnyEvent, RunBuilder
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled
from whitetail.trace.stats.file_changes import FileAction, FileChange, FileChanges
from whitetail_store import RunEvent

NOTE = "/mnt/user-data/outputs/note.md"


def files(rows: Iterable[AnyEvent]) -> FileChanges:
    read = FileChanges()
    read.feed(rows)
    return read


def only(run: RunBuilder) -> FileChange:
    (file,) = files(run.rows).changes()
    return file


def ask(run: RunBuilder, name: str, caller: str = "lead_agent", **args: Any) -> int:
    called = [{"name": name, "id": name, "args": args}]
    return run.reply(caller=caller, tool_calls=called)


def changed(run: RunBuilder, **file: Any) -> int:
    told = {"files": [{"path": NOTE, "root": "outputs", **file}]}
    return run.add("workspace_changes", workspace_changes=told)


def test_a_file_is_written_once_its_call_is_answered() -> None:
    run = RunBuilder()
    asked = ask(run, "write_file", path=NOTE)
    assert files(run.rows).changes() == []
    run.result("write_file")
    assert only(run) == FileChange(NOTE, FileAction.WRITTEN, asked, output=True)


def test_a_call_that_failed_wrote_nothing() -> None:
    run = RunBuilder()
    ask(run, "write_file", path=NOTE)
    run.result("write_file", "Error: read-only", status="error")
    assert files(run.rows).changes() == []


def test_a_subagents_call_has_no_answer_and_is_but_asked() -> None:
    run = RunBuilder()
    run.launch("t")
    ask(run, "write_file", caller="subagent:scout", path=NOTE)
    assert only(run).action is FileAction.REQUESTED


def test_what_was_written_and_then_edited_is_written_and_leads_to_the_edit() -> None:
    run = RunBuilder()
    ask(run, "write_file", path=NOTE)
    run.result("write_file")
    edit = ask(run, "str_replace", path=NOTE)
    run.result("str_replace")
    assert (only(run).action, only(run).row) == (FileAction.WRITTEN, edit)


def test_the_comparison_of_folders_knows_best() -> None:
    run = RunBuilder()
    asked = ask(run, "write_file", path=NOTE)
    run.result("write_file")
    changed(run, status="created", additions=3, deletions=0)
    assert only(run) == FileChange(NOTE, FileAction.CREATED, asked, 3, 0, output=True)


def test_a_comparison_alone_leads_to_itself() -> None:
    run = RunBuilder()
    row = changed(run, status="modified", additions=True, deletions=-1)
    assert only(run) == FileChange(
        NOTE, FileAction.CHANGED, row, None, None, output=True
    )


def test_files_are_presented_by_the_tool_and_by_the_delivery() -> None:
    run = RunBuilder()
    changed(run, status="created")
    row = ask(run, "present_files", filepaths=[NOTE])
    assert not only(run).presented
    shown = run.result("present_files")
    assert only(run).presented
    assert row < shown
    run = RunBuilder()
    run.add("run.delivery", {"produced_paths": [NOTE], "presented_paths": []})
    assert (only(run).action, only(run).presented) == (FileAction.WRITTEN, False)
    run.add("run.delivery", {"presented_paths": [NOTE]})
    assert only(run).presented


def test_artifacts_are_the_threads_and_add_no_file() -> None:
    run = RunBuilder()
    run.add("run.end", {"artifacts": [NOTE]})
    assert files(run.rows).changes() == []
    run = RunBuilder()
    changed(run, status="created")
    run.add("run.end", {"artifacts": [NOTE]})
    assert only(run).presented
    assert files(run.rows).ended


def test_two_hundred_files_are_kept_and_the_rest_counted_once() -> None:
    run = RunBuilder()
    told = [{"path": f"/f{number}", "status": "created"} for number in range(203)]
    run.add("workspace_changes", workspace_changes={"files": told + told})
    read = files(run.rows)
    assert (len(read.changes()), read.omitted) == (200, 3)


_paths = st.sampled_from(["/a", "/outputs/b", "", None, 7])
_file = st.fixed_dictionaries(
    {"path": _paths, "status": st.sampled_from(["created", "deleted", "odd", None])},
    optional={"additions": st.integers(-2, 9) | st.none(), "root": st.just("outputs")},
)
_told = st.builds(
    lambda found, shown: [
        RunEvent(1, "workspace_changes", metadata={"workspace_changes": found}),
        RunEvent(1, "run.delivery", content=shown),
    ],
    st.fixed_dictionaries({"files": st.lists(_file, max_size=3) | st.none()}),
    st.fixed_dictionaries({"presented_paths": st.lists(_paths) | st.text()}),
)


@settings(max_examples=60, deadline=None)
@given(mangled, _told, cuts)
def test_files_take_any_rows_in_any_batches(
    rows: list[AnyEvent], told: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, [*rows, *told, *rows], at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> Any:
    read = FileChanges()
    for part in parts:
        read.feed(part)
    assert len({file.path for file in read.changes()}) == len(read.changes())
    return read.changes(), read.omitted, read.truncated, read.ended


def test_real_runs_name_every_file_that_was_presented() -> None:
    for rows in real_runs().values():
        kept = {file.path: file for file in files(rows).changes()}
        for event in rows:
            if event.event_type == "llm.ai.response" and event.caller == "lead_agent":
                for call in event.content["tool_calls"]:
                    for path in call["args"].get("filepaths", ()):
                        assert kept[path].presented
                    if call["name"] == "write_file":
                        assert kept[
                            call["args"]["path"]
                        ].action is FileAction.WRITTEN or (
                            "note.txt" in call["args"]["path"]
                        )
