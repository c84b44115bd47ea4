"""The one table of settings: decoding, documentation and commands are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from whitetail.keymap import KeyMap
from whitetail.settings.themes import THEMES
from whitetail.trace.stats.pricing import Prices

THEME_VARIABLE = "WHITETAIL_THEME"
DAYS_VARIABLE, GB_VARIABLE = "WHITETAIL_TRASH_DAYS", "WHITETAIL_TRASH_GB"

_MAX_NAMED_CHOICES = 8
"""More words than these do not fit into a sentence."""
_ALERTS = ("off", "bell", "title", "both")


class Kind(StrEnum):
    """The type of a setting's value, as `docs/config.md` names it."""

    CHOICE = "one of some words"
    FLAG = "true or false"
    INTEGER = "a whole number"
    NUMBER = "a number"
    SIZE = "a size"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting with a name of its own."""

    path: str
    """The table and the key, with a dot between them."""
    kind: Kind
    default: Any
    """As it is written in the file."""
    help: str
    """What it does, as the beginning of a sentence."""
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    """The greatest number that is allowed; 0 for any."""
    variable: str = ""
    """The environment variable that wins over the file."""

    @property
    def name(self) -> str:
        """The field of `Settings` that has its value."""
        return self.path.replace(".", "_")

    @property
    def expected(self) -> str:
        """What a value has to be, as the end of a sentence."""
        match self.kind:
            case Kind.CHOICE if len(self.choices) > _MAX_NAMED_CHOICES:
                return f"the name of a {self.path.rpartition('.')[2]}"
            case Kind.CHOICE:
                return f"one of {', '.join(self.choices)}"
            case Kind.FLAG:
                return "true or false"
            case Kind.SIZE:
                return 'a size such as "5 GB" or "800 MB"'
        limits = f"{self.least:,} or more"
        if self.most:
            limits = f"from {self.least:,} to {self.most:,}"
        return f"{self.kind}, {limits}"


SETTINGS = (
    Setting(
        "ui.theme",
        Kind.CHOICE,
        "textual-dark",
        "the colours; a theme that is chosen in the palette is written here",
        THEMES,
        variable=THEME_VARIABLE,
    ),
    Setting(
        "ui.times",
        Kind.CHOICE,
        "clock",
        "the time of an event: the time of day, since the start of the run, or since "
        "the event above",
        ("clock", "since start", "since previous"),
    ),
    Setting(
        "ui.dates",
        Kind.CHOICE,
        "names",
        "when threads and runs were written: `14:03` or `Aug 03`, `14:03` or `08-03`, "
        "or how long ago",
        ("names", "numbers", "age"),
    ),
    Setting(
        "ui.order",
        Kind.CHOICE,
        "causal",
        "the order in which the events of a run are listed first",
        ("causal", "file"),
    ),
    Setting("ui.wrap", Kind.FLAG, True, "wrap long lines of an event in full"),
    Setting(
        "ui.lists_width",
        Kind.INTEGER,
        0,
        "the width of the lists of threads and runs, in cells; 0 fits their lines",
        most=1_000,
    ),
    Setting(
        "ui.follow",
        Kind.FLAG,
        True,
        "follow the newest event of a run that is being written when it is opened",
    ),
    Setting(
        "ui.ascii",
        Kind.FLAG,
        False,
        "draw signs and borders with ASCII characters only",
    ),
    Setting(
        "trash.days",
        Kind.NUMBER,
        7,
        "how many days the trash keeps deleted runs",
        variable=DAYS_VARIABLE,
    ),
    Setting(
        "trash.size",
        Kind.SIZE,
        "5 GB",
        "how much the trash keeps; beyond it, the run that was deleted first is "
        "removed first",
        variable=GB_VARIABLE,
    ),
    Setting(
        "alerts.ended",
        Kind.CHOICE,
        "off",
        "what happens when a run ends with an answer: the terminal's bell, its title, "
        "or both",
        _ALERTS,
    ),
    Setting(
        "alerts.failed",
        Kind.CHOICE,
        "off",
        "the same when a run fails, is degraded or is cut off",
        _ALERTS,
    ),
)
"""The settings with a name of their own, in the order of the documentation."""

BY_PATH = {setting.path: setting for setting in SETTINGS}

TABLES = {
    "ui": "What the screen shows.",
    "keys": "The keys of actions, by the ids of the actions.",
    "filters": "Filters that the menu of filters lists, by their names.",
    "trash": "What the trash keeps.",
    "prices": "What models cost, per million tokens.",
    "alerts": "What happens when a run ends that was being written.",
}
"""The tables of the file, and what they are for."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, each with the value that is used."""

    ui_theme: str = "textual-dark"
    ui_times: str = "clock"
    ui_dates: str = "names"
    ui_order: str = "causal"
    ui_wrap: bool = True
    ui_lists_width: int = 0
    ui_follow: bool = True
    ui_ascii: bool = False
    trash_days: float = 7.0
    trash_size: float = 5e9
    """Bytes."""
    alerts_ended: str = "off"
    alerts_failed: str = "off"
    keys: KeyMap = field(default_factory=dict)
    """The changed keys of actions."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """The query of each filter, by its name."""
    prices: Prices = Prices({})  # noqa: RUF009
    """What models cost; those of `prices.toml` are not among them."""

    def value(self, setting: Setting) -> Any:
        """Return the value of a setting."""
        return getattr(self, setting.name)


DEFAULTS = Settings()
