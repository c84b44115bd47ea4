"""What is remembered between sessions: opening again continues where the user was."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.privileges import file_modes_apply
from whitetail.panes.query_prompt import QueryInput
from whitetail.run.protocols import RunRows
from whitetail.screens.browse import BrowseScreen
from whitetail.screens.run import RunView
from whitetail.source.locate import TreeLocation
from whitetail.state.database import StateDatabase
from whitetail.view.lists.order import SortColumn, SortOrder

NARROW = (80, 24)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return the path of the file of what is remembered."""
    return tmp_path / "home" / "state.sqlite"


@pytest.fixture
def disk(tree: Disk) -> Disk:
    """Return a tree with a run of 60 events in a thread that is not the newest one."""
    tree.write_run("long", "first", "a question", "an answer", age=20_000)
    replies = [f"answer {number}" for number in range(58)]
    tree.write_run("long", "r", "a long question", *replies, age=9_500, ended=False)
    return tree


async def go_to_long_run(ui: AppDriver, row: int) -> None:
    """Put the cursor on a row of the long run."""
    ui.browse.lists.select("long", "r")
    await ui.until_open("long", "r")
    await ui.until(lambda: ui.events.count == 60)
    ui.browse.go_to_row(row)
    await ui.until(lambda: ui.events.row == row and ui.focused_id == "events")


async def until_continued(ui: AppDriver, row: int) -> None:
    await ui.until(lambda: ui.browse.run.key == ("long", "r"))
    await ui.until(lambda: ui.events.count and ui.events.row == row)


@pytest.mark.parametrize("size", [(150, 42), NARROW])
async def test_opening_again_continues_at_the_event(
    disk: Disk, state: Path, size: tuple[int, int]
) -> None:
    async with open_app(disk, state=state, size=size) as ui:
        await go_to_long_run(ui, 17)
    async with open_app(disk, state=state, size=size) as ui:
        await until_continued(ui, 17)
        await ui.until(lambda: ui.focused_id == "events")
        await ui.until(lambda: ui.shows("events", "answer 15"))
        assert ui.threads.key == "long"
        assert ui.runs.key == ("long", "r")


