"""A map from texts to numbers in a fifth of the room that a dict takes."""

from __future__ import annotations

from array import array

_FIRST = 64


class HashMap64:
    """Numbers above 0 and below 2**64, by a text's hash: 64 bits, of 24 bytes each.

    The texts themselves are not kept. Nothing can be taken out.
    """

    def __init__(self) -> None:
        self._clear(_FIRST)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, text: str) -> bool:
        return self._values[self._slot(hash(text))] != 0

    def get(self, text: str) -> int | None:
        """Return the number of a text; None if it has none."""
        return self._values[self._slot(hash(text))] or None

    def set(self, text: str, number: int) -> None:
        """Give a text a number, whether or not it had one."""
        slot = self._slot(hash(text))
        if not self._values[slot]:
            self._size += 1
        self._hashes[slot], self._values[slot] = hash(text), number
        if 3 * self._size > 2 * len(self._values):
            self._grow()

    def _clear(self, room: int) -> None:
        self._hashes = array("q", bytes(8 * room))
        self._values = array("Q", bytes(8 * room))

    def _grow(self) -> None:
        before = zip(self._hashes, self._values, strict=True)
        self._clear(2 * len(self._values))
        for key, number in before:
            if number:
                slot = self._slot(key)
                self._hashes[slot], self._values[slot] = key, number

    def _slot(self, key: int) -> int:
        """Return where a hash is, or where it would be put."""
        hashes, values = self._hashes, self._values
        mask = len(values) - 1
        slot = key & mask
        while values[slot] and hashes[slot] != key:
            slot = (slot + 1) & mask
        return slot
