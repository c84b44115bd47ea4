"""JSON values and types of events, for tests that hold for every event."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

EVENT_TYPES = [
    *("context:memory", "human_message", "llm.ai.response", "llm.error"),
    *("llm.human.input", "llm.tool.result", "middleware:guardrail", "run.delivery"),
    *("run.end", "run.error", "run.start", "subagent.end", "subagent.start"),
    *("subagent.step", "tool.outcome", "workspace_changes", "mystery"),
]
"""Types that are shown in different ways, and one that nothing knows."""

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)


def any_json(
    keys: st.SearchStrategy[str],
    leaves: st.SearchStrategy[Any] = SCALARS,
    *,
    max_leaves: int = 8,
) -> st.SearchStrategy[Any]:
    """Return any JSON value. Its objects have these keys, `leaves` are its scalars."""
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)
        ),
        max_leaves=max_leaves,
    )
