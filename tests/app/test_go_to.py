"""The input line that goes to a number, a time or a share of the run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from textual.command import CommandInput, CommandList

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.events import line
from whitetail.screens.go_to_bar import GoToBar
from whitetail.screens.palette import WhitetailPalette

NOON = datetime(2026, 3, 1, 12).timestamp()


@pytest.fixture
def numbered(tmp_path: Path) -> Disk:
    """Return a tree with a run of 100 events, one a second from noon on."""
    disk = Disk(tmp_path)
    for second in range(100):
        disk.path("t", "r").parent.mkdir(parents=True, exist_ok=True)
        disk.add_reply("t", "r", f"answer {second}", at=NOON + second)
    return disk


async def go_to(ui: AppDriver, text: str) -> None:
    """Enter a text in the input line."""
    await ui.press("colon", *text, "enter")
    await ui.until(lambda: not ui.app.screen.query(GoToBar))


@pytest.mark.parametrize(
    ("text", "row"),
    [("57", 56), ("12:01", 60), ("12:00:30", 30), ("50%", 50), ("100%", 99)],
)
async def test_a_number_a_time_and_a_share_lead_to_an_event(
    numbered: Disk, text: str, row: int
) -> None:
    async with open_app(numbered) as ui:
        await ui.until(lambda: ui.events.count == 100)
        await go_to(ui, text)
        await ui.until(lambda: ui.events.row == row)
        await ui.until(lambda: ui.focused_id == "events")
        assert not ui.events.following


async def test_offsets_count_from_the_event_under_the_cursor(numbered: Disk) -> None:
    async with open_app(numbered) as ui:
        await ui.until(lambda: ui.events.count == 100)
        await go_to(ui, "57")
        await ui.until(lambda: ui.events.row == 56)
        await go_to(ui, "+30s")
        await ui.until(lambda: ui.events.row == 86)
        await go_to(ui, "-1m")
        await ui.until(lambda: ui.events.row == 26)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1000", "No event of this run has the number 1000."),
        ("23:59", "23:59 is not in this run, which goes from 12:00:00 to 12:01:39."),
        ("+2h", "This is the time of the last event."),
        ("101%", "A run ends at 100%."),
    ],
)
async def test_a_position_that_is_not_in_the_run_is_one_sentence(
    numbered: Disk, text: str, sentence: str
) -> None:
    async with open_app(numbered) as ui:
        await ui.until(lambda: ui.events.count == 100)
        before = ui.events.row
        await go_to(ui, text)
        await ui.until_notified(sentence)
        assert ui.events.row == before
        assert "looking" not in ui.status.activity


async def test_a_number_that_repeats_is_the_first_event_with_it(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    path = disk.path("t", "r")
    path.parent.mkdir(parents=True)
    path.write_bytes(line(3) + b"{oops\n" + line(4) + line(3) + line(4))
    async with open_app(disk) as ui:
        await ui.until(lambda: ui.events.count == 5)
        await go_to(ui, "4")
        await ui.until(lambda: ui.events.row == 2)
        await go_to(ui, "3")
        await ui.until(lambda: ui.events.row == 0)


async def test_words_open_the_palette_with_them(numbered: Disk) -> None:
    async with open_app(numbered) as ui:
        await ui.press("colon", *"wrap", "enter")
        await ui.until(lambda: isinstance(ui.app.screen, WhitetailPalette))
        await ui.until(lambda: ui.app.screen.query_one(CommandInput).value == "wrap")
        before = ui.browse.run.detail.wrapping
        found = ui.app.screen.query_one(CommandList)
        await ui.until(lambda: found.display and found.highlighted is not None)
        await ui.press("enter")
        await ui.until(lambda: ui.app.screen is ui.browse)
        await ui.until(lambda: ui.browse.run.detail.wrapping is not before)


async def test_escape_closes_the_line_and_a_second_colon_is_text(
    numbered: Disk,
) -> None:
    async with open_app(numbered) as ui:
        await ui.press("3", "colon", *"14", "colon", "d", "q")
        assert ui.app.screen.query_one(GoToBar).value == "14:dq"
        await ui.press("escape")
        await ui.until(lambda: not ui.app.screen.query(GoToBar))
        await ui.until(lambda: ui.focused_id == "events")


async def test_without_a_run_a_number_is_one_sentence(tmp_path: Path) -> None:
    async with open_app(Disk(tmp_path)) as ui:
        await go_to(ui, "57")
        await ui.until_notified("No run is open.")
