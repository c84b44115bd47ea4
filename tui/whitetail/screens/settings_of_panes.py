"""Gives panes the settings that concern them."""

from __future__ import annotations

from whitetail.screens.lists import ListsView
from whitetail.screens.run import RunView
from whitetail.settings.definitions import Settings
from whitetail.view.lists.event_time import TimeFormat
from whitetail.view.units import DateStyle


def use_in_panes(lists: ListsView, run: RunView, old: Settings, new: Settings) -> None:
    """Use the settings that differ from the old ones.

    The others may have been changed by keys since.
    """
    if new.ui_times != old.ui_times:
        run.events.times = TimeFormat(new.ui_times)
    if new.ui_wrap is not old.ui_wrap:
        run.detail.wrapping = new.ui_wrap
    if new.ui_dates != old.ui_dates:
        lists.threads.dates = lists.runs.dates = DateStyle(new.ui_dates)
    if new.ui_lists_width != old.ui_lists_width:
        lists.set_width(new.ui_lists_width)
    if new.ui_order != old.ui_order:
        run.causal_first = causal = new.ui_order == "causal"
        if run.lines is not None and run.lines.causal is not causal:
            run.events.toggle_order()
