"""The settings of the user in the app: at its start, and when the file changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn
from tests.helpers.terminal import WHITETAIL, Terminal
from whitetail.keymap import shown_key
from whitetail.panes.help import HelpPane
from whitetail.panes.key_bar import KeyBar
from whitetail.screens.help import HelpScreen
from whitetail.screens.menu import MenuScreen
from whitetail.settings.user import UserSettings
from whitetail.source.trash_limits import TrashLimits
from whitetail.view.lists.event_time import TimeFormat
from whitetail.view.units import DateStyle

LIGHT, DARK = b"48;2;224;224;224", b"48;2;18;18;18"
"""The backgrounds of two themes, as a terminal gets them."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "config.toml"


def save(path: Path, text: str) -> None:
    """Save a file as many editors do."""
    path.parent.mkdir(exist_ok=True)
    written = path.with_name("written")
    written.write_text(text, encoding="utf-8")
    written.replace(path)


def opened(
    tree: Disk, path: Path, text: str | None = None, **environ: str
) -> AbstractAsyncContextManager[AppDriver]:
    if text is not None:
        save(path, text)
    return open_app(tree, settings=UserSettings(environ, path=path))


def footer(ui: AppDriver) -> str:
    return ui.app.screen.query_one(KeyBar).render_line(0).text


async def test_the_first_screen_has_the_settings(tree: Disk, path: Path) -> None:
    text = """
    [ui]
    theme = "nord"
    times = "since start"
    dates = "numbers"
    order = "file"
    wrap = false
    lists_width = 50
    [trash]
    days = 2
    size = "1 GB"
    """
    async with opened(tree, path, text) as ui:
        assert ui.app.theme == "nord"
        assert ui.events.times is TimeFormat.SINCE_START
        assert ui.threads.dates is ui.runs.dates is DateStyle.NUMBERS
        assert not ui.browse.run.detail.wrapping
        await ui.until(lambda: ui.browse.lists.size.width == 50)
        await ui.until(lambda: ui.browse.run.lines is not None)
        await ui.until(lambda: "file order" in str(ui.events.border_subtitle))


@pytest.mark.parametrize(
    ("environ", "theme"), [({}, "nord"), ({"WHITETAIL_THEME": "dracula"}, "dracula")]
)
async def test_the_environment_wins_over_the_file(
    tree: Disk, path: Path, environ: Mapping[str, str], theme: str
) -> None:
    async with opened(tree, path, '[ui]\ntheme = "nord"', **environ) as ui:
        assert ui.app.theme == theme


async def test_changes_apply_to_the_running_app(tree: Disk, path: Path) -> None:
    async with opened(tree, path) as ui:
        await ui.until_shown("events", "a second answer")
        save(
            path,
            '[ui]\ntheme = "nord"\ntimes = "since previous"\nwrap = false\n'
            'order = "file"\nlists_width = 50\ndates = "age"\n',
        )
        await ui.until(lambda: ui.app.theme == "nord")
        assert ui.events.times == "since previous"
        assert not ui.browse.run.detail.wrapping
        assert ui.runs.dates is DateStyle.AGE
        await ui.until(lambda: ui.browse.lists.size.width == 50)
        await ui.until(lambda: "file order" in str(ui.events.border_subtitle))
        assert ui.notifications() == []
        save(path, "")
        await ui.until(lambda: ui.app.theme == "textual-dark")
        assert ui.events.times == "clock"
        await ui.until(lambda: "causal order" in str(ui.events.border_subtitle))


async def test_what_keys_have_changed_stays_if_the_file_does_not_change_it(
    tree: Disk, path: Path
) -> None:
    async with opened(tree, path, '[ui]\ntimes = "since start"') as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("t")
        assert ui.events.times is TimeFormat.SINCE_PREVIOUS
        save(path, '[ui]\ntimes = "since start"\ntheme = "nord"')
        await ui.until(lambda: ui.app.theme == "nord")
        assert ui.events.times is TimeFormat.SINCE_PREVIOUS


async def test_changed_keys_act_and_are_named(tree: Disk, path: Path) -> None:
    keys = '[keys]\nnext_pane = "F7"\nundo = "F6"\nhelp = "F5"\nfilter = "%"\n'
    async with opened(tree, path, keys) as ui:
        await ui.until_shown("events", "a second answer")
        assert "F7 Pane" in footer(ui) and "% Filter" in footer(ui)
        assert "F5 Help" in footer(ui)
        await ui.press("f7", "f7")
        assert ui.focused_id == "events"
        await ui.press("tab")
        assert ui.focused_id == "events"
        await ui.press("ctrl+f")
        await ui.until_notified("There is no filter yet: % sets one.")
        commands = {
            each.title: each.help for each in ui.app.get_system_commands(ui.browse)
        }
        assert commands["Everywhere: next pane"] == "F7"
        await ui.press("f5")
        await ui.until(lambda: isinstance(ui.app.screen, HelpScreen))
        await ui.press("slash", *"next pane")
        lines = drawn(ui.app.screen.query_one(HelpPane))
        assert "  F7               next pane" in lines


