"""Fields are read and removed without errors, whatever their type."""

from __future__ import annotations

from typing import Any

import pytest

from whitetail.trace.json_object import field_of, pop, text_field


def test_a_popped_field_is_removed() -> None:
    fields: dict[str, Any] = {"deer": "seven", "doe": 2}
    assert pop(fields, "deer", str) == "seven"
    assert fields == {"doe": 2}


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


@pytest.mark.parametrize("value", [None, 7, "deer", ["deer"]])
def test_a_value_that_is_no_object_has_no_fields(value: Any) -> None:
    assert field_of(value, "deer") is None
    assert text_field(value, "deer") == ""


def test_a_field_that_is_no_text_is_an_empty_text() -> None:
    assert text_field({"deer": 7}, "deer") == ""
    assert field_of({"deer": 7}, "deer") == 7
