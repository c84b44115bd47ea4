"""The values of JSON documents for other programs: words, times, durations, tokens."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any

from whitetail.trace.stats.totals import TokenTotals
from whitetail.trace.verdict.status import RunStatus

if TYPE_CHECKING:
    from whitetail.trace.verdict.verdict import Verdict

# What JSON leaves as it is, and a terminal may act on, or UTF-8 cannot encode.
_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


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


def verdict_fields(verdict: Verdict) -> dict[str, Any]:
    """Return the status of a run, the reason for it, and the evidence."""
    return {
        "status": status_word(verdict.status),
        "reason": verdict.reason,
        "waiting_for": verdict.waiting_for or None,
        "evidence": [
            {
                "row": each.row,
                "seq": each.seq if each.seq >= 0 else None,
                "severity": each.severity.value,
                "text": each.text,
            }
            for each in verdict.evidence
        ],
    }


def rounded(seconds: float | None) -> float | None:
    """Return a duration in whole microseconds; None if unknown."""
    return None if seconds is None else round(seconds, 6)


def json_text(value: Any) -> str:
    """Return a value as JSON in one line, without characters that control a terminal.

    Numbers that JSON does not have are null.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False)
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