async def test_a_message_names_the_key_of_now(tree: Disk, path: Path) -> None:
    async with opened(tree, path, '[keys]\nundo = "F6"\n') as ui:
        await ui.until_shown("events", "a second answer")
        await ui.delete()
        await ui.until_notified("F6 restores them.")
        await ui.press("f6")
        await ui.until_notified("Restored 2 runs.")


async def test_keys_change_while_the_app_runs(tree: Disk, path: Path) -> None:
    async with opened(tree, path) as ui:
        await ui.until_shown("events", "a second answer")
        assert "tab Pane" in footer(ui)
        save(path, '[keys]\nnext_pane = "F7"\nquit = "F8"\n')
        await ui.until(lambda: "F7 Pane" in footer(ui))
        assert "F8 Quit" in footer(ui)
        await ui.press("f7")
        assert ui.focused_id == "runs"
        await ui.press("q")
        assert ui.app.is_running
        save(path, "")
        await ui.until(lambda: "tab Pane" in footer(ui))
        assert "q Quit" in footer(ui)
        await ui.press("f7")
        assert ui.focused_id == "runs"
        await ui.press("tab")
        assert ui.focused_id == "events"


@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
async def test_the_app_can_be_quit_whatever_the_keys_are(
    tree: Disk, path: Path, key: str
) -> None:
    async with opened(tree, path, '[keys]\nquit = "F8"\n') as ui:
        await ui.press("d")
        await ui.until_asked()
        await ui.press(key)
        await ui.until(lambda: not ui.app.is_running)


async def test_the_keys_of_the_table_are_back_after_the_app(
    tree: Disk, path: Path
) -> None:
    async with opened(tree, path, '[keys]\nundo = "F7"\n'):
        assert shown_key("undo") == "F7"
    assert shown_key("undo") == "u"


async def test_own_filters_are_in_the_menu_and_change_with_the_file(
    tree: Disk, path: Path
) -> None:
    async with opened(tree, path, '[filters]\nanswers = "kind:reply"\n') as ui:
        await ui.until_shown("events", "a second answer")
        rows = ui.events.count
        await ui.press("F")
        await ui.until(lambda: isinstance(ui.app.screen, MenuScreen))
        lines = drawn(ui.app.screen.query_one("#menu"))
        assert any("1 answers" in each for each in lines)
        await ui.press("1")
        await ui.until(lambda: ui.events.count < rows)
        assert ui.browse.run.filter.text == "kind:reply"
        save(path, '[filters]\nasked = "kind:prompt"\nbad = "nope:x"\n')
        await ui.until_notified('filters.bad is no filter: There is no field "nope"')
        await ui.press("F")
        await ui.until(lambda: isinstance(ui.app.screen, MenuScreen))
        lines = drawn(ui.app.screen.query_one("#menu"))
        assert any("1 asked" in each for each in lines)
        assert not any("answers" in each for each in lines)
        await ui.press("2")
        await ui.until_notified('There is no field "nope"')
        assert ui.browse.run.filter.text == "kind:reply"


async def test_a_broken_save_is_one_sentence_and_changes_nothing(
    tree: Disk, path: Path
) -> None:
    async with opened(tree, path, '[ui]\ntheme = "nord"\nwrap = false') as ui:
        save(path, "[ui\n")
        await ui.until_notified("it is not TOML")
        assert len(ui.notifications()) == 1
        assert (ui.app.theme, ui.browse.run.detail.wrapping) == ("nord", False)
        save(path, '[ui]\ntheme = "nordd"\nwrap = true')
        await ui.until_notified("line 2: ui.theme has to be the name of a theme")
        assert (ui.app.theme, ui.browse.run.detail.wrapping) == ("nord", True)
        save(path, '[ui]\ntheme = "dracula"\n')
        await ui.until_notified("The settings are used again.")
        assert ui.app.theme == "dracula"


async def test_a_mistake_at_the_start_is_one_sentence(tree: Disk, path: Path) -> None:
    async with opened(tree, path, '[keys]\nundo = "d"\n') as ui:
        await ui.until_notified("keys.undo is not used: d is already the key of delete")
        assert len(ui.notifications()) == 1
        assert shown_key("undo") == "u"


