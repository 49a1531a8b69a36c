"""Pure: child streams of CRM integrations: schema fields, and the objects that calls refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.extract.answers import mapped, objects, parts_of
from sources.gong.extract.child_streams.model import (
    ChildRequest,
    ChildStream,
    Parent,
    ParentsByName,
    batches,
    distinct,
    is_number,
    number_or_text,
)
from sources.gong.schema.coercion import kind
from sources.gong.schema.columns import Entity, marked
from sources.gong.schema.table import CRM_REFERENCES
from sources.gong.schema.tables.crm import OBJECT_TYPES

CRM_TYPES = {
    "Account": "ACCOUNT",
    "Opportunity": "DEAL",
    "Deal": "DEAL",
    "Contact": "CONTACT",
    "Lead": "LEAD",
}
"""CRM object types as calls name them → as the CRM operations do."""


def crm_references(call: Entity) -> Iterator[Parent]:
    """Yields the CRM objects that a call and its parties refer to."""
    parties = call.get("parties") or ()
    for context in (call.get("context"), *(party.get("context") for party in parties)):
        for system in context or ():
            for crm_object in system.get("objects") or ():
                yield {
                    "object_type": crm_object.get("objectType"),
                    "object_id": crm_object.get("objectId"),
                }


def _schema_requests(parents: ParentsByName, _stream: str) -> list[ChildRequest]:
    return [
        ChildRequest(
            {"integrationId": number_or_text(integration), "objectType": object_type},
            f"{integration}/{object_type}",
            {"_integrationId": integration, "_objectType": object_type},
            {"integration_id": frozenset((integration,)), "object_type": frozenset((object_type,))},
        )
        for integration in distinct(parents["crm_integrations"], "integration_id")
        for object_type in OBJECT_TYPES
    ]


def _schema_fields(
    answer: Mapping[str, Any], request: ChildRequest, stream: str
) -> Iterator[Entity]:
    def rows(fields: Entity) -> Iterator[Entity]:
        for row in objects(fields["fields"], "fields", stream):
            named = row
            if "uniqueName" not in row and "name" in row:
                # the OpenAPI document names the key in one way and shows it in another
                named = {k: v for k, v in row.items() if k != "name"} | {"uniqueName": row["name"]}
            yield {**named, **request.entity_fields, "_objectType": fields["_objectType"]}

    by_type = mapped(answer, "objectTypeToSelectedFields", stream)
    groups = (
        {**request.entity_fields, "_objectType": object_type, "fields": fields}
        for object_type, fields in by_type.items()
    )
    return parts_of(groups, rows, stream)


def _object_requests(parents: ParentsByName, stream: str) -> list[ChildRequest]:
    ids_by_type: dict[str, dict[str, None]] = {}
    for reference in parents[CRM_REFERENCES]:
        object_type = CRM_TYPES.get(str(reference["object_type"]))
        if object_type and reference.get("object_id"):
            ids_by_type.setdefault(object_type, {})[str(reference["object_id"])] = None
    return [
        ChildRequest(
            {"integrationId": int(integration), "objectType": object_type, "objectsCrmIds": ids},
            entity_fields={"_integrationId": integration, "_objectType": object_type},
            scope={
                "integration_id": frozenset((integration,)),
                "object_type": frozenset((object_type,)),
                "crm_id": frozenset(ids),
            },
            ids_input="objectsCrmIds",
        )
        for integration in distinct(parents["crm_integrations"], "integration_id")
        if is_number(integration)  # the schema of another is refused, and says so
        for object_type, all_ids in sorted(ids_by_type.items())
        for ids in batches(list(all_ids), stream)
    ]


def _objects(answer: Mapping[str, Any], request: ChildRequest, stream: str) -> Iterator[Entity]:
    for crm_id, fields in mapped(answer, "crmObjectsMap", stream).items():
        if fields is None:
            continue  # Gong's way of saying that there is no such object
        if not isinstance(fields, dict):
            yield marked(
                {**request.entity_fields, "_crmId": crm_id, "fields": fields},
                f"{stream}: an object is {kind(fields)} where an object is expected",
                table=stream,
                field="crmObjectsMap.*",
                expected="an object",
                actual=kind(fields),
            )
            continue
        yield {
            **request.entity_fields,
            "_crmId": crm_id,
            "fields": [{"name": name, "value": value} for name, value in fields.items()],
        }


CRM = {
    "crm_schema_fields": ChildStream(_schema_requests, _schema_fields),
    "crm_objects": ChildStream(_object_requests, _objects),
}
