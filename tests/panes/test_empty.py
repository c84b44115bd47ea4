"""The pane that is shown while there are no runs."""

from __future__ import annotations

from collections.abc import Sequence

from tests.helpers.pilot import Stage
from whitetail.panes.empty import EmptyPane


async def explanation(problems: Sequence[str] = (), threads: str = "/deer") -> str:
    """Return the text of the pane."""
    pane = EmptyPane()
    async with Stage(pane).run_test(size=(100, 40)):
        pane.explain(threads, problems)
        return str(pane.render())


async def test_the_text_names_the_watched_folder_and_the_setting_of_deerflow() -> None:
    text = await explanation(threads="/deer/threads")
    assert "whitetail watches /deer/threads" in text
    assert "backend: jsonl" in text
    assert "cannot read" not in text


async def test_the_text_names_the_problems() -> None:
    text = await explanation(["/deer: Permission denied"])
    assert "whitetail cannot read this folder:\n  /deer: Permission denied" in text


async def test_names_of_folders_are_sanitized() -> None:
    assert "\x1b" not in await explanation(["b\x1b[2J"], "/a\x1b[2J")
