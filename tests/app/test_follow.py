"""Following the newest event of a run that is being written."""

from __future__ import annotations

from tests.helpers.app import open_app
from tests.helpers.disk import Disk


async def test_an_appended_event_is_shown(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        live.add_reply("live", "r", "something new")
        await ui.until_shown("events", "something new")


async def test_a_run_that_is_being_written_is_followed(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        assert ui.events.following
        assert "following" in ui.status.activity


async def test_after_moving_up_new_events_are_counted_and_g_follows_again(
    live: Disk,
) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await ui.press("3", "k")
        assert not ui.events.following
        cursor = ui.events.cursor
        live.add_reply("live", "r", "something new")
        live.add_reply("live", "r", "and more")
        await ui.until_shown("events", "2 new")
        assert ui.events.cursor == cursor
        await ui.press("G")
        await ui.until_shown("events", "and more")
        assert not ui.shows("events", "2 new")


async def test_f_stops_and_starts_following(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await ui.press("f")
        assert not ui.events.following
        await ui.press("f")
        assert ui.events.following
