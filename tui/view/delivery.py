"""What a run handed over, against what it made."""

from __future__ import annotations

from collections.abc import Iterator

from .gist import plural
from .rest import Rest
from .text import inert
from .tone import Block, Line, Part
from .tree import block

_STAGES = {
    "not_started": "files were made, and none was presented",
    "mismatched": "what was presented is not what was made",
    "presented": "at least one of the files that were made was presented",
}


def delivery(rest: Rest) -> Iterator[Part]:
    """Yield the files that were presented, and those that were only made."""
    content = rest.event.content
    told = [content.get(key) for key in ("presented_paths", "paths")]
    shown = [path for paths in told for path in _texts(paths)]
    made = _texts(content.get("produced_paths"))
    if not shown and not made:
        yield ()
        yield (("nothing was presented", "muted"),)
    paths = list(dict.fromkeys([*shown, *made]))

    def body() -> Iterator[Line]:
        stage = content.get("stage")
        if isinstance(stage, str) and stage in _STAGES:
            failed = content.get("satisfied") is False
            yield ((_STAGES[stage], "error" if failed else "muted"),)
        presented, produced = set(shown), set(made)
        for path in paths:
            sign, tone = ("✓", "plain") if path in presented else ("✗", "error")
            spans = [(f"{sign} ", tone), (inert(path), "plain")]
            if path not in presented:
                spans.append(("  made, not presented", "muted"))
            elif produced and path not in produced:
                spans.append(("  presented, not made by this run", "muted"))
            yield tuple(spans)
        for other in others:
            yield from block(other)

    known, others = set(paths), []
    for key in ("paths", "presented_paths", "produced_paths", "matched_paths"):
        taken = rest.take(key, list) or ()
        others += [
            each for each in taken if not isinstance(each, str) or each not in known
        ]
    if paths or others:
        count = plural(len(set(shown)), "file") if shown else "nothing"
        heading: Line = (("presented", "heading"), (f" {count}", "muted"))
        yield Block("delivery", heading, body)


def _texts(paths: object) -> list[str]:
    if not isinstance(paths, list):
        return []
    return [path for path in paths if isinstance(path, str)]
