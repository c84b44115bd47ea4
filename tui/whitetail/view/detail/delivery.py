"""What a run handed over, against what it made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from whitetail.view.brief import plural
from whitetail.view.detail.unshown import Unshown
from whitetail.view.json_tree import value_parts
from whitetail.view.styled import Block, Part, StyledLine, StyledSpan
from whitetail.view.text import one_line, sanitize

_STAGES = {
    "not_started": "files were made, and none was presented",
    "mismatched": "what was presented is not what was made",
    "presented": "some of the files that were made were presented",
}


def delivery_parts(rest: Unshown) -> Iterator[Part]:
    """Yield the files that were presented, and those that were only made."""
    content = rest.event.content
    shown = {
        path: None
        for key in ("presented_paths", "paths")
        for path in _texts(content.get(key))
    }
    made = dict.fromkeys(_texts(content.get("produced_paths")))
    others: list[Any] = []
    for key in ("paths", "presented_paths", "produced_paths", "matched_paths"):
        for each in rest.pop(key, list) or ():
            if not isinstance(each, str) or (each not in shown and each not in made):
                others.append(each)
    count = plural(len(shown), "file") if shown else "nothing"
    heading: StyledLine = (("presented", "heading"), (f" {count}", "muted"))
    verdict = _verdict(content, shown, made)
    yield Block("delivery", heading, partial(_files, shown, made, verdict, others))


def _files(
    shown: dict[str, None],
    made: dict[str, None],
    verdict: StyledLine,
    others: list[Any],
) -> Iterator[Part]:
    if verdict:
        yield verdict
    for path in shown:
        spans: list[StyledSpan] = [("✓ ", "plain"), (sanitize(path), "plain")]
        if made and path not in made:
            spans.append(("  presented, but not made by this run", "muted"))
        yield tuple(spans)
    for path in made:
        if path not in shown:
            said = "  made, but not presented"
            yield (("✗ ", "error"), (sanitize(path), "plain"), (said, "muted"))
    for other in others:
        yield from value_parts(other)


def _verdict(
    content: dict[str, Any], shown: dict[str, None], made: dict[str, None]
) -> StyledLine:
    """Return DeerFlow's own judgement in words; nothing where it made none."""
    stage = content.get("stage")
    if not isinstance(stage, str) or not stage:
        return ()
    if made and made.keys() <= shown.keys():
        return (("all files that were made were presented", "muted"),)
    failed = content.get("satisfied") is False
    said = _STAGES.get(stage, one_line(stage, 80).replace("_", " "))
    return ((said, "error" if failed else "muted"),)


def _texts(paths: object) -> list[str]:
    if not isinstance(paths, list):
        return []
    return [path for path in paths if isinstance(path, str)]
