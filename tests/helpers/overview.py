"""Replies with token counts, and the text of the overview that they give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.helpers.events import START, event
from tests.helpers.styled import line_text
from whitetail.trace.stats.stats import RunStats
from whitetail.view.overview.entry import Entry
from whitetail.view.overview.overview import overview
from whitetail_store import RunEvent


def counted_reply(seq: int, **changes: Any) -> RunEvent:
    """Return a reply of 1,000 input tokens, 600 of them cached, and 20 output tokens.

    `changes` replace fields of the message.
    """
    usage = {
        "input_tokens": 1_000,
        "output_tokens": 20,
        "total_tokens": 1_020,
        "input_token_details": {"cache_read": 600},
    }
    content = {"content": "done", "type": "ai", "usage_metadata": usage, **changes}
    metadata = {"caller": "lead_agent", "usage": usage, "latency_ms": 2_000}
    return event(seq, content=content, metadata=metadata)


def stats_of(events: Iterable[RunEvent]) -> RunStats:
    """Return the statistics of a run with these events."""
    stats = RunStats()
    stats.feed(list(events))
    return stats


def entry_texts(entries: Iterable[Entry]) -> list[str]:
    """Return the text of each entry without spaces at its end."""
    return [line_text(entry.line).rstrip() for entry in entries]


def overview_texts(
    *events: RunEvent, now: float = START + 1_000, growing: bool = False, **more: Any
) -> list[str]:
    """Return the lines of the overview of a run. `more` are arguments of `overview`."""
    return entry_texts(overview(stats_of(events), now=now, growing=growing, **more))
