"""The fields of an event that have not been shown yet."""

from __future__ import annotations

from tests.helpers.detail import event_of
from whitetail.view.detail.unshown import Unshown


def test_a_popped_field_is_removed_from_the_content_but_not_from_the_event() -> None:
    event = event_of("mystery", {"deer": "seven", "doe": 2})
    unshown = Unshown(event)
    assert unshown.pop("deer", str) == "seven"
    assert unshown.content == {"doe": 2}
    assert event.content == {"deer": "seven", "doe": 2}


def test_content_that_is_no_object_is_kept_apart() -> None:
    unshown = Unshown(event_of("mystery", ["deer"]))
    assert unshown.content == {}
    assert unshown.other_content == ["deer"]
