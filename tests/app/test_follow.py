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


async def test_following_is_no_longer_shown_once_the_run_has_ended(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until(lambda: "following" in ui.status.activity)
        live.add_event("live", "r", "run.end", {}, {"status": "success"})
        await ui.until_shown("events", "run end")
        await ui.until(lambda: "following" not in ui.status.activity)
        live.add_event("live", "r", "run.delivery", {"paths": ["/acorns.md"]})
        await ui.until_shown("events", "acorns.md")
        assert "following" not in ui.status.activity


async def test_a_new_run_is_followed_if_the_cursor_is_at_the_newest_event(
    live: Disk,
) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        live.add_event("live", "r", "run.end", {}, {"status": "success"})
        await ui.until(lambda: "following" not in ui.status.activity)
        live.write_run("live", "r2", "another question", age=0, ended=False)
        await ui.until_shown("events", "another question")
        assert ui.runs.key == ("live", "r2")
        await ui.until(lambda: "following" in ui.status.activity)


async def test_a_new_run_is_announced_if_the_cursor_is_elsewhere_and_g_goes_there(
    live: Disk,
) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await ui.press("3", "k")
        live.write_run("live", "r2", "another question", age=0, ended=False)
        await ui.until_shown("events", "new run · G")
        assert ui.runs.key == ("live", "r")
        await ui.press("G")
        await ui.until_shown("events", "another question")
        assert ui.runs.key == ("live", "r2")
        await ui.until(lambda: "following" in ui.status.activity)
        assert not ui.shows("events", "new run")


async def test_a_new_run_is_announced_if_another_screen_is_on_top(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await ui.press("question_mark")
        await ui.until(lambda: ui.app.screen is not ui.browse)
        live.write_run("live", "r2", "another question", age=0, ended=False)
        await ui.until_shown("events", "new run · G")
        assert ui.runs.key == ("live", "r")


async def test_a_run_of_another_thread_is_not_followed(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        live.write_run("other", "r2", "another question", age=0, ended=False)
        await ui.until_shown("threads", "another question")
        assert ui.runs.key == ("live", "r")
        assert not ui.shows("events", "new run")


async def test_a_run_that_has_ended_is_not_followed_and_says_so(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "reply")
        await ui.press("3", "g", "f")
        await ui.until_notified("The run has ended: no event will follow its last one.")
        assert ui.events.at_newest
