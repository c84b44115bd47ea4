"""Makes the modes of files apply to tests that run as root."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
_DROP_FROM_BOUNDING_SET = 24
_CAPABILITIES = (1, 2)
_IGNORE_MODES = (1 << 1) | (1 << 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, as bits."""


@contextmanager
def file_modes_apply() -> Iterator[bool]:
    """Return a context in which the modes of files apply; False if they cannot.

    It holds for this thread and for those that it starts meanwhile. Unlike another
    user, root without these two capabilities can still import modules.
    """
    if sys.platform == "win32" or (os.geteuid() == 0 and sys.platform != "linux"):
        yield False
        return
    if os.geteuid() != 0:
        yield True
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    # Effective, permitted and inheritable capabilities: low halves, then high ones.
    sets = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    effective = sets[0]
    sets[0] = effective & ~_IGNORE_MODES
    assert libc.capset(header, sets) == 0
    try:
        yield True
    finally:
        sets[0] = effective
        assert libc.capset(header, sets) == 0


def make_file_modes_apply() -> None:
    """Have the modes of files apply to the program that this process starts next."""
    if sys.platform == "linux" and os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in _CAPABILITIES:
            assert libc.prctl(_DROP_FROM_BOUNDING_SET, capability, 0, 0, 0) == 0
