"""The exit codes of all commands; docs/commands.md lists them."""

from __future__ import annotations

from whitetail.trace.verdict.status import RunStatus

DONE = 0
"""The command did what it was asked for; for `tail -f`: the run answered."""
FOUND = 1
"""The run failed or was cut off; `grep` found no event."""
DECLINED = 1
"""The user has answered a question with no."""
REFUSED = 2
"""Wrong usage, no tree, no such run, or the answer cannot be read or written."""
DEGRADED = 3
"""The run is degraded."""
INTERRUPTED = 130
"""ctrl+c, as shells report it."""


def code_of(status: RunStatus) -> int:
    """Return the code for the status of a run."""
    if status in (RunStatus.FAILED, RunStatus.CUT_OFF):
        return FOUND
    return DEGRADED if status is RunStatus.DEGRADED else DONE
