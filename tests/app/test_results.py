"""The search over all threads, and its results."""

from __future__ import annotations

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn
from whitetail.panes.key_bar import KeyBar
from whitetail.panes.results import ResultsPane
from whitetail.screens.results import ResultsScreen
from whitetail.screens.search_prompt import SearchPrompt


def results(ui: AppDriver) -> ResultsPane:
    return ui.app.screen.query_one(ResultsPane)


def lines(ui: AppDriver) -> list[str]:
    if not isinstance(ui.app.screen, ResultsScreen):
        return []
    return [line.strip() for line in drawn(results(ui)) if line.strip()]


async def search_for(ui: AppDriver, text: str, *tabs: str) -> None:
    """Search in all threads, and wait until the search has ended."""
    await ui.until_shown("events", "a second answer")
    await ui.press("3", "slash", *text, *(tabs or ("tab", "tab")), "enter")
    await ui.until(lambda: isinstance(ui.app.screen, ResultsScreen))
    await ui.until(lambda: ", in " in progress(ui))


def progress(ui: AppDriver) -> str:
    return ui.dialog_text("#progress")


async def test_hits_are_grouped_by_thread_and_run_the_newest_first(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await search_for(ui, "answer")
        await ui.until(lambda: len(lines(ui)) == 8)
        shown = lines(ui)
        assert [shown[at].split("  ")[0] for at in (0, 1, 3, 5, 6)] == [
            *("a first question", "✓ a second question", "✓ a first question"),
            *("an old question", "✓ an old question"),
        ]
        assert "a second answer" in shown[2]
        assert "3 events in 3 runs" in progress(ui)


async def test_enter_goes_to_the_event_and_escape_back_to_the_results(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await search_for(ui, "answer")
        await ui.until(lambda: len(lines(ui)) == 8)
        await ui.press("G", "enter")
        await ui.until_shown("events", "an old answer")
        await ui.until(lambda: ui.events.row == 2 and ui.focused_id == "events")
        assert ui.runs.key == ("old", "r1")
        await ui.press("escape")
        await ui.until(lambda: len(lines(ui)) == 8)
        assert results(ui).cursor == 7
        await ui.press("escape")
        await ui.until(lambda: ui.app.screen is ui.browse)
        await ui.press("escape")
        await ui.until(lambda: ui.focused_id == "runs")


async def test_an_event_is_reached_although_list_and_events_are_narrowed(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("1", "slash", *"first", "enter")
        await ui.until(lambda: ui.threads.count == 1)
        await ui.press("3", "ampersand", *"kind:prompt", "enter")
        await ui.until_gone("events", "a second answer")
        await ui.press("slash", *"answer", "tab", "tab", "enter")
        await ui.until(lambda: len(lines(ui)) == 8)
        await ui.press("G", "enter")
        await ui.until_shown("events", "an old answer")
        await ui.until(lambda: ui.events.row == 2)


async def test_one_tab_searches_the_thread(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await search_for(ui, "answer", "tab")
        await ui.until(lambda: len(lines(ui)) == 5)
        assert "2 events in 2 runs · 2 runs," in progress(ui)


async def test_found_runs_are_deleted_and_no_longer_listed(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await search_for(ui, "answer")
        await ui.until(lambda: len(lines(ui)) == 8)
        await ui.press("home", "space")
        await ui.until(lambda: results(ui).border_subtitle == "2 runs selected")
        await ui.press("d")
        await ui.until_asked()
        await ui.press("y")
        await ui.until(lambda: not tree.path("new", "r1").exists())
        await ui.until(lambda: len(lines(ui)) == 3)
        await ui.until(lambda: "1 event in 1 run · 3 runs," in progress(ui))
        assert tree.path("old", "r1").exists()
        await ui.press("u")
        await ui.until(lambda: len(lines(ui)) == 8)
        await ui.until(lambda: "3 events in 3 runs · 3 runs," in progress(ui))
        assert tree.path("new", "r1").exists()


async def test_a_delete_is_asked_again_if_a_run_has_grown_since(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await search_for(ui, "answer")
        await ui.until(lambda: len(lines(ui)) == 8)
        size = ui.runs.under_cursor.size or 0
        tree.add_reply("new", "r2", "one more")
        await ui.until(lambda: (ui.runs.under_cursor.size or 0) > size)
        await ui.press("d")
        await ui.until_asked()
        assert "grown" not in ui.dialog_text()
        first = ui.app.screen
        await ui.press("y")
        await ui.until(lambda: ui.app.screen is not first)
        await ui.until_asked()
        assert "1 run of these has grown since the search" in ui.dialog_text()
        assert tree.path("new", "r2").exists()
        await ui.press("escape")
        await ui.until(lambda: isinstance(ui.app.screen, ResultsScreen))


async def test_markup_and_control_characters_in_hits_do_nothing(tree: Disk) -> None:
    hostile = "[/] [@click=app.quit]deer[/] \x1b]52;c;cHduZWQ=\x07"
    tree.write_run("new", "r3", hostile, f"answer {hostile}", age=100)
    async with open_app(tree) as ui:
        await ui.press("3", "slash", *"deer", "tab", "tab", "enter")
        await ui.until(
            lambda: any("[@click=app.quit]deer[/] ␛]52" in each for each in lines(ui))
        )
        assert not any("\x1b" in each for each in lines(ui))


async def test_the_prompt_counts_while_typing_and_moves_nothing(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        row = ui.events.row
        await ui.press("3", "slash", *'"answer 1"')
        await ui.until(lambda: '/"answer 1": ' in ui.status.activity)
        await ui.until(lambda: " of 11" in ui.status.activity)
        assert ui.events.row == row
        await ui.press("tab")
        await ui.until(lambda: " of 11" not in ui.status.activity)
        prompt = ui.browse.query_one(SearchPrompt)
        assert prompt.hint.startswith("search in this thread")
        await ui.press("escape")
        await ui.until(lambda: ui.status.activity == "● following")


async def test_a_query_with_fields_and_a_regex_find_events(live: Disk) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await ui.press("3", "slash", *"kind:reply /r [3]\\d$/", "enter")
        await ui.until(lambda: " of 10" in ui.status.activity)


async def test_a_search_that_wraps_names_the_query_and_says_so(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("3", "end", "slash", *"second", "enter")
        await ui.until(lambda: "/second: 1 of 2" in ui.status.activity)
        await ui.press("n")
        await ui.until(lambda: "/second: 2 of 2" in ui.status.activity)
        await ui.press("n")
        await ui.until(
            lambda: "/second: 1 of 2 (search wrapped around)" in ui.status.activity
        )


async def test_up_shows_the_search_before(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("3", "slash", *"second", "enter")
        await ui.until(lambda: not ui.browse.query(SearchPrompt))
        await ui.press("slash", "up")
        assert ui.browse.query_one(SearchPrompt).value == "second"


async def test_the_footer_names_no_delete_if_nothing_can_be_deleted(
    tree: Disk,
) -> None:
    async with open_app(tree, read_only=True) as ui:
        await search_for(ui, "answer")
        await ui.until(lambda: len(lines(ui)) == 8)
        assert "Delete" not in " ".join(drawn(ui.app.screen.query_one(KeyBar)))


async def test_the_footer_names_the_key_that_undoes_a_delete(tree: Disk) -> None:
    async with open_app(tree, size=(150, 40)) as ui:
        await search_for(ui, "answer")
        await ui.until(lambda: len(lines(ui)) == 8)
        bar = ui.app.screen.query_one(KeyBar)
        assert "u Undo" not in drawn(bar)[0]
        await ui.delete()
        await ui.until(lambda: "u Undo" in drawn(bar)[0])
