from __future__ import annotations

import pytest
from support import START, Stage, drawn, until

from whitetail.tui.panes.lines import LinePane
from whitetail.tui.panes.runs import RunsPane
from whitetail.tui.panes.threads import ThreadsPane
from whitetail.tui.trace.run import State
from whitetail.tui.view.entries import SIGNS, RunEntry, ThreadEntry

SIZE = (50, 12)


def now() -> float:
    return START


def thread(key: str, *, runs: int = 1, live: bool = False) -> ThreadEntry:
    return ThreadEntry(key, f"title of {key}", True, runs, START, live)


def threads(keys: str) -> list[ThreadEntry]:
    return [thread(key) for key in keys]


def run(
    name: str, state: State = State.FINISHED, *, length: float = 75, events: int = 12
) -> RunEntry:
    return RunEntry(
        ("t", name),
        f"prompt of {name}",
        True,
        state,
        START,
        START + length,
        events,
        3_400,
    )


async def test_a_thread_says_its_title_and_how_many_runs_it_has() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a", runs=7)])
        await until(pilot, lambda: "title of a" in drawn(pane)[0])
        assert drawn(pane)[0].split()[-2] == "7"


async def test_a_thread_that_is_written_has_a_mark() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread("a", live=True), thread("b")])
        await until(pilot, lambda: "title" in drawn(pane)[1])
        assert [line[0] for line in drawn(pane)[:2]] == ["●", " "]


async def test_the_border_says_how_many_there_are() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(1_234)])
        await pilot.pause()
        assert pane.border_subtitle == "1,234"


async def test_the_cursor_stays_with_its_thread_when_a_newer_one_comes() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abc"))
        await pilot.press("j")
        pane.show(threads("xabc"))
        assert pane.key == "b"


async def test_a_newer_thread_says_nothing_of_the_cursor() -> None:
    pane = ThreadsPane("threads", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show(threads("abc"))
        await pilot.press("j")
        await until(pilot, lambda: pane.key == "b")
        said = app.count(LinePane.Highlighted)
        pane.show([thread("b", runs=2), *threads("ac")])
        await pilot.pause()
        assert pane.key == "b"
        assert said <= app.count(LinePane.Highlighted) <= said + 1


async def test_what_is_in_sight_stays_in_sight_when_newer_threads_come() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(40)])
        await pilot.press(*["j"] * 25)
        before = pane.keys_in_sight
        pane.show([thread(f"new{n}") for n in range(5)] + [*pane._entries])
        await pilot.pause()
        assert pane.keys_in_sight == before


async def test_at_the_top_newer_threads_come_into_sight() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(40)])
        await pilot.pause()
        pane.show([thread("new"), *pane._entries])
        await until(pilot, lambda: "title of new" in drawn(pane)[0])


@pytest.mark.parametrize(
    ("at", "left", "key"),
    [
        pytest.param(1, "acd", "c", id="the next one"),
        pytest.param(3, "abc", "c", id="the last one"),
        pytest.param(1, "ad", "d", id="the next that is left"),
        pytest.param(1, "", None, id="none"),
    ],
)
async def test_when_the_thread_under_the_cursor_goes_its_neighbour_follows(
    at: int, left: str, key: str | None
) -> None:
    pane = ThreadsPane("threads", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press(*["j"] * at)
        app.heard.clear()
        pane.show(threads(left))
        await pilot.pause()
        assert pane.key == key
        assert bool(app.count(LinePane.Highlighted)) == bool(left)


async def test_space_selects_and_goes_on() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "j", "space")
        assert [entry.key for entry in pane.chosen] == ["a", "c"]
        assert pane.key == "d"


async def test_space_on_what_is_selected_lets_go_of_it() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "space", "g", "space")
        assert [entry.key for entry in pane.chosen] == ["b"]


async def test_without_a_selection_the_one_under_the_cursor_is_chosen() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("j")
        assert [entry.key for entry in pane.chosen] == ["b"]


async def test_in_an_empty_list_nothing_is_chosen() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        await pilot.press("space", "v", "j", "v")
        assert pane.chosen == []


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["j", "v", "j", "j", "v"], "bcd"),
        (["G", "v", "k", "v"], "de"),
        (["v", "j", "j", "k", "v"], "ab"),
        (["v", "j", "v", "j", "j"], "ab"),
        (["G", "space", "g", "v", "j", "v"], "abe"),
    ],
)
async def test_v_selects_a_range(keys: list[str], chosen: str) -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcde"))
        await pilot.press(*keys)
        assert "".join(entry.key for entry in pane.chosen) == chosen


