"""Operations on the schema of the generic CRM."""

from tests.emulator.application import Application
from tests.emulator.domains.crm.fields import FIELD_TYPES, OBJECT_TYPES, REFERENCES, is_stamp
from tests.emulator.errors import bad_request
from tests.emulator.inputs.forms import Form, choice, filled, flag, listed, text
from tests.emulator.operations.crm.lookups import generic_crm, the_integration
from tests.emulator.operations.routing import Body, Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json

_SCHEMA = listed(
    Form(
        {
            "uniqueName*": filled,
            "label*": filled,
            "type*": choice(*FIELD_TYPES),
            "lastModified": text,
            "isDeleted": flag,
            "referenceTo": choice(*REFERENCES),
            "orderedValueList": listed(text),
        }
    )
)


def read_schema(app: Application, request: Request) -> Json:
    """GET /v2/crm/entity-schema: of one object type, or of all when none is named."""
    crm, fields = generic_crm(app), request.query_fields
    the_integration(crm, fields)
    kind = fields.choice("objectType", OBJECT_TYPES)
    kinds = OBJECT_TYPES if kind is None else (kind,)
    return {
        "objectTypeToSelectedFields": {
            name: [serve_field(app, field) for field in crm.schema[name].values()] for name in kinds
        }
    }


def serve_field(app: Application, field: Json) -> Json:
    """A schema field as served."""
    return app.world.edits.with_unknown("crm_schema_fields", field)


def write_schema(app: Application, request: Request) -> Json:
    """POST /v2/crm/entity-schema: every field the type has must be sent again."""
    crm, fields = generic_crm(app), request.query_fields
    fields.require("integrationId", "objectType")
    the_integration(crm, fields)
    kind = str(fields.choice("objectType", OBJECT_TYPES))
    faults = _SCHEMA(request.rows, "")
    faults += [fault for n, row in enumerate(request.rows) for fault in _field_faults(row, n)]
    names = {row.get("uniqueName") for row in request.rows}
    left_out = [name for name in crm.schema[kind] if name not in names]
    if left_out:
        faults.append(f"All fields of the schema must be sent; missing: {', '.join(left_out)}")
    if faults:
        raise bad_request(*faults)
    keys = ("uniqueName", "label", "type", "lastModified", "referenceTo", "orderedValueList")
    rows = [{key: row.get(key) for key in keys} for row in request.rows]
    for row, sent in zip(rows, request.rows, strict=True):
        row["isDeleted"] = bool(sent.get("isDeleted"))
    crm.set_schema(kind, rows)
    return {}


def _field_faults(row: Json, number: int) -> list[str]:
    """The faults of a field for its type."""
    faults = []
    if row.get("lastModified") is not None and not is_stamp(row["lastModified"]):
        faults.append(f"[{number}].lastModified: must be ISO-8601 without milliseconds")
    if row.get("isDeleted"):
        return faults
    if row.get("type") == "PICKLIST" and not row.get("orderedValueList"):
        faults.append(f"[{number}].orderedValueList: must not be empty for a PICKLIST")
    if row.get("type") == "REFERENCE" and row.get("referenceTo") is None:
        faults.append(f"[{number}].referenceTo: must not be null for a REFERENCE")
    return faults


ROUTES = (
    Route("GET", "/v2/crm/entity-schema", "api:crm:schema", read_schema),
    Route("POST", "/v2/crm/entity-schema", "api:crm:schema", write_schema, Body.LIST),
)