@pytest.mark.parametrize("size", [(150, 42), NARROW, (80, 15)])
async def test_nothing_else_has_the_cursor_or_the_focus_before(
    disk: Disk, state: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(disk, state=state, size=size) as ui:
        await go_to_long_run(ui, 17)
    opened: list[object] = []
    focused: list[str] = []
    open_run, watch_at = RunView.open, BrowseScreen.watch_at

    def record_run(view: RunView, rows: RunRows, **how: bool) -> None:
        opened.append(rows.key)
        open_run(view, rows, following=how.pop("following"), **how)

    def record_pane(screen: BrowseScreen, before: str, at: str) -> None:
        focused.append(at)
        watch_at(screen, before, at)

    monkeypatch.setattr(RunView, "open", record_run)
    monkeypatch.setattr(BrowseScreen, "watch_at", record_pane)
    async with open_app(disk, state=state, size=size) as ui:
        # The lists were filled when the screen was mounted, in the same step.
        assert (ui.threads.key, ui.runs.key) == ("long", ("long", "r"))
        await until_continued(ui, 17)
        await ui.until(lambda: ui.focused_id == "events")
    assert opened == [("long", "r")]
    assert focused == ["events"]


async def test_without_a_state_the_start_is_the_normal_one(disk: Disk) -> None:
    async with open_app(disk) as ui:
        await ui.until(lambda: ui.browse.run.key == ("new", "r2"))
        assert ui.focused_id == "threads"


async def test_a_run_that_is_live_is_opened_instead(disk: Disk, state: Path) -> None:
    async with open_app(disk, state=state) as ui:
        await go_to_long_run(ui, 17)
    disk.write_run("live", "r", "a live question", age=30, ended=False)
    async with open_app(disk, state=state) as ui:
        await ui.until(lambda: ui.browse.run.key == ("live", "r"))
        await ui.until(lambda: ui.events.following)
        assert ui.focused_id == "threads"


async def test_a_run_that_just_ended_is_no_reason(disk: Disk, state: Path) -> None:
    async with open_app(disk, state=state) as ui:
        await go_to_long_run(ui, 17)
    disk.write_run("ended", "r", "a question", "an answer", age=5)
    async with open_app(disk, state=state) as ui:
        await until_continued(ui, 17)


async def test_a_run_that_is_gone_gives_the_normal_start(
    disk: Disk, state: Path
) -> None:
    async with open_app(disk, state=state) as ui:
        await go_to_long_run(ui, 17)
    disk.path("long", "r").unlink()
    async with open_app(disk, state=state) as ui:
        await ui.until(lambda: ui.browse.run.key == ("new", "r2"))
        assert ui.focused_id == "threads"


async def test_an_event_that_is_another_one_now_is_not_continued_at(
    disk: Disk, state: Path
) -> None:
    async with open_app(disk, state=state) as ui:
        await go_to_long_run(ui, 17)
    path = disk.path("long", "r")
    path.write_bytes(path.read_bytes().replace(b"answer 15", b"another"))
    async with open_app(disk, state=state) as ui:
        await until_continued(ui, 59)


async def test_what_the_user_names_wins(disk: Disk, state: Path) -> None:
    async with open_app(disk, state=state) as ui:
        await go_to_long_run(ui, 17)
        ui.browse.run.filter.set_text("kind:reply")
    named = TreeLocation(disk.base, selected=("new", "r1"))
    async with open_app(named, state=state) as ui:
        await ui.until(lambda: ui.browse.run.key == ("new", "r1"))
        assert ui.browse.run.filter.text == ""


async def test_a_tree_without_runs_forgets_nothing(disk: Disk, state: Path) -> None:
    async with open_app(disk, state=state) as ui:
        await go_to_long_run(ui, 17)
    disk.threads.rename(disk.base / "elsewhere")
    async with open_app(disk, state=state) as ui:
        assert ui.browse.has_class("-empty")
    (disk.base / "elsewhere").rename(disk.threads)
    async with open_app(disk, state=state) as ui:
        await until_continued(ui, 17)


async def test_the_order_of_the_lists_is_kept(disk: Disk, state: Path) -> None:
    order = SortOrder(SortColumn.NAME, reverse=True)
    async with open_app(disk, state=state) as ui:
        ui.threads.sort(order)
        ui.runs.sort_by(SortColumn.EVENTS)
        await ui.press("j")
    async with open_app(disk, state=state) as ui:
        assert ui.threads.order == order
        assert ui.runs.order == SortOrder(SortColumn.EVENTS)


async def test_the_width_of_the_lists_is_kept(disk: Disk, state: Path) -> None:
    async with open_app(disk, state=state) as ui:
        before = ui.threads.size.width
        await ui.press("greater_than_sign", "greater_than_sign")
        await ui.until(lambda: ui.threads.size.width == before + 8)
    async with open_app(disk, state=state) as ui:
        await ui.until(lambda: ui.threads.size.width == before + 8)
    async with open_app(disk, state=state, size=(100, 30)) as ui:
        # There is less room now, of which the run needs some.
        await ui.until(lambda: 0 < ui.threads.size.width <= 60)


async def test_the_filter_is_kept_and_an_argument_wins(disk: Disk, state: Path) -> None:
    async with open_app(disk, state=state) as ui:
        await go_to_long_run(ui, 17)
        ui.browse.run.filter.set_text("kind:reply")
        await ui.until(lambda: ui.events.count == 58)
    async with open_app(disk, state=state) as ui:
        await until_continued(ui, 17)
        await ui.until(lambda: ui.events.count == 58)
        await ui.until(lambda: "the filter stays" in ui.browse.run.activity)
        ui.browse.run.filter.set_text("")
        await ui.until(lambda: ui.events.count == 60)
        ui.browse.run.filter.set_text("kind:reply")
        await ui.until(lambda: ui.events.count == 58)
    async with open_app(disk, state=state, filter_text="kind:prompt") as ui:
        await ui.until(lambda: ui.events.count == 1)
        assert ui.browse.run.key == ("long", "r")


async def test_folds_are_kept(tmp_path: Path, state: Path) -> None:
    disk = Disk(tmp_path)
    disk.path("t", "r").parent.mkdir(parents=True)
    then = time.time() - 5_000
    calls = [{"name": "search", "args": {}, "id": "c1"}]
    asked = {"type": "ai", "content": "", "tool_calls": calls}
    found = {"type": "tool", "name": "search", "content": "x", "tool_call_id": "c1"}
    disk.add_event("t", "r", "llm.ai.response", asked, at=then)
    disk.add_event("t", "r", "llm.tool.result", found, at=then)
    async with open_app(disk, state=state) as ui:
        await ui.until(lambda: ui.events.count == 2)
        await ui.press("3", "g", "h")
        await ui.until(lambda: ui.events.count == 1)
    async with open_app(disk, state=state) as ui:
        await ui.until(lambda: ui.events.count == 1)
        await ui.until(lambda: ui.shows("events", "+1"))


async def test_queries_of_earlier_sessions_can_be_recalled(
    disk: Disk, state: Path
) -> None:
    async with open_app(disk, state=state) as ui:
        await ui.until(lambda: ui.browse.run.run is not None)
        await ui.press("ampersand", *"deer", "enter")
        await ui.until(lambda: ui.browse.run.filter.text == "deer")
    async with open_app(disk, state=state) as ui:
        await ui.until(lambda: ui.browse.run.run is not None)
        ui.browse.run.filter.clear()
        await ui.press("ampersand", "up")
        await ui.until(lambda: ui.browse.query_one(QueryInput).value == "deer")


async def test_a_broken_file_gives_one_message_and_the_normal_start(
    disk: Disk, state: Path
) -> None:
    state.parent.mkdir()
    state.write_bytes(b"broken " * 999)
    async with open_app(disk, state=state) as ui:
        await ui.until(lambda: ui.browse.run.key == ("new", "r2"))
        await ui.until_notified("are begun anew")
        assert len(ui.notifications()) == 1
        await go_to_long_run(ui, 17)
    async with open_app(disk, state=state) as ui:
        await until_continued(ui, 17)


async def test_a_folder_that_cannot_be_written_gives_one_sentence(
    disk: Disk, state: Path
) -> None:
    state.parent.mkdir(mode=0o500)
    with file_modes_apply() as applied:
        if not applied:
            pytest.skip("the modes of files do not apply to this user")
        async with open_app(disk, state=state) as ui:
            await go_to_long_run(ui, 17)
            await ui.press("m")
            await ui.until_notified("cannot be saved")
            assert not ui.browse.run.marks.is_bookmarked(17)
    assert list(state.parent.iterdir()) == []


async def test_two_at_once_keep_a_state_that_can_be_read(
    disk: Disk, state: Path
) -> None:
    async with (
        open_app(disk, state=state) as one,
        open_app(disk, state=state) as two,
    ):
        await go_to_long_run(one, 17)
        await two.until(lambda: two.browse.run.key == ("new", "r2"))
        await two.press("j")
    saved = StateDatabase(state, str(disk.base)).tree_state()
    assert saved is not None
    assert saved.thread in ("long", "new", "old")
