"""A run whose file may not be read costs that run only, not its thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk
from tests.helpers.pilot import drawn
from tests.helpers.privileges import file_modes_apply
from whitetail.panes.conversation import ConversationPane


@pytest.fixture
def locked(tree: Disk) -> Iterator[Disk]:
    """Return a tree with a thread of three runs, the second of them unreadable."""
    for number, word in enumerate(("first", "second", "third")):
        age = 900 - 100 * number
        tree.write_run("t", word, f"the {word} question", f"a {word} answer", age=age)
    tree.path("t", "second").chmod(0)
    with file_modes_apply() as apply:
        if not apply:
            pytest.skip("needs file modes")
        yield tree


async def open_second(ui: AppDriver) -> None:
    """Put the cursor on the unreadable run."""
    await ui.until_shown("events", "a third answer")
    await ui.press("2", "j")
    await ui.until(lambda: ui.runs.key == ("t", "second"))
    await ui.until(lambda: "permission denied" in ui.status.activity)


async def test_its_status_is_unknown_and_the_reason_is_shown_everywhere(
    locked: Disk,
) -> None:
    async with open_app(locked) as ui:
        await open_second(ui)
        assert "cannot be read: permission denied" in ui.status.activity
        assert any(line.startswith("· second") for line in ui.lines("runs"))
        pane = await ui.open_overview()
        assert drawn(pane)[0] == "unknown  cannot be read: permission denied"


async def test_it_is_shown_once_it_may_be_read(locked: Disk) -> None:
    async with open_app(locked) as ui:
        await open_second(ui)
        locked.path("t", "second").chmod(0o600)
        await ui.press("ctrl+r")
        await ui.until_shown("events", "a second answer")
        assert "cannot be read" not in ui.status.activity


async def test_the_conversation_has_the_other_runs(locked: Disk) -> None:
    async with open_app(locked) as ui:
        await ui.until_shown("events", "a third answer")
        await ui.press("c")
        await ui.until_notified("Run second cannot be read: permission denied")
        pane = ui.app.screen.query_one(ConversationPane)
        await ui.until(lambda: any("a first answer" in line for line in drawn(pane)))
        assert any("a third answer" in line for line in drawn(pane))


async def test_it_can_be_deleted_and_restored(locked: Disk) -> None:
    path = locked.path("t", "second")
    async with open_app(locked) as ui:
        await open_second(ui)
        await ui.press("d")
        await ui.until_asked()
        await ui.until(lambda: "cannot be read: permission denied" in ui.dialog_text())
        await ui.press("y")
        await ui.until(lambda: not path.exists())
        await ui.until_notified("Deleted 1 run")
        await ui.press("u")
        await ui.until(path.exists)


async def test_the_other_runs_of_its_thread_can_be_deleted(locked: Disk) -> None:
    async with open_app(locked) as ui:
        await ui.until_shown("events", "a third answer")
        await ui.delete("2")
        await ui.until(lambda: not locked.path("t", "third").exists())
        assert locked.path("t", "second").exists()
