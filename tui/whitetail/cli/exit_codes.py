"""The exit codes of all commands; docs/commands.md lists them."""

from __future__ import annotations

DONE = 0
"""The command did what it was asked for; for `check`: all runs answered."""
FOUND = 1
"""`check` found a failed or cut-off run, or a fault; `grep` found no event."""
REFUSED = 2
"""Wrong usage, no tree, no such run, or the answer cannot be read or written."""
DEGRADED = 3
"""`check` found runs that are degraded, and nothing worse."""
INTERRUPTED = 130
"""ctrl+c, as shells report it."""
