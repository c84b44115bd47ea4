from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static

from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn, until
from whitetail.app import WhitetailApp
from whitetail.panes.empty import EmptyPane
from whitetail.panes.events import EventsPane
from whitetail.panes.overview import OverviewPane
from whitetail.panes.runs import RunsPane
from whitetail.panes.status import StatusPane
from whitetail.panes.threads import ThreadsPane
from whitetail.screens.confirm import AskLeftovers, ConfirmDelete
from whitetail.source.deletion import DeletePlan
from whitetail.source.locate import TreeLocation
from whitetail.source.source import FileSource
from whitetail_store import LogChangedError, RunKey

_PANES = ("threads", "runs", "events", "detail")


class Opened:
    """The app over a tree, and what can be seen of it."""

    def __init__(self, pilot: Pilot[Any], app: WhitetailApp) -> None:
        self.pilot = pilot
        self.app = app
        self.browse = app.get_default_screen()
        self.press = pilot.press

    def lines(self, pane: str) -> list[str]:
        return drawn(self.browse.query_one(f"#{pane}"))

    def shows(self, pane: str, text: str) -> bool:
        return any(text in line for line in self.lines(pane))

    async def until_shown(self, pane: str, text: str) -> None:
        await until(self.pilot, lambda: self.shows(pane, text))

    async def until_gone(self, pane: str, text: str) -> None:
        await until(self.pilot, lambda: not self.shows(pane, text))

    async def until_told(self, text: str) -> None:
        await until(self.pilot, lambda: any(text in said for said in self.told()))

    async def until_asked(self) -> None:
        await until(self.pilot, lambda: isinstance(self.app.screen, ConfirmDelete))

    def told(self) -> list[str]:
        return [str(each.message) for each in self.app._notifications]

    @property
    def threads(self) -> ThreadsPane:
        return self.browse.query_one(ThreadsPane)

    @property
    def runs(self) -> RunsPane:
        return self.browse.query_one(RunsPane)

    @property
    def events(self) -> EventsPane:
        return self.browse.query_one(EventsPane)

    @property
    def status(self) -> StatusPane:
        return self.browse.query_one(StatusPane)


@asynccontextmanager
async def opened(
    tree: Disk,
    *,
    read_only: bool = False,
    size: tuple[int, int] = (150, 40),
    prices: Path | None = None,
) -> AsyncIterator[Opened]:
    source = FileSource(TreeLocation(tree.base))
    app = WhitetailApp(source, read_only=read_only, prices=prices)
    async with app.run_test(size=size, notifications=True) as pilot:
        screen = Opened(pilot, app)
        await until(
            pilot,
            lambda: screen.threads.count or screen.browse.has_class("-empty"),
        )
        yield screen
    source.deletions.purge()


@pytest.fixture
def tree(tmp_path: Path) -> Disk:
    """Return a tree of two threads, the newer one with two runs."""
    tree = Disk(tmp_path)
    tree.write_run("old", "r1", "an old question", "an old answer", age=9_000)
    tree.write_run("new", "r1", "a first question", "a first answer", age=4_000)
    tree.write_run("new", "r2", "a second question", "a second answer", age=2_000)
    return tree


@pytest.fixture
def live(tmp_path: Path) -> Disk:
    """Return a tree with one run that is being written."""
    tree = Disk(tmp_path)
    tree.write_run("live", "r", "a question", age=1, ended=False)
    for number in range(40):
        tree.add_reply("live", "r", f"answer {number}")
    return tree


async def test_it_opens_on_the_newest_run_of_the_newest_thread(tree: Disk) -> None:
    async with opened(tree) as app:
        assert app.threads.key == "new"
        assert app.runs.key == ("new", "r2")
        await app.until_shown("events", "a second answer")
        await app.until_shown("detail", "a second answer")


