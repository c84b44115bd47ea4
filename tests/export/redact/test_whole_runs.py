"""A redacted copy shows the same tree, the same numbers and the same kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.helpers.demo import NOW
from tests.helpers.events import AnyEvent, encoded
from tests.helpers.real_runs import real_folder
from tests.helpers.redacted import copy_tree, redacted, texts_of_copy, user_texts, words
from tests.helpers.trace_rows import mangled
from whitetail.cli.records import overview_record
from whitetail.demo import demo_tree
from whitetail.run.whole_run import WholeRun
from whitetail.source.file_listing import FileListing
from whitetail.source.file_rows import FileRows
from whitetail.source.locate import resolve
from whitetail.trace.handoff.handoff import Match, handoffs
from whitetail.trace.order.causality import ParentResolver
from whitetail.trace.order.outline import Outline
from whitetail.trace.stats.stats import RunStats
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.event import summarize
from whitetail_store import BadLine, RunEvent
from whitetail_store.event import decode

WORDING = ("; the answer may mention it", "; the same task succeeded later")
KEPT_WORDS = frozenset(
    # Field names of DeerFlow and of its tools, its folders, and the words of a status.
    {
        *("arguments", "command", "completed", "content", "context", "description"),
        *("error", "failed", "filepaths", "input", "options", "outputs", "pending"),
        *("progress", "prompt", "query", "question", "result", "results", "skills"),
        *("snippet", "source", "status", "subagent", "thinking", "timed", "title"),
        *("todos", "uploads", "workspace", "reason", "type", "index", "clarification"),
        *("pattern", "start", "truncated", "paths", "image", "thumbnail", "timestamp"),
        *("reasoning", "original", "uploaded"),
    }
)


@pytest.fixture(params=["demo", "real"], scope="module")
def trees(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Path]]:
    """Return a tree and its redacted copy."""
    copy = tmp_path_factory.mktemp("copy") / ".deer-flow"
    if request.param == "real":
        yield real_folder(), copy_tree(real_folder(), copy)
        return
    with demo_tree(live=False, now=NOW) as root:
        yield root, copy_tree(root, copy)


def runs(trees: tuple[Path, Path]) -> Iterator[tuple[Path, Path]]:
    """Yield the file of each run, and that of its copy."""
    tree, copy = trees
    paths = sorted(tree.glob("threads/*/runs/*.jsonl"))
    assert paths
    return ((path, copy / path.relative_to(tree)) for path in paths)


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def rows_of(path: Path) -> WholeRun:
    return WholeRun(FileRows((path.parts[-3], path.stem), path))


def listing_of(tree: Path) -> FileListing:
    listing = FileListing(resolve(tree))
    listing.scan()
    return listing


def overview(listing: FileListing, whole: WholeRun) -> dict[str, Any]:
    """Return what `show --overview --json` prints, with lengths instead of texts."""
    key = whole.rows.key
    listing.read(key)
    entry = listing.entry(key)
    assert entry is not None
    verdict = whole.stats.verdict.verdict(NOW, False)
    found = overview_record(entry, listing, whole.stats, verdict)
    del found["path"], found["reason"]
    for field in ("title", "prompt"):
        found[field] = found[field] and len(found[field])
    for file in found["files"]:
        file["path"] = len(file["path"])
    for each in found["evidence"]:
        del each["text"]
    return found


def rests_on_wording(whole: WholeRun) -> bool:
    """Return whether the verdict depends on what an answer or a task says."""
    evidence = whole.stats.verdict.verdict(NOW, False).evidence
    return any(each.text.endswith(WORDING) for each in evidence)


def test_the_overview_differs_in_texts_only(trees: tuple[Path, Path]) -> None:
    listings = list(map(listing_of, trees))
    for paths in runs(trees):
        wholes = list(map(rows_of, paths))
        one, other = map(overview, listings, wholes)
        if one["status"] != other["status"] or rests_on_wording(wholes[0]):
            assert rests_on_wording(wholes[0]), paths[0]
            for each in (one, other):
                del each["status"], each["evidence"]
        assert one == other


def test_the_tree_of_events_is_the_same(trees: tuple[Path, Path]) -> None:
    for path, copy in runs(trees):
        one, other = rows_of(path).outline, rows_of(copy).outline
        assert list(one.order()) == list(other.order())
        for row in one.order():
            assert one.parent(row) == other.parent(row)
            assert one.position_note(row) == other.position_note(row)


def test_the_lines_of_the_list_are_of_the_same_kinds(trees: tuple[Path, Path]) -> None:
    for path, copy in runs(trees):
        one, other = rows_of(path), rows_of(copy)
        for row in one.outline.order():
            pair = [
                summarize(each.event(row))._replace(summary="") for each in (one, other)
            ]
            assert pair[0] == pair[1]


def test_the_hand_offs_match_as_before(trees: tuple[Path, Path]) -> None:
    for paths in runs(trees):
        one, other = (list(map(repr, _handoffs(rows_of(path)))) for path in paths)
        assert one == other


def _handoffs(whole: WholeRun) -> Iterator[tuple[object, ...]]:
    for row in sorted(whole.outline.order()):
        found = whole.snapshot(row)
        if not isinstance(found.event, RunEvent):
            continue
        for each in handoffs(found.event, found.relatives):
            steps = [
                (step.time, step.exact, step.usage, step.failed) for step in each.steps
            ]
            # Two fillers can begin with the same letter, as two texts can.
            common = each.common_chars if each.match is not Match.DIFFERENT else 0
            yield (
                *(each.agent, len(each.prompt), each.repeated_rows, each.match),
                *(common, each.final, len(steps), *steps),
            )


def test_each_line_has_as_many_bytes(trees: tuple[Path, Path]) -> None:
    for path, copy in runs(trees):
        sizes = [
            list(map(len, each.read_bytes().splitlines())) for each in (path, copy)
        ]
        assert sizes[0] == sizes[1]


def test_no_word_survives(trees: tuple[Path, Path]) -> None:
    written: set[str] = set()
    names: set[str] = set()
    left: set[str] = set()
    for path, copy in runs(trees):
        for event in events(path):
            written |= words(user_texts(event))
            names |= words(_names(event))
        for event in events(copy):
            left |= words(texts_of_copy(event))
    assert len(written) > 500
    assert written & left - names <= KEPT_WORDS


def _names(event: dict[str, Any]) -> Iterator[str]:
    """Yield the ids and the names of tools, models and agents of an event."""
    content, metadata = event["content"], event["metadata"]
    yield from (event["thread_id"], event["run_id"], event["event_type"])
    yield from map(str, metadata.values())
    if not isinstance(content, dict):
        return
    for field in ("id", "tool_call_id", "task_id", "name", "tool_name", "model_name"):
        yield str(content.get(field))
    for call in content.get("tool_calls") or ():
        yield from (str(call.get("id")), str(call.get("name")), str(call.get("type")))
        if isinstance(call["args"], dict):
            yield str(call["args"].get("subagent_type"))
    sandbox = content.get("sandbox")
    yield str(sandbox)


@settings(deadline=None)
@given(mangled)
def test_a_run_with_any_fault_has_the_same_tree_and_numbers(
    rows: list[AnyEvent],
) -> None:
    copies = [copy_of(row) for row in rows]
    one, other = Outline(), Outline()
    for outline, of in ((one, rows), (other, copies)):
        outline.add_placements(ParentResolver().resolve(of))
    order = list(one.order())
    assert order == list(other.order())
    assert list(map(one.parent, order)) == list(map(other.parent, order))
    assert numbers(rows) == numbers(copies)


def copy_of(row: AnyEvent) -> AnyEvent:
    if isinstance(row, BadLine):
        return row
    line = encoded(
        {
            "seq": row.seq,
            "event_type": row.event_type,
            "category": row.category,
            "content": row.content,
            "metadata": dict(row.metadata),
            "created_at": row.created_at,
        }
    )
    return RunEvent.of(decode(redacted(line)[0]))


def numbers(rows: list[AnyEvent]) -> object:
    stats = RunStats()
    stats.feed(rows)
    usage = stats.usage
    assert stats.verdict.verdict(NOW, False).status in RunStatus
    return (
        usage.total,
        [tokens for _, tokens in usage.by_model().items()],
        [tokens for _, tokens in usage.by_caller().items()],
        [(tool.calls, tool.errors, tool.bytes) for tool in usage.tools.values()],
        usage.retries,
        [
            (span.kind, span.row, span.start, span.end, span.depth)
            for span in stats.spans
        ],
        [(file.row, file.action, file.presented) for file in stats.files.changes()],
    )