async def test_a_theme_that_is_chosen_is_saved_and_comments_stay(
    tree: Disk, path: Path
) -> None:
    async with opened(tree, path, '# mine\n[ui]\ntheme = "nord" # cold\n') as ui:
        await ui.until(lambda: ui.app.screen is ui.browse)
        await ui.until_shown("events", "a second answer")
        ui.app.theme = "dracula"
        saved = '# mine\n[ui]\ntheme = "dracula" # cold\n'
        await ui.until(lambda: path.read_text() == saved)
        assert ui.notifications() == []
        # The file that the app wrote itself changes nothing.
        save(path, saved + "wrap = false\n")
        await ui.until(lambda: not ui.browse.run.detail.wrapping)
        assert ui.app.theme == "dracula"


async def test_a_theme_of_the_file_is_not_written_back(tree: Disk, path: Path) -> None:
    text = '[ui]\ntheme = "nord"\n'
    async with opened(tree, path, text) as ui:
        changed = '[ui]\ntheme    =    "dracula"\n'
        save(path, changed)
        await ui.until(lambda: ui.app.theme == "dracula")
        await ui.press("tab")
        assert path.read_text() == changed


async def test_a_theme_that_cannot_be_saved_is_one_sentence(
    tree: Disk, path: Path
) -> None:
    path.parent.write_text("a file instead of the folder")
    async with opened(tree, path) as ui:
        await ui.until_shown("events", "a second answer")
        ui.app.theme = "dracula"
        await ui.until_notified("The theme was not saved: ")
        assert len(ui.notifications()) == 1
        assert ui.app.theme == "dracula"


async def test_two_apps_use_the_same_file(tree: Disk, path: Path) -> None:
    async with opened(tree, path) as one:
        await one.until_shown("events", "a second answer")
        other = UserSettings({}, path=path)
        assert other.save_theme("nord") == ""
        await one.until(lambda: one.app.theme == "nord")
        one.app.theme = "dracula"
        await one.until(lambda: "dracula" in path.read_text())
        assert other.load().settings.ui_theme == "dracula"
        assert one.notifications() == []


async def test_runs_are_not_followed_if_the_user_wants_that(
    live: Disk, path: Path
) -> None:
    async with opened(live, path, "[ui]\nfollow = false\n") as ui:
        await ui.until_shown("events", "answer 39")
        assert not ui.events.following
        await ui.press("3", "G")
        assert ui.events.following


async def test_prices_of_the_settings_win_and_apply_to_runs_that_were_read(
    tree: Disk, path: Path, prices: Path
) -> None:
    settings = UserSettings({}, path=path)
    async with open_app(tree, settings=settings, prices=prices, size=(250, 40)) as ui:
        await ui.until(lambda: ui.browse.lists.prices.models)
        assert ui.browse.lists.prices.models["doe-3"] == (2.0, 8.0, 2.0)
        save(path, "[prices.doe-3]\ninput = 20\noutput = 80\n")
        await ui.until(lambda: ui.browse.lists.prices.models["doe-3"][0] == 20)
        save(path, "")
        await ui.until(lambda: ui.browse.lists.prices.models["doe-3"][0] == 2)


async def test_limits_of_the_trash_change(tree: Disk, path: Path) -> None:
    async with opened(tree, path, "[trash]\ndays = 2\n") as ui:
        deletions = ui.deletions
        assert deletions is not None
        assert deletions.limits == TrashLimits(2.0, 5e9)
        save(path, '[trash]\nsize = "1 GB"\n')
        await ui.until(lambda: deletions.limits == TrashLimits(7.0, 1e9))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")
def test_the_first_frame_has_the_theme(tree: Disk, path: Path) -> None:
    save(path, '[ui]\ntheme = "textual-light"\n')
    argv = [*WHITETAIL, str(tree.base), "--config", str(path)]
    with Terminal(argv, env={"COLORTERM": "truecolor"}, forked=True) as terminal:
        terminal.wait_for("a second answer")
        terminal.press("q")
        terminal.finish()
        assert LIGHT in terminal.written and DARK not in terminal.written


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal")
def test_ascii_draws_signs_and_borders_without_other_characters(
    tree: Disk, path: Path
) -> None:
    save(path, "[ui]\nascii = true\n")
    argv = [*WHITETAIL, str(tree.base), "--config", str(path)]
    with Terminal(argv, forked=True) as terminal:
        terminal.wait_for("a second answer")
        assert "\n".join(terminal.screen()).isascii()
        save(path, "")
        terminal.wait_until(lambda: terminal.shows("╭─ 1 Threads"))
        terminal.press("q")
        terminal.finish()
