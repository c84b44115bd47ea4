"""The values of JSON documents for other programs: words, times, durations, tokens."""

from __future__ import annotations

from datetime import UTC, datetime

from whitetail.trace.stats.totals import TokenTotals
from whitetail.trace.verdict.status import RunStatus


def status_word(status: RunStatus) -> str:
    """Return a status as one word, as queries have it."""
    return status.value.replace(" ", "_")


def iso_time(time: float | None) -> str | None:
    """Return seconds since the epoch as local time with its offset; None if unknown."""
    if time is None:
        return None
    try:
        return datetime.fromtimestamp(time, UTC).astimezone().isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def tokens_record(tokens: TokenTotals | None) -> dict[str, int] | None:
    """Return the counts of tokens; None if none were counted."""
    if tokens is None or (tokens.uncounted_replies and not tokens.total):
        return None
    return {
        "input": tokens.input,
        "output": tokens.output,
        "cached": tokens.cached,
        "reasoning": tokens.reasoning,
    }


def rounded(seconds: float | None) -> float | None:
    """Return a duration in whole microseconds; None if unknown."""
    return None if seconds is None else round(seconds, 6)
