"""The formats of exports, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from whitetail.export.document import Export
from whitetail.view.units import size

_LARGE_PAGE_BYTES = 150_000_000
_MEMORY_PER_BYTE = 14
"""What Chromium needed per byte of pages with 50,000 events."""


class MissingExtraError(Exception):
    """A format needs packages that are not installed; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format of exports. Its module is imported when it is used."""

    name: str
    label: str
    """What the menu says of it."""
    suffix: str
    module: str
    """The module of this room with `chunks`, which makes the bytes of a file."""

    def chunks(self, export: Export) -> Iterator[bytes]:
        """Yield the bytes of a file, piece by piece.

        Raises:
            StoreError, OSError: A run cannot be read.
            MissingExtraError: The format needs packages that are not installed.

        """
        module = import_module(f"whitetail.export.{self.module}")
        make: Callable[[Export], Iterator[bytes]] = module.chunks
        return make(export)

    def large_note(self, count: int) -> str:
        """Return a sentence about a file of so many bytes if it is hard to open."""
        if self.name != "html" or count < _LARGE_PAGE_BYTES:
            return ""
        memory = size(_MEMORY_PER_BYTE * count)
        return (
            f"A browser needs about {memory} of memory for a page of {size(count)}; "
            "a filter makes a smaller one."
        )


FORMATS = {
    each.name: each
    for each in (
        ExportFormat("html", "HTML, a page to read", ".html", "html"),
        ExportFormat("markdown", "Markdown, to paste into an issue", ".md", "markdown"),
        ExportFormat("json", "JSON, for programs", ".json", "json_documents"),
        ExportFormat("jsonl", "JSONL, the raw lines", ".jsonl", "jsonl"),
        ExportFormat("otlp", "OTLP, for Langfuse or Jaeger", ".otlp.json", "otlp"),
    )
}
"""All formats by name."""


def format_of_name(name: str) -> ExportFormat | None:
    """Return the format of a file by how its name ends; None if it is unknown."""
    fitting = [e for e in FORMATS.values() if name.lower().endswith(e.suffix)]
    # The longest ending: `.otlp.json` is not `.json`.
    return max(fitting, key=lambda each: len(each.suffix), default=None)
