"""The columns of durations in the pane of events, and their names in its border."""

from __future__ import annotations

from textual.content import Content

from tests.helpers.events import RunBuilder
from tests.helpers.list_rows import show
from tests.helpers.pilot import Stage, drawn, until
from whitetail.panes.events import EventsPane


def names_of(pane: EventsPane) -> str:
    """Return the border title as it is drawn above the lines."""
    return "  " + Content.from_markup(pane.border_title or "").plain


def called() -> RunBuilder:
    run = RunBuilder()
    run.reply("", ("write_file", "a"))
    run.result("a")
    return run


async def test_the_times_of_model_and_tool_are_under_their_names() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=(90, 8)) as pilot:
        await show(pane, called().rows)
        await until(pilot, lambda: "0.5s   1.0s" in drawn(pane)[0])
        names, reply = names_of(pane), drawn(pane)[0]
        assert reply.index("0.5s") + 4 == names.index("model") + 5
        assert reply.index("1.0s") + 4 == names.index("tool") + 4
        await until(pilot, lambda: "1.0s" in drawn(pane)[1])
        assert drawn(pane)[1].index("1.0s") == reply.index("1.0s")


async def test_a_pane_without_these_columns_has_no_names() -> None:
    pane = EventsPane("events")
    async with Stage(pane).run_test(size=(60, 8)) as pilot:
        await show(pane, called().rows)
        await until(pilot, lambda: "write_file" in drawn(pane)[0])
        assert names_of(pane) == "  3 Events"
        assert "0.5s" not in drawn(pane)[0]
