"""An export as raw lines: those of the runs, byte by byte."""

from __future__ import annotations

from collections.abc import Iterator

from whitetail.export.cut import cut_line
from whitetail.export.document import Export

_CHUNK_BYTES = 1 << 16


def chunks(export: Export) -> Iterator[bytes]:
    """Yield the lines of all runs, many at once."""
    waiting: list[bytes] = []
    size = 0
    for document in export.documents():
        for raw in document.raw_lines():
            line = cut_line(raw, export.options.max_bytes)
            waiting.append(line)
            size += len(line)
            if size >= _CHUNK_BYTES:
                yield b"".join(waiting)
                waiting, size = [], 0
    yield b"".join(waiting)
