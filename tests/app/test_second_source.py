"""The app over a source that is not files: it shows, follows and deletes the same."""

from __future__ import annotations

from tests.helpers.events import RunBuilder
from tests.helpers.list_source import ListSource
from tests.helpers.pilot import drawn, press, until
from whitetail.app import WhitetailApp
from whitetail.panes.threads import ThreadsPane
from whitetail.screens.browse import BrowseScreen
from whitetail.screens.confirm import Confirm
from whitetail.trace.verdict.status import RunStatus

RUN = ("thread", "run")


def finished(prompt: str, answer: str) -> RunBuilder:
    run = RunBuilder()
    run.prompt(prompt)
    run.reply("", ("ls", "a"))
    run.result("a")
    run.reply(answer)
    run.add("run.end", {}, status="success")
    return run


async def test_a_source_in_memory_is_shown_followed_and_deleted() -> None:
    source = ListSource()
    first = finished("Count the deer", "Seven")
    source.write(RUN, list(first.rows))
    source.write(("other", "run"), finished("Name the trees", "Oak").rows)
    app = WhitetailApp(source)
    async with app.run_test(size=(150, 42)) as pilot:
        screen = app.screen
        assert isinstance(screen, BrowseScreen)
        threads = screen.query_one(ThreadsPane)
        view = screen.run
        await until(pilot, lambda: "Count the deer" in "".join(drawn(threads)))
        await until(pilot, lambda: source.catalog.status(RUN) is RunStatus.ANSWERED)
        lines = drawn(threads)
        threads.move_to(next(n for n, text in enumerate(lines) if "deer" in text))
        await until(pilot, lambda: view.key == RUN)
        await until(pilot, lambda: "Seven" in "".join(drawn(view.events)))

        await press(pilot, "3", "G")
        await until(pilot, lambda: view.events.following)
        first.prompt("And the boars?")
        source.write(RUN, list(first.rows))
        await until(pilot, lambda: "And the boars?" in "".join(drawn(view.events)))
        assert view.events.row == len(first.rows) - 1

        await press(pilot, "c")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await press(pilot, "escape")
        await press(pilot, "i")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await press(pilot, "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)

        await press(pilot, "1", "d")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        question = app.screen
        assert isinstance(question, Confirm)
        await until(pilot, lambda: question.accepts_keys)
        await press(pilot, "y")
        await until(pilot, lambda: RUN not in source.runs)
        await until(pilot, lambda: threads.count == 1)
        await press(pilot, "u")
        await until(pilot, lambda: threads.count == 2)
        assert RUN in source.runs
