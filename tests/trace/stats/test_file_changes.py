"""Which files a run changed and presented, as far as its rows prove it."""

from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.events import AnyEvent, RunBuilder, event
from tests.helpers.real_runs import real_runs
from tests.helpers.trace_rows import assert_batches_agree, cuts, mangled
from whitetail.trace.stats.file_changes import FileAction, FileChange, FileChanges

NOTE = "/mnt/user-data/outputs/note.md"


def file_changes(rows: Iterable[AnyEvent]) -> FileChanges:
    files = FileChanges()
    files.feed(rows)
    return files


def only_file(run: RunBuilder) -> FileChange:
    (file,) = file_changes(run.rows).changes()
    return file


def add_call(
    run: RunBuilder, name: str, caller: str = "lead_agent", **args: Any
) -> int:
    call = {"name": name, "id": name, "args": args}
    return run.reply(caller=caller, tool_calls=[call])


def add_comparison(run: RunBuilder, **file: Any) -> int:
    changes = {"files": [{"path": NOTE, "root": "outputs", **file}]}
    return run.add("workspace_changes", workspace_changes=changes)


def test_a_file_is_written_once_its_call_has_a_result() -> None:
    run = RunBuilder()
    call = add_call(run, "write_file", path=NOTE)
    assert file_changes(run.rows).changes() == []
    run.result("write_file")
    assert only_file(run) == FileChange(NOTE, FileAction.WRITTEN, call, output=True)


def test_a_call_that_failed_wrote_no_file() -> None:
    run = RunBuilder()
    add_call(run, "write_file", path=NOTE)
    run.result("write_file", "Error: read-only", status="error")
    assert file_changes(run.rows).changes() == []


def test_a_file_that_a_subagent_writes_is_only_requested() -> None:
    run = RunBuilder()
    run.launch("t")
    add_call(run, "write_file", caller="subagent:scout", path=NOTE)
    assert only_file(run).action is FileAction.REQUESTED


def test_a_file_that_was_written_and_edited_is_written_at_the_row_of_the_edit() -> None:
    run = RunBuilder()
    add_call(run, "write_file", path=NOTE)
    run.result("write_file")
    edit = add_call(run, "str_replace", path=NOTE)
    run.result("str_replace")
    file = only_file(run)
    assert (file.action, file.row) == (FileAction.WRITTEN, edit)


def test_the_comparison_of_folders_overrules_the_calls() -> None:
    run = RunBuilder()
    call = add_call(run, "write_file", path=NOTE)
    run.result("write_file")
    add_comparison(run, status="created", additions=3, deletions=0)
    expected = FileChange(NOTE, FileAction.CREATED, call, 3, 0, output=True)
    assert only_file(run) == expected


def test_a_file_without_a_call_has_the_row_of_the_comparison() -> None:
    run = RunBuilder()
    row = add_comparison(run, status="modified")
    assert only_file(run) == FileChange(NOTE, FileAction.CHANGED, row, output=True)


def test_counts_of_lines_that_are_no_counts_are_unknown() -> None:
    run = RunBuilder()
    add_comparison(run, status="modified", additions=True, deletions=-1)
    assert (only_file(run).added, only_file(run).removed) == (None, None)


def test_a_file_is_presented_once_the_call_has_a_result() -> None:
    run = RunBuilder()
    add_comparison(run, status="created")
    add_call(run, "present_files", filepaths=[NOTE])
    assert not only_file(run).presented
    run.result("present_files")
    assert only_file(run).presented


def test_the_delivery_names_produced_and_presented_files() -> None:
    run = RunBuilder()
    run.add("run.delivery", {"produced_paths": [NOTE], "presented_paths": []})
    file = only_file(run)
    assert (file.action, file.presented) == (FileAction.WRITTEN, False)
    run.add("run.delivery", {"presented_paths": [NOTE]})
    assert only_file(run).presented


def test_artifacts_of_the_thread_add_no_file() -> None:
    run = RunBuilder()
    run.add("run.end", {"artifacts": [NOTE]})
    files = file_changes(run.rows)
    assert files.changes() == []
    assert files.ended


def test_artifacts_of_the_thread_mark_a_known_file_as_presented() -> None:
    run = RunBuilder()
    add_comparison(run, status="created")
    run.add("run.end", {"artifacts": [NOTE]})
    assert only_file(run).presented


def test_200_files_are_kept_and_each_other_file_is_counted_once() -> None:
    run = RunBuilder()
    files = [{"path": f"/f{number}", "status": "created"} for number in range(203)]
    run.add("workspace_changes", workspace_changes={"files": files + files})
    kept = file_changes(run.rows)
    assert (len(kept.changes()), kept.omitted) == (200, 3)


_paths = st.sampled_from(["/a", "/outputs/b", "", None, 7])
_file = st.fixed_dictionaries(
    {"path": _paths, "status": st.sampled_from(["created", "deleted", "odd", None])},
    optional={"additions": st.integers(-2, 9) | st.none(), "root": st.just("outputs")},
)
_file_events = st.builds(
    lambda changes, delivery: [
        event(1, "workspace_changes", metadata={"workspace_changes": changes}),
        event(1, "run.delivery", content=delivery),
    ],
    st.fixed_dictionaries({"files": st.lists(_file, max_size=3) | st.none()}),
    st.fixed_dictionaries({"presented_paths": st.lists(_paths) | st.text()}),
)


@settings(max_examples=60, deadline=None)
@given(mangled, _file_events, cuts)
def test_batches_of_rows_give_the_same_files_as_all_at_once(
    rows: list[AnyEvent], file_events: list[AnyEvent], at: list[int]
) -> None:
    assert_batches_agree(_read, [*rows, *file_events, *rows], at)


def _read(parts: Iterable[Sequence[AnyEvent]]) -> Any:
    files = FileChanges()
    for part in parts:
        files.feed(part)
    assert len({file.path for file in files.changes()}) == len(files.changes())
    return files.changes(), files.omitted, files.truncated, files.ended


def test_every_file_that_a_real_run_presented_is_marked() -> None:
    for rows in real_runs().values():
        kept = {file.path: file for file in file_changes(rows).changes()}
        for each in rows:
            if each.event_type == "llm.ai.response" and each.caller == "lead_agent":
                for call in each.content["tool_calls"]:
                    for path in call["args"].get("filepaths", ()):
                        assert kept[path].presented


def test_every_file_that_a_real_run_wrote_is_listed() -> None:
    for rows in real_runs().values():
        kept = {file.path: file for file in file_changes(rows).changes()}
        for each in rows:
            if each.event_type == "llm.ai.response" and each.caller == "lead_agent":
                for call in each.content["tool_calls"]:
                    if call["name"] == "write_file":
                        path = call["args"]["path"]
                        # One run edited this file after it had written it.
                        written = kept[path].action is FileAction.WRITTEN
                        assert written or "note.txt" in path
