"""`Note`: what the last writer with the lock left, for the next one to compare.

Keeps promise 7: any change by a writer without the lock is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from operator import itemgetter
from typing import NamedTuple
from zlib import crc32

from whitetail_store.errors import LockVersionError
from whitetail_store.event import MAX_SEQ
from whitetail_store.paths import Stamp

_VERSION = 2
# "whitetail-lock version turn checksum size", then a body of that size.
_HEADER = re.compile(rb"whitetail-lock 2 ([0-9]{1,18}) ([0-9a-f]{8}) ([0-9]{1,5})\n")
_ANY_VERSION = re.compile(rb"whitetail-lock ([0-9]{1,9})[ \n]")
# "seq min_size max_size", padded with blanks: the note of version 0.1.
_FIRST_VERSION = re.compile(rb"([0-9]{1,16}) [0-9]+ [0-9]+ *\n")
_FIRST_VERSION_BYTES = 64
DIGEST_LIMIT = 1 << 128
"""Digests are below it, also sums of digests."""
SLOT_BYTES = 1 << 16
"""The size of each of the two slots of a lock file.

Notes are written to them in turn. If a write is cut short, the one before is left.
"""
REMOVAL = -1
"""The `added` of a `Pending` that removes a file."""


class Pending(NamedTuple):
    """A change to a run's file that a writer was about to make."""

    run_id: str
    before: int
    """The size of the file before, in bytes; 0 if it did not exist."""
    added: int
    """The number of bytes to be appended; `REMOVAL` if the file is to be removed."""
    checksum: int = 0
    """The CRC-32 of the end of the bytes to be appended."""


class Note(NamedTuple):
    """The state of a thread as a writer with the lock left it.

    Before it changes a file, a writer notes its intent: the digest of all other
    files, and what is about to happen to those in `pending`. That is true even if it
    is killed. Afterwards, it notes the digest of all files.
    """

    seq: int
    """The highest seq that was given, or was about to be given."""
    digest: int | None
    """The digest of the stamps of the files not in `pending`; None if unknown."""
    pending: tuple[Pending, ...] = ()


def slot_of(turn: int, note: Note) -> bytes:
    """Return a note as the bytes of a slot; later notes have a higher `turn`.

    Of a note that is too long for a slot, the state of the files is left out.
    """
    body = b"%d %s" % (note.seq, b"-" if note.digest is None else b"%x" % note.digest)
    for run_id, before, added, checksum in note.pending:
        body += b" %s %d %d %d" % (run_id.encode(), before, added, checksum)
    header = b"whitetail-lock %d %d %08x %d\n"
    data = header % (_VERSION, turn, crc32(body), len(body)) + body + b"\n"
    return data if len(data) <= SLOT_BYTES else slot_of(turn, Note(note.seq, None))


def slot_size(start: bytes) -> int:
    """Return the size of the note in a slot, by its first bytes; 0 if malformed."""
    header = _HEADER.match(start)
    return header.end() + int(header[3]) if header else 0


def parse_slot(data: bytes) -> tuple[int, Note] | None:
    """Return the turn and the note in the bytes of a slot; None if it is malformed.

    Raises:
        LockVersionError: The note is of a later version.

    """
    header = _HEADER.match(data)
    if header is None:
        other = _ANY_VERSION.match(data)
        if other is not None and int(other[1]) != _VERSION:
            raise LockVersionError(int(other[1]))
        return None
    body = data[header.end() : header.end() + int(header[3])]
    if len(body) != int(header[3]) or crc32(body) != int(header[2], 16):
        return None
    seq, digits, *rest = body.decode("ascii").split(" ")
    pending = tuple(
        Pending(run_id, int(before), int(added), int(checksum))
        for run_id, before, added, checksum in zip(
            rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=True
        )
    )
    if int(seq) > MAX_SEQ:
        return None
    note = Note(int(seq), None if digits == "-" else int(digits, 16), pending)
    return int(header[1]), note


def newest(slots: Sequence[bytes]) -> tuple[int, Note | None]:
    """Return the turn and the newest note of a lock file's slots; None without one.

    The note of version 0.1, which a process of that version may still write to the
    first slot, has a seq but no digest.

    Raises:
        LockVersionError: A note is of a later version.

    """
    found = [parsed for each in slots if (parsed := parse_slot(each))]
    turn, note = max(found, key=itemgetter(0), default=(0, None))
    first = _FIRST_VERSION.fullmatch(slots[0][:_FIRST_VERSION_BYTES])
    if first and int(first[1]) <= MAX_SEQ:
        return turn, Note(max(int(first[1]), note.seq if note else 0), None)
    return turn, note


def digest_of(run_id: str, stamp: Stamp) -> int:
    """Return the digest of one file.

    The digest of several is their sum, so that a file can be added, replaced or
    removed without the others.
    """
    # The device is left out: it may get another number when the system starts.
    text = b"%s %d %d %d %d" % (run_id.encode(), *stamp[1:])
    return int.from_bytes(blake2b(text, digest_size=16).digest())
