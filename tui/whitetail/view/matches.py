"""Finds and marks a text that the user searches for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

from rich.cells import cell_len

from whitetail.view.folding import Fold, FoldPath, folded_lines
from whitetail.view.styled import Document, StyledLine, StyledSpan
from whitetail.view.text import sanitize

_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[A-Za-z0-9]+")


class TextMatcher:
    """A text that the user searches for.

    The case of letters matters only if it has a capital letter. Any whitespace matches
    any other, because lines are wrapped.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._any_case = text == text.lower()
        self._needle = self._normal(text)
        words = _WORD.findall(self._needle)
        self._longest_word = max(words, key=len, default="").encode()
        flags = re.IGNORECASE if self._any_case else re.NOFLAG
        parts = map(re.escape, self._needle.split(" "))
        self._pattern = re.compile(r"\s+".join(parts), flags)

    def is_in(self, text: str) -> bool:
        """Return whether a text contains the query."""
        return self._needle in self._normal(text)

    def find(self, text: str) -> tuple[int, int] | None:
        """Return where a text contains the query first; None if it does not."""
        found = self._pattern.search(text)
        return None if found is None else found.span()

    def may_be_in(self, raw: bytes) -> bool:
        """Return whether an event can contain the query, by its JSON.

        False costs less than to parse the event. Any letter may be written as an
        escape, and characters that are not ASCII can have other capitals.
        """
        if not raw.isascii() or b"\\u" in raw:
            return True
        if not self._needle.isascii():
            return False
        return self._longest_word in (raw.lower() if self._any_case else raw)

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
        for match in self._pattern.finditer(before + text[indent:] + after):
            for end in match.span():
                ends.append(max(indent, min(end - first, len(text))))
        return list(line) if ends == [0] else list(_toned(line, [*ends, len(text)]))

    def is_at(self, line: str, following: str) -> bool:
        """Return whether a match begins in a line, if it may end in the next one."""
        found = self._pattern.search(line + following)
        return found is not None and found.start() < max(len(line), 1)

    def _normal(self, text: str) -> str:
        line = sanitize(_SPACES.sub(" ", text))
        return line.lower() if self._any_case else line


def marked_line(
    lines: Sequence[StyledLine], number: int, width: int | None, query: TextMatcher
) -> list[StyledSpan]:
    """Return the spans of one of many lines that are wrapped, with matches marked."""
    line, text, before = lines[number], text_of(lines[number]), ""
    if number:
        before = text_of(lines[number - 1])
        before += _line_break(before, width)
    after = text_of(lines[number + 1]) if number + 1 < len(lines) else ""
    return query.marked(line, before, _continued(text, after, width))


def match_begins(
    lines: Sequence[StyledLine], number: int, width: int | None, query: TextMatcher
) -> bool:
    """Return whether a match begins in one of many lines that are wrapped."""
    text = text_of(lines[number])
    after = text_of(lines[number + 1]) if number + 1 < len(lines) else ""
    return query.is_at(text, _continued(text, after, width))


def first_match(
    document: Document,
    cells: int,
    width: int | None,
    choices: Mapping[FoldPath, bool],
    query: TextMatcher,
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
            if query.is_at(text, _continued(text, following, width)):
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