async def test_a_run_that_ended_opens_on_its_answer(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.until_shown("events", "a second answer")
        assert "a second answer" in app.lines("events")[app.events.cursor]


async def test_another_thread_shows_its_runs_and_events(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.press("j")
        await app.until_shown("runs", "an old question")
        await app.until_shown("events", "an old answer")


async def test_enter_goes_deeper_and_escape_back(tree: Disk) -> None:
    async with opened(tree) as app:
        for pane in ("runs", "events", "detail", "detail"):
            await app.press("enter")
            assert app.app.focused is not None and app.app.focused.id == pane
            if pane == "detail":
                break
        for pane in ("events", "runs", "threads", "threads"):
            await app.press("escape")
            assert app.app.focused is not None and app.app.focused.id == pane
        assert app.app.is_running


async def test_what_is_appended_shows(live: Disk) -> None:
    async with opened(live) as app:
        await app.until_shown("events", "answer 39")
        live.add_reply("live", "r", "something new")
        await app.until_shown("events", "something new")


async def test_a_run_that_is_being_written_is_followed(live: Disk) -> None:
    async with opened(live) as app:
        await app.until_shown("events", "answer 39")
        assert app.events.following
        assert "following" in app.status.activity


async def test_who_moved_up_is_told_what_is_new_and_g_follows_again(
    live: Disk,
) -> None:
    async with opened(live) as app:
        await app.until_shown("events", "answer 39")
        await app.press("3", "k")
        assert not app.events.following
        cursor = app.events.cursor
        live.add_reply("live", "r", "something new")
        live.add_reply("live", "r", "and more")
        await app.until_shown("events", "2 new")
        assert app.events.cursor == cursor
        await app.press("G")
        await app.until_shown("events", "and more")
        assert not app.shows("events", "2 new")


async def test_f_follows_and_stops(live: Disk) -> None:
    async with opened(live) as app:
        await app.until_shown("events", "answer 39")
        await app.press("f")
        assert not app.events.following
        await app.press("f")
        assert app.events.following


async def test_a_new_thread_appears_and_the_cursor_stays_with_its_own(
    tree: Disk,
) -> None:
    async with opened(tree) as app:
        await app.until_shown("threads", "a first question")
        tree.write_run("newest", "r1", "a new question", age=0)
        await app.until_shown("threads", "a new question")
        assert "a new question" in app.lines("threads")[0]
        assert app.threads.key == "new"


async def test_a_new_run_appears_and_the_cursor_stays_with_its_own(
    tree: Disk,
) -> None:
    async with opened(tree) as app:
        await app.until_shown("runs", "a second question")
        tree.write_run("new", "r3", "a third question", age=0)
        await app.until_shown("runs", "a third question")
        assert app.runs.key == ("new", "r2")


async def test_a_run_that_another_program_deletes_leaves_the_screen(
    tree: Disk,
) -> None:
    async with opened(tree) as app:
        await app.until_shown("events", "a second answer")
        tree.path("new", "r2").unlink()
        await app.until_gone("runs", "a second question")
        await app.until_shown("events", "a first answer")


async def test_a_run_that_is_replaced_is_read_anew(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.until_shown("events", "a second answer")
        path = tree.path("new", "r2")
        other = path.with_suffix(".tmp")
        other.write_text(path.read_text().replace("a second answer", "another one"))
        other.replace(path)
        await app.until_shown("events", "another one")


async def test_y_deletes_what_d_asked_for_and_u_brings_it_back(tree: Disk) -> None:
    path = tree.path("new", "r2")
    before = path.read_bytes()
    async with opened(tree) as app:
        await app.press("2", "d")
        await app.until_asked()
        assert path.exists()
        await app.press("y")
        await app.until_told("Deleted 1 run, 4 events")
        assert not path.exists()
        assert app.runs.key == ("new", "r1")
        await app.until_gone("runs", "a second question")
        await app.press("u")
        await app.until_shown("runs", "a second question")
        assert path.read_bytes() == before


async def test_every_key_but_y_keeps(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.press("2")
        for key in ("enter", "escape", "n", "q", "d", "space", "Y"):
            await app.press("d")
            await app.until_asked()
            await app.press(key, "escape")
            await until(app.pilot, lambda: app.app.screen is app.browse)
            assert tree.path("new", "r2").exists()
        assert app.app.is_running
        assert not tree.base.joinpath(".trash").exists()
        assert app.told() == []


async def test_the_question_says_what_would_go(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.until_shown("threads", "a first question")
        await app.press("d")
        await app.until_asked()
        total = app.app.screen.query_one("#summary", Static)
        await until(app.pilot, lambda: "2 runs, 8 events" in str(total.render()))
        said = " ".join(str(each.render()) for each in app.app.screen.query(Static))
        assert "a first question (2 runs)" in said


async def test_a_question_that_can_t_count_still_asks(tree: Disk) -> None:
    async with opened(tree) as app:
        doomed = DeletePlan((("new", "r2"),), ("a second question",), 800, 0)

        def count(key: RunKey) -> int:
            raise LogChangedError(tree.path(*key))

        app.app.push_screen(ConfirmDelete(doomed, count))
        await app.until_asked()
        total = app.app.screen.query_one("#summary", Static)
        await until(app.pilot, lambda: "can't count" in str(total.render()))


async def test_the_question_warns_of_what_is_being_written(live: Disk) -> None:
    async with opened(live) as app:
        await app.press("2", "d")
        await app.until_asked()
        warnings = app.app.screen.query(".confirm--warning").results(Static)
        assert "still being written" in " ".join(
            str(each.render()) for each in warnings
        )


async def test_a_deleted_thread_takes_all_its_runs_and_comes_back_whole(
    tree: Disk,
) -> None:
    async with opened(tree) as app:
        await app.press("d")
        await app.until_asked()
        await app.press("y")
        await app.until_told("Deleted 2 runs, 8 events")
        assert app.threads.key == "old"
        await app.until_shown("events", "an old answer")
        await app.press("u")
        await until(app.pilot, lambda: app.threads.count == 2)
        assert tree.path("new", "r1").exists() and tree.path("new", "r2").exists()


async def test_all_that_is_selected_goes_at_once(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.press("space", "space", "d")
        await app.until_asked()
        await app.press("y")
        await app.until_told("Deleted 3 runs, 12 events")
        await until(app.pilot, lambda: app.browse.has_class("-empty"))
        await app.press("u")
        await until(app.pilot, lambda: app.threads.count == 2)


async def test_after_everything_came_back_the_keys_work_again(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.press("space", "space", "d")
        await app.until_asked()
        await app.press("y")
        await until(app.pilot, lambda: app.browse.has_class("-empty"))
        await app.press("u")
        await until(app.pilot, lambda: app.threads.count == 2)
        await until(app.pilot, lambda: not app.browse.has_class("-empty"))
        await app.press("g", "j")
        assert app.threads.cursor == 1


async def test_what_was_deleted_frees_the_disk_in_the_end(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.press("2", "d")
        await app.until_asked()
        await app.press("y")
        await app.until_told("Deleted")
        assert tree.base.joinpath(".trash").exists()
    assert not tree.base.joinpath(".trash").exists()
    assert not tree.path("new", "r2").exists()


async def test_read_only_deletes_nothing(tree: Disk) -> None:
    async with opened(tree, read_only=True) as app:
        await app.press("d")
        await app.until_told("--read-only")
        assert app.app.screen is app.browse
        assert "read-only" in app.status.location


async def test_a_run_that_its_writer_makes_again_is_told_of(live: Disk) -> None:
    async with opened(live) as app:
        await app.press("2", "d")
        await app.until_asked()
        await app.press("y")
        await app.until_told("Deleted 1 run")
        live.add_reply("live", "r", "I was not done")
        await app.until_told("came back")


async def test_a_run_that_its_writer_makes_again_much_later_is_reported(
    live: Disk,
) -> None:
    async with opened(live) as app:
        await app.press("2", "d")
        await app.until_asked()
        await app.press("y")
        await app.until_told("Deleted 1 run")
        await until(app.pilot, lambda: not app.told())
        live.add_reply("live", "r", "I was not done")
        await app.until_told("came back")


async def test_a_delete_that_fails_is_told_of_and_leaves_everything(
    tree: Disk,
) -> None:
    tree.base.joinpath(".trash").write_text("in the way")
    async with opened(tree) as app:
        await app.press("d")
        await app.until_asked()
        await app.press("y")
        await app.until_told("Nothing was deleted")
        assert tree.path("new", "r1").exists() and tree.path("new", "r2").exists()
        await app.until_shown("threads", "a first question")
        await app.press("u")
        await app.until_told("nothing to undo")


@pytest.mark.parametrize(("key", "comes_back"), [("enter", True), ("y", False)])
async def test_what_a_crash_left_is_asked_about(
    tree: Disk, key: str, comes_back: bool
) -> None:
    path = tree.path("new", "r2")
    left = tree.base / ".trash" / "1" / "new.r2.jsonl"
    left.parent.mkdir(parents=True)
    path.rename(left)
    async with opened(tree) as app:
        await until(app.pilot, lambda: isinstance(app.app.screen, AskLeftovers))
        await app.press(key)
        await until(app.pilot, lambda: app.app.screen is app.browse)
        if comes_back:
            await app.until_shown("runs", "a second question")
    assert path.exists() == comes_back
    assert not left.exists()


async def test_read_only_does_not_ask_about_what_a_crash_left(tree: Disk) -> None:
    left = tree.base / ".trash" / "1" / "new.r2.jsonl"
    left.parent.mkdir(parents=True)
    tree.path("new", "r2").rename(left)
    async with opened(tree, read_only=True) as app:
        await app.until_shown("events", "a first answer")
        assert app.app.screen is app.browse
    assert left.exists()


async def test_an_empty_tree_says_what_to_do_until_there_is_a_run(
    tmp_path: Path,
) -> None:
    tree = Disk(tmp_path)
    async with opened(tree) as app:
        said = str(app.browse.query_one(EmptyPane).render())
        assert "backend: jsonl" in said
        assert str(tree.threads) in said
        await app.press(*"jdufrwneyY", "enter", "space", "3", "4", "tab")
        tree.write_run("t", "r", "the first question", "an answer", age=0)
        await app.until_shown("threads", "the first question")
        await app.until_shown("events", "an answer")


async def test_keys_work_in_what_was_empty_before(tmp_path: Path) -> None:
    tree = Disk(tmp_path)
    async with opened(tree) as app:
        tree.write_run("a", "r", "one question", age=10)
        tree.write_run("b", "r", "another question", age=0)
        await until(app.pilot, lambda: app.threads.count == 2)
        await app.press("g", "j")
        assert app.threads.cursor == 1


async def test_a_tree_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    tree = Disk(tmp_path)
    tree.threads.rmdir()
    async with opened(tree) as app:
        assert "waiting for" in app.status.watching
        tree.write_run("t", "r", "the first question", age=0)
        await app.until_shown("threads", "the first question")


async def test_a_folder_that_can_t_be_read_any_more_is_told_of_until_it_can(
    tree: Disk,
) -> None:
    async with opened(tree) as app:
        await app.until_shown("threads", "a first question")
        aside = tree.base / "aside"
        tree.threads.rename(aside)
        tree.threads.symlink_to(tree.threads)
        await until(app.pilot, lambda: app.status.problems)
        assert app.app.is_running
        tree.threads.unlink()
        aside.rename(tree.threads)
        await app.press("ctrl+r")
        await until(app.pilot, lambda: not app.status.problems)
        await app.until_shown("threads", "a first question")


async def test_a_run_without_a_single_event_is_shown_as_one(tree: Disk) -> None:
    tree.path("new", "r9").write_text("")
    async with opened(tree) as app:
        await app.until_shown("runs", "r9")
        await app.press("2", "3", "n", "N", "e", "E", "y", "Y", "r", "g", "G")
        assert app.app.is_running


async def test_slash_finds_and_n_goes_on(live: Disk) -> None:
    async with opened(live) as app:
        await app.until_shown("events", "answer 39")
        await app.press("3", "slash", *"answer 1", "enter")
        await until(app.pilot, lambda: "answer 1" in app.status.activity)
        await until(app.pilot, lambda: not app.events.following)
        first = app.events.cursor
        await app.press("n")
        await until(app.pilot, lambda: app.events.cursor != first)
        await app.press("N")
        await until(app.pilot, lambda: app.events.cursor == first)


async def test_keys_do_nothing_else_while_something_is_typed(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.until_shown("events", "a second answer")
        await app.press("slash", *"dy1qu")
        assert app.app.screen is app.browse
        assert app.app.is_running
        await app.press("escape")
        assert tree.path("new", "r2").exists()


async def test_what_is_nowhere_is_said_to_be_so(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.until_shown("events", "a second answer")
        await app.press("slash", *"wolf", "enter")
        await until(app.pilot, lambda: "none in this run" in app.status.activity)


async def test_r_shows_an_event_in_its_other_forms(tree: Disk) -> None:
    tree.add_reply("new", "r2", "a **third** answer")
    async with opened(tree) as app:
        pane = app.browse.run.detail
        await app.until_shown("detail", "a third answer")
        assert not app.shows("detail", '"event_type"')
        await app.press("r")
        await app.until_shown("detail", "a **third** answer")
        assert str(pane.border_title).endswith(" · plain")
        await app.press("r")
        await app.until_shown("detail", '"event_type"')
        assert str(pane.border_title).endswith(" · raw")
        await app.press("r")
        await app.until_shown("detail", "a third answer")
        assert str(pane.border_title).endswith(" · reply")


async def test_a_copied_line_is_the_line(tree: Disk) -> None:
    long = " ".join(f"word{number}" for number in range(2_000))
    tree.add_reply("new", "r2", long)
    async with opened(tree) as app:
        await app.press("3", "G")
        await app.until_shown("detail", "word1 ")
        await app.press("Y")
        await until(app.pilot, lambda: app.app.clipboard)
        assert json.loads(app.app.clipboard)["content"]["content"] == long


async def test_a_copied_path_is_the_path(tree: Disk) -> None:
    async with opened(tree) as app:
        await app.until_shown("events", "a second answer")
        await app.press("ctrl+y")
        await until(app.pilot, lambda: app.app.clipboard)
        assert app.app.clipboard == str(tree.path("new", "r2"))


@pytest.mark.parametrize("size", [(150, 40), (80, 24), (60, 15), (200, 50)])
async def test_every_pane_can_be_reached_at_any_size(
    tree: Disk, size: tuple[int, int]
) -> None:
    async with opened(tree, size=size) as app:
        for key, pane in zip("1234", _PANES, strict=True):
            await app.press(key)
            focused = app.app.focused
            assert focused is not None and focused.id == pane
            assert focused.region.area > 0
            await app.press("z")
            await until(app.pilot, lambda: app.browse.has_class("-zoomed"))
            assert focused.region.width == size[0]
            await app.press("z")


def used(tree: Disk, thread: str, run: str, tokens: int, model: str = "doe-3") -> None:
    """Append a reply that used so many tokens."""
    usage = {"input_tokens": tokens, "output_tokens": 0}
    said = {
        "content": "more",
        "usage_metadata": usage,
        "response_metadata": {"model_name": model},
    }
    tree.add_event(thread, run, "llm.ai.response", said, {"usage": usage})


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text('["doe-3"]\ninput = 2\noutput = 8\n')
    return path


async def test_numbers_of_runs_fill_in(tree: Disk, prices: Path) -> None:
    tree.write_run("new", "r3", "a third question", age=1_000, ended=False)
    used(tree, "new", "r3", 600_000)
    tree.add_event("new", "r3", "run.end", {}, {"status": "success"})
    async with opened(tree, prices=prices) as app:
        await app.press("2", "z")
        await app.until_shown("runs", "answered")
        await app.until_shown("runs", " 600k   $1.20 ")
        await app.until_shown("runs", "\u2013")
        uncounted = next(each for each in app.lines("runs") if "a second" in each)
        assert uncounted.startswith("✓ a second question")
        assert uncounted.count("\u2013") == 2


async def test_numbers_of_a_run_follow_its_file(live: Disk) -> None:
    async with opened(live) as app:
        await app.press("2", "z")
        used(live, "live", "r", 500)
        await app.until_shown("runs", " 500+ ")
        used(live, "live", "r", 700)
        await app.until_shown("runs", " 1.20k+ ")
        assert app.shows("runs", "● a question")
        live.path("live", "r").unlink()
        live.write_run("live", "r", "another question", age=1, ended=False)
        used(live, "live", "r", 30)
        await app.until_shown("runs", " 30 ")
        assert app.shows("runs", "another question")


async def test_a_degraded_run_has_a_sign(tree: Disk) -> None:
    tree.write_run("new", "r3", "a third question", age=1_000)
    async with opened(tree) as app:
        await app.until_shown("runs", "! a third question")


async def test_a_broken_file_of_prices_is_told_once_and_the_rest_works(
    tree: Disk, prices: Path
) -> None:
    prices.write_text("[doe-3]\ninput = -1\noutput = 8\n")
    async with opened(tree, prices=prices) as app:
        await app.until_told("input is not between")
        [said] = app.told()
        assert "prices.toml" in said and "Correct it" in said
        await app.press("2", "z")
        await app.until_shown("runs", "answered")
        assert "cost" not in Content.from_markup(app.runs.border_title or "").plain


async def test_the_overview_says_what_a_run_cost(tree: Disk, prices: Path) -> None:
    tree.write_run("new", "r3", "a third question", age=1_000, ended=False)
    used(tree, "new", "r3", 600_000)
    used(tree, "new", "r3", 10, model="fawn")
    async with opened(tree, prices=prices) as app:
        await until(app.pilot, lambda: app.events.count == 4)
        await app.until_shown("runs", "$1.20+")
        await app.press("i")
        await until(app.pilot, lambda: app.app.screen.query(OverviewPane))
        pane = app.app.screen.query_one(OverviewPane)
        await until(app.pilot, lambda: pane.count > 6)
        lines = [line.split() for line in drawn(pane)]
        assert ["at", "least", "$1.20:", "fawn", "has", "no", "price"] in lines
        assert ["doe-3", "1", "600k", "0", "0", "$1.20"] in lines
        assert ["fawn", "1", "10", "0", "0", "\u2013"] in lines


def called(tree: Disk, thread: str, run: str) -> None:
    """Write a reply that asks a tool, and what that gave back."""
    call = {"name": "ls", "id": "call-1", "args": {"path": "/deer"}}
    said = {"type": "ai", "content": "", "tool_calls": [call]}
    tree.add_event(thread, run, "llm.ai.response", said)
    result = {"type": "tool", "name": "ls", "content": "antlers"}
    result["tool_call_id"] = "call-1"
    tree.add_event(thread, run, "llm.tool.result", result)


async def test_folds_stay_with_their_run(tree: Disk) -> None:
    called(tree, "new", "r2")
    async with opened(tree) as app:
        await app.until_shown("events", "ls → antlers")
        await app.press("3", "G", "h", "h")
        await app.until_gone("events", "ls → antlers")
        await app.press("2", "j")
        await app.until_shown("events", "a first answer")
        await app.press("k")
        await app.until_shown("events", "a second answer")
        await app.until_shown("events", "+1")
        assert not app.shows("events", "ls → antlers")
        await app.press("3", "s")
        await app.until_shown("events", "ls → antlers")


async def test_a_call_has_its_result_right_below_it(tree: Disk) -> None:
    called(tree, "new", "r2")
    async with opened(tree) as app:
        await app.until_shown("events", "ls → antlers")
        await app.press("3", "G", "h")
        await app.until_shown("detail", "→ result")
        await app.until_shown("detail", "antlers")
