"""The line of an event's file, indented and coloured, with every character as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from whitetail.view.styled import StyledLine, StyledSpan
from whitetail.view.text import PIECE_CHARS, sanitize

MAX_BYTES = 4_000_000
"""A longer line is shown as it is: to split it would need seconds."""

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_INDENT_CELLS = 2


def raw_json_lines(raw_line: bytes) -> Iterator[StyledLine]:
    """Yield the lines of a JSON text: one for each value, and one for each bracket.

    Nothing is decoded: escapes, numbers and repeated keys are as they are in the file.
    """
    text = raw_line.decode("utf-8", "replace")
    line: list[StyledSpan] = []
    depth = 0
    tokens = [match[0] for match in _TOKENS.finditer(text)]
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if token in ("}", "]") and line and line[-1][0] not in ("{", "["):
            yield from _pieces(line, depth)
            line = []
        if token in ("}", "]"):
            depth = max(0, depth - 1)
        line.append((token, _tone(token, is_key=following == ":")))
        if token == ":":
            line[-1] = (": ", "muted")
        elif token == "," or (token in ("{", "[") and following not in ("}", "]")):
            yield from _pieces(line, depth)
            line = []
        if token in ("{", "["):
            depth += 1
    if line:
        yield from _pieces(line, depth)


def _tone(token: str, *, is_key: bool) -> str:
    if token[0] == '"':
        return "key" if is_key else "string"
    if token in "{}[],:":
        return "muted"
    return "keyword" if token in ("true", "false", "null") else "number"


def _pieces(line: list[StyledSpan], depth: int) -> Iterator[StyledLine]:
    """Yield a line with its indentation; what is longer goes on in further lines."""
    margin: StyledSpan = (" " * _INDENT_CELLS * depth, "plain")
    spans: list[StyledSpan] = [margin]
    for token, tone in line:
        for start in range(0, len(token), PIECE_CHARS):
            if start:
                yield tuple(spans)
                spans = [margin]
            spans.append((sanitize(token[start : start + PIECE_CHARS]), tone))
    yield tuple(spans)
