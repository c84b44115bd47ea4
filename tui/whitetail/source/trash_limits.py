"""How long, and how much, the trash keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from whitetail.settings.definitions import DAYS_VARIABLE, GB_VARIABLE


@dataclass(frozen=True, slots=True)
class TrashLimits:
    """How long deleted runs are kept, and how many bytes of them."""

    days: float = 7.0
    size: float = 5e9
    """Bytes. Beyond it, the run that was deleted first is removed first."""


def trash_limits(environment: Mapping[str, str]) -> TrashLimits:
    """Return the limits that the user has set by environment variables.

    Raises:
        ValueError: A variable is not a number; the message names it.

    """
    default = TrashLimits()
    return TrashLimits(
        _number(environment, DAYS_VARIABLE, default.days),
        _number(environment, GB_VARIABLE, default.size / 1e9) * 1e9,
    )


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "")
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if number < 0 or not isfinite(number):
        raise ValueError(f"{name} has to be a number, 0 or more; it is {text!r:.40}")
    return number
