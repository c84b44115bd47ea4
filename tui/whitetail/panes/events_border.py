"""What the border of the events pane shows: the filter, and the order of the events."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from whitetail.keymap import shown_key
from whitetail.run.protocols import FilterState, RowOrderState, RowSource
from whitetail.view.text import fit, one_line
from whitetail.view.units import count

_ORDER_LABELS = {
    RowOrderState.FILE: "file order",
    RowOrderState.CAUSAL: "causal order",
}
_MAX_CHIP_CHARS = 40


def order_label(source: RowSource) -> str:
    """Return in which order the events are listed, and why none can be folded."""
    if source.order_state is RowOrderState.READING:
        return f"file order until the run is read: {source.read_share:.0%}"
    if source.order_state is RowOrderState.TOO_LONG:
        key = shown_key("order")
        return f"file order · {key} reads the whole run for causal order"
    label = _ORDER_LABELS[source.order_state]
    state = source.filter
    if source.order_state is RowOrderState.CAUSAL and state is not None and state.shown:
        return f"{label} · no folds in a filter"
    return label


def title(name: str, source: RowSource | None, width: int) -> Content:
    """Return the name of the pane, with the filter if there is one."""
    state = None if source is None else source.filter
    if state is None:
        return Content(name)
    return Content(f"{name}  {filter_label(state, width - len(name) - 6)}")


def filter_label(state: FilterState, width: int) -> str:
    """Return the parts of a filter as chips, and how many events match.

    In less than `width` cells the number stays, and the chips are cropped.
    """
    found = _found(state) if state.shown else f"off: {shown_key('toggle_filter')}"
    chips = _chips(state)
    room = max(0, width - cell_len(found) - 2)
    return f"{fit(chips, room).rstrip()}  {found}"


def empty_line(state: FilterState, y: int) -> str:
    """Return line `y` of what the pane shows if no event matches."""
    if state.share < 1:
        lines = [f"looking for events that match… {state.share:.0%}"]
    else:
        does = {"back": "clears", "filter": "changes"}
        keys = " · ".join(f"{shown_key(key)} {do} it" for key, do in does.items())
        keys += f" · {shown_key('toggle_filter')} switches it off"
        lines = [f"No event matches {_chips(state)}", keys]
    return f" {lines[y - 1]}" if 0 < y <= len(lines) else ""


def _chips(state: FilterState) -> str:
    return " ".join(f"[{one_line(part, _MAX_CHIP_CHARS)}]" for part in state.parts)


def _found(state: FilterState) -> str:
    """Return how many events match, with a sign if some were not matched yet."""
    more = "" if state.share >= 1 else "+"
    text = f"{count(state.matches)}{more} of {count(state.rows)}"
    if state.share < 1:
        text += f" · {state.share:.0%}"
    if state.stopped:
        text += f" · regex stopped in {count(state.stopped)}"
    return text
