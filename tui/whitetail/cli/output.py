"""What a command prints: its answer on stdout, all else on stderr."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import Any, BinaryIO

from whitetail.cli.streams import to_stderr
from whitetail.view.json_fields import json_text
from whitetail.view.styled import StyledLine, StyledSpan, wrapped_lines
from whitetail.view.text import fit, lines, one_line, sanitize

_FLUSH_INTERVAL_S = 0.1
"""A line is at most this much older than the next one when it is written."""
_PROGRESS_AFTER_S, _PROGRESS_INTERVAL_S = 1.0, 0.1
_BAR_CELLS = 20
_COLORS = {
    "heading": "1",
    "strong": "1",
    "title": "1;4",
    "muted": "2",
    "trace": "2",
    "emphasis": "3",
    "quote": "3",
    "struck": "9",
    "match": "7",
    "error": "31",
    "bad": "31",
    "removed": "31",
    "warning": "33",
    "number": "33",
    "finished": "32",
    "string": "32",
    "added": "32",
    "run": "32",
    "call": "34",
    "key": "34",
    "link": "34;4",
    "prompt": "35",
    "keyword": "35",
    "subagent": "35",
    "accent": "36",
    "running": "36",
    "result": "36",
}
"""The codes of the tones. They are colours that the user's terminal defines."""


class ReaderGoneError(Exception):
    """The program that reads the answer has closed its end."""


