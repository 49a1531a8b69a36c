"""Operations on the objects of the generic CRM: read and upload."""

from tests.emulator.application import Application
from tests.emulator.domains.crm.fields import OBJECT_TYPES, UPLOAD_TYPES
from tests.emulator.domains.crm.integration import Job
from tests.emulator.errors import ApiError, bad_request
from tests.emulator.inputs.fields import Fields
from tests.emulator.inputs.json_bodies import parse_list
from tests.emulator.operations.crm.async_requests import accept
from tests.emulator.operations.crm.lookups import generic_crm, the_integration
from tests.emulator.operations.routing import Body, Route
from tests.emulator.requests import Request, Response
from tests.emulator.settings import Json

MOST_OBJECTS = 100


def read_objects(app: Application, request: Request) -> Json:
    """GET /v2/crm/entities: ids in a JSON body, or in the query; the first hundred count."""
    headers = request.headers
    if headers.get_content_type() != "application/json" or "Content-Type" not in headers:
        raise ApiError(415, "Unsupported Media Type")
    crm, fields = generic_crm(app), request.query_fields
    fields.require("integrationId", "objectType")
    the_integration(crm, fields)
    kind = str(fields.choice("objectType", OBJECT_TYPES))
    in_query = fields.text("objectsCrmIds")
    if request.raw or in_query is None:
        sent = Fields({"ids": parse_list(request.raw)}).ids("ids") or []
    else:
        sent = in_query.split(",")
    wanted = list(dict.fromkeys(sent))[:MOST_OBJECTS]
    objects = {crm_id: crm.objects.get((kind, crm_id)) for crm_id in wanted}
    extended = {crm_id: values and serve_object(app, values) for crm_id, values in objects.items()}
    return {"crmObjectsMap": extended}


def serve_object(app: Application, values: Json) -> Json:
    """The fields of an object as served."""
    return app.world.edits.with_unknown("crm_objects", values)


def upload(app: Application, request: Request) -> Response:
    """POST /v2/crm/entities: a file of one JSON object per line, read later."""
    files = [part for part in request.parts if part.name == "dataFile"]
    if not files:
        raise bad_request("dataFile part is missing")
    crm, fields = generic_crm(app), request.query_fields
    fields.require("integrationId", "objectType", "clientRequestId")
    number = the_integration(crm, fields)
    kind = str(fields.choice("objectType", UPLOAD_TYPES))
    job = Job(number, app.world.now, kind, tuple(files[0].lines()))
    return accept(app, fields, job)


ROUTES = (
    Route("GET", "/v2/crm/entities", "api:crm:get-objects", read_objects, Body.RAW),
    Route("POST", "/v2/crm/entities", "api:crm:upload", upload, Body.KEPT_UPLOAD),
)
