"""Child streams of CRM integrations."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.gong.extract.child_streams import ChildRequest, crm_references
from sources.gong.schema.odd_entities import drift_of
from sources.gong.schema.table import CRM_REFERENCES
from tests.unit.sources.extract.child_streams.asked import IDS, entities_of, requests_of

BIG = "9007199254740993"


@given(IDS, st.lists(st.tuples(
    st.sampled_from(["Account", "Opportunity", "Deal", "Contact", "Lead", "User", None]),
    st.integers(1, 300).map(str) | st.none(),
)))  # fmt: skip
def test_crm_objects_are_asked_for_by_type_in_each_integration(
    integrations: list[str], references: list[tuple[str | None, str | None]]
) -> None:
    requests = requests_of(
        "crm_objects",
        {
            "crm_integrations": [{"integration_id": integration} for integration in integrations],
            CRM_REFERENCES: [{"object_type": t, "object_id": i} for t, i in references],
        },
    )
    types = {"Account": "ACCOUNT", "Opportunity": "DEAL", "Deal": "DEAL", "Contact": "CONTACT",
             "Lead": "LEAD"}  # fmt: skip
    wanted = {
        (integration, types[t], i)
        for integration in integrations
        for t, i in references
        if t in types and i
    }
    asked = Counter(
        (str(request.inputs["integrationId"]), request.inputs["objectType"], object_id)
        for request in requests
        for object_id in request.inputs["objectsCrmIds"]
    )
    assert asked == Counter(wanted)
    for request in requests:
        assert isinstance(request.inputs["integrationId"], int)
        assert request.scope == {
            "integration_id": frozenset((str(request.inputs["integrationId"]),)),
            "object_type": frozenset((request.inputs["objectType"],)),
            "crm_id": frozenset(request.inputs["objectsCrmIds"]),
        }


def test_an_integration_id_that_is_no_number_leaves_the_others() -> None:
    parents = {
        "crm_integrations": [{"integration_id": "sales-force"}, {"integration_id": BIG}],
        CRM_REFERENCES: [{"object_type": "Account", "object_id": "1"}],
    }
    requests = requests_of("crm_objects", parents)
    assert [request.inputs["integrationId"] for request in requests] == [int(BIG)]
    schemas = requests_of("crm_schema_fields", parents)
    assert {r.inputs["integrationId"] for r in schemas} == {"sales-force", int(BIG)}


def test_an_integration_id_beyond_doubles_is_asked_for_and_kept_exactly() -> None:
    parents = {"crm_integrations": [{"integration_id": BIG}]}
    requests = requests_of("crm_schema_fields", parents)
    assert {request.inputs["integrationId"] for request in requests} == {int(BIG)}
    assert [request.parent for request in requests] == [
        f"{BIG}/{kind}" for kind in ("ACCOUNT", "CONTACT", "DEAL", "LEAD")
    ]


def test_a_map_of_objects_becomes_objects_with_fields_and_null_is_none() -> None:
    request = ChildRequest({}, entity_fields={"_integrationId": "1", "_objectType": "DEAL"})
    answer = {"crmObjectsMap": {"d1": {"Name": "x", "Amount": None}, "d2": None}}
    (entity,) = entities_of("crm_objects", answer, request)
    assert entity == {
        "_integrationId": "1", "_objectType": "DEAL", "_crmId": "d1",
        "fields": [{"name": "Name", "value": "x"}, {"name": "Amount", "value": None}],
    }  # fmt: skip
    odd_one, good = entities_of("crm_objects", {"crmObjectsMap": {"d1": [], "d2": {}}}, request)
    assert (odd_one["_crmId"], good["_crmId"]) == ("d1", "d2")
    assert "crm_objects: an object is a list" in str(drift_of(odd_one, "crm_objects"))
    assert drift_of(good, "crm_objects") is None


@pytest.mark.parametrize("key", ["name", "uniqueName"])
def test_a_schema_field_is_known_under_either_name_of_its_name(key: str) -> None:
    answer = {"objectTypeToSelectedFields": {"DEAL": [{key: "Stage", "label": "S"}], "LEAD": None}}
    request = ChildRequest({}, entity_fields={"_integrationId": "1", "_objectType": "DEAL"})
    (entity,) = entities_of("crm_schema_fields", answer, request)
    assert (entity["uniqueName"], entity["_objectType"], entity["label"]) == ("Stage", "DEAL", "S")


def test_calls_refer_to_objects_themselves_and_through_their_parties() -> None:
    link = [{"objects": [{"objectType": "Deal", "objectId": "1"}]}, {"objects": None}]
    call = {"context": link, "parties": [{"context": None}, {"context": link}, {}]}
    assert [reference["object_id"] for reference in crm_references(call)] == ["1", "1"]
    assert list(crm_references({"context": None, "parties": None})) == []
