"""The search over many runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from tests.helpers.disk import Disk
from tests.helpers.events import event
from tests.helpers.list_source import ListSource
from whitetail.run.row_texts import QueryTexts
from whitetail.run.search_all import LIMITS, Scan, SearchAll, SearchLimits
from whitetail.source.locate import TreeLocation
from whitetail.source.scan import LineFinder, ScannedRow, ScanPiece
from whitetail.source.source import FileSource
from whitetail.trace.query.parse import parse_query
from whitetail_store import RunKey

KEYS: list[RunKey] = [("t", "new"), ("t", "old")]


def list_source(*runs: list[str]) -> ListSource:
    """Return a source with a run for each list of replies."""
    source = ListSource()
    for key, replies in zip(KEYS, runs, strict=False):
        rows = [event(seq, content=reply) for seq, reply in enumerate(replies, 1)]
        source.write(key, rows)
    return source


def search_for(
    query: str, scan: Scan, sizes: list[int], limits: SearchLimits = LIMITS
) -> SearchAll:
    runs = list(zip(KEYS, sizes, strict=False))
    return SearchAll(scan, QueryTexts(parse_query(query)), runs, limits)


async def found(
    query: str, source: ListSource, limits: SearchLimits = LIMITS
) -> SearchAll:
    search = search_for(query, source.scan, [1_000] * len(source.runs), limits)
    await search.run(lambda: None)
    return search


async def test_hits_are_listed_by_run_in_the_order_of_the_runs() -> None:
    search = await found("deer", list_source(["a Deer", "none"], ["none", "deer"]))
    hits = [(each.key, [hit.row for hit in each.hits]) for each in search.found]
    assert hits == [(KEYS[0], [0]), (KEYS[1], [1])]
    assert (search.hit_count, search.runs_done, search.ended) == (2, 2, True)


async def test_the_text_of_a_hit_is_the_part_that_matches() -> None:
    search = await found("deer", list_source(["x " * 500 + "a deer\n\x1b[31m" + "y"]))
    text = search.found[0].hits[0].summary.summary
    assert text.startswith("…")
    assert "a deer \N{SYMBOL FOR ESCAPE}[31my" in text


async def test_files_and_lists_give_the_same_hits(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write_run("t", "new", "Where is the deer?", "In the wood", "deer")
    disk.write_run("t", "old", "None", "None")
    files = FileSource(TreeLocation(disk.base))
    lists = ListSource()
    for key in KEYS:
        rows = files.open(key)
        rows.refresh()
        lists.write(key, rows[:])
    for query in ("deer", "/d.er/ or none", "kind:prompt", "not deer"):
        expected = await found(query, lists)
        search = search_for(query, files.scan, [1_000] * 2)
        await search.run(lambda: None)
        assert [(each.key, each.hits) for each in search.found] == [
            (each.key, each.hits) for each in expected.found
        ]


async def test_after_the_limit_a_run_is_left_after_its_first_hit() -> None:
    source = list_source(["deer"] * 9, ["deer"] * 9)
    search = await found("deer", source, SearchLimits(hits=5))
    assert [len(each.hits) for each in search.found] == [5, 1]
    assert [each.left for each in search.found] == [True, True]
    assert search.full and search.ended


async def test_a_run_that_is_gone_is_left_out_and_one_that_fails_has_its_error() -> (
    None
):
    source = list_source(["deer"])

    def scan(key: RunKey, may_match: LineFinder | None) -> Iterator[ScanPiece]:
        if key == KEYS[1]:
            raise PermissionError("not yours")
        return source.scan(("t", "gone"), may_match)

    search = search_for("deer", scan, [10, 10])
    await search.run(lambda: None)
    assert [(each.key, str(each.error)) for each in search.found] == [
        (KEYS[1], "not yours")
    ]
    assert search.bytes_done == 20


async def test_the_first_hit_is_shown_before_the_rest_is_searched() -> None:
    source = list_source(["deer"] + ["none"] * 99, ["deer"])
    search = search_for("deer", source.scan, [10, 10], SearchLimits(slice_s=60))
    shown: list[tuple[int, int]] = []
    await search.run(lambda: shown.append((search.hit_count, search.runs_done)))
    assert shown[0] == (1, 0)


async def test_a_stopped_search_ends_within_the_piece_that_is_compared() -> None:
    pieces = count()
    stop: list[Callable[[], None]] = []

    def endless(key: RunKey, may_match: LineFinder | None) -> Iterator[ScanPiece]:
        for number in pieces:
            if number == 3:
                stop[0]()
            yield ScanPiece(iter([ScannedRow(number, 1, event(1))]), 1)

    search = search_for("deer", endless, [10])
    stop.append(search.stop)
    await search.run(lambda: None)
    assert search.ended and search.stopped
    assert next(pieces) == 4


async def test_the_time_left_follows_from_the_bytes_that_are_left() -> None:
    source = list_source(["deer", "none"], ["none"])
    search = search_for("deer", source.scan, [1 << 30, 1 << 30])
    shares: list[tuple[int, float | None]] = []
    await search.run(lambda: shares.append((search.bytes_done, search.left_s)))
    assert shares[0] == (0, None)
    assert shares[-1] == (2 << 30, None)


async def test_a_regex_without_an_end_is_stopped_and_counted() -> None:
    texts = QueryTexts(parse_query("/(a|a)+$b/ or deer"))
    source = list_source(["a" * 5_000, "deer"])
    search = SearchAll(source.scan, texts, [(KEYS[0], 10)])
    await search.run(lambda: None)
    assert [hit.row for hit in search.found[0].hits] == [1]
    assert texts.stopped == 1
