"""Operations on prospects in Engage flows: who is in which, assigning and unassigning."""

from tests.emulator import assigning
from tests.emulator.errors import bad_request, not_found
from tests.emulator.flows import FlowBook, Instance
from tests.emulator.operations_flows import flow_book, known_flow, the_owner
from tests.emulator.requests import Answer, Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.shapes import Form, filled, flag, listed, text, whole

MOST_ASSIGNED = 100
MOST_UNASSIGNED = 200
MOST_IN_BULK = 50
_LOOKUP = Form({"crmProspectsIds": listed(text), "flowInstanceIds": listed(text)})
_ASSIGN = Form(
    {
        "crmProspectsIds*": listed(filled, most=MOST_ASSIGNED, least=1),
        "flowId*": filled,
        "flowInstanceOwnerEmail*": filled,
        "overrides": Form(
            {
                "steps": listed(Form({"number*": whole, "subject": text, "body": text})),
                "flowInstanceVariables": listed(Form({"name*": text, "value*": text})),
                "coolOffOverride": flag,
            }
        ),
        "flowInstanceDescription": text,
    }
)
_UNASSIGN_PROSPECT = Form({"crmProspectId*": filled, "flowId": text, "unassignedByUserEmail": text})
_UNASSIGN_INSTANCES = Form(
    {
        "flowInstanceIds*": listed(filled, most=MOST_UNASSIGNED, least=1),
        "unassignedByUserEmail": text,
    }
)
_PROSPECT = Form(
    dict.fromkeys(
        (
            "firstName",
            "lastName",
            "email",
            "jobTitle",
            "linkedInUrl",
            "crmId",
            "accountCrmId",
            "companyName",
        ),
        text,
    )
)
_BULK = Form(
    {
        "flowInstanceOwnerEmail*": filled,
        "flowId*": filled,
        "prospects*": listed(_PROSPECT, most=MOST_IN_BULK, least=1),
    }
)


def settled_book(app: Application) -> FlowBook:
    """The flows with every bulk assignment in effect whose time has come."""
    book = flow_book(app)
    assigning.settle(app, book)
    return book


def serve_instance(app: Application, book: FlowBook, one: Instance) -> Json:
    """An instance as served; what the flow is called is null once it is gone."""
    flow = book.flows.get(one.flow)
    served = {
        "flowId": one.flow,
        "flowName": flow.name if flow else None,
        "crmProspectId": one.prospect,
        "flowInstanceId": one.id,
        "flowInstanceOwnerEmail": one.owner_email,
        "flowInstanceOwnerFullName": one.owner_name,
        "flowInstanceCreateDate": app.world.zone.millis(one.created),
        "flowInstanceStatus": one.status,
        "workspaceId": flow.workspace if flow else None,
        "exclusive": flow.exclusive if flow else None,
    }
    return app.world.edits.with_unknown("flow_instances", served)


def look_up(app: Application, request: Request) -> Json:
    """POST /v2/flows/prospects: open instances by prospect, or all of them by instance."""
    book = settled_book(app)
    _LOOKUP.require(request.body)
    prospects = request.body_fields.ids("crmProspectsIds")
    instances = request.body_fields.ids("flowInstanceIds")
    if (prospects is None) == (instances is None):
        raise bad_request("Exactly one of crmProspectsIds and flowInstanceIds must be provided")
    if prospects is not None:
        wanted = set(prospects)
        found = [one for one in book.instances.values() if one.is_open and one.prospect in wanted]
    else:
        ids = dict.fromkeys(instances or [])
        found = [book.instances[one] for one in ids if one in book.instances]
    return {"prospectsAssigned": [serve_instance(app, book, one) for one in found]}


def assign(app: Application, request: Request) -> Json:
    """POST /v2/flows/prospects/assign: some may fail while the others succeed."""
    overrides = request.body.get("overrides")
    cool_off = isinstance(overrides, dict) and overrides.get("coolOffOverride") is True
    return _assign(app, request, despite_cool_off=cool_off)


def assign_despite_cool_off(app: Application, request: Request) -> Json:
    """POST /v2/flows/prospects/assign/cool-off-override: the deprecated form of it."""
    return _assign(app, request, despite_cool_off=True)


