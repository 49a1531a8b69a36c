"""The generic CRM: registration, schema, objects, uploads and their status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.emulator.tests.conftest import Emulator, Json, Start

SMALL = ("--no-limit", "--calls", "60")
TYPES = {"Account": "ACCOUNT", "Opportunity": "DEAL", "Contact": "CONTACT", "Lead": "LEAD"}


def integration(emulator: Emulator) -> int:
    number = emulator.get("crm/integrations").json()["integrations"][0]["integrationId"]
    assert isinstance(number, int)
    return number


def entities(emulator: Emulator, kind: str, ids: list[str]) -> Json:
    answer = emulator.client.request(
        "GET",
        "/v2/crm/entities",
        params={"integrationId": str(integration(emulator)), "objectType": kind},
        json=ids,
    )
    assert answer.status_code == 200, answer.text
    objects: Json = answer.json()["crmObjectsMap"]
    return objects


def upload(
    emulator: Emulator, rows: list[Any], *, kind: str = "ACCOUNT", name: str = "one"
) -> httpx.Response:
    lines = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    query = {
        "integrationId": str(integration(emulator)),
        "objectType": kind,
        "clientRequestId": name,
    }
    files = {"dataFile": ("data.ldjson", lines.encode(), "application/x-ndjson")}
    return emulator.client.post("/v2/crm/entities", params=query, files=files)


def status(emulator: Emulator, number: int, name: str = "one") -> Json:
    answer = emulator.get("crm/request-status", integrationId=str(number), clientRequestId=name)
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return {key: value for key, value in body.items() if key != "requestId"}


def test_the_integration_is_told_with_a_number_no_double_can_hold(world: Emulator) -> None:
    number = integration(world)
    assert int(float(number)) != number
    assert number < 2**63
    assert world.truth("crm_integrations")[0]["integrationId"] == number


def test_without_an_integration_the_list_is_empty_and_one_can_be_registered(start: Start) -> None:
    emulator = start(*SMALL, "--without-generic-crm")
    assert emulator.get("crm/integrations").json()["integrations"] == []
    owner = emulator.truth("users")[0]["emailAddress"]
    body = {"ownerEmail": owner, "name": "Ours"}
    made = emulator.client.put("/v2/crm/integrations", json=body).json()["integrationId"]
    assert emulator.truth("crm_integrations") == [{"integrationId": made, **body}]
    again = emulator.client.put("/v2/crm/integrations", json=body)
    status, (text,) = emulator.errors(again)
    assert status == 409
    assert text.startswith("Your organization already has an active GENERIC CRM integration.")
    assert emulator.truth("crm_objects") == []


def test_a_registration_needs_a_name_and_a_known_owner(start: Start) -> None:
    emulator = start(*SMALL, "--without-generic-crm")
    put = emulator.client.put
    missing = ["ownerEmail: must not be null", "name: must not be null"]
    assert emulator.errors(put("/v2/crm/integrations", json={})) == (400, missing)
    unknown = put("/v2/crm/integrations", json={"ownerEmail": "no@body.example", "name": "x"})
    assert unknown.status_code == 400
    number = put("/v2/crm/integrations", json={"ownerEmail": 1.5, "name": "x"})
    assert emulator.errors(number) == (400, ["Json parse error"])


def test_the_schema_lists_one_type_or_all(world: Emulator) -> None:
    number = str(integration(world))
    every = world.get("crm/entity-schema", integrationId=number).json()
    deals = world.get("crm/entity-schema", integrationId=number, objectType="DEAL").json()
    fields = every["objectTypeToSelectedFields"]
    assert set(fields) == {"ACCOUNT", "CONTACT", "DEAL", "LEAD"}
    assert deals["objectTypeToSelectedFields"] == {"DEAL": fields["DEAL"]}
    served = [
        {"integrationId": int(number), "objectType": kind, **field}
        for kind, some in fields.items()
        for field in some
    ]
    assert served == world.truth("crm_schema_fields")
    assert len({field["type"] for field in served}) == 14


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, "integrationId parameter is missing"),
        ({"integrationId": "abc"}, "Bad request"),
        ({"integrationId": "12"}, "integrationId: there is no integration 12"),
    ],
)
def test_another_integration_is_refused(world: Emulator, query: Json, text: str) -> None:
    assert world.errors(world.get("crm/entity-schema", **query)) == (400, [text])


def test_an_object_type_is_case_sensitive(world: Emulator) -> None:
    number = str(integration(world))
    wrong = world.get("crm/entity-schema", integrationId=number, objectType="Deal")
    assert world.errors(wrong) == (400, ["Json parse error"])


def links(emulator: Emulator) -> list[tuple[str, str, Json]]:
    """Every reference of calls and parties to a CRM object with the values shown for now."""
    references = []
    for call in emulator.truth("calls"):
        contexts = [
            call.get("context"),
            *(party.get("context") for party in call.get("parties") or []),
        ]
        for context in contexts:
            for link in [link for system in context or [] for link in system["objects"]]:
                if link["objectType"] in TYPES and link.get("timing") != "TimeOfCall":
                    values = {field["name"]: field["value"] for field in link.get("fields") or []}
                    references.append((TYPES[link["objectType"]], link["objectId"], values))
    return references


def test_what_calls_refer_to_is_in_the_crm_with_equal_values(world: Emulator) -> None:
    known = {(row["objectType"], row["crmId"]): row["fields"] for row in world.truth("crm_objects")}
    referred = links(world)
    assert {kind for kind, _, _ in referred} == set(TYPES.values())
    missing = {(kind, crm_id) for kind, crm_id, _ in referred} - set(known)
    assert missing
    assert len(missing) < len(known) / 10
    for kind, crm_id, values in referred:
        for name, value in values.items() if (kind, crm_id) in known else ():
            held = known[kind, crm_id][name]
            assert held == (value == "true" if isinstance(held, bool) else value)


def test_objects_come_by_id_with_null_for_a_missing_one(world: Emulator) -> None:
    row = next(row for row in world.truth("crm_objects") if row["objectType"] == "ACCOUNT")
    objects = entities(world, "ACCOUNT", [row["crmId"], "nobody"])
    assert objects == {row["crmId"]: row["fields"], "nobody": None}


def test_only_the_first_hundred_ids_count(world: Emulator) -> None:
    ids = [f"id{number}" for number in range(130)]
    assert list(entities(world, "LEAD", ids)) == ids[:100]


def test_ids_may_be_in_the_query_but_the_content_type_must_be_json(world: Emulator) -> None:
    row = world.truth("crm_objects")[0]
    query: Any = {
        "integrationId": str(row["integrationId"]),
        "objectType": row["objectType"],
        "objectsCrmIds": [row["crmId"], "nobody"],
    }
    kind = {"Content-Type": "application/json"}
    body = world.client.get("/v2/crm/entities", params=query, headers=kind).json()
    assert body["crmObjectsMap"] == {row["crmId"]: row["fields"], "nobody": None}
    refused = world.client.get("/v2/crm/entities", params=query)
    assert world.errors(refused) == (415, ["Unsupported Media Type"])


def test_values_are_awkward_on_purpose(world: Emulator) -> None:
    accounts = [
        row["fields"] for row in world.truth("crm_objects") if row["objectType"] == "ACCOUNT"
    ]
    numbers = {account["Legacy_Number__c"] for account in accounts if "Legacy_Number__c" in account}
    assert any(isinstance(number, int) and number > 2**53 for number in numbers)
    assert 0.12345678901234566 in numbers
    assert any("Legacy_Number__c" not in account for account in accounts)
    assert all(account["Next_Renewal_Date__c"] is None for account in accounts)
    assert any(isinstance(account.get("Regions__c"), list) for account in accounts)


def test_an_upload_is_pending_then_working_then_done(start: Start) -> None:
    emulator = start(*SMALL)
    number = integration(emulator)
    row = {"objectId": "new-1", "modifiedDate": "2026-01-03T23:45:57+01:00", "Industry": "Banking"}
    accepted = upload(emulator, [row, {**row, "objectId": "new-2", "Unknown": 1}])
    assert accepted.status_code == 201
    assert accepted.json()["clientRequestId"] == "one"
    assert status(emulator, number)["status"] == "PENDING"
    emulator.advance(30)
    assert status(emulator, number)["status"] == "IN_PROGRESS"
    assert entities(emulator, "ACCOUNT", ["new-1"]) == {"new-1": None}
    emulator.advance(60)
    done = {"status": "DONE", "errors": [], "totalErrorCount": 0, "totalSuccessCount": 2}
    assert status(emulator, number) == done
    objects = entities(emulator, "ACCOUNT", ["new-1", "new-2"])
    assert objects["new-1"] == {"name": "Account_#new-1", **row}
    assert "Unknown" not in objects["new-2"]


def test_faulty_lines_fail_an_upload_and_the_others_count(start: Start) -> None:
    emulator = start(*SMALL)
    number, stamp = integration(emulator), "2026-01-03T23:45:57Z"
    rows = [
        {"modifiedDate": stamp},
        {"objectId": "a b", "modifiedDate": stamp},
        {"objectId": "a", "modifiedDate": "2026-01-03T23:45:57.123Z"},
        {"objectId": "a", "modifiedDate": stamp, "Is_Partner__c": "true"},
        {"objectId": "a", "modifiedDate": stamp, "Industry": "Nonsense"},
        "{",
        "[]",
        {"objectId": "good@one.example", "modifiedDate": stamp},
    ]
    upload(emulator, rows)
    emulator.advance(90)
    body = status(emulator, number)
    assert body["status"] == "FAILED"
    assert [error["line"] for error in body["errors"]] == [1, 2, 3, 4, 5, 6, 7]
    assert body["errors"][0]["description"] == "Mandatory field [objectId] is missing or empty"
    assert (body["totalErrorCount"], body["totalSuccessCount"]) == (7, 1)
    assert entities(emulator, "ACCOUNT", ["good@one.example"])["good@one.example"] is not None


def test_at_most_twenty_faults_are_told_and_an_empty_file_is_line_zero(start: Start) -> None:
    emulator = start(*SMALL)
    number = integration(emulator)
    upload(emulator, ["{"] * 25)
    upload(emulator, [], name="empty")
    emulator.advance(90)
    body = status(emulator, number)
    assert (len(body["errors"]), body["totalErrorCount"]) == (20, 25)
    assert [error["line"] for error in status(emulator, number, "empty")["errors"]] == [0]


def test_an_upload_can_delete(start: Start) -> None:
    emulator = start(*SMALL)
    gone = next(row for row in emulator.truth("crm_objects") if row["objectType"] == "DEAL")
    row = {"objectId": gone["crmId"], "modifiedDate": "2026-01-03T23:45:57Z", "isDeleted": True}
    upload(emulator, [row], kind="DEAL")
    emulator.advance(90)
    assert entities(emulator, "DEAL", [gone["crmId"]]) == {gone["crmId"]: None}


def test_a_request_id_is_good_once_and_an_unknown_one_is_400(start: Start) -> None:
    emulator = start(*SMALL)
    row = {"objectId": "a", "modifiedDate": "2026-01-03T23:45:57Z"}
    assert upload(emulator, [row]).status_code == 201
    again = upload(emulator, [row])
    assert emulator.errors(again) == (409, ["Client request id has already been used"])
    assert upload(emulator, [row], name="not valid").status_code == 400
    query = {"integrationId": str(integration(emulator)), "clientRequestId": "unknown"}
    assert emulator.get("crm/request-status", **query).status_code == 400


def test_an_upload_needs_its_part(world: Emulator) -> None:
    files = {"other": ("x", b"{}", "application/json")}
    answer = world.client.post("/v2/crm/entities", files=files)
    assert world.errors(answer) == (400, ["dataFile part is missing"])
    assert world.post("crm/entities", {}).status_code == 415


def test_a_deletion_is_accepted_and_takes_effect_later(start: Start) -> None:
    emulator = start(*SMALL)
    number = integration(emulator)
    query = {"integrationId": str(number), "clientRequestId": "bye"}
    accepted = emulator.client.delete("/v2/crm/integrations", params=query)
    assert accepted.status_code == 201
    assert integration(emulator) == number
    emulator.advance(90)
    assert emulator.get("crm/integrations").json()["integrations"] == []
    assert status(emulator, number, "bye")["status"] == "DONE"
    for kind in ("crm_integrations", "crm_objects", "crm_schema_fields"):
        assert emulator.truth(kind) == []


def test_a_schema_is_sent_whole_and_a_deleted_field_loses_its_values(start: Start) -> None:
    emulator = start(*SMALL)
    query = {"integrationId": str(integration(emulator)), "objectType": "ACCOUNT"}
    old = emulator.get("crm/entity-schema", **query).json()["objectTypeToSelectedFields"]["ACCOUNT"]
    path = "/v2/crm/entity-schema"
    left_out = emulator.client.post(path, params=query, json=old[1:])
    assert left_out.status_code == 400
    changed = [{**old[0], "isDeleted": True}, *old[1:]]
    changed.append({"uniqueName": "Neu", "label": "Neu", "type": "STRING"})
    assert emulator.client.post(path, params=query, json=changed).status_code == 200
    names = [
        field["uniqueName"]
        for field in emulator.truth("crm_schema_fields")
        if field["objectType"] == "ACCOUNT"
    ]
    assert names == [*(field["uniqueName"] for field in old[1:]), "Neu"]
    accounts = [row for row in emulator.truth("crm_objects") if row["objectType"] == "ACCOUNT"]
    assert all(old[0]["uniqueName"] not in account["fields"] for account in accounts)


def test_a_picklist_needs_values_and_a_reference_its_type(world: Emulator) -> None:
    query = {"integrationId": str(integration(world)), "objectType": "LEAD"}
    rows = [
        {"uniqueName": "a", "label": "a", "type": "PICKLIST"},
        {"uniqueName": "b", "label": "b", "type": "REFERENCE"},
        {"label": "c", "type": "STRING"},
    ]
    answer = world.client.post("/v2/crm/entity-schema", params=query, json=rows)
    code, texts = world.errors(answer)
    assert code == 400
    assert "[0].orderedValueList: must not be empty for a PICKLIST" in texts
    assert "[1].referenceTo: must not be null for a REFERENCE" in texts
    assert "[2].uniqueName: must not be null" in texts
    rows[0]["type"] = "TEXT"
    refused = world.client.post("/v2/crm/entity-schema", params=query, json=rows)
    assert world.errors(refused) == (400, ["Json parse error"])


def test_objects_and_fields_change_on_the_control_surface(start: Start) -> None:
    emulator = start(*SMALL)
    emulator.change("put_crm_object", objectType="LEAD", crmId="x1", fields={"Title": "Chef"})
    assert entities(emulator, "LEAD", ["x1"]) == {"x1": {"objectId": "x1", "Title": "Chef"}}
    emulator.change("remove_crm_object", objectType="LEAD", crmId="x1")
    assert entities(emulator, "LEAD", ["x1"]) == {"x1": None}
    field = {"uniqueName": "Extra", "type": "DATE"}
    emulator.change("put_crm_field", objectType="LEAD", field=field)
    emulator.change("remove_crm_field", objectType="LEAD", uniqueName="Title")
    names = {
        row["uniqueName"]
        for row in emulator.truth("crm_schema_fields")
        if row["objectType"] == "LEAD"
    }
    assert "Extra" in names
    assert "Title" not in names
    emulator.change("disconnect_crm")
    assert emulator.truth("crm_objects") == []
    emulator.change("connect_crm", with_data=True)
    assert emulator.truth("crm_objects")
    emulator.change("add_unknown_field", kind="crm_integrations", name="new", value=1)
    assert emulator.get("crm/integrations").json()["integrations"][0]["new"] == 1
