"""Parses Markdown into tokens, without losing words of the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from markdown_it import MarkdownIt
from markdown_it.token import Token

VERBATIM = "standing"
"""Token type for lines of the source that are shown without layout."""

URL = "url"
"""Token tag for an address."""

_CONTAINER_CELLS = 4
"""Width that a list or a quote needs for its mark."""
_MIN_TEXT_CELLS = 16
_MIN_COLUMN_CELLS = 8
_MAX_BRACKETS = 3_000
"""The parser's time grows with the square of the number of unclosed brackets."""
_WORD = re.compile(r"[^\W_]+")
_URL = re.compile(r"(https?://[^\s<>\"'`)\]}|]+)")
_INDENTED = re.compile(r"\S.*\n {2}")
_CONTAINERS = ("list_item_open", "blockquote_open")


def parse_tokens(source: str, width: int) -> Iterator[Token]:
    """Yield the tokens of a sanitized text, with links and images as text.

    A block is verbatim if its layout would lose words (cells beyond the last column,
    quotes that are nested too deeply) or indentation, or needs more than `width` cells.
    """
    if source.count("[") > _MAX_BRACKETS:
        yield _verbatim(source)
        return
    lines, seen = source.split("\n"), 0
    for group in _groups(_parser().parse(source)):
        stop = (group[0].map or (seen, len(lines)))[1]
        block = "\n".join(lines[seen:stop])
        seen = stop
        paragraph = group[0].type == "paragraph_open"
        if paragraph and _INDENTED.search(block):
            # Code without a fence: as a paragraph it would lose its indentation.
            yield _verbatim(block.strip("\n"))
        elif _min_width(group) <= width and not _words(block) - _shown_words(group):
            for token in group:
                token.children = list(_plain_children(token.children or ()))
                yield token
        else:
            yield _verbatim(block.strip("\n"))
    if left := "\n".join(lines[seen:]).strip():
        yield _verbatim(left)


@lru_cache(1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.enable(["strikethrough", "table"])
    # Both remove text: `[1]: https://…` and `&#27;`.
    parser.disable(["reference", "entity"])
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


def _groups(parsed: Iterable[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each outermost block."""
    group: list[Token] = []
    depth = 0
    for token in parsed:
        group.append(token)
        depth += token.nesting
        if not depth:
            yield group
            group = []


def _verbatim(text: str) -> Token:
    return Token(VERBATIM, "", 0, content=text)


def _min_width(group: list[Token]) -> int:
    """Return the number of cells that a block needs."""
    depth = needed = columns = 0
    for token in group:
        if token.type in _CONTAINERS:
            depth += 1
            needed = max(needed, depth * _CONTAINER_CELLS + _MIN_TEXT_CELLS)
        elif token.type in ("list_item_close", "blockquote_close"):
            depth -= 1
        elif token.type == "tr_open":
            columns = 0
        elif token.type in ("th_open", "td_open"):
            columns += 1
            needed = max(needed, depth * _CONTAINER_CELLS + columns * _MIN_COLUMN_CELLS)
    return needed


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text))


def _shown_words(group: list[Token]) -> Counter[str]:
    """Return the words that the layout of a block shows."""
    words: Counter[str] = Counter()
    for token in group:
        for part in chain((token,), token.children or ()):
            if part.type != "inline":
                words.update(_WORD.findall(part.content))
            words.update(_WORD.findall(part.info))
            for name in ("href", "src", "title"):
                words.update(_WORD.findall(str(part.attrs.get(name, ""))))
    return words


def _plain_children(children: Iterable[Token]) -> Iterator[Token]:
    """Yield inline tokens with links and images as text and with all line breaks."""
    opened: list[tuple[Token, list[str]]] = []
    for token in children:
        if token.type == "link_open":
            opened.append((token, []))
            yield Token("address_open", "link", 1)
        elif token.type == "link_close":
            link, texts = opened.pop()
            yield Token("address_close", "link", -1)
            yield from _address(link, "".join(texts))
        elif token.type == "image":
            label = f"image {token.content}".rstrip()
            yield from _text_tokens(f"[{label} ({_target(token, 'src')})]")
        elif token.type == "softbreak":
            # Line breaks in a chat are intended, although Markdown ignores them.
            yield Token("hardbreak", "br", 0)
        elif token.type == "text" and not opened:
            yield from _text_tokens(token.content)
        else:
            yield token
        if opened:
            opened[-1][1].append(token.content)


def _address(link: Token, text: str) -> Iterator[Token]:
    """Yield the address of a link in parentheses. Empty if it is the link's text."""
    href = _target(link, "href")
    if href not in (text, f"mailto:{text}"):
        yield Token("text", "", 0, content=" (")
        yield Token(URL, URL, 0, content=href)
        yield Token("text", "", 0, content=")")


def _target(token: Token, name: str) -> str:
    title = token.attrs.get("title")
    return f"{token.attrs.get(name, '')}{f' “{title}”' if title else ''}"


def _text_tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, with a token for each URL."""
    for number, part in enumerate(_URL.split(text)):
        if part:
            kind = URL if number % 2 else ""
            yield Token(kind or "text", kind, 0, content=part)
