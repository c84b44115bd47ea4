"""The pane that explains signs and keys."""

from __future__ import annotations

from collections.abc import Iterator

from whitetail.keys import EVENTS, EVERYWHERE, GROUPS, LISTS, MOVING, described_keys
from whitetail.panes.text_view import TextView
from whitetail.trace.verdict.status import RunStatus
from whitetail.view.lists.entries import STATUS_SIGNS
from whitetail.view.lists.event_line import EVENT_SIGNS
from whitetail.view.lists.mark import MARK_SIGNS
from whitetail.view.styled import StyledLine, StyledSpan, wrapped_lines

_KEY_CELLS = 17
_INDENT = "  "


class HelpPane(TextView):
    """Each group of keys, below the signs that its pane shows."""

    def __init__(self, id: str, group: str) -> None:  # noqa: A002
        """Show `group` first, what works everywhere next, and then the others."""
        super().__init__(id)
        first = [group] if group in GROUPS else []
        self._groups = dict.fromkeys([*first, MOVING, EVERYWHERE, *GROUPS])
        self._here = group
        self._words: list[str] = []

    @property
    def filtered(self) -> bool:
        """Whether only some lines are shown."""
        return bool(self._words)

    def filter(self, text: str) -> None:
        """Show only the lines that contain all words of a text."""
        self._words = text.casefold().split()
        self._lay_out()
        self.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Lay the text out for the new width."""
        self._lay_out()

    def _lay_out(self) -> None:
        self._lines = [line for group in self._groups for line in self._group(group)]
        if not self._lines:
            self._lines = [((f"{_INDENT}no line contains these words", "muted"),)]
        self.measure()

    def _group(self, group: str) -> Iterator[StyledLine]:
        """Yield the lines of a group; none if the filter leaves none."""
        entries = [
            *_signs(group),
            *(((shown, "accent"), text) for shown, text in described_keys(group)),
        ]
        lines = [
            line
            for sign, text in entries
            if self._matches(f"{group} {sign[0]} {text}")
            for line in self._entry(sign, text)
        ]
        if lines:
            here = " (here)" if group == self._here else ""
            yield ((group, "heading"), (here, "muted"))
            yield from lines
            yield ()

    def _matches(self, text: str) -> bool:
        text = text.casefold()
        return all(word in text for word in self._words)

    def _entry(self, sign: StyledSpan, text: str) -> Iterator[StyledLine]:
        shown, tone = sign
        width = max(10, self.text_width - len(_INDENT) - _KEY_CELLS)
        margin = f"{_INDENT}{shown:<{_KEY_CELLS}}"
        for line in wrapped_lines([((text, "plain"),)], width):
            yield ((margin, tone), *line)
            margin = " " * (len(_INDENT) + _KEY_CELLS)


def _signs(group: str) -> list[tuple[StyledSpan, str]]:
    """Return the signs that are shown in the pane of a group, and their meanings."""
    if group == LISTS:
        return [
            ((sign, tone), f"a run that is {status}")
            if status is not RunStatus.UNKNOWN
            else ((sign, tone), "a run whose status is unknown, or not known yet")
            for status, (sign, tone) in STATUS_SIGNS.items()
        ]
    if group == EVENTS:
        return [
            ((sign, "muted"), text) for sign, text in (EVENT_SIGNS | MARK_SIGNS).items()
        ]
    return []
