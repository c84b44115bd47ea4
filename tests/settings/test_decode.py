from __future__ import annotations

import dataclasses
import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.theme import BUILTIN_THEMES

from whitetail.settings.decode import decode
from whitetail.settings.definitions import (
    BY_PATH,
    DEFAULTS,
    SETTINGS,
    TABLES,
    Setting,
    Settings,
)
from whitetail.settings.lines import lines_of_keys
from whitetail.settings.themes import THEMES


def problems(text: str, last: Settings = DEFAULTS) -> list[str]:
    return [str(each) for each in decode(text, last).problems]


def test_the_table_and_the_values_have_the_same_settings() -> None:
    fields = {each.name for each in dataclasses.fields(Settings)}
    assert {setting.name for setting in SETTINGS} | {"keys", "filters", "prices"} == (
        fields
    )
    assert {path.partition(".")[0] for path in BY_PATH} <= set(TABLES)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: str(each.path))
def test_the_default_is_a_value_of_the_file(setting: Setting) -> None:
    table, _, key = setting.path.partition(".")
    decoded = decode(f"[{table}]\n{key} = {json.dumps(setting.default)}", DEFAULTS)
    assert (decoded.settings, decoded.problems) == (DEFAULTS, ())
    assert decoded.lines == {setting.path: 2}


def test_the_themes_are_those_of_textual() -> None:
    assert set(THEMES) == set(BUILTIN_THEMES)


def test_each_kind_of_value_is_decoded() -> None:
    decoded = decode(
        """
        [ui]
        theme = "nord"
        lists_width = 60
        wrap = false
        [trash]
        days = 1.5
        size = "2 GB"
        [keys]
        next_match = ["F3", "ctrl+n"]
        events.fold = "F7"
        [filters]
        mine = " has:error "
        [prices]
        currency = "€"
        [prices."doe-3.5"]
        input = 1
        output = 2
        """,
        DEFAULTS,
    )
    settings = decoded.settings
    assert decoded.problems == ()
    assert (settings.ui_theme, settings.ui_lists_width) == ("nord", 60)
    assert settings.ui_wrap is False
    assert (settings.trash_days, settings.trash_size) == (1.5, 2e9)
    assert settings.keys == {"next_match": ("f3", "ctrl+n"), "events.fold": ("f7",)}
    assert settings.filters == {"mine": "has:error"}
    assert settings.prices.models == {"doe-3.5": (1.0, 2.0, 1.0)}
    assert settings.prices.currency == "€"
    assert decoded.lines["ui.theme"] == 3
    assert decoded.lines["keys.events.fold"] == 11
    assert decoded.lines["prices.doe-3.5"] == 16


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[ui]\n\ntheme = "nordd"',
            'line 3: ui.theme has to be the name of a theme; it is "nordd"; '
            "the nearest is nord",
        ),
        (
            "[ui]\nwrap = 1",
            "line 2: ui.wrap has to be true or false; it is 1",
        ),
        (
            "ui.lists_width = true",
            "line 1: ui.lists_width has to be a whole number, from 0 to 1,000; "
            "it is true",
        ),
        (
            "ui = { times = 'noon' }",
            "line 1: ui.times has to be one of clock, since start, since previous; "
            'it is "noon"',
        ),
        (
            "[trash]\ndays = nan",
            "line 2: trash.days has to be a number, 0 or more; it is NaN",
        ),
        (
            "[trash]\nsize = 5",
            'line 2: trash.size has to be a size such as "5 GB" or "800 MB"; it is 5',
        ),
        (
            "[ui]\nthme = 1",
            "line 2: ui.thme is no setting; the nearest is ui.theme",
        ),
        (
            "[filter]\na = 1",
            "line 1: filter is no setting; the nearest is filters",
        ),
        ("ui = 3", "line 1: ui has to be a table, [ui]"),
        (
            '[keys]\nnxt_match = "n"',
            "line 2: keys.nxt_match is no setting; the nearest is keys.next_match",
        ),
        (
            '[keys]\nnext_match = "e"',
            "line 2: keys.next_match is not used: e is already the key of next_error",
        ),
        (
            "[keys]\nfind = []",
            'line 2: keys.find has to be a key such as "n", or several; it is []',
        ),
        (
            '[keys]\nfind = "hyper+x"',
            'line 2: keys.find has to be a key such as "n", "ctrl+n", "F5" or "PgDn"; '
            'it is "hyper+x"',
        ),
        (
            "[filters]\na = 3",
            "line 2: filters.a has to be a query in quotes; it is 3",
        ),
        (
            "[prices.x]\ninput = 1",
            'line 1: prices.x is not used: in ["x"], output is missing',
        ),
        (
            "[ui]\ntheme = 2001-01-01",
            'line 2: ui.theme has to be the name of a theme; it is "2001-01-01"',
        ),
    ],
)
def test_a_mistake_names_its_line_its_path_and_what_was_expected(
    text: str, problem: str
) -> None:
    assert problems(text) == [problem]


