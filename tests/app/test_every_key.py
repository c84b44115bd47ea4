"""Every key of the table does something in every pane and screen, or says why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import handled
from whitetail.keys import KEYS
from whitetail.panes.line_list import LineList

ENDING = {"q", "ctrl+c", "ctrl+q", "ctrl+z"}
"""These end the app or stop the process."""
PROGRAMS = {"o", "ctrl+o"}
"""These lend the terminal, which a test does not have, to another program."""
TYPED = {"find", "query", "confirm", "menu"}
"""The keys of input lines, questions and menus, which have tests of their own."""
NAMES = sorted(
    {
        name
        for key in KEYS
        if key.scope not in TYPED
        for name in key.keys.split(",")[:1]
        if name not in ENDING | PROGRAMS
    }
)
"""The first name of each key."""
NOTHING_TO_DO = {
    "threads": {"1", "escape", "left"},
    "runs": {"2"},
    "events": {"3"},
    "detail": {"4", "shift+left", "shift+right"},
}
"""Keys that lead to where the user is, or scroll to the side of a wrapped text."""


def long_run(disk: Disk, thread: str, run_id: str) -> None:
    lines = "\n\n".join(f"Deer {number}" for number in range(40))
    disk.write_run(thread, run_id, "Count", *[lines] * 60)


@pytest.mark.parametrize("pane", ["threads", "runs", "events", "detail"])
async def test_every_key_of_the_table_has_an_effect_in_a_pane(
    pane: str, tmp_path: Path
) -> None:
    disk = Disk(tmp_path)
    for number in range(5):
        for run_id in ("r1", "r2", "r3"):
            long_run(disk, f"thread{number}", run_id)
    async with open_app(disk, size=(100, 24)) as ui:
        await ui.until(lambda: ui.events.count > 50)
        for name in NAMES:
            if name in NOTHING_TO_DO[pane]:
                continue
            await to_pane(ui, pane)
            await press_for_change(ui, name)
            await reset(ui)


async def test_a_key_without_an_effect_names_the_main_screen_first(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path)
    long_run(disk, "thread", "r1")
    async with open_app(disk) as ui:
        await ui.until(lambda: ui.events.count)
        await ui.press("i")
        await ui.until(lambda: ui.app.screen is not ui.browse)
        await ui.press("x")
        menu = "export: a menu of formats, then the file"
        expected = f"x does nothing here. In the main screen: {menu}."
        await ui.until(lambda: expected in ui.notifications())


async def to_pane(ui: AppDriver, pane: str) -> None:
    """Give a pane the focus, with its cursor in the middle."""
    ui.events.go_to(40)
    ui.browse.action_pane(pane)
    is_unfolded = unfolding(ui)
    await ui.until(
        lambda: is_unfolded() and ui.shows("detail", "Deer") and ui.focused_id == pane
    )
    widget = ui.browse.query_one(f"#{pane}")
    if isinstance(widget, LineList):
        widget.move_to(widget.count // 2)
    else:
        await ui.press("g", "pagedown")
    await handled(ui.pilot)


async def press_for_change(ui: AppDriver, name: str) -> None:
    """Press a key, and wait until the screen changes: that may have to be read."""
    before = picture(ui)
    await ui.press(name)
    await ui.until(lambda: picture(ui) != before)


async def reset(ui: AppDriver) -> None:
    """Close what a key has opened."""
    while ui.app.screen is not ui.browse:
        ui.app.pop_screen()
        await handled(ui.pilot)
    ui.app.clear_notifications()
    ui.browse.ignored_until = 0.0
    for pane in (ui.threads, ui.runs):
        pane.clear_selection()
    ui.browse.run.detail.wrapping = True
    ui.browse.zoomed = False


def unfolding(ui: AppDriver) -> Callable[[], bool]:
    """Return a condition: what a key has folded is no longer folded."""
    detail = ui.browse.run.detail
    asked: set[tuple[object, ...]] = set()

    def unfolded() -> bool:
        folds = [fold for line in range(10) if (fold := detail.fold_at(line))]
        closed = {fold.path: fold for fold in folds if not fold.open}
        for path in closed.keys() - asked:
            # Once: each call begins the layout again, which would never end.
            detail.fold(closed[path], is_open=True)
            asked.add(path)
        return bool(folds) and not closed

    return unfolded


def picture(ui: AppDriver) -> tuple[object, ...]:
    """Return what is on the screen."""
    screen = ui.app.screen
    lines = [
        (
            str(widget.border_title),
            str(widget.border_subtitle),
            [*widget.render_line(y)],
        )
        for widget in screen.query("*")
        if widget.display and not widget.children
        for y in range(widget.size.height)
    ]
    return lines, len(ui.app.screen_stack), ui.notifications(), ui.focused_id
