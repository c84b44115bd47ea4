from __future__ import annotations

import os
from pathlib import Path

import pytest

from whitetail.source.prices import PricesError, default_path, read_prices
from whitetail.trace.stats.totals import TokenTotals

GOOD = """
currency = "€"

["doe-3"]
input = 2
output = 10.0
cached = 0.5

["fawn-4.1"]
input = 1
output = 4
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "prices.toml"


def test_a_file_says_what_models_cost(path: Path) -> None:
    path.write_text(GOOD, encoding="utf-8")
    prices = read_prices(path)
    used = TokenTotals(input=1_000_000, output=100_000, cached=400_000)
    assert prices and prices.currency == "€"
    assert prices.cost("doe-3", used) == pytest.approx(1.2 + 1.0 + 0.2)
    assert prices.cost("doe", used) is None


def test_what_was_cached_costs_as_much_as_what_was_not_unless_it_says(
    path: Path,
) -> None:
    path.write_text(GOOD, encoding="utf-8")
    used = TokenTotals(input=1_000_000, cached=400_000)
    assert read_prices(path).cost("fawn-4.1", used) == pytest.approx(1.0)


@pytest.mark.parametrize("said", ["", 'currency = "$"'])
def test_a_file_may_have_no_prices(path: Path, said: str) -> None:
    path.write_text(said)
    assert not read_prices(path)


def test_there_need_be_no_file(path: Path) -> None:
    assert not read_prices(path)
    path.write_text("")
    assert not read_prices(path / "prices.toml")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("a = 1\nb =\n", "line 2"),
        (f"[doe]\ninput = 1{'0' * 400}\noutput = 1", "input is not between"),
        ("[doe]\ninput = 1", "output is missing"),
        ("[doe]\noutput = 1", "input is missing"),
        ("[doe]\ninput = -1\noutput = 1", '["doe"], input is not between'),
        ("[doe]\ninput = 1\noutput = nan", "output is not between"),
        ("[doe]\ninput = inf\noutput = 1", "input is not between"),
        ("[doe]\ninput = 1e9\noutput = 1", "input is not between"),
        ('[doe]\ninput = "1"\noutput = 1', "input is not a number"),
        ("[doe]\ninput = true\noutput = 1", "input is not a number"),
        ("[doe]\ninput = 1\nouput = 1", "ouput is none of input, output, cached"),
        ("doe = 3", "doe is not a table"),
        ("[doe-3.1]\ninput = 1\noutput = 1", 'is written ["doe-3.1"]'),
        ("currency = 3", "currency is not a text"),
        ('currency = "dollars"', "currency is not a text of at most 3"),
        (f"x = {'[' * 5_000}", "nested too deeply"),
        ("#" * (1 << 21), "larger than 1 MiB"),
    ],
)
def test_a_file_that_is_not_prices_says_what_is_wrong(
    path: Path, said: str, why: str
) -> None:
    path.write_text(said)
    with pytest.raises(PricesError) as error:
        read_prices(path)
    assert "prices.toml: " in str(error.value)
    assert why in str(error.value)


def test_a_file_that_is_not_text_says_so(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PricesError, match="not UTF-8"):
        read_prices(path)


def test_what_it_says_is_inert(path: Path) -> None:
    path.write_text('"\\u001b]0;title\\u0007" = 3')
    with pytest.raises(PricesError) as error:
        read_prices(path)
    assert str(error.value).isprintable()


def test_a_folder_is_no_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(PricesError, match=r"not a file|directory"):
        read_prices(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_nobody_waits_for_a_pipe(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(PricesError, match="not a file"):
        read_prices(path)


def test_it_is_looked_for_where_settings_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end = Path("whitetail", "prices.toml")
    assert default_path({"XDG_CONFIG_HOME": "/conf"}) == "/conf" / end
    monkeypatch.setenv("HOME", "/home/doe")
    for environment in ({}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": "conf"}):
        assert default_path(environment) == "/home/doe/.config" / end
