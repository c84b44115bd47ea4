"""Finds and marks a text that the user searches for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len

from whitetail.view.folding import Fold, FoldPath, folded_lines
from whitetail.view.styled import Document, StyledLine, StyledSpan
from whitetail.view.text import sanitize

if TYPE_CHECKING:
    from whitetail.trace.query.nodes import Query, Regex, Text

_SPACES = re.compile(r"\s+")
_REGEX_LIMIT_S = 0.05
"""A regex that needs longer for one line is not marked any more."""

Finder = Callable[[str], Iterable[tuple[int, int]]]
"""Yields the begin and end of each match in a text, in their order."""


class TextMatcher:
    """What the user searches for, as it is found in lines that are laid out.

    The case of letters matters only if it has a capital letter. Any whitespace matches
    any other, because lines are wrapped.
    """

    def __init__(self, *texts: str, regexes: Iterable[str] = ()) -> None:
        """Find these texts, and the matches of regular expressions."""
        self.finders: list[Finder] = [
            *(_text_finder(text) for text in texts if text.strip()),
            *map(_regex_finder, regexes),
        ]
        """What finds each of them."""

    @classmethod
    def of(cls, query: Query) -> TextMatcher | None:
        """Return what finds the texts that a query looks for; None if it has none."""
        from whitetail.trace.query.nodes import Regex, Text

        found = list(_wanted(query))
        texts = [each.text for each in found if isinstance(each, Text)]
        regexes = [each.pattern for each in found if isinstance(each, Regex)]
        return cls(*texts, regexes=regexes) if found else None

    def marked(
        self, line: Sequence[StyledSpan], before: str = "", after: str = ""
    ) -> list[StyledSpan]:
        """Return the spans of a line, its matches with the tone "match".

        `before` and `after` are the texts around the line, with what stands for the
        line breaks, for matches that begin or end there.
        """
        text = text_of(line)
        indent = len(text) - len(text.lstrip()) if before else 0
        first = len(before) - indent
        ends = [0]
        for span in self._spans(before + text[indent:] + after):
            for end in span:
                ends.append(max(indent, min(end - first, len(text))))
        return list(line) if ends == [0] else list(_toned(line, [*ends, len(text)]))

    def is_at(self, line: str, following: str) -> bool:
        """Return whether a match begins in a line, if it may end in the next one."""
        firsts = (next(iter(find(line + following)), None) for find in self.finders)
        return any(first and first[0] < max(len(line), 1) for first in firsts)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Return the parts of a text that match, in their order, none of which meet."""
        spans: list[tuple[int, int]] = []
        for begin, end in sorted(chain(*(find(text) for find in self.finders))):
            if spans and begin <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(end, spans[-1][1])
            elif begin < end:
                spans.append((begin, end))
        return spans


def _wanted(query: Query) -> Iterator[Text | Regex]:
    """Yield the texts and regexes of a query that are to be in an event."""
    from whitetail.trace.query.nodes import And, Or, Regex, Text

    match query:
        case Text(text):
            if text.strip():
                yield query
        case Regex():
            yield query
        case And(parts) | Or(parts):
            for part in parts:
                yield from _wanted(part)
        case _:
            pass


def _text_finder(text: str) -> Finder:
    flags = re.IGNORECASE if text == text.lower() else re.NOFLAG
    parts = map(re.escape, sanitize(_SPACES.sub(" ", text)).split(" "))
    pattern = re.compile(r"\s+".join(parts), flags)
    return lambda text: (match.span() for match in pattern.finditer(text))


def _regex_finder(pattern: str) -> Finder:
    from whitetail.trace.query.regexes import compile_regex

    compiled, given_up = compile_regex(pattern), False

    def find(text: str) -> Iterator[tuple[int, int]]:
        nonlocal given_up
        if not given_up:
            try:
                for match in compiled.finditer(text, timeout=_REGEX_LIMIT_S):
                    yield match.span()
            except TimeoutError:
                given_up = True

    return find


def marked_line(
    lines: Sequence[StyledLine], number: int, width: int | None, matcher: TextMatcher
) -> list[StyledSpan]:
    """Return the spans of one of many lines that are wrapped, with matches marked."""
    line, text, before = lines[number], text_of(lines[number]), ""
    if number:
        before = text_of(lines[number - 1])
        before += _line_break(before, width)
    after = text_of(lines[number + 1]) if number + 1 < len(lines) else ""
    return matcher.marked(line, before, _continued(text, after, width))


def match_begins(
    lines: Sequence[StyledLine], number: int, width: int | None, matcher: TextMatcher
) -> bool:
    """Return whether a match begins in one of many lines that are wrapped."""
    text = text_of(lines[number])
    after = text_of(lines[number + 1]) if number + 1 < len(lines) else ""
    return matcher.is_at(text, _continued(text, after, width))


def first_match(
    document: Document,
    cells: int,
    width: int | None,
    choices: Mapping[FoldPath, bool],
    matcher: TextMatcher,
    stopped: Callable[[], bool],
) -> tuple[int, list[FoldPath]] | None:
    """Return the line of a document where the first match begins.

    Also the blocks to unfold for it: a match in a folded block counts if no other is
    visible. `cells` is the width for which the document is laid out, `width` that of
    wrapped lines, None for lines that are not wrapped; `choices` are as in
    `folded_lines`. None without a match, or once `stopped` returns True.
    """

    def search(choices: Mapping[FoldPath, bool]) -> tuple[int, Fold | None] | None:
        lines = folded_lines(document(cells), choices, width)
        texts = chain(((text_of(each.line), each.fold) for each in lines), [("", None)])
        for number, ((text, fold), (following, _)) in enumerate(pairwise(texts)):
            if stopped():
                return None
            if matcher.is_at(text, _continued(text, following, width)):
                return number, fold
        return None

    if found := search(choices):
        return found[0], []
    found = search(_AllOpen())
    if found is None:
        return None
    paths = []
    fold = found[1]
    while fold is not None:
        paths.append(fold.path)
        fold = fold.parent
    found = search(dict(choices) | dict.fromkeys(paths, True))
    return found and (found[0], paths)


class _AllOpen(Mapping[FoldPath, bool]):
    """The choices of a user who has unfolded every block."""

    def __getitem__(self, path: FoldPath) -> bool:
        return True

    def __iter__(self) -> Iterator[FoldPath]:
        return iter(())

    def __len__(self) -> int:
        return 0


def text_of(line: Iterable[StyledSpan]) -> str:
    """Return the text of a line."""
    return "".join(text for text, _ in line)


def _continued(text: str, following: str, width: int | None) -> str:
    """Return the line after a text as it continues the text."""
    return _line_break(text, width) + following.lstrip()


def _line_break(text: str, width: int | None) -> str:
    """Return what stands for the break after a line that is wrapped to `width` cells.

    A line break stands for a space, unless the line is full: then a long word, or a
    text in wide characters, goes on.
    """
    return "" if width is not None and cell_len(text) >= width - 1 else "\n"


def _toned(line: Sequence[StyledSpan], ends: list[int]) -> Iterator[StyledSpan]:
    """Yield the spans, with every second piece between `ends` as a match."""
    position = 0
    for text, tone in line:
        for number, (start, end) in enumerate(pairwise(ends)):
            piece = text[max(start - position, 0) : max(end - position, 0)]
            if piece:
                yield piece, "match" if number % 2 else tone
        position += len(text)
