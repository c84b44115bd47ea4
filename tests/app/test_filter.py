"""Filtering the run that is open."""

from __future__ import annotations

from textual.geometry import Region
from textual.widgets import OptionList

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from whitetail.screens.filter_prompt import FilterPrompt
from whitetail.screens.menu import MenuScreen


def title(ui: AppDriver) -> str:
    """Return what the border of the events shows."""
    width = ui.events.outer_size.width
    [strip] = ui.events.render_lines(Region(0, 0, width, 1))
    return strip.text.strip("╭╮─ ")


async def filter_by(ui: AppDriver, text: str) -> None:
    await ui.press("ampersand", *text, "enter")


async def test_a_filter_leaves_what_matches_and_names_itself_in_the_border(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await filter_by(ui, "kind:reply second")
        await ui.until(lambda: "[kind:reply] [second]  1 of" in title(ui))
        assert ui.focused_id == "events"
        assert ui.shows("events", "a second answer")
        assert sum(bool(line.strip()) for line in ui.lines("events")) == 1


async def test_ctrl_f_switches_the_filter_off_and_on_and_escape_clears_it(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        rows = ui.events.count
        await filter_by(ui, "kind:reply")
        await ui.until(lambda: "1 of" in title(ui))
        await ui.press("ctrl+f")
        await ui.until(lambda: ui.events.count == rows)
        await ui.until(lambda: "off: ctrl+f" in title(ui))
        await ui.press("ctrl+f")
        await ui.until(lambda: ui.events.count < rows)
        await ui.press("escape")
        await ui.until(lambda: ui.events.count == rows)
        await ui.until(lambda: title(ui).startswith("3 Events ──"))
        assert ui.focused_id == "events"


async def test_the_cursor_stays_at_its_event_or_the_nearest_match(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await ui.press("3", *["k"] * 10)
        row = ui.events.row
        await filter_by(ui, "kind:reply")
        await ui.until(lambda: "of" in title(ui) and "+" not in title(ui))
        await ui.until(lambda: ui.events.row == row)
        await ui.press("escape")
        await ui.until(lambda: ui.events.row == row)


async def test_without_a_match_the_pane_says_so_and_how_to_clear_the_filter(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await filter_by(ui, "wolf")
        await ui.until_shown("events", "No event matches [wolf]")
        assert ui.shows("events", "esc clears it")


async def test_a_preset_needs_two_keys(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("F")
        await ui.until(lambda: isinstance(ui.app.screen, MenuScreen))
        await ui.press("m")
        await ui.until(lambda: "[kind:prompt,reply]" in title(ui))
        await ui.until_letters_act()
        await ui.press("F", "c")
        await ui.until(lambda: title(ui).startswith("3 Events ──"))


async def test_a_filter_stays_when_another_run_is_opened_and_says_so(
    tree: Disk,
) -> None:
    tree.write_run("other", "r", "a question", "a white deer", "a brown deer", age=10)
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a white deer")
        await filter_by(ui, "kind:reply deer")
        await ui.until(lambda: "2 of" in title(ui))
        await ui.press("1", "j")
        await ui.until(lambda: "0 of" in title(ui))
        await ui.until(lambda: "the filter stays: esc clears it" in ui.status.activity)
        await ui.press("3", "escape")
        await ui.until_shown("events", "a second answer")
        await ui.until(lambda: "the filter stays" not in ui.status.activity)


async def test_new_events_are_filtered_and_followed(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        assert ui.events.following
        await filter_by(ui, "41")
        await ui.until_shown("events", "No event matches")
        live.add_reply("live", "r", "answer 40")
        live.add_reply("live", "r", "answer 41")
        await ui.until_shown("events", "answer 41")
        assert not ui.shows("events", "answer 40")
        assert ui.events.following
        assert ui.events.at_newest


async def test_search_and_errors_go_through_what_is_shown(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await filter_by(ui, "7")
        await ui.until(lambda: "[7]" in title(ui) and "+" not in title(ui))
        await ui.press("g", "slash", *"answer", "enter")
        await ui.until(lambda: "/answer: 1 of 4" in ui.status.activity)
        await ui.press("n")
        await ui.until(lambda: "/answer: 2 of 4" in ui.status.activity)
        await ui.until(lambda: ui.events.cursor == 1)


async def test_an_event_that_the_filter_hides_switches_it_off(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await filter_by(ui, "39")
        await ui.until(lambda: "1 of" in title(ui))
        await ui.press("colon", *"3", "enter")
        await ui.until(lambda: ui.events.seq == "3")
        await ui.until(lambda: "off: ctrl+f" in title(ui))
        await ui.press("ctrl+f")
        await ui.until(lambda: ui.events.count == 1)


async def test_the_prompt_types_all_letters_and_escape_closes_it(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("ampersand", *"dy1qu/:&F")
        prompt = ui.browse.query_one(FilterPrompt)
        assert prompt.value == "dy1qu/:&F"
        await ui.press("escape")
        await ui.until(lambda: not ui.browse.query(FilterPrompt))
        assert title(ui).startswith("3 Events ──")
        assert tree.path("new", "r2").exists()


async def test_a_wrong_query_is_explained_and_not_applied(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await filter_by(ui, "tol:bash")
        prompt = ui.browse.query_one(FilterPrompt)
        await ui.until(lambda: "tool" in prompt.hint)
        assert prompt.has_class("-wrong")
        await ui.press("ctrl+u", *"answer", "enter")
        await ui.until(lambda: "[answer]" in title(ui))


async def test_the_list_of_completions_has_the_names_in_the_run(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("ampersand", *"kind:rep", "ctrl+@")
        await ui.until(lambda: ui.browse.query("AutoCompleteList"))
        await ui.press("enter")
        prompt = ui.browse.query_one(FilterPrompt)
        await ui.until(lambda: prompt.value == "kind:reply")


async def test_texts_of_a_filter_are_no_markup_in_the_border(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await filter_by(ui, '"[red]x[/red]"')
        await ui.until(lambda: '["[red]x[/red]"]  0 of' in title(ui))


async def test_a_name_that_cannot_be_typed_is_completed_and_found(tree: Disk) -> None:
    name = "[red]x[/red]\x1b[2J\n\u202e"
    content = {"type": "tool", "name": name, "content": "ok", "tool_call_id": "c"}
    tree.write_run("bad", "r", "a question", age=5)
    tree.add_event("bad", "r", "llm.tool.result", content)
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a question")
        await ui.press("ampersand", *"tool:", "ctrl+@")
        await ui.until(lambda: ui.browse.query("AutoCompleteList"))
        prompt = ui.browse.query_one(FilterPrompt)
        options = ui.browse.query_one("AutoCompleteList", OptionList)
        await ui.until(lambda: options.option_count)
        await ui.press("enter")
        await ui.until(lambda: prompt.value == 'tool:"[red]x[/red]?[2J??"')
        await ui.press("enter")
        await ui.until(lambda: "1 of 4" in title(ui))
