"""Filtering a run with a subagent, of which the events are folded into one line."""

from __future__ import annotations

from pathlib import Path

from textual.content import Content
from textual.geometry import Region

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.events import RunBuilder
from whitetail_store import RunEvent

SIZE = (150, 30)


def disk(tmp_path: Path) -> Disk:
    """Return a tree with one run, whose subagent has failed: its rows are 2 to 5."""
    run = RunBuilder()
    run.prompt("Find the deer")
    run.launch("t")
    run.add("subagent.start", {"task_id": "t", "description": "Look"}, task_id="t")
    run.step("t", "tool")
    run.step("t", "tool")
    run.finish("t", "failed", error="lost")
    run.result("t", "It is gone")
    run.reply("No deer")
    tree = Disk(tmp_path)
    tree.path("sub", "r").parent.mkdir(parents=True)
    for each in run.rows:
        assert isinstance(each, RunEvent)
        tree.add_event("sub", "r", each.event_type, each.content, dict(each.metadata))
    return tree


def border(ui: AppDriver) -> str:
    width = ui.events.outer_size.width
    [strip] = ui.events.render_lines(Region(0, 0, width, 1))
    return strip.text


def subtitle(ui: AppDriver) -> str:
    return Content.from_markup(ui.events.border_subtitle or "").plain


async def filter_by(ui: AppDriver, text: str) -> None:
    """Filter the run, and wait until all of it was matched."""
    await ui.until_shown("events", "No deer")
    await ui.press("ampersand", *text, "enter")
    await ui.until(lambda: " of 8" in border(ui) and "+ of" not in border(ui))


async def test_the_start_of_a_subagent_is_above_its_event_that_matches(
    tmp_path: Path,
) -> None:
    async with open_app(disk(tmp_path), size=SIZE) as ui:
        await ui.until_shown("events", "2 steps · failed")
        assert any("+3" in line for line in ui.lines("events"))
        assert "model   tool" in border(ui)
        await filter_by(ui, "seq:5")
        await ui.until(lambda: ui.events.count == 3)
        launch, start, step = ui.lines("events")[:3]
        assert "▾" in launch and "tool call" in launch
        assert "▾" in start and "step" not in start
        assert "▾" not in step and step.split()[0] == "5"
        assert "+3" not in "".join(ui.lines("events"))
        assert "[seq:5]  1 of 8" in border(ui)
        assert "model   tool" not in border(ui)


async def test_the_border_says_that_nothing_can_be_folded(tmp_path: Path) -> None:
    async with open_app(disk(tmp_path), size=SIZE) as ui:
        await filter_by(ui, "seq:5")
        await ui.press("g", "h")
        shown = "causal order · no folds in a filter"
        await ui.until(lambda: subtitle(ui) == shown)
        await ui.press("l", "l")
        await ui.until(lambda: ui.events.row == 4)
        await ui.press("h")
        await ui.until(lambda: ui.events.row == 2)
        await ui.press("h")
        await ui.until(lambda: ui.events.row == 1)
        await ui.press("escape")
        await ui.until(lambda: ui.events.border_subtitle == "causal order")


async def test_the_cursor_stays_at_an_event_that_was_folded(tmp_path: Path) -> None:
    async with open_app(disk(tmp_path), size=SIZE) as ui:
        await filter_by(ui, "seq:5")
        await ui.press("g", "l", "l")
        await ui.until(lambda: ui.events.row == 4)
        await ui.press("ctrl+f")
        await ui.until(lambda: ui.events.count == 8)
        assert (ui.events.row, ui.events.cursor) == (4, 4)
        await ui.press("ctrl+f")
        await ui.until(lambda: ui.events.count == 3)
        assert (ui.events.row, ui.events.cursor) == (4, 2)
        await ui.press("escape")
        await ui.until(lambda: ui.events.count == 8)
        assert (ui.events.row, ui.events.cursor) == (4, 4)


async def test_an_event_of_a_folded_subagent_that_the_filter_hides_is_shown(
    tmp_path: Path,
) -> None:
    async with open_app(disk(tmp_path), size=SIZE) as ui:
        await filter_by(ui, "kind:prompt")
        await ui.press("colon", "5", "enter")
        await ui.until(lambda: ui.events.seq == "5")
        await ui.until(lambda: ui.events.count == 8)
        await ui.until(lambda: "off: ctrl+f" in border(ui))


async def test_errors_and_matches_of_a_search_are_those_that_are_shown(
    tmp_path: Path,
) -> None:
    async with open_app(disk(tmp_path), size=SIZE) as ui:
        await filter_by(ui, "seq:1 or seq:6 or seq:8")
        await ui.until(lambda: ui.events.count == 5)
        await ui.press("g", "e")
        await ui.until(lambda: ui.events.row == 5)
        await ui.press("g", "slash", *"deer", "enter")
        await ui.until(lambda: "/deer: 1 of 2" in ui.status.activity)
        await ui.press("n")
        await ui.until(lambda: ui.events.row == 7)
