from __future__ import annotations

import os
import sys
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


def test_a_file_holds_the_prices_of_models(path: Path) -> None:
    path.write_text(GOOD, encoding="utf-8")
    prices = read_prices(path)
    used = TokenTotals(input=1_000_000, output=100_000, cached=400_000)
    assert prices and prices.currency == "€"
    assert prices.cost("doe-3", used) == pytest.approx(1.2 + 1.0 + 0.2)
    assert prices.cost("doe", used) is None


def test_cached_input_costs_as_much_as_other_input_by_default(
    path: Path,
) -> None:
    path.write_text(GOOD, encoding="utf-8")
    used = TokenTotals(input=1_000_000, cached=400_000)
    assert read_prices(path).cost("fawn-4.1", used) == pytest.approx(1.0)


@pytest.mark.parametrize("content", ["", 'currency = "$"'])
def test_a_file_may_hold_no_prices(path: Path, content: str) -> None:
    path.write_text(content)
    assert not read_prices(path)


def test_there_need_be_no_file(path: Path) -> None:
    assert not read_prices(path)
    path.write_text("")
    assert not read_prices(path / "prices.toml")


@pytest.mark.parametrize(
    ("content", "reason"),
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
def test_a_file_without_valid_prices_is_refused_with_the_reason(
    path: Path, content: str, reason: str
) -> None:
    path.write_text(content)
    with pytest.raises(PricesError) as error:
        read_prices(path)
    assert "prices.toml: " in str(error.value)
    assert reason in str(error.value)


def test_a_file_that_is_not_utf_8_is_refused(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PricesError, match="not UTF-8"):
        read_prices(path)


def test_the_reason_is_sanitized(path: Path) -> None:
    path.write_text('"\\u001b]0;title\\u0007" = 3')
    with pytest.raises(PricesError) as error:
        read_prices(path)
    assert str(error.value).isprintable()


def test_a_folder_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(PricesError, match=r"not a file|directory"):
        read_prices(path)


def test_a_pipe_without_a_writer_is_refused_at_once(path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("needs named pipes")
    os.mkfifo(path)
    with pytest.raises(PricesError, match="not a file"):
        read_prices(path)


def test_the_file_is_in_the_folder_of_user_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if sys.platform == "win32":
        pytest.skip("needs POSIX paths")
    end = Path("whitetail", "prices.toml")
    assert default_path({"XDG_CONFIG_HOME": "/conf"}) == "/conf" / end
    monkeypatch.setenv("HOME", "/home/doe")
    for environment in ({}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": "conf"}):
        assert default_path(environment) == "/home/doe/.config" / end
