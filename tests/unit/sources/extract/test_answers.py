"""Lists and maps of objects in answers, and the errors for other values in their place."""

from __future__ import annotations

from typing import Any

import pytest

from sources.gong.api.errors import SchemaDrift
from sources.gong.extract.answers import listed, mapped, objects, parts_of
from sources.gong.schema.odd_entities import drift_of, without_mark


@pytest.mark.parametrize("rows", ["text", {"a": 1}, 7, True])
def test_an_invalid_list_of_objects_is_refused_without_its_content(rows: Any) -> None:
    with pytest.raises(
        SchemaDrift, match="flows: `flows` of Gong's answer is not a list of objects"
    ):
        listed({"flows": rows}, "flows", "flows")
    with pytest.raises(SchemaDrift):
        listed({}, "flows", "flows")


@pytest.mark.parametrize(
    ("element", "form"), [(None, "null"), ("s3cret", "a string"), ([{"id": 1}], "a list")]
)
def test_an_element_that_is_no_object_comes_marked_among_the_others(
    element: Any, form: str
) -> None:
    first, odd_one, last = listed({"flows": [{"id": 1}, element, {"id": 2}]}, "flows", "flows")
    assert (first, last) == ({"id": 1}, {"id": 2})
    assert without_mark(odd_one) == {"value": element}
    drift = drift_of(odd_one, "flows")
    assert drift is not None
    assert (drift.table, drift.field, drift.found) == ("flows", "flows[]", form)
    assert "s3cret" not in str(drift)


def test_a_row_whose_parts_cannot_be_read_comes_whole_and_marked() -> None:
    flows = [{"id": 1, "steps": "x"}, {"id": 2, "steps": [{"n": 1}]}, {"id": 3, "steps": None}]
    whole, step = parts_of(flows, lambda flow: objects(flow["steps"], "steps", "s"), "flow_steps")
    assert step == {"n": 1}
    assert without_mark(whole) == flows[0]
    assert drift_of(whole, "flow_steps") is not None


def test_null_is_an_empty_list() -> None:
    assert listed({"flows": None}, "flows", "flows") == []


@pytest.mark.parametrize(
    ("answer", "form"),
    [({}, "nothing"), ({"key": "key"}, "a string"), ({"key": {"a": [1]}}, "an object")],
)
def test_the_error_names_the_form_of_a_value_in_place_of_a_list(
    answer: dict[str, Any], form: str
) -> None:
    with pytest.raises(SchemaDrift) as raised:
        listed(answer, "key", "flows")
    drift = raised.value
    assert (drift.table, drift.field, drift.found) == ("flows", "key", form)
    assert drift.expected == "a list of objects"


def test_a_map_is_returned_and_null_is_an_empty_one() -> None:
    assert mapped({"key": {"a": 1}}, "key", "crm_objects") == {"a": 1}
    assert mapped({"key": None}, "key", "crm_objects") == {}


@pytest.mark.parametrize(
    ("answer", "form"), [({}, "nothing"), ({"key": "key"}, "a string"), ({"key": []}, "a list")]
)
def test_the_error_names_the_form_of_a_value_in_place_of_a_map(
    answer: dict[str, Any], form: str
) -> None:
    with pytest.raises(SchemaDrift, match=f"`key` of Gong's answer is {form}; a map is expected"):
        mapped(answer, "key", "crm_objects")


def test_objects_that_are_not_there_are_none() -> None:
    assert objects(None, "steps", "flow_steps") == []
    assert objects([{"a": 1}], "steps", "flow_steps") == [{"a": 1}]
