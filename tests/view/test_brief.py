"""One-line summaries of texts and errors. `lists/test_event.py` covers the others."""

from __future__ import annotations

from whitetail.view import brief


def test_an_error_of_a_provider_is_reduced_to_its_status_and_its_message() -> None:
    printed = "Error code: 429 - {'error': {'message': \"Don't hurry\", 'type': 'x'}}"
    assert brief.error(printed) == "429: Don't hurry"
    assert brief.error("Connection lost\nTraceback") == "Connection lost"
