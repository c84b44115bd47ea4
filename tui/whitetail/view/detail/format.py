"""The formats of the detail pane."""

from __future__ import annotations

from enum import StrEnum


class DetailFormat(StrEnum):
    """The format in which an event is shown."""

    RENDERED = "rendered"
    """In sections, with the Markdown of messages rendered."""
    PLAIN = "plain"
    """In sections, with Markdown as source."""
    RAW = "raw"
    """The line of the file."""

    @property
    def next(self) -> DetailFormat:
        """The format after this one; after the last one, the first."""
        formats = list(DetailFormat)
        return formats[(formats.index(self) + 1) % len(formats)]
