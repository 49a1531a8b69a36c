"""Operations on prospects in Engage flows: look up, assign, unassign."""

from tests.emulator.application import Application
from tests.emulator.domains.engage import assignments
from tests.emulator.domains.engage.flows import FlowState, Instance
from tests.emulator.errors import bad_request, not_found
from tests.emulator.inputs.forms import Form, filled, flag, listed, text, whole
from tests.emulator.operations.engage.flows import flow_state, known_flow
from tests.emulator.operations.references import the_owner
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request, Response
from tests.emulator.settings import Json

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


def settled_state(app: Application) -> FlowState:
    """The flows with the due bulk assignments completed."""
    state = flow_state(app)
    assignments.settle(app.world, state)
    return state


def serve_instance(app: Application, state: FlowState, instance: Instance) -> Json:
    """An instance as served; the flow's fields are null once it is removed."""
    flow = state.flows.get(instance.flow)
    served = {
        "flowId": instance.flow,
        "flowName": flow.name if flow else None,
        "crmProspectId": instance.prospect,
        "flowInstanceId": instance.id,
        "flowInstanceOwnerEmail": instance.owner_email,
        "flowInstanceOwnerFullName": instance.owner_name,
        "flowInstanceCreateDate": app.world.zone.millis(instance.created),
        "flowInstanceStatus": instance.status,
        "workspaceId": flow.workspace if flow else None,
        "exclusive": flow.exclusive if flow else None,
    }
    return app.world.edits.with_unknown("flow_instances", served)


def look_up(app: Application, request: Request) -> Json:
    """POST /v2/flows/prospects: open instances by prospect, or all of them by instance."""
    state = settled_state(app)
    _LOOKUP.require(request.body)
    prospects = request.body_fields.ids("crmProspectsIds")
    instances = request.body_fields.ids("flowInstanceIds")
    if (prospects is None) == (instances is None):
        raise bad_request("Exactly one of crmProspectsIds and flowInstanceIds must be provided")
    if prospects is not None:
        wanted = set(prospects)
        matches = [
            instance
            for instance in state.instances.values()
            if instance.is_open and instance.prospect in wanted
        ]
    else:
        ids = dict.fromkeys(instances or [])
        matches = [
            state.instances[instance_id] for instance_id in ids if instance_id in state.instances
        ]
    return {"prospectsAssigned": [serve_instance(app, state, instance) for instance in matches]}


def assign(app: Application, request: Request) -> Json:
    """POST /v2/flows/prospects/assign: some may fail while the others succeed."""
    overrides = request.body.get("overrides")
    cool_off = isinstance(overrides, dict) and overrides.get("coolOffOverride") is True
    return _assign(app, request, despite_cool_off=cool_off)


def assign_despite_cool_off(app: Application, request: Request) -> Json:
    """POST /v2/flows/prospects/assign/cool-off-override: the deprecated form of the override."""
    return _assign(app, request, despite_cool_off=True)


def _assign(app: Application, request: Request, *, despite_cool_off: bool) -> Json:
    state = settled_state(app)
    _ASSIGN.require(request.body)
    flow = known_flow(state, str(request.body["flowId"]))
    owner = the_owner(app, request.body_fields, "flowInstanceOwnerEmail")
    good, bad = [], []
    for prospect in dict.fromkeys(str(crm_id) for crm_id in request.body["crmProspectsIds"]):
        try:
            made = assignments.assign(
                app.world, state, flow, prospect, owner, despite_cool_off=despite_cool_off
            )
        except assignments.Refused as refused:
            failed = {"flowId": flow.id, "crmProspectId": prospect}
            bad.append({**failed, "errorCode": refused.code, "errorMessage": refused.text})
        else:
            good.append(serve_instance(app, state, made))
    return {"prospectsAssigned": good, "prospectsNotAssigned": bad}


def unassign_prospect(app: Application, request: Request) -> Json:
    """POST …/unassign-flows-by-crm-id: from one flow or all; unknown prospects are no error."""
    state = settled_state(app)
    _UNASSIGN_PROSPECT.require(request.body)
    _check_user(app, request)
    prospect, flow = str(request.body["crmProspectId"]), request.body_fields.text("flowId")
    matches = [
        instance
        for instance in state.instances.values()
        if instance.prospect == prospect and flow in (None, instance.flow)
    ]
    return {"unassignedFlowInstanceIds": assignments.unassign(state, matches, app.world.now)}


def unassign_instances(app: Application, request: Request) -> Json:
    """POST …/unassign-flows-by-instance-id: an unknown id fails the request (seen live)."""
    state = settled_state(app)
    _UNASSIGN_INSTANCES.require(request.body)
    _check_user(app, request)
    ids = dict.fromkeys(str(instance_id) for instance_id in request.body["flowInstanceIds"])
    if any(instance_id not in state.instances for instance_id in ids):
        raise bad_request("One or more of the given flowInstanceIds does not exist")
    matches = [state.instances[instance_id] for instance_id in ids]
    return {"unassignedFlowInstanceIds": assignments.unassign(state, matches, app.world.now)}


def _check_user(app: Application, request: Request) -> None:
    if request.body.get("unassignedByUserEmail") is not None:
        the_owner(app, request.body_fields, "unassignedByUserEmail")


def submit_bulk(app: Application, request: Request) -> Response:
    """POST /v2/flows/prospects/bulk-assignments: accepted now, done later."""
    state = settled_state(app)
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
    flow = known_flow(state, str(request.body["flowId"]))
    owner = the_owner(app, request.body_fields, "flowInstanceOwnerEmail")
    bulk = assignments.submit(app.world, state, flow, owner, rows)
    return Response(assignments.bulk_document(bulk, app.world.now), 202)


def read_bulk(app: Application, request: Request) -> Json:
    """GET /v2/flows/prospects/bulk-assignments/{id}."""
    state = settled_state(app)
    bulk = state.bulks.get(request.arguments[0])
    if bulk is None:
        raise not_found(f"Flow prospects bulk assignment {request.arguments[0]} not found")
    return assignments.bulk_document(bulk, app.world.now)


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
