"""Expected rows of the generic CRM integration."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.harness.truth.calls import _crm_objects
from tests.harness.truth.world import Row, World, instant


def crm_integrations(world: World) -> Iterator[Row]:
    for integration in world["crm_integrations"]:
        yield {
            # Gong sends a JSON number; ids are always text in the warehouse.
            "integration_id": str(integration["integrationId"]),
            "owner_email": integration["ownerEmail"],
            "name": integration["name"],
            "extra": None,
        }


def crm_schema_fields(world: World) -> Iterator[Row]:
    for entry in world["crm_schema_fields"]:
        yield {
            "integration_id": str(entry["integrationId"]),
            "object_type": entry["objectType"],
            "unique_name": entry["uniqueName"],
            "label": entry["label"],
            "type": entry["type"],
            "last_modified_at": entry["lastModified"],
            "is_deleted": entry["isDeleted"],
            "reference_to": entry["referenceTo"],
            "ordered_value_list": entry["orderedValueList"],
            "extra": None,
        }


# References to a CRM user are missing here, because Gong does not serve such objects.
_OBJECT_TYPES = {
    "Account": "ACCOUNT",
    "Opportunity": "DEAL",
    "Contact": "CONTACT",
    "Lead": "LEAD",
}


def _referred(world: World) -> set[tuple[str, str]]:
    """Returns type and id of the CRM objects that calls and their parties refer to."""
    references = {
        (linked["objectType"], linked["objectId"])
        for call in world["calls"]
        for _, _, _, linked in _crm_objects(call)
    }
    return {(_OBJECT_TYPES[type_], id_) for type_, id_ in references if type_ in _OBJECT_TYPES}


def _known_objects(world: World) -> Iterator[Row]:
    """Yields the CRM objects that calls refer to and that the CRM still has."""
    referred = _referred(world)
    for record in world["crm_objects"]:
        if (record["objectType"], record["crmId"]) in referred:
            yield record


def crm_objects(world: World) -> Iterator[Row]:
    for record in _known_objects(world):
        yield {
            "integration_id": str(record["integrationId"]),
            "object_type": record["objectType"],
            "crm_id": record["crmId"],
            "extra": None,
        }


def crm_object_fields(world: World) -> Iterator[Row]:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "json"}
    for record in _known_objects(world):
        for name, value in record["fields"].items():
            is_text = value is None or isinstance(value, str)
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            yield {
                "integration_id": str(record["integrationId"]),
                "object_type": record["objectType"],
                "crm_id": record["crmId"],
                "name": name,
                "value": value if is_text else text,
                "value_type": "null" if value is None else kinds[type(value)],
                "extra": None,
            }


def crm_call_associations(world: World) -> Iterator[Row]:
    """Yields a row for each linked deal or account; an unlinking has a row too."""
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
