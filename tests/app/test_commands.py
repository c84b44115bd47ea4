"""The command palette: its groups, and the picture of the screen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.helpers.app import open_app
from tests.helpers.disk import Disk
from whitetail.keys import GROUPS


async def test_each_command_has_a_group_and_none_is_there_twice(tree: Disk) -> None:
    async with open_app(tree) as ui:
        titles = [each.title for each in ui.app.get_system_commands(ui.browse)]
        assert {each.partition(": ")[0] for each in titles} <= {*GROUPS, "Screen"}
        assert [each for each, times in Counter(titles).items() if times > 1] == []
        assert len([each for each in titles if each.lower().endswith(": quit")]) == 1


async def test_the_palette_does_not_list_itself(tree: Disk) -> None:
    # It would be the first match for "theme".
    async with open_app(tree) as ui:
        titles = [each.title for each in ui.app.get_system_commands(ui.browse)]
        assert "Screen: theme" in titles
        assert [each for each in titles if "palette" in each] == []


async def test_a_picture_of_the_screen_is_saved_in_the_current_folder(
    tree: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with open_app(tree) as ui:
        ui.app.save_picture()
        await ui.until_notified("Saved ")
        [picture] = tmp_path.glob("whitetail-*.svg")
        assert picture.read_text().startswith("<svg")


async def test_a_picture_that_cannot_be_saved_is_reported_with_the_reason(
    tree: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    async with open_app(tree) as ui:
        gone.rmdir()
        ui.app.save_picture()
        await ui.until_notified("not saved: No such file or directory")
