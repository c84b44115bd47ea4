"""In which form an event is shown."""

from __future__ import annotations

from enum import StrEnum


class DetailFormat(StrEnum):
    """How an event is shown."""

    RENDERED = "rendered"
    """Laid out, what people and models said as Markdown."""
    PLAIN = "plain"
    """Laid out, with the marks of Markdown where they are."""
    RAW = "raw"
    """As its line stands in the file."""

    @property
    def next(self) -> DetailFormat:
        """The form after this one, round and round."""
        forms = list(DetailFormat)
        return forms[(forms.index(self) + 1) % len(forms)]
