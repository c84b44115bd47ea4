"""Markdown as styled lines. Also covers `elements` and `tokens`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.helpers.cost import assert_cost_is_flat, cpu_s
from whitetail.panes.palette import TONES as PAINTED
from whitetail.view.markdown.chunks import MAX_CHUNK_CHARS
from whitetail.view.markdown.render import markdown_lines
from whitetail.view.styled import TONES, StyledLine
from whitetail.view.text import sanitize

HOSTILE = {
    "brackets": "[" * 10_000,
    "brackets with words": "[deer " * 6_000,
    "images": "![" * 5_000,
    "stars": "*" * 10_000,
    "open emphasis": "*a **b " * 3_000,
    "quotes": ">" * 10_000 + " deer",
    "items": "- " * 5_000 + "deer",
    "links": "[a](" * 3_000,
    "ticks": "`a``" * 3_000,
    "tags": "<a " * 5_000,
    "nested items": "".join("  " * n + "- a\n" for n in range(200)),
    "columns": "|" + "a|" * 2_000 + "\n|" + "-|" * 2_000 + "\n",
    "rows": "|a|b|\n|-|-|\n" + "|x|y|\n" * 2_000,
    "fence": "```" * 5_000,
    "wide": "鹿" * 10_000 + "👩\u200d👩\u200d👧" * 1_000,
    "entities": "&#27;[31m&#x202e;deer" * 100,
}

WORD = re.compile(r"[^\W_]+")


def plain(lines: Iterable[StyledLine]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


def rendered(source: str, width: int = 60) -> str:
    return plain(markdown_lines(source, width))


def tones(source: str) -> dict[str, str]:
    return {
        text: tone
        for line in markdown_lines(source, 60)
        for text, tone in line
        if text.strip()
    }


def letters(source: str) -> Counter[str]:
    return Counter("".join(WORD.findall(source)))


marks = st.sampled_from(
    [
        *(
            "# ",
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "> ",
            "```",
            "~~~",
            "`",
            "*",
            "**",
            "_",
            "~~",
        ),
        *("[", "](", ")", "![", "<", ">", "|", "|-|-|\n", "---", "    ", "\\", "&#27;"),
        *(
            "&amp;",
            "\t",
            "\r\n",
            "鹿",
            "👩\u200d👧",
            "\x1b[31m",
            "https://deer.example/a",
        ),
        *('"', "'", "[x]: ", "<b>", "\x00", "+", "1)", "===", "\u202e", ":-:|"),
    ]
)

anything = st.lists(
    marks | st.text(max_size=6) | st.sampled_from(["deer ", "doe", " ", "x1"]),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(anything, st.integers(2, 90))
def test_any_text_is_rendered_sanitized_and_complete(source: str, width: int) -> None:
    lines = list(markdown_lines(source, width))
    for line in lines:
        for line_text, tone in line:
            assert sanitize(line_text) == line_text
            assert tone in TONES
    words = "\n".join(sanitize(each.expandtabs(4)) for each in source.split("\n"))
    # Numbers of items may be others, and words may be cut where a line ends.
    digits = re.compile(r"\d")
    missing = letters(digits.sub("", words)) - letters(digits.sub("", plain(lines)))
    assert not missing


@settings(max_examples=200, deadline=None)
@given(anything, st.integers(24, 90))
def test_no_line_is_too_wide(source: str, width: int) -> None:
    assert all(
        cell_len(plain([line])) <= width for line in markdown_lines(source, width)
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_rendered_completely(name: str) -> None:
    source = HOSTILE[name]
    text = rendered(source)
    assert not letters(source.replace("\u200d", "")) - letters(text)
    assert sanitize(text.replace("\n", "")) == text.replace("\n", "")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_no_more_than_some_ordinary_text(name: str) -> None:
    # Dearest are the cells of a table; what grows as the square of the length, or
    # worse, costs thousands of times as much.
    source = HOSTILE[name]
    ordinary = ("deer and doe. " * len(source))[: len(source)]
    assert cpu_s(partial(rendered, source)) < 500 * cpu_s(partial(rendered, ordinary))


def test_markdown_marks_become_tones() -> None:
    text = tones(
        "# Deer\n\n### Doe\n\n**bold** *thin* `x = 1` ~~gone~~ plain\n\n> quoted\n"
    )
    assert text["Deer"] == "title"
    assert text["Doe"] == "strong"
    assert text["bold"] == "strong"
    assert text["thin"] == "emphasis"
    assert text["x = 1"] == "code"
    assert text["gone"] == "struck"
    assert text["quoted"] == "quote"


def test_panes_have_a_colour_for_every_tone() -> None:
    assert TONES <= PAINTED


def test_ordinary_text_has_the_given_tone() -> None:
    lines = list(markdown_lines("deer **doe**", 60, "prompt"))
    assert lines == [(("deer ", "prompt"), ("doe", "strong"))]


def test_links_and_images_are_shown_with_their_addresses() -> None:
    text = rendered(
        '[deer](https://a.example "Doe") ![fawn](b.png) <https://c.example>', 90
    )
    assert "deer (https://a.example “Doe”)" in text
    assert "[image fawn (b.png)]" in text
    assert text.count("c.example") == 1
    assert tones("see https://a.example/b now")["https://a.example/b"] == "link"


def test_text_that_markdown_hides_is_shown() -> None:
    text = rendered("<b>deer</b>\n\n<!-- doe -->\n\n[1]: https://fawn.example\n\n&#27;")
    assert "<b>deer</b>" in text
    assert "<!-- doe -->" in text
    assert "[1]: https://fawn.example" in text
    assert "&#27;" in text


def test_line_breaks_are_kept() -> None:
    assert rendered("deer\ndoe") == "deer\ndoe"


def test_lists_keep_their_bullets_and_numbers() -> None:
    assert rendered("- deer\n  - doe\n\n3. fawn\n4. hart") == (
        " • deer\n    • doe\n\n3. fawn\n4. hart"
    )


def test_code_is_unchanged_below_its_language() -> None:
    text = rendered("```py\ndef f():\n\n    pass\n```")
    assert text == "  py\n  def f():\n\n      pass"


def test_code_without_a_fence_keeps_its_indentation() -> None:
    source = "def f():\n    return {\n        1: **2,\n    }"
    assert rendered(source) == source
    assert rendered("deer\n and **doe**") == "deer\nand doe"


def test_tables_have_aligned_columns() -> None:
    assert rendered("| a | deer |\n|--|--|\n| 鹿 | x |\n| b | y |").splitlines() == [
        "a   deer",
        "────────",
        "鹿  x",
        "b   y",
    ]


def test_a_table_that_would_lose_cells_is_shown_as_source() -> None:
    source = "| a | b |\n|--|--|\n| 1 | 2 | deer |"
    assert rendered(source) == source
    assert rendered("| a | b | c |\n|-|-|-|\n| d | e | f |", 12).startswith("| a | b |")


def test_a_block_that_is_too_long_is_shown_as_source_behind_a_note() -> None:
    source = "# Deer\n\n" + "`doe` " * MAX_CHUNK_CHARS
    text = rendered(source)
    assert "[Markdown source from here: the next block has more than 33 kB]" in text
    assert "`doe` `doe`" in text


@pytest.mark.parametrize(
    ("start", "repeated"),
    [
        pytest.param("", "x" * 10, id="line"),
        pytest.param("", "x\n", id="lines"),
        pytest.param("", "# deer\n\n**doe** and more of it\n", id="headings"),
        pytest.param("```\n", "x = 1\n", id="fence"),
        pytest.param("|a|b|\n|-|-|\n", "|x|y|\n", id="table"),
    ],
)
def test_the_first_lines_of_a_huge_text_cost_no_more_than_those_of_a_small_one(
    start: str, repeated: str
) -> None:
    def first_lines(source: str) -> None:
        assert len(list(islice(markdown_lines(source, 80), 50))) == 50

    assert_cost_is_flat(
        lambda size: partial(first_lines, start + repeated * size), scans=20
    )
