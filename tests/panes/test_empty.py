"""The pane that is shown while there are no runs."""

from __future__ import annotations

from collections.abc import Sequence

from tests.helpers.pilot import Stage
from whitetail.panes.empty import EmptyPane


async def explanation(
    searched: Sequence[str] = (), problems: Sequence[str] = ()
) -> str:
    """Return the text of the pane."""
    pane = EmptyPane()
    async with Stage(pane).run_test(size=(100, 40)):
        pane.explain("/deer/threads", searched, problems)
        return str(pane.render())


async def test_the_text_names_the_watched_folder_and_the_setting_of_deerflow() -> None:
    text = await explanation()
    assert "whitetail watches /deer/threads" in text
    assert "backend: jsonl" in text
    assert "cannot read" not in text and "There is no .deer-flow" not in text


async def test_the_text_names_eight_searched_folders_and_counts_the_others() -> None:
    text = await explanation([f"/folder{n}" for n in range(10)])
    assert "There is no .deer-flow folder in" in text
    assert "/folder7" in text and "/folder8" not in text
    assert "and 2 folders above them" in text


async def test_the_text_names_the_problems() -> None:
    text = await explanation(problems=["/deer: Permission denied"])
    assert "whitetail cannot read it:\n  /deer: Permission denied" in text


async def test_names_of_folders_are_sanitized() -> None:
    assert "\x1b" not in await explanation(["/a\x1b[2J"], ["b\x1b[2J"])
