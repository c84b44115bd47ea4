"""A map from strings to integers that needs a fifth of the memory of a dict."""

from __future__ import annotations

from array import array

_INITIAL_SLOTS = 64
"""A power of two, as every number of slots."""


class HashMap64:
    """Maps strings to integers from 1 to 2**64 - 1, in 24 to 48 bytes each.

    Strings are kept as hashes of 64 bits: two strings with the same hash are the same
    key. For ids this is unlikely enough to be ignored. Entries cannot be removed. The
    table uses open addressing, and is at most two thirds full.
    """

    def __init__(self) -> None:
        self._allocate(_INITIAL_SLOTS)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, text: str) -> bool:
        return self._values[self._slot(hash(text))] != 0

    def get(self, text: str) -> int | None:
        """Return the number of a string; None if it has none."""
        return self._values[self._slot(hash(text))] or None

    def set(self, text: str, number: int) -> None:
        """Set or replace the number of a string."""
        slot = self._slot(hash(text))
        if not self._values[slot]:
            self._size += 1
        self._hashes[slot], self._values[slot] = hash(text), number
        if 3 * self._size > 2 * len(self._values):
            self._grow()

    def _allocate(self, slots: int) -> None:
        self._hashes = array("q", bytes(8 * slots))
        self._values = array("Q", bytes(8 * slots))
        """The numbers; 0 in a free slot."""

    def _grow(self) -> None:
        entries = zip(self._hashes, self._values, strict=True)
        self._allocate(2 * len(self._values))
        for key, number in entries:
            if number:
                slot = self._slot(key)
                self._hashes[slot], self._values[slot] = key, number

    def _slot(self, key: int) -> int:
        """Return the slot of a hash, or the free slot where it is to be put."""
        hashes, values = self._hashes, self._values
        mask = len(values) - 1
        slot = key & mask
        while values[slot] and hashes[slot] != key:
            slot = (slot + 1) & mask
        return slot
