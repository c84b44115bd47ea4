"""The fields of an event that have not been shown yet."""

from __future__ import annotations

from typing import Any

from tests.helpers.detail import event_of
from whitetail.view.detail.unshown import Unshown, pop


def test_a_popped_field_is_removed_from_the_content_but_not_from_the_event() -> None:
    event = event_of("mystery", {"deer": "seven", "doe": 2})
    unshown = Unshown(event)
    assert unshown.pop("deer", str) == "seven"
    assert unshown.content == {"doe": 2}
    assert event.content == {"deer": "seven", "doe": 2}


def test_a_field_of_another_type_stays() -> None:
    fields: dict[str, Any] = {"deer": 7, "seen": True}
    assert pop(fields, "deer", str) is None
    assert pop(fields, "seen", int) is None
    assert pop(fields, "fawn", str) is None
    assert fields == {"deer": 7, "seen": True}


def test_an_object_that_becomes_empty_is_removed() -> None:
    inner = {"deer": 7}
    fields: dict[str, Any] = {"wood": {"glade": inner}, "doe": 2}
    assert pop(fields, "deer", int, "wood", "glade") == 7
    assert fields == {"doe": 2}
    assert inner == {"deer": 7}


def test_content_that_is_no_object_is_kept_apart() -> None:
    unshown = Unshown(event_of("mystery", ["deer"]))
    assert unshown.content == {}
    assert unshown.other_content == ["deer"]
