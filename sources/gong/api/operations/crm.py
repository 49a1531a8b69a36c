"""The generic CRM integration: schema, objects, uploads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.api.operations.model import BOOLEAN, INSTANT, INTEGER, LIST, ParameterLimits
from sources.gong.api.operations.rows import (
    INT64,
    SET,
    body,
    file,
    objects,
    query,
    read,
    whole_body,
    write,
)

_CRM_INTEGRATION = query("integrationId", INTEGER, is_required=True, limits=INT64)
_CRM_CLIENT_REQUEST = query(
    "clientRequestId",
    is_required=True,
    limits=ParameterLimits(
        pattern=r"[A-Za-z0-9_-]+", form="have letters, digits, dashes and underscores only"
    ),
)
_CRM_OBJECT_TYPES = ("ACCOUNT", "CONTACT", "DEAL", "LEAD")
_CRM_OBJECT_TYPE = query("objectType", is_required=True, choices=_CRM_OBJECT_TYPES)


def _needed_by_type(values: Mapping[str, Any]) -> Iterator[str]:
    """What a field of a type needs; a field that is deleted needs nothing more."""
    needed = {"REFERENCE": "referenceTo", "PICKLIST": "orderedValueList"}.get(
        str(values.get("type"))
    )
    if needed and not values.get(needed) and not values.get("isDeleted"):
        yield f"{needed} is missing: a field of type {values['type']} needs it"


_FIELDS = objects(
    body("uniqueName", is_required=True),
    body("label", is_required=True),
    body(
        "type",
        is_required=True,
        choices=(
            "DATE", "DATETIME", "NUMBER", "PERCENT", "CURRENCY", "ID", "URL", "STRING", "BOOLEAN",
            "PHONENUMBER", "EMAILADDRESS", "PICKLIST", "REFERENCE", "STRINGARRAY",
        ),
    ),
    body(
        "lastModified",
        INSTANT,
        limits=ParameterLimits(pattern=r"[^.]+", form="be a time without fractions of a second"),
    ),
    body("isDeleted", BOOLEAN),
    body("referenceTo", choices=(*_CRM_OBJECT_TYPES, "USER")),
    body("orderedValueList", LIST),
    rules=(_needed_by_type,),
)  # fmt: skip

OPERATIONS = (
    read(
        "GONG_GET_CRM_INTEGRATION_DETAILS",
        "listGenericCrmIntegration", "GET /v2/crm/integrations", ("api:crm:integrations:read",),
        "The generic CRM integration, if there is one (native CRMs are not listed)",
        (), "integrations",
    ),
    write(
        "GONG_REGISTER_CRM_INTEGRATION",
        "registerGenericCrmIntegration", "PUT /v2/crm/integrations",
        ("api:crm:integration:register",),
        "Register the company's one generic CRM integration",
        (body("ownerEmail", is_required=True), body("name", is_required=True)),
    ),
    write(
        "GONG_DELETE_A_GENERIC_CRM_INTEGRATION_V2_CRM_INTEGRATIONS",
        "deleteGenericCrmIntegration", "DELETE /v2/crm/integrations",
        ("api:crm:integration:delete",),
        "Delete the generic CRM integration with all its objects; takes up to a day",
        (_CRM_INTEGRATION, _CRM_CLIENT_REQUEST),
    ),
    # objectType is declared required; the text beside it allows leaving it out for all types.
    read(
        "GONG_LIST_SCHEMA_FIELDS_V2_CRM_ENTITY_SCHEMA",
        "listCrmSchemaFields", "GET /v2/crm/entity-schema", ("api:crm:schema",),
        "The CRM fields that were announced to Gong",
        (_CRM_INTEGRATION, _CRM_OBJECT_TYPE),
    ),
    # The OpenAPI document lists objectsCrmIds among the query parameters; its own text and
    # example send the ids as the body of the GET, a JSON array under no key. A live request
    # without a JSON content type got a 415.
    read(
        "GONG_GET_CRM_OBJECTS_V2_CRM_ENTITIES",
        "getCrmObjects", "GET /v2/crm/entities", ("api:crm:get-objects",),
        "CRM objects by id, as Gong holds them; at most 100 are looked at",
        (_CRM_INTEGRATION, _CRM_OBJECT_TYPE, whole_body("objectsCrmIds", limits=SET)),
    ),
    # The three query parameters are in the document's text and in the live request, but are
    # not declared there as parameters.
    write(
        "GONG_UPLOAD_CRM_OBJECTS_V2_CRM_ENTITIES",
        "uploadCrmData", "POST /v2/crm/entities", ("api:crm:upload",),
        "Upload CRM objects of one type as a file with one JSON object per line",
        (
            _CRM_INTEGRATION,
            query(
                "objectType",
                is_required=True,
                choices=(*_CRM_OBJECT_TYPES, "BUSINESS_USER", "STAGE"),
            ),
            _CRM_CLIENT_REQUEST,
            file("dataFile"),
        ),
    ),
    read(
        "GONG_GET_REQUEST_STATUS_V2_CRM_REQUEST_STATUS",
        "getRequestStatus", "GET /v2/crm/request-status", ("api:crm:upload",),
        "How far a CRM upload or deletion has come, with its first errors",
        (_CRM_INTEGRATION, query("clientRequestId", is_required=True)),
    ),
    write(
        "UPLOAD_CRM_SCHEMA",
        "uploadCrmSchemaField", "POST /v2/crm/entity-schema", ("api:crm:schema",),
        "Announce fields of CRM objects to Gong, change them or take them away",
        (_CRM_INTEGRATION, _CRM_OBJECT_TYPE, whole_body("fields", limits=_FIELDS)),
    ),
)  # fmt: skip
