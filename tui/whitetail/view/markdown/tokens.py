"""What a Markdown text consists of, so that laying it out loses none of its words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from markdown_it import MarkdownIt
from markdown_it.token import Token

VERBATIM = "standing"
"""The type of a token for lines that stay as they are."""

URL = "url"
"""The tag of a token for an address."""

_CONTAINER, _ROOM, _COLUMN = 4, 16, 8
_LINKS = 3_000
_WORD = re.compile(r"[^\W_]+")
_URL = re.compile(r"(https?://[^\s<>\"'`)\]}|]+)")
_INDENTED = re.compile(r"\S.*\n {2}")
_CONTAINERS = ("list_item_open", "blockquote_open")


def parse_tokens(source: str, width: int) -> Iterator[Token]:
    """Yield the tokens of an inert text, each link and image told as text.

    What would lose words, such as cells beyond the last column or quotes nested too
    deep, what would lose its indentation, and what has no room in `width` cells
    stays as it stands.
    """
    # Brackets that nobody closes take time with their square.
    if source.count("[") > _LINKS:
        yield _standing(source)
        return
    lines, seen = source.split("\n"), 0
    for group in _groups(_parser().parse(source)):
        stop = (group[0].map or (seen, len(lines)))[1]
        said = "\n".join(lines[seen:stop])
        seen = stop
        paragraph = group[0].type == "paragraph_open"
        if paragraph and _INDENTED.search(said):
            # Code without a fence: as a paragraph it would lose its indentation.
            yield _standing(said.strip("\n"))
        elif _needs(group) <= width and not _words(said) - _told(group):
            for token in group:
                token.children = list(_plainer(token.children or ()))
                yield token
        else:
            yield _standing(said.strip("\n"))
    if left := "\n".join(lines[seen:]).strip():
        yield _standing(left)


@lru_cache(1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.enable(["strikethrough", "table"])
    # Both make text disappear: `[1]: https://…` and `&#27;`.
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


def _standing(said: str) -> Token:
    return Token(VERBATIM, "", 0, content=said)


def _needs(group: list[Token]) -> int:
    """Return how many cells a block has to have."""
    depth = needed = columns = 0
    for token in group:
        if token.type in _CONTAINERS:
            depth += 1
            needed = max(needed, depth * _CONTAINER + _ROOM)
        elif token.type in ("list_item_close", "blockquote_close"):
            depth -= 1
        elif token.type == "tr_open":
            columns = 0
        elif token.type in ("th_open", "td_open"):
            columns += 1
            needed = max(needed, depth * _CONTAINER + columns * _COLUMN)
    return needed


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text))


def _told(group: list[Token]) -> Counter[str]:
    """Count the words that will be shown."""
    told: Counter[str] = Counter()
    for token in group:
        for each in chain((token,), token.children or ()):
            if each.type != "inline":
                told.update(_WORD.findall(each.content))
            told.update(_WORD.findall(each.info))
            for name in ("href", "src", "title"):
                told.update(_WORD.findall(str(each.attrs.get(name, ""))))
    return told


def _plainer(children: Iterable[Token]) -> Iterator[Token]:
    opened: list[tuple[Token, list[str]]] = []
    for token in children:
        if token.type == "link_open":
            opened.append((token, []))
            yield Token("address_open", "link", 1)
        elif token.type == "link_close":
            link, said = opened.pop()
            yield Token("address_close", "link", -1)
            yield from _address(link, "".join(said))
        elif token.type == "image":
            about = f"image {token.content}".rstrip()
            yield from _text(f"[{about} ({_target(token, 'src')})]")
        elif token.type == "softbreak":
            # Who ends a line in a chat means it.
            yield Token("hardbreak", "br", 0)
        elif token.type == "text" and not opened:
            yield from _text(token.content)
        else:
            yield token
        if opened:
            opened[-1][1].append(token.content)


def _address(link: Token, said: str) -> Iterator[Token]:
    href = _target(link, "href")
    if href not in (said, f"mailto:{said}"):
        yield Token("text", "", 0, content=" (")
        yield Token(URL, URL, 0, content=href)
        yield Token("text", "", 0, content=")")


def _target(token: Token, name: str) -> str:
    title = token.attrs.get("title")
    return f"{token.attrs.get(name, '')}{f' “{title}”' if title else ''}"


def _text(said: str) -> Iterator[Token]:
    """Yield a text's tokens, its addresses apart."""
    for number, part in enumerate(_URL.split(said)):
        if part:
            kind = URL if number % 2 else ""
            yield Token(kind or "text", kind, 0, content=part)
