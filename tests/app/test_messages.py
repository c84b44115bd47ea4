"""Messages do not hide the line of the cursor."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.app import AppDriver, open_app
from tests.helpers.disk import Disk


async def lines_of_message(ui: AppDriver, text: str) -> range:
    """Show a message; return the lines of the screen that it hides."""
    ui.app.notify(text, markup=False)
    await ui.until_notified(text)
    toast = ui.app.screen.query("Toast").last()
    await ui.until(lambda: toast.region.height)
    return range(toast.region.y, toast.region.bottom)


async def test_a_message_is_where_the_cursor_is_not(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.path("t", "r").parent.mkdir(parents=True, exist_ok=True)
    for number in range(60):
        disk.add_reply("t", "r", f"answer {number}")
    async with open_app(disk) as ui:
        await ui.until(lambda: ui.events.count == 60 and ui.events.row == 59)
        ui.events.focus()
        await ui.until(lambda: ui.focused_id == "events")
        hidden = await lines_of_message(ui, "word " * 80)
        assert len(hidden) < 8 and hidden.stop < ui.app.size.height // 2
        await ui.press("g")
        await ui.until(lambda: ui.events.row == 0)
        ui.app.clear_notifications()
        hidden = await lines_of_message(ui, "word " * 81)
        assert hidden.start > ui.app.size.height // 2