def _assign(app: Application, request: Request, *, despite_cool_off: bool) -> Json:
    book = settled_book(app)
    _ASSIGN.require(request.body)
    flow = known_flow(book, str(request.body["flowId"]))
    owner = the_owner(app, request.body_fields, "flowInstanceOwnerEmail")
    good, bad = [], []
    for prospect in dict.fromkeys(str(one) for one in request.body["crmProspectsIds"]):
        try:
            made = assigning.assign(
                app, book, flow, prospect, owner, despite_cool_off=despite_cool_off
            )
        except assigning.Refused as refused:
            failed = {"flowId": flow.id, "crmProspectId": prospect}
            bad.append({**failed, "errorCode": refused.code, "errorMessage": refused.text})
        else:
            good.append(serve_instance(app, book, made))
    return {"prospectsAssigned": good, "prospectsNotAssigned": bad}


def unassign_prospect(app: Application, request: Request) -> Json:
    """POST …/unassign-flows-by-crm-id: from one flow or from all; nobody known is no error."""
    book = settled_book(app)
    _UNASSIGN_PROSPECT.require(request.body)
    _check_user(app, request)
    prospect, flow = str(request.body["crmProspectId"]), request.body_fields.text("flowId")
    found = [
        one
        for one in book.instances.values()
        if one.prospect == prospect and flow in (None, one.flow)
    ]
    return {"unassignedFlowInstanceIds": assigning.unassign(book, found, app.world.now)}


def unassign_instances(app: Application, request: Request) -> Json:
    """POST …/unassign-flows-by-instance-id: an unknown id fails the request (seen live)."""
    book = settled_book(app)
    _UNASSIGN_INSTANCES.require(request.body)
    _check_user(app, request)
    ids = dict.fromkeys(str(one) for one in request.body["flowInstanceIds"])
    if any(one not in book.instances for one in ids):
        raise bad_request("One or more of the given flowInstanceIds does not exist")
    found = [book.instances[one] for one in ids]
    return {"unassignedFlowInstanceIds": assigning.unassign(book, found, app.world.now)}


def _check_user(app: Application, request: Request) -> None:
    if request.body.get("unassignedByUserEmail") is not None:
        the_owner(app, request.body_fields, "unassignedByUserEmail")


def submit_bulk(app: Application, request: Request) -> Answer:
    """POST /v2/flows/prospects/bulk-assignments: accepted now, done later."""
    book = settled_book(app)
    _BULK.require(request.body)
    rows = request.body["prospects"]
    faults = [
        f"prospects[{number}].{key}: must not be null without a crmId"
        for number, row in enumerate(rows)
        for key in ("firstName", "lastName")
        if row.get("crmId") is None and row.get(key) is None
    ]
    if faults:
        raise bad_request(*faults)
    flow = known_flow(book, str(request.body["flowId"]))
    owner = the_owner(app, request.body_fields, "flowInstanceOwnerEmail")
    bulk = assigning.submit(app, book, flow, owner, rows)
    return Answer(assigning.bulk_document(bulk, app.world.now), 202)


def read_bulk(app: Application, request: Request) -> Json:
    """GET /v2/flows/prospects/bulk-assignments/{id}."""
    book = settled_book(app)
    bulk = book.bulks.get(request.arguments[0])
    if bulk is None:
        raise not_found(f"Flow prospects bulk assignment {request.arguments[0]} not found")
    return assigning.bulk_document(bulk, app.world.now)


_ROOT = "/v2/flows/prospects"
_BULKS = f"{_ROOT}/bulk-assignments"
ROUTES = (
    Route("POST", _ROOT, "api:flows:read", look_up),
    Route("POST", f"{_ROOT}/assign", "api:flows:write", assign),
    Route("POST", f"{_ROOT}/assign/cool-off-override", "api:flows:write", assign_despite_cool_off),
    Route("POST", f"{_ROOT}/unassign-flows-by-crm-id", "api:flows:write", unassign_prospect),
    Route("POST", f"{_ROOT}/unassign-flows-by-instance-id", "api:flows:write", unassign_instances),
    Route("POST", _BULKS, "api:flows:write", submit_bulk),
    Route("GET", _BULKS + "/{id}", "api:flows:read", read_bulk),
)
