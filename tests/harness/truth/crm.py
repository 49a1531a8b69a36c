"""What should have landed of the generic CRM integration."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.harness.truth.calls import _crm_objects
from tests.harness.truth.world import Row, World, instant


def crm_integrations(world: World) -> Iterator[Row]:
    for integration in world["crm_integrations"]:
        yield {
            # a JSON number at Gong; ids are text here, always
            "integration_id": str(integration["integrationId"]),
            "owner_email": integration["ownerEmail"],
            "name": integration["name"],
            "extra": None,
        }


def crm_schema_fields(world: World) -> Iterator[Row]:
    for one in world["crm_schema_fields"]:
        yield {
            "integration_id": str(one["integrationId"]),
            "object_type": one["objectType"],
            "unique_name": one["uniqueName"],
            "label": one["label"],
            "type": one["type"],
            "last_modified_at": one["lastModified"],
            "is_deleted": one["isDeleted"],
            "reference_to": one["referenceTo"],
            "ordered_value_list": one["orderedValueList"],
            "extra": None,
        }


# a reference to the CRM's own user is no object that can be asked for
_OBJECT_TYPES = {
    "Account": "ACCOUNT",
    "Opportunity": "DEAL",
    "Contact": "CONTACT",
    "Lead": "LEAD",
}


def _referred(world: World) -> set[tuple[str, str]]:
    """Type and id of the CRM objects that calls and their parties refer to."""
    found = {
        (linked["objectType"], linked["objectId"])
        for call in world["calls"]
        for _, _, _, linked in _crm_objects(call)
    }
    return {(_OBJECT_TYPES[type_], one) for type_, one in found if type_ in _OBJECT_TYPES}


def _known_objects(world: World) -> Iterator[Row]:
    """What calls refer to may be gone from the CRM, and much of the CRM is in no call."""
    referred = _referred(world)
    for one in world["crm_objects"]:
        if (one["objectType"], one["crmId"]) in referred:
            yield one


def crm_objects(world: World) -> Iterator[Row]:
    for one in _known_objects(world):
        yield {
            "integration_id": str(one["integrationId"]),
            "object_type": one["objectType"],
            "crm_id": one["crmId"],
            "extra": None,
        }


def crm_object_fields(world: World) -> Iterator[Row]:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "json"}
    for one in _known_objects(world):
        for name, value in one["fields"].items():
            is_text = value is None or isinstance(value, str)
            told = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            yield {
                "integration_id": str(one["integrationId"]),
                "object_type": one["objectType"],
                "crm_id": one["crmId"],
                "name": name,
                "value": value if is_text else told,
                "value_type": "null" if value is None else kinds[type(value)],
                "extra": None,
            }


def crm_call_associations(world: World) -> Iterator[Row]:
    """A row for each deal or account that was linked; what was unlinked again has one too."""
    for event in world["manual_crm_associations"]:
        moment = instant(event["created"])
        assert moment is not None
        if not world.start <= moment < world.now:
            continue
        for index, linked in enumerate(event["associatedCrmObjects"] or [{}]):
            yield {
                "call_id": event["callId"],
                "created_at": moment,
                "association_index": index,
                "user_id": event["userId"],
                "account_crm_id": linked.get("accountCrmId"),
                "deal_crm_id": linked.get("dealCrmId"),
                "extra": None,
            }
