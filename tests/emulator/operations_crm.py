"""Operations on the generic CRM integration: its registration, schema, objects and uploads."""

import re

from tests.emulator.crm_fields import FIELD_TYPES, OBJECT_TYPES, REFERENCES, UPLOAD_TYPES, is_stamp
from tests.emulator.crm_generic import GenericCrm, Job
from tests.emulator.errors import ApiError, bad_request, parse_error
from tests.emulator.received import parse_list
from tests.emulator.requests import Answer, Application, Request
from tests.emulator.routing import Body, Route
from tests.emulator.settings import Json
from tests.emulator.shapes import Form, choice, filled, flag, listed, text
from tests.emulator.validation import Fields

MOST_OBJECTS = 100
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_REGISTRATION = Form({"ownerEmail*": filled, "name*": filled})
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


def generic_crm(app: Application) -> GenericCrm:
    """The CRM with every request in effect whose time has come."""
    crm = app.world.state(GenericCrm)
    crm.settle()
    return crm


def _number(fields: Fields) -> int:
    """The integration id of a query."""
    fields.require("integrationId")
    value = str(fields.text("integrationId"))
    if not value.isascii() or not value.isdigit():
        raise parse_error()
    return int(value)


def _integration(crm: GenericCrm, fields: Fields) -> int:
    """The id of the integration that a query names; 400 for any other (a choice)."""
    number = _number(fields)
    if crm.integration is None or crm.integration["integrationId"] != number:
        raise bad_request(f"integrationId: there is no integration {number}")
    return number


def list_integrations(app: Application, request: Request) -> Json:
    """GET /v2/crm/integrations: the one generic integration, or none."""
    crm = generic_crm(app)
    return {"integrations": [serve_integration(app, one) for one in (crm.integration,) if one]}


def serve_integration(app: Application, integration: Json) -> Json:
    """An integration as served; its id is a JSON number (seen live)."""
    return app.world.edits.with_unknown("crm_integrations", integration)


def register(app: Application, request: Request) -> Json:
    """PUT /v2/crm/integrations: 409 while there is one."""
    _REGISTRATION.require(request.body)
    owner, name = str(request.body["ownerEmail"]), str(request.body["name"])
    if app.world.directory.with_email(owner) is None:
        raise bad_request(f"ownerEmail: no Gong user has the address {owner}")
    crm = generic_crm(app)
    if crm.integration is not None:
        raise ApiError(
            409, "There is an active GENERIC CRM integration already; disconnect it first"
        )
    return {"integrationId": crm.register(owner, name)}


def _accept(app: Application, fields: Fields, job: Job) -> Answer:
    """Queue a request under the caller's own id, which is good for one request only."""
    fields.require("clientRequestId")
    request_id = str(fields.text("clientRequestId"))
    if not _REQUEST_ID.fullmatch(request_id):
        raise bad_request("clientRequestId: may have letters, digits, dashes and underscores only")
    jobs = app.world.state(GenericCrm).jobs
    if request_id in jobs:
        raise ApiError(409, "Client request id has already been used")
    jobs[request_id] = job
    return Answer({"clientRequestId": request_id}, 201)


def delete_integration(app: Application, request: Request) -> Answer:
    """DELETE /v2/crm/integrations: accepted now, done later."""
    fields = request.query_fields
    fields.require("integrationId", "clientRequestId")
    number = _integration(generic_crm(app), fields)
    return _accept(app, fields, Job(number, app.world.now))


def read_schema(app: Application, request: Request) -> Json:
    """GET /v2/crm/entity-schema: of one object type, or of all when none is named."""
    crm, fields = generic_crm(app), request.query_fields
    _integration(crm, fields)
    kind = fields.choice("objectType", OBJECT_TYPES)
    kinds = OBJECT_TYPES if kind is None else (kind,)
    return {
        "objectTypeToSelectedFields": {
            one: [serve_field(app, field) for field in crm.schema[one].values()] for one in kinds
        }
    }


def serve_field(app: Application, field: Json) -> Json:
    """A schema field as served."""
    return app.world.edits.with_unknown("crm_schema_fields", field)


def write_schema(app: Application, request: Request) -> Json:
    """POST /v2/crm/entity-schema: every field the type has must be sent again."""
    crm, fields = generic_crm(app), request.query_fields
    fields.require("integrationId", "objectType")
    _integration(crm, fields)
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
    """What a field lacks that its type needs."""
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


def read_objects(app: Application, request: Request) -> Json:
    """GET /v2/crm/entities: ids in a JSON body, or in the query; the first hundred count."""
    headers = request.headers
    if headers.get_content_type() != "application/json" or "Content-Type" not in headers:
        raise ApiError(415, "Unsupported Media Type")
    crm, fields = generic_crm(app), request.query_fields
    fields.require("integrationId", "objectType")
    _integration(crm, fields)
    kind = str(fields.choice("objectType", OBJECT_TYPES))
    in_query = fields.text("objectsCrmIds")
    if request.raw or in_query is None:
        sent = Fields({"ids": parse_list(request.raw)}).ids("ids") or []
    else:
        sent = in_query.split(",")
    wanted = list(dict.fromkeys(sent))[:MOST_OBJECTS]
    found = {one: crm.objects.get((kind, one)) for one in wanted}
    extended = {one: values and serve_object(app, values) for one, values in found.items()}
    return {"crmObjectsMap": extended}


def serve_object(app: Application, values: Json) -> Json:
    """The fields of an object as served."""
    return app.world.edits.with_unknown("crm_objects", values)


def upload(app: Application, request: Request) -> Answer:
    """POST /v2/crm/entities: a file of one JSON object per line, read later."""
    files = [part for part in request.parts if part.name == "dataFile"]
    if not files:
        raise bad_request("dataFile part is missing")
    crm, fields = generic_crm(app), request.query_fields
    fields.require("integrationId", "objectType", "clientRequestId")
    number = _integration(crm, fields)
    kind = str(fields.choice("objectType", UPLOAD_TYPES))
    job = Job(number, app.world.now, kind, tuple(files[0].lines()))
    return _accept(app, fields, job)


def read_status(app: Application, request: Request) -> Json:
    """GET /v2/crm/request-status: also of requests whose integration is gone since."""
    crm, fields = generic_crm(app), request.query_fields
    fields.require("integrationId", "clientRequestId")
    number, request_id = _number(fields), str(fields.text("clientRequestId"))
    job = crm.jobs.get(request_id)
    if job is None or job.integration_id != number:
        raise bad_request(f"clientRequestId: there is no request {request_id}")
    return job.status(app.world.now)


ROUTES = (
    Route("GET", "/v2/crm/integrations", "api:crm:integrations:read", list_integrations),
    Route("PUT", "/v2/crm/integrations", "api:crm:integration:register", register),
    Route("DELETE", "/v2/crm/integrations", "api:crm:integration:delete", delete_integration),
    Route("GET", "/v2/crm/entity-schema", "api:crm:schema", read_schema),
    Route("POST", "/v2/crm/entity-schema", "api:crm:schema", write_schema, Body.LIST),
    Route("GET", "/v2/crm/entities", "api:crm:get-objects", read_objects, Body.RAW),
    Route("POST", "/v2/crm/entities", "api:crm:upload", upload, Body.KEPT_UPLOAD),
    Route("GET", "/v2/crm/request-status", "api:crm:upload", read_status),
)
