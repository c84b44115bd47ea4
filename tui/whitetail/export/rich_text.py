"""Markdown of a run as HTML, of which nothing acts but links to the web."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from whitetail.view.markdown.chunks import MAX_CHUNK_CHARS, chunk_ranges
from whitetail.view.text import without_controls

_MAX_BRACKETS = 3_000
"""The parser's time grows with the square of the number of unclosed brackets."""
_WORD = re.compile(r"[^\W_]+")
_LEVELS_BELOW = 3
"""The headings of a text are below those of the page."""
_MAX_LEVEL = 6


def markdown_html(text: str) -> Iterator[Markup]:
    """Yield a text as HTML, piece by piece; as plain text where it cannot be parsed.

    Markup in it is text. Links to `http:` and `https:` stay links, which send no
    referrer; all others, and images, are shown as text.
    """
    text = without_controls(text)
    for start, stop in chunk_ranges(text):
        source = text[start:stop]
        if stop - start > MAX_CHUNK_CHARS or source.count("[") > _MAX_BRACKETS:
            yield plain_html(source)
        else:
            yield _rendered(source)


def _rendered(source: str) -> Markup:
    """Return a text as HTML; as plain text if a word would be lost.

    The parser drops cells beyond the last column, and quotes that are nested deeply.
    """
    tokens = _parser().parse(source)
    if _words([source]) - _words(_texts(tokens)):
        return plain_html(source)
    for token in tokens:
        _clean(token)
    html = _parser().renderer.render(tokens, _parser().options, {})
    return Markup('<div class="md">{}</div>').format(Markup(html))


def _words(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in _WORD.findall(text))


def _texts(tokens: Iterable[Token]) -> Iterator[str]:
    """Yield the texts of tokens, and the addresses and titles of links."""
    for token in tokens:
        if token.children is None:
            yield from (token.content, token.info)
        else:
            yield from _texts(token.children)
        # The parser encodes characters of an address.
        yield from (unquote(str(value)) for value in token.attrs.values())


def plain_html(text: str) -> Markup:
    """Return a text of many lines as HTML that keeps them."""
    return Markup("<pre>{}</pre>").format(without_controls(text))


@lru_cache(1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["strikethrough", "table"])
    # Both remove text: `[1]: https://…` and `&#27;`.
    parser.disable(["reference", "entity"])
    parser.validateLink = _is_web_address  # type: ignore[method-assign]
    return parser


def _is_web_address(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _clean(token: Token) -> None:
    """Turn an image into text; remove all attributes but the address of a link."""
    if token.type == "image":
        address = token.attrs.get("src", "")
        token.type, token.content = "text", f"[image: {token.content} {address}]"
    if token.type == "fence":
        # The renderer would write its language as a class.
        token.type = "code_block"
    token.attrs = {key: token.attrs[key] for key in token.attrs if key == "href"}
    if token.type == "link_open":
        token.attrs["rel"] = "noreferrer noopener nofollow"
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1:]) + _LEVELS_BELOW, _MAX_LEVEL)}"
    for child in token.children or ():
        _clean(child)