class Output:
    """Writes lines to stdout. Texts are sanitized, on a terminal and in a pipe."""

    def __init__(self, arguments: Namespace, environment: Mapping[str, str]) -> None:
        """Write as the user's `--color` and `NO_COLOR` want it."""
        self._stream: BinaryIO = sys.stdout.buffer
        self.is_terminal = sys.stdout.isatty()
        """Whether a person sees the lines at once; they may be cut then."""
        chosen: str = getattr(arguments, "color", "auto")
        plain = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
        self._colored = chosen == "always" or (
            chosen == "auto" and self.is_terminal and not plain
        )
        self.width: int | None = None
        """The width to which lines are wrapped; None if they are not."""
        if self.is_terminal:
            # Imported here: in a pipe it is not needed, and imports much.
            import shutil

            self.width = max(20, shutil.get_terminal_size().columns)
        self._progress = _Progress()
        self._flushed_at = 0.0
        self._at_end: list[Callable[[], Iterable[str]]] = []

    def line(self, spans: Iterable[StyledSpan] = ()) -> None:
        """Write one line of styled text."""
        parts = []
        for text, tone in spans:
            safe = sanitize(text)
            code = _COLORS.get(tone) if self._colored else None
            parts.append(f"\x1b[{code}m{safe}\x1b[0m" if code and safe else safe)
        self._write("".join(parts).rstrip(" "))

    def text(self, text: str) -> None:
        """Write one line without a style."""
        self.line([(text, "plain")])

    def texts(self, text: str) -> None:
        """Write a text of many lines without a style."""
        for line in lines(text):
            self.wrapped(((line, "plain"),))

    def wrapped(self, line: StyledLine) -> None:
        """Write one line of styled text, wrapped on a terminal."""
        for each in wrapped_lines([line], self.width):
            self.line(each)

    def row(self, cells: Sequence[StyledSpan], widths: Sequence[int]) -> None:
        """Write a line of a table: in columns on a terminal, else with tabs between.

        `widths` are those of all columns but the last one; a negative one aligns to
        the right. In a pipe no cell is cut.
        """
        if not self.is_terminal:
            texts = (one_line(text, sys.maxsize // 4) for text, _ in cells)
            self._write("\t".join(texts))
            return
        left = self.width or 0
        spans: list[StyledSpan] = []
        for (text, tone), width in zip(cells, [*widths, None], strict=True):
            shown = sanitize(text)
            if width is None:
                shown = fit(shown, left)
            elif width < 0:
                shown = f"{shown:>{-width}}  "
            else:
                shown = f"{fit(shown, width)}  "
            left -= abs(width) + 2 if width else 0
            spans.append((shown, tone))
        self.line(spans)

    @property
    def can_ask(self) -> bool:
        """Whether a person can read a question and answer it."""
        return self.is_terminal and sys.stdin is not None and sys.stdin.isatty()

    def ask(self, question: str) -> bool:
        """Return whether the user answers a question with yes.

        What was typed before the question is no answer to it.
        """
        discard_typed()
        self._write_bytes(f"{sanitize(question)} [y/N] ".encode("utf-8", "replace"))
        self.flush()
        answer = ""
        try:
            answer = sys.stdin.readline()
        finally:
            if not answer.endswith("\n"):
                # ctrl+c or ctrl+d: the cursor is still behind the question.
                self._write("")
                self.flush()
        return answer.strip().lower() in ("y", "yes")

    def json(self, value: Any) -> None:
        """Write a value as one line of JSON."""
        self._write(json_text(value))

    def raw(self, data: bytes) -> None:
        """Write a line exactly as the file has it; sanitized on a terminal."""
        if self.is_terminal:
            self.text(data.decode("utf-8", "replace").rstrip("\r\n"))
            return
        self._write_bytes(data if data.endswith(b"\n") else data + b"\n")

    def chunk(self, data: bytes) -> None:
        """Write a piece of a file that is made for a pipe or a redirection."""
        self._write_bytes(data)

    def flush(self) -> None:
        """Hand over what was written so far."""
        try:
            self._stream.flush()
        except BrokenPipeError as error:
            raise ReaderGoneError from error
        self._flushed_at = monotonic()

    def progress(self, done: int, total: int, noun: str) -> None:
        """Show on stderr how far long work is, if that is a terminal."""
        self._progress.show(done, total, noun)

    def note(self, sentence: str) -> None:
        """Write a sentence to stderr."""
        self._progress.clear()
        to_stderr(f"whitetail: {one_line(sentence, 2_000)}\n")

    def close(self) -> None:
        """Hand over the rest, and remove the progress."""
        self._progress.clear()
        self.flush()

    def at_end(self, work: Callable[[], Iterable[str]]) -> None:
        """Have a function called by `end`; the sentences that it returns are noted."""
        self._at_end.append(work)

    def end(self) -> None:
        """Call the functions of `at_end`. Nothing is written to stdout any more."""
        for work in self._at_end:
            for sentence in work():
                self.note(sentence)

    def _write(self, line: str) -> None:
        self._write_bytes(line.encode("utf-8", "replace") + b"\n")

    def _write_bytes(self, data: bytes) -> None:
        self._progress.clear()
        try:
            self._stream.write(data)
        except BrokenPipeError as error:
            raise ReaderGoneError from error
        if monotonic() - self._flushed_at > _FLUSH_INTERVAL_S:
            self.flush()


class _Progress:
    """A bar on stderr, which appears only if the work lasts."""

    def __init__(self) -> None:
        self._began = self._shown_at = monotonic()
        self._is_terminal = sys.stderr.isatty()
        self._shown = False

    def show(self, done: int, total: int, noun: str) -> None:
        now = monotonic()
        if not self._is_terminal or now - self._began < _PROGRESS_AFTER_S:
            return
        if self._shown and now - self._shown_at < _PROGRESS_INTERVAL_S:
            return
        filled = _BAR_CELLS * done // max(total, 1)
        bar = "━" * filled + "─" * (_BAR_CELLS - filled)
        to_stderr(f"\r\x1b[K{bar} {done:,} of {total:,} {noun}")
        self._shown, self._shown_at = True, now

    def clear(self) -> None:
        if self._shown:
            to_stderr("\r\x1b[K")
            self._shown = False


def discard_typed() -> None:
    """Drop what was typed and not read yet."""
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios

        termios.tcflush(sys.stdin, termios.TCIFLUSH)
