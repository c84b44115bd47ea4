"""Search in a run."""

from __future__ import annotations

from tests.helpers.app import open_app
from tests.helpers.disk import Disk


async def test_slash_goes_to_a_match_and_n_and_shift_n_to_the_next_and_previous(
    live: Disk,
) -> None:
    async with open_app(live) as ui:
        await ui.until_shown("events", "answer 39")
        await ui.press("3", "slash", *"answer 1", "enter")
        await ui.until(lambda: "answer 1" in ui.status.activity)
        await ui.until(lambda: not ui.events.following)
        first = ui.events.cursor
        await ui.press("n")
        await ui.until(lambda: ui.events.cursor != first)
        await ui.press("N")
        await ui.until(lambda: ui.events.cursor == first)


async def test_keys_only_type_while_the_search_line_is_open(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("3", "slash", *"dy1qu")
        assert ui.app.screen is ui.browse
        assert ui.app.is_running
        await ui.press("escape")
        assert tree.path("new", "r2").exists()


async def test_a_text_that_is_not_in_the_run_is_reported(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("3", "slash", *"wolf", "enter")
        await ui.until(lambda: 'No match for "wolf" in this run' in ui.status.activity)


def long_run(tree: Disk) -> None:
    """Add a thread whose run has a text far down in its second of three replies."""
    filler = "\n\n".join(f"line {number}" for number in range(200))
    replies = ("a white deer", f"{filler}\n\na white tail", "a white dog")
    tree.write_run("long", "r", "a question", *replies, age=10)


async def test_the_status_counts_the_matches_and_the_event_shows_the_first(
    tree: Disk,
) -> None:
    long_run(tree)
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a white dog")
        await ui.press("3", "g", "slash", *"white", "enter")
        await ui.until(lambda: "/white: 1 of 3" in ui.status.activity)
        await ui.press("n")
        await ui.until(lambda: "/white: 2 of 3" in ui.status.activity)
        await ui.until_shown("detail", "a white tail")
        await ui.press("N")
        await ui.until(lambda: "/white: 1 of 3" in ui.status.activity)
        await ui.press("N")
        await ui.until(
            lambda: "/white: 3 of 3 (search wrapped around)" in ui.status.activity
        )


async def test_matches_are_marked_in_the_list_and_in_the_event(tree: Disk) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("3", "slash", *"second", "enter")
        await ui.until(lambda: "/second: 2 of 2" in ui.status.activity)
        await ui.until(lambda: "second" in ui.reversed_texts("events"))
        await ui.until(lambda: "second" in ui.reversed_texts("detail"))
        await ui.press("3", "slash", "enter")
        await ui.until(lambda: "/" not in ui.status.activity)
        assert ui.reversed_texts("events") == []


async def test_the_text_stays_in_the_status_and_is_searched_in_the_next_run(
    tree: Disk,
) -> None:
    async with open_app(tree) as ui:
        await ui.until_shown("events", "a second answer")
        await ui.press("3", "slash", *"answer", "enter")
        await ui.until(lambda: "/answer: 1 of 1" in ui.status.activity)
        await ui.press("2", "j")
        await ui.until_shown("events", "a first answer")
        await ui.until(lambda: ui.status.activity == "/answer")
        await ui.press("n")
        await ui.until(lambda: "/answer: 1 of 1" in ui.status.activity)


async def test_a_match_in_a_folded_block_unfolds_it(tree: Disk) -> None:
    message = {"content": "an answer", "additional_kwargs": {"reasoning_content": "hm"}}
    tree.add_event("new", "r2", "llm.ai.response", message)
    async with open_app(tree) as ui:
        await ui.until_shown("events", "an answer")
        await ui.press("3", "slash", *"hm", "enter")
        await ui.until_shown("detail", "  hm")
