"""Colours of the app in terminals with few of them, and with NO_COLOR."""

from __future__ import annotations

import sys

import pytest
from textual.filter import Monochrome, NoColor

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from tests.helpers.terminal import WHITETAIL, Terminal


async def test_without_colors_the_filter_of_the_lines_is_that_of_the_theme(
    tree: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app(tree) as ui:
        assert any(isinstance(f, Monochrome) for f in ui.app.get_line_filters())
        ui.app.theme = "ansi-light"
        filters = ui.app.get_line_filters()
        assert any(isinstance(f, NoColor) for f in filters)
        assert not any(isinstance(f, Monochrome) for f in filters)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {}])
def test_no_text_has_the_color_of_its_background_in_16_colors(
    tree: Disk, variables: dict[str, str]
) -> None:
    env = {"TERM": "xterm", "COLORTERM": "", **variables}
    argv = [*WHITETAIL, str(tree.base)]
    with Terminal(argv, env=env, forked=True) as terminal:
        terminal.wait_until(lambda: terminal.shows("reply"))
        assert terminal.invisible_texts() == []
        terminal.send(b"q")
        assert terminal.finish() == 0
