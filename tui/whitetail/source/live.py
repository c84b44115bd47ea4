"""Which run is live: one that is being written, or soon will be again."""

from __future__ import annotations

from whitetail.source.catalog import Catalog
from whitetail_store import RunKey

_MAX_THREADS = 16
"""How many threads are looked at: the first scan reads the newest runs of these."""


def live_run(catalog: Catalog) -> RunKey | None:
    """Return the newest run that may be written, as far as was read; None without."""
    for thread in catalog.thread_entries()[:_MAX_THREADS]:
        if thread.status.may_be_written:
            return catalog.newest_run(thread.key)
    return None
