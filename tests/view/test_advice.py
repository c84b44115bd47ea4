"""Every error of a move ends in a sentence that says what to do."""

from __future__ import annotations

import errno
import os

import pytest

from whitetail.view.advice import advice
from whitetail_store import StoreError


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_each_error_number_has_a_reason_a_path_and_an_advice(number: int) -> None:
    text = advice(OSError(number, os.strerror(number), "/deer/r.jsonl"))
    assert text.startswith(f"{os.strerror(number)}: /deer/r.jsonl. ")
    assert "[Errno" not in text
    assert text.endswith((".", "by hand.")) and len(text.split(". ", 1)[1]) > 20


def test_a_full_disk_and_another_device_have_advices_of_their_own() -> None:
    full, other = (
        advice(OSError(number, "x", "y")) for number in (errno.ENOSPC, errno.EXDEV)
    )
    assert "Free some space" in full
    assert "another file system" in other


def test_an_error_of_the_store_is_its_own_sentence_and_notes_follow() -> None:
    error = StoreError("r.jsonl exists again")
    error.add_note("u restores it.")
    assert advice(error) == "r.jsonl exists again. u restores it."
