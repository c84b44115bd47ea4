"""docs/config.md has the tables that are made from the definitions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from whitetail.settings.decode import decode
from whitetail.settings.definitions import DEFAULTS, SETTINGS, TABLES
from whitetail.settings.document import actions_table, settings_table, template
from whitetail.settings.filters import filter_problems

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "table"), [("settings", settings_table()), ("actions", actions_table())]
)
def test_the_document_has_the_table(name: str, table: str) -> None:
    shown = DOCUMENT.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]
    assert shown.strip() == table


def test_the_template_has_all_settings_and_changes_none() -> None:
    decoded = decode(template(), DEFAULTS)
    assert (decoded.settings, decoded.problems) == (DEFAULTS, ())
    for setting in SETTINGS:
        assert f"# {setting.path.partition('.')[2]} = " in template()
    assert set(tomllib.loads(template())) == set(TABLES)


def test_each_line_of_the_template_can_be_used() -> None:
    text = re.sub(r"(?m)^# (?=[\w.\"]+( \w+\")? = |\[)", "", template())
    decoded = decode(text, DEFAULTS)
    assert decoded.problems == ()
    assert (
        decoded.settings.filters and decoded.settings.prices and decoded.settings.keys
    )
    assert filter_problems(decoded.settings.filters, {}) == {}


@pytest.mark.parametrize("document", ["README.md", "docs/config.md"])
def test_the_examples_of_the_documents_are_settings(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, flags=re.S)
    settings = [each for each in blocks if re.search(r"(?m)^\[[a-z]+[\].]", each)]
    assert settings
    for block in settings:
        decoded = decode(block, DEFAULTS)
        assert decoded.problems == ()
        assert filter_problems(decoded.settings.filters, {}) == {}