async def test_a_range_begins_where_it_began_though_newer_threads_come() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcde"))
        await pilot.press("j", "v", "j")
        pane.show(threads("xyabcde"))
        await pilot.press("j", "v")
        assert "".join(entry.key for entry in pane.chosen) == "bcd"


async def test_what_goes_is_selected_no_longer() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "space")
        pane.show(threads("bcd"))
        pane.show(threads("abcd"))
        assert [entry.key for entry in pane.chosen] == ["b"]


async def test_a_cleared_selection_is_empty() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "space")
        assert pane.clear_selection()
        assert not pane.clear_selection()
        assert pane.selected == set()


async def test_what_is_selected_looks_different() -> None:
    pane = ThreadsPane("threads", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show(threads("abcd"))
        await pilot.press("space", "j")
        styles = [next(iter(pane.render_line(y))).style for y in range(4)]
        papers = [style.bgcolor for style in styles if style is not None]
        assert papers[0] != papers[1] == papers[3] != papers[2] != papers[0]


async def test_a_thousand_newer_threads_cost_one_message() -> None:
    pane = ThreadsPane("threads", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show([thread(f"t{n}") for n in range(1_000)])
        await pilot.pause()
        app.heard.clear()
        pane.show([thread(f"t{n}") for n in range(2_000)])
        await pilot.pause()
        assert app.count(LinePane.Revealed) == 1


async def test_a_run_says_what_was_asked_and_how_it_stands() -> None:
    pane = RunsPane("runs", now)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([run(state.name, state) for state in State])
        await until(pilot, lambda: "prompt" in drawn(pane)[0])
        for line, state in zip(drawn(pane), State, strict=False):
            assert line.startswith(f"{SIGNS[state]} prompt of {state.name}")


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (25, ""),
        (30, "clock"),
        (40, "clock 1m15s"),
        (46, "clock 1m15s 12"),
        (60, "clock 1m15s 12 3.4 kB"),
        (90, "clock 1m15s 12 3.4 kB finished"),
    ],
)
async def test_a_wider_pane_tells_more_of_a_run(width: int, shown: str) -> None:
    pane = RunsPane("runs", now)
    async with Stage(pane).run_test(size=(width, 12)) as pilot:
        pane.show([run("a")])
        await until(pilot, lambda: "prompt of a" in drawn(pane)[0])
        numbers = drawn(pane)[0].partition("prompt of a")[2].split()
        numbers[:1] = ["clock"] * len(numbers[:1])
        assert " ".join(numbers) == shown


async def test_a_running_run_grows_older_by_itself() -> None:
    time = START + 60
    pane = RunsPane("runs", lambda: time)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([run("a", State.RUNNING, length=5)])
        await until(pilot, lambda: "1m00s" in drawn(pane)[0])
        time += 30
        assert "1m30s" in drawn(pane)[0]


async def test_a_finished_run_is_as_old_as_it_was() -> None:
    pane = RunsPane("runs", lambda: START + 600)
    async with Stage(pane).run_test(size=SIZE) as pilot:
        pane.show([run("a", length=5)])
        await until(pilot, lambda: "5.0s" in drawn(pane)[0])


async def test_a_run_that_changed_is_drawn_anew_and_nothing_else_is_said() -> None:
    pane = RunsPane("runs", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show([run("a"), run("b")])
        await pilot.pause()
        app.heard.clear()
        pane.show([run("a"), run("b", events=99)])
        await until(pilot, lambda: " 99" in drawn(pane)[1])
        assert app.heard == []


async def test_runs_of_another_thread_put_the_cursor_on_the_first() -> None:
    pane = RunsPane("runs", now)
    app = Stage(pane)
    async with app.run_test(size=SIZE) as pilot:
        pane.show([run(name) for name in "abc"])
        await pilot.press("j", "j")
        app.heard.clear()
        pane.show([run(name) for name in "xyz"])
        await until(pilot, lambda: app.count(LinePane.Highlighted))
        assert pane.key == ("t", "x")
