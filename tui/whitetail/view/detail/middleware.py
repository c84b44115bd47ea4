"""Lays out the decision of a middleware."""

from __future__ import annotations

from collections.abc import Iterator

from whitetail.trace.json_object import pop
from whitetail.trace.verdict.evidence import blocked_action
from whitetail.view.detail.unshown import Unshown
from whitetail.view.json_tree import field_parts, text_lines
from whitetail.view.styled import Block, Part, StyledLine
from whitetail.view.text import one_line

_TOOLS = ("tool", "tool_name")


def decision_parts(unshown: Unshown) -> Iterator[Part]:
    """Yield the decision: the action, its tool, the reasons and all other fields."""
    tone = "error" if blocked_action(unshown.event) else "strong"
    action = unshown.pop("action", str) or ""
    words = [one_line(action, 200).replace("_", " ")]
    left = dict(unshown.pop("changes", dict) or {})
    for key in _TOOLS:
        tool = left.get(key)
        if isinstance(tool, str) and one_line(tool, 200) == tool:
            words.append(pop(left, key, str))
    if len(action) > 200:
        left["action"] = action
    heading: StyledLine = (
        ("decision", "heading"),
        (f" {' '.join(filter(None, words))}", tone),
    )

    def body() -> Iterator[Part]:
        reasons = left.get("reason_messages")
        for reason in reasons if isinstance(reasons, list) else [reasons]:
            if isinstance(reason, str):
                yield from text_lines(reason, 0, tone if tone == "error" else "plain")
            elif reason is not None:
                yield from field_parts([("reason_messages", reason)])
        yield from field_parts(
            (key, left[key]) for key in left if key != "reason_messages"
        )

    yield Block("decision", heading, body)
