"""What a reader of a run's file must see, derived from how its bytes were written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.helpers.store import Event
from whitetail_store.event import decode

# Their values are never objects, so a record behind one of them was not nested.
_SCALAR_KEYS = ("thread_id", "run_id", "event_type", "category", "seq", "created_at")


@dataclass
class Piece:
    """Bytes of one line, all of one record or of something else; no newline."""

    data: bytes
    whole: bytes = b""
    """The record that was begun; empty if the bytes are of none."""

    @property
    def event(self) -> Event | None:
        """The event, once all bytes of its record are written."""
        return decode(self.data) if self.whole and self.data == self.whole else None


@dataclass
class Line:
    """One line of a file, perhaps of several writers."""

    pieces: list[Piece] = field(default_factory=list[Piece])
    ended: bool = False

    @property
    def data(self) -> bytes:
        end = b"\n" if self.ended else b""
        return b"".join(piece.data for piece in self.pieces) + end

    def events(self) -> Iterator[Event]:
        """Yield the events that a reader must find.

        Before its end, a line has only the events at its beginning. At its end, one
        that follows a torn record is lost if it could be a value in that record.
        """
        nested = False
        for piece in self.pieces:
            event = piece.event
            if event is None and not self.ended:
                return
            if event is not None and not nested:
                yield event
            nested = event is None and may_go_on_with_object(piece.data, nested=nested)


@dataclass
class File:
    """The lines of a run's file, and the event that is being written to it."""

    lines: list[Line] = field(default_factory=list[Line])
    rest: bytes = b""
    """The rest of a record, newline included, that its writer has not written."""

    @property
    def data(self) -> bytes:
        return b"".join(line.data for line in self.lines)

    @property
    def events(self) -> list[Event]:
        return [event for line in self.lines for event in line.events()]

    @property
    def in_line(self) -> bool:
        """Whether the last line has bytes, but no newline."""
        return bool(self.lines and not self.lines[-1].ended and self.lines[-1].data)

    def write(self, data: bytes, whole: bytes = b"") -> None:
        """Add bytes that begin no new line by themselves."""
        if not self.lines or self.lines[-1].ended:
            self.lines.append(Line())
        line = self.lines[-1]
        if bare := data.removesuffix(b"\n"):
            line.pieces.append(Piece(bare, whole.removesuffix(b"\n")))
        line.ended = data.endswith(b"\n")

    def go_on(self, data: bytes) -> None:
        """Add further bytes of the record that was written last."""
        line = self.lines[-1]
        line.pieces[-1].data += data.removesuffix(b"\n")
        line.ended = data.endswith(b"\n")

    def cut(self, size: int) -> None:
        """Remove all bytes from the offset `size` on."""
        self.rest = b""
        lines, self.lines = self.lines, []
        for line in lines:
            if size <= 0:
                return
            self.lines.append(line)
            excess = len(line.data) - size
            size -= len(line.data)
            if excess > 0:
                excess -= line.ended
                line.ended = False
                while excess > 0:
                    last = line.pieces[-1]
                    removed = min(excess, len(last.data))
                    last.data = last.data[: len(last.data) - removed]
                    excess -= removed
                    if not last.data:
                        line.pieces.pop()


def may_go_on_with_object(torn: bytes, *, nested: bool) -> bool:
    """Return whether JSON allows an object at the end of a record that was torn."""
    text = torn.decode("utf-8", "replace")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Expecting value" or error.pos != len(text):
            return False
        in_content = text.count("{") > 1 and not _content_ended(text)
        keys = tuple(f'"{key}":' for key in _SCALAR_KEYS)
        return nested or in_content or not text.rstrip().endswith(keys)
    return False


def _content_ended(text: str) -> bool:
    """Return whether the value of `content` is complete in a torn record."""
    begin = text.find('"content": ') + len('"content": ')
    try:
        json.JSONDecoder().raw_decode(text, begin)
    except json.JSONDecodeError:
        return False
    return True