def test_a_mistake_leaves_the_other_values() -> None:
    text = '[ui]\nwrap = 3\ntheme = "nord"\n[trash]\ndays = -1\nsize = "1 GB"'
    decoded = decode(text, DEFAULTS)
    assert (decoded.settings.ui_theme, decoded.settings.trash_size) == ("nord", 1e9)
    assert (decoded.settings.ui_wrap, decoded.settings.trash_days) == (True, 7.0)
    assert len(decoded.problems) == 2


def test_the_last_good_value_stays_if_one_cannot_be_used() -> None:
    last = decode(
        '[ui]\nwrap = false\n[keys]\nundo = "F7"\n[filters]\nmine = "kind:prompt"\n'
        '[prices]\ncurrency = "€"\n[prices.m]\ninput=1\noutput=1',
        DEFAULTS,
    ).settings
    again = decode(
        '[ui]\nwrap = "no"\n[keys]\nundo = 3\n[filters]\nmine = 3\n'
        '[prices]\ncurrency = "Taler"\n[prices.m]\ninput="a"\noutput=1',
        last,
    )
    assert again.settings == last
    assert len(again.problems) == 5


def test_a_value_that_is_gone_is_the_default_again() -> None:
    last = decode("[ui]\nwrap = false", DEFAULTS).settings
    assert decode("[ui]", last).settings == DEFAULTS


def test_texts_of_the_file_cannot_control_a_terminal() -> None:
    hostile = '[ui]\n"a\\u001b]0;x\\u0007b" = "\\u202e"\ntheme = "\\u001b[31m"'
    assert not set("\x1b\x07\u202e") & set("".join(problems(hostile)))


_VALUES: st.SearchStrategy[object] = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from([*BY_PATH, "keys.undo", "filters.x", "prices.y"]), _VALUES)
def test_no_value_is_more_than_a_mistake(path: str, value: object) -> None:
    table, _, key = path.partition(".")
    text = f"[{table}]\n{key} = {toml(value)}"
    tomllib.loads(text)
    decoded = decode(text, DEFAULTS)
    if decoded.problems:
        assert decoded.settings == DEFAULTS
        assert [each.line for each in decoded.problems] == [2]


def toml(value: object) -> str:
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(each):08x}" for each in value) + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return str(value).lower()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a = 1\nb = 2", {("a",): 1, ("b",): 2}),
        ("# a = 1\n\nb = 2 # c", {("b",): 3}),
        ("a = [\n 1,\n 2]\nb = 1", {("a",): 1, ("b",): 4}),
        ('a = """\nx = 1\n"""\nb = 1', {("a",): 1, ("b",): 4}),
        ("a = '''\n[x]\n'''\nb = 1", {("a",): 1, ("b",): 4}),
        (
            '[x]\n"a.b" = "]\\"#"\n[[y.z]]\nc=1',
            {("x",): 1, ("x", "a.b"): 2, ("y", "z"): 3, ("y", "z", "c"): 4},
        ),
        ("a . b = { c = 1 }\r\nd = 1\r\n", {("a", "b"): 1, ("d",): 2}),
        ("", {}),
    ],
)
def test_the_lines_of_keys_are_found(
    text: str, lines: dict[tuple[str, ...], int]
) -> None:
    tomllib.loads(text)
    assert lines_of_keys(text) == lines


def test_a_text_that_is_no_toml_is_an_error() -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        decode("[ui", DEFAULTS)
