"""Narrowing, sorting and selecting in the lists of threads and runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.geometry import Region

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from whitetail.panes.query_prompt import QueryPrompt
from whitetail.screens.menu import MenuScreen
from whitetail.view.text import sanitize

DAY = 86_400


@pytest.fixture
def wood(tmp_path: Path) -> Disk:
    """Return a tree of four threads, the oldest two without events for a week."""
    tree = Disk(tmp_path)
    tree.write_run("deer", "r", "count the deer", "done", age=1_000)
    tree.write_run("fox", "r", "look for a fox", "done", age=2_000)
    tree.write_run("owl", "r", "hear the owl", "done", age=8 * DAY)
    tree.write_run("elk", "r", "follow an elk", "done", age=9 * DAY)
    return tree


def add_usage(tree: Disk, thread: str, tokens: int, run: str = "r") -> None:
    """Append a reply that used a number of input tokens."""
    usage = {"input_tokens": tokens, "output_tokens": 0}
    reply = {
        "content": "more",
        "usage_metadata": usage,
        "response_metadata": {"model_name": "doe-3"},
    }
    tree.add_event(thread, run, "llm.ai.response", reply, {"usage": usage})


def threads(ui: AppDriver) -> list[str]:
    """Return the names in the lines of threads, without signs and numbers."""
    known = {"count the deer": "deer", "look for a fox": "fox"}
    known |= {"hear the owl": "owl", "follow an elk": "elk"}
    lines = [line for line in ui.lines("threads") if line]
    return [name for line in lines for text, name in known.items() if text in line]


def title(ui: AppDriver, pane: str) -> str:
    """Return the top border of a list."""
    return border(ui, pane, 0)


def foot(ui: AppDriver, pane: str) -> str:
    """Return the bottom border of a list."""
    return border(ui, pane, -1)


def border(ui: AppDriver, pane: str, y: int) -> str:
    """Return the text in a line of the border of a list, without the line itself."""
    widget = ui.browse.query_one(f"#{pane}")
    height = widget.outer_size.height
    line = Region(0, y % height, widget.outer_size.width, 1)
    return widget.render_lines(line)[0].text.strip("╭─╮╰╯ ")


def prompt_is_open(ui: AppDriver) -> bool:
    return bool(ui.browse.query(QueryPrompt))


def on_disk(tree: Disk) -> list[str]:
    """Return the threads whose run is there."""
    return sorted(path.parts[-3] for path in tree.threads.glob("*/runs/r.jsonl"))


async def until_read(ui: AppDriver) -> None:
    """Wait until all titles are known."""
    await ui.until(lambda: len(threads(ui)) == 4)


async def test_names_narrow_the_threads_while_they_are_typed(wood: Disk) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("/", "f", "o")
        await ui.until(lambda: threads(ui) == ["fox", "elk"])
        assert "1 Threads [fo]" in title(ui, "threads")
        assert foot(ui, "threads").startswith("2 of 4 · 2 runs")
        assert ui.reversed_texts("threads") == ["fo", "fo"]
        await ui.press("x")
        await ui.until(lambda: threads(ui) == ["fox"])
        await ui.until_shown("runs", "look for a fox")
        await ui.press("enter")
        await ui.until(lambda: not prompt_is_open(ui))
        assert ui.focused_id == "threads"
        assert threads(ui) == ["fox"]


async def test_escape_in_the_line_shows_all_again_with_the_cursor_on_its_thread(
    wood: Disk,
) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("/", *"owl")
        await ui.until(lambda: threads(ui) == ["owl"])
        await ui.press("escape")
        await ui.until(lambda: not prompt_is_open(ui))
        assert threads(ui) == ["deer", "fox", "owl", "elk"]
        assert ui.threads.key == "owl"
        assert "[" not in title(ui, "threads")


async def test_escape_in_the_list_ends_the_selection_then_the_narrowing(
    wood: Disk,
) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("/", *"the", "enter")
        await ui.until(lambda: not prompt_is_open(ui))
        await ui.press("z", "*", "escape")
        assert not ui.threads.selected
        assert threads(ui) == ["deer", "owl"]
        await ui.press("escape")
        await until_read(ui)
        assert ui.browse.has_class("-zoomed")


async def test_a_query_narrows_and_a_mistake_in_it_changes_nothing(wood: Disk) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("/", *"before:7d")
        await ui.until(lambda: threads(ui) == ["owl", "elk"])
        await ui.press("backspace", "backspace", "enter")
        prompt = ui.browse.query_one(QueryPrompt)
        await ui.until(lambda: "There is no value" in prompt.hint)
        assert threads(ui) == ["owl", "elk"]
        await ui.press("1", "h", "enter")
        await ui.until(lambda: not prompt_is_open(ui))
        assert threads(ui) == ["owl", "elk"]


async def test_the_runs_of_a_thread_are_narrowed_on_their_own(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("runs", "a first question")
        await ui.press("2", "/", *"first", "enter")
        await ui.until_gone("runs", "a second question")
        assert ui.runs.key == ("new", "r1")
        assert foot(ui, "runs").startswith("1 of 2")
        await ui.until_shown("threads", "an old question")


async def test_what_is_typed_in_the_line_is_no_key(wood: Disk) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("/", *"dq*SR/~", "escape")
        await ui.until(lambda: not prompt_is_open(ui))
        assert ui.app.is_running
        assert ui.app.screen is ui.browse
        assert not ui.threads.selected


async def test_a_text_from_a_log_is_shown_as_it_is(wood: Disk) -> None:
    wood.write_run("odd", "r", "[red]deer[/] \x1b[31m", "done", age=1)
    async with open_app(wood) as ui:
        await ui.until_shown("threads", "[red]deer")
        await ui.press("/", *"[red]")
        await ui.until(lambda: "1 Threads [[red]]" in title(ui, "threads"))
        await ui.until_shown("threads", "[red]deer[/]")
        assert sanitize(title(ui, "threads")) == title(ui, "threads")


async def test_runs_are_sorted_by_tokens_with_two_keys(wood: Disk) -> None:
    for thread, tokens in (("deer", 50), ("fox", 7_000), ("owl", 300)):
        add_usage(wood, thread, tokens)
    async with open_app(wood) as ui:
        await ui.until_shown("threads", "7.00k")
        await ui.press("S", "o")
        await ui.until(lambda: threads(ui)[:3] == ["fox", "owl", "deer"])
        assert "tokens▼" in title(ui, "threads")
        await ui.until_letters_act()
        await ui.press("R")
        await ui.until(lambda: threads(ui)[:3] == ["deer", "owl", "fox"])
        assert "tokens▲" in title(ui, "threads")


async def test_runs_are_sorted_by_tokens_with_two_keys_in_the_events(
    tree: Disk,
) -> None:
    add_usage(tree, "new", 70, run="r1")
    async with open_app(tree) as ui:
        await ui.until(lambda: [each.key[1] for each in ui.runs.all_entries] != [])
        await ui.press("3", "S", "o")
        await ui.until(lambda: "tokens▼" in title(ui, "runs"))
        await ui.until(lambda: "a first question" in ui.lines("runs")[0])
        assert "tokens▼" not in title(ui, "threads")
        assert ui.focused_id == "events"


async def test_the_menu_names_what_the_list_is_sorted_by(wood: Disk) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("S", "n")
        await ui.until(lambda: threads(ui) == ["deer", "elk", "owl", "fox"])
        await ui.until_letters_act()
        await ui.press("S")
        await ui.until(lambda: isinstance(ui.app.screen, MenuScreen))
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.browse)
        assert threads(ui) == ["deer", "elk", "owl", "fox"]


async def test_the_cursor_stays_on_its_thread_while_numbers_grow(wood: Disk) -> None:
    for thread, tokens in (("deer", 50), ("fox", 7_000), ("owl", 300)):
        add_usage(wood, thread, tokens)
    async with open_app(wood) as ui:
        await ui.until_shown("threads", "7.00k")
        ui.threads.go_to("owl")
        await ui.press("S", "o")
        await ui.until(lambda: threads(ui)[:3] == ["fox", "owl", "deer"])
        assert ui.threads.key == "owl"
        add_usage(wood, "deer", 90_000)
        await ui.until(lambda: threads(ui)[:3] == ["deer", "fox", "owl"])
        assert ui.threads.key == "owl"


async def test_the_totals_are_those_of_the_threads_that_are_shown(
    wood: Disk, prices: Path
) -> None:
    for thread, tokens in (("deer", 600_000), ("owl", 1_000)):
        add_usage(wood, thread, tokens)
    async with open_app(wood, prices=prices) as ui:
        await ui.until(lambda: "601k+ tokens · $1.20+" in foot(ui, "threads"))
        await ui.press("/", *"owl", "enter")
        shown = "1 of 4 · 1 run · 1.00k+ tokens · $0.002+"
        await ui.until(lambda: foot(ui, "threads") == shown)


async def test_the_runs_of_threads_that_were_never_visible_are_added(
    tmp_path: Path,
) -> None:
    tree = Disk(tmp_path)
    for number in range(20):
        path = tree.write_run(f"t{number}", "r", f"question {number}")
        written = path.stat().st_mtime
        add_usage(tree, f"t{number}", 100)
        # A run that may still grow is read later.
        os.utime(path, (written, written))
    async with open_app(tree, size=(150, 24)) as ui:
        await ui.until(lambda: "2.00k" in foot(ui, "threads"))
        assert ui.threads.totals.unread == 0


async def test_all_shown_threads_are_selected_deleted_and_restored(wood: Disk) -> None:
    """The keys are those of the issue: 14 at most from the events pane."""
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("3")
        used = ["1", "/", "b", "ctrl+@", "enter", "7", "d", "enter"]
        await ui.press(*used)
        await ui.until(lambda: not prompt_is_open(ui))
        assert threads(ui) == ["owl", "elk"]
        await ui.press("*")
        sizes = sum(wood.path(each, "r").stat().st_size for each in ("owl", "elk"))
        assert foot(ui, "threads").startswith(f"2 selected · {sizes / 1000:.1f} kB")
        await ui.delete()
        await ui.until_notified("Deleted 2 runs")
        assert on_disk(wood) == ["deer", "fox"]
        await ui.press("u")
        await ui.until(lambda: len(on_disk(wood)) == 4)
        assert len([*used, "*", "d", "y", "u"]) <= 14


async def test_no_run_is_left_if_all_threads_that_match_are_deleted(
    wood: Disk,
) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("/", *"before:7d", "enter")
        await ui.until(lambda: not prompt_is_open(ui))
        await ui.until(lambda: ui.browse.run.key == ("owl", "r"))
        await ui.press("*")
        await ui.delete()
        await ui.until_notified("Deleted 2 runs")
        await ui.until(lambda: ui.browse.run.key is None)
        assert ui.runs.count == 0


async def test_a_text_that_hides_all_lines_keeps_the_run_open(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("runs", "a first question")
        await ui.until(lambda: ui.browse.run.key == ("new", "r2"))
        for pane in ("1", "2"):
            await ui.press(pane, "/", *"zzz")
            await ui.until(lambda: ui.threads.count * ui.runs.count == 0)
            assert ui.browse.run.key == ("new", "r2")
            await ui.press("escape")
            await ui.until(lambda: not prompt_is_open(ui))
            await ui.until(lambda: ui.runs.key == ("new", "r2"))


async def test_a_selected_thread_that_is_hidden_is_not_deleted(wood: Disk) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("space", "/", *"the", "enter")
        await ui.until(lambda: not prompt_is_open(ui))
        assert ui.threads.selected == {"deer"}
        await ui.press("/", *"owl", "enter")
        await ui.until(lambda: not prompt_is_open(ui))
        assert not ui.threads.selected
        await ui.delete()
        await ui.until_notified("Deleted 1 run")
        assert on_disk(wood) == ["deer", "elk", "fox"]


async def test_a_thread_that_grows_out_of_the_query_is_deselected(wood: Disk) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("/", *"before:7d", "enter")
        await ui.until(lambda: not prompt_is_open(ui))
        await ui.press("*")
        assert ui.threads.selected == {"owl", "elk"}
        wood.add_reply("owl", "r", "one more")
        await ui.until(lambda: threads(ui) == ["elk"])
        assert ui.threads.selected == {"elk"}


async def test_the_selection_is_inverted(wood: Disk) -> None:
    async with open_app(wood) as ui:
        await until_read(ui)
        await ui.press("space", "~")
        assert ui.threads.selected == {"fox", "owl", "elk"}


async def test_a_list_narrowed_to_nothing_names_the_text_and_the_key(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.press("slash", *"qqq", "enter")
        await ui.until_shown("threads", "None matches [qqq].")
        assert ui.shows("threads", "esc shows all, / changes the text.")
        await ui.press("escape")
        await ui.until_gone("threads", "None matches")
        assert ui.threads.count
