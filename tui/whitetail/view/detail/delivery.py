"""Lays out the files that a run presented, compared with those that it made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from whitetail.view.brief import plural
from whitetail.view.detail.unshown import Unshown
from whitetail.view.json_tree import value_parts
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan, ValueLine
from whitetail.view.text import one_line, sanitize

_STAGES = {
    "not_started": "the run made files but presented none of them",
    "mismatched": "the presented files are not those that the run made",
    "presented": "the run presented some of the files that it made",
}


def delivery_parts(unshown: Unshown) -> Iterator[Part]:
    """Yield a block with the presented files and the files that were only made."""
    content = unshown.event.content
    presented = {
        path: None
        for key in ("presented_paths", "paths")
        for path in _strings(content.get(key))
    }
    made = dict.fromkeys(_strings(content.get("produced_paths")))
    others: list[Any] = []
    for key in ("paths", "presented_paths", "produced_paths", "matched_paths"):
        for path in unshown.pop(key, list) or ():
            if not isinstance(path, str) or (
                path not in presented and path not in made
            ):
                others.append(path)
    count = plural(len(presented), "file") if presented else "nothing"
    heading: StyledLine = (("presented", "heading"), (f" {count}", "muted"))
    outcome = _outcome(content, presented, made)
    body = partial(_file_parts, presented, made, outcome, others)
    yield Block("delivery", heading, body)


def _file_parts(
    presented: dict[str, None],
    made: dict[str, None],
    outcome: StyledLine,
    others: list[Any],
) -> Iterator[Part]:
    if outcome:
        yield outcome
    for path in presented:
        spans: list[StyledSpan] = [("✓ ", "plain"), (sanitize(path), "plain")]
        if made and path not in made:
            spans.append(("  presented, but not made by this run", "muted"))
        yield ValueLine.of(tuple(spans), path)
    for path in made:
        if path not in presented:
            note = "  made, but not presented"
            shown = (("✗ ", "error"), (sanitize(path), "plain"), (note, "muted"))
            yield ValueLine.of(shown, path)
    for other in others:
        yield from value_parts(other)


def _outcome(
    content: dict[str, Any], presented: dict[str, None], made: dict[str, None]
) -> StyledLine:
    """Return the stage of the delivery that DeerFlow reports. Empty if it has none."""
    stage = content.get("stage")
    if not isinstance(stage, str) or not stage:
        return ()
    if made and made.keys() <= presented.keys():
        return (("the run presented all files that it made", "muted"),)
    failed = content.get("satisfied") is False
    text = _STAGES.get(stage, one_line(stage, 80).replace("_", " "))
    return ((text, "error" if failed else "muted"),)


def _strings(paths: object) -> list[str]:
    if not isinstance(paths, list):
        return []
    return [path for path in paths if isinstance(path, str)]
