"""The demo's threads: one file each."""

from whitetail.demo.tales import (
    burrow,
    feeders,
    headlights,
    luyuan,
    moss,
    night,
    waking,
)

FINISHED = tuple(
    each.TALE for each in (headlights, burrow, moss, waking, luyuan, feeders)
)
"""The threads of the last days, oldest first."""

LIVE = night.TALE
"""The conversation that goes on while the demo runs."""
