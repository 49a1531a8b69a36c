"""Engage: flows, prospects in flows, tasks."""

from __future__ import annotations

from sources.gong.api.operations.model import (
    BOOLEAN,
    INSTANT,
    INTEGER,
    LIST,
    TEXT,
    ParameterLimits,
    Quirks,
)
from sources.gong.api.operations.rows import (
    CURSOR_IN_QUERY,
    INT32,
    INT64,
    LICENSED,
    SET,
    WORKSPACE,
    bodies,
    body,
    needed_without,
    objects,
    path,
    query,
    read,
    write,
)

_UNKNOWN_FLOWS = Quirks(is_licensed=True, unknown_ids=r"flow not found: flowId=(\d+)")
# recorded live of a company without Engage: a 500 for every request
_TASKS = Quirks(is_licensed=True, errors_mean_unlicensed=True)

_STEPS = objects(
    body("number", INTEGER, is_required=True, limits=INT32), *bodies(TEXT, "subject body")
)
_VARIABLES = objects(body("name", is_required=True), body("value", is_required=True))
_PROSPECTS = objects(
    *bodies(
        TEXT,
        "firstName lastName email jobTitle linkedInUrl crmId accountCrmId companyName",
    ),
    rules=(needed_without(("firstName", "lastName"), "crmId"),),
    count=(0, 50),
)

OPERATIONS = (
    read(
        "GONG_LIST_GONG_ENGAGE_FLOWS_V2_FLOWS",
        "listFlows", "GET /v2/flows", ("api:flows:read",),
        "The Engage flows that one user can see",
        (
            query("flowOwnerEmail", is_required=True),
            CURSOR_IN_QUERY,
            WORKSPACE,
            query("folderId"),
            query("mostRecentlyAssigned", BOOLEAN),
        ),
        "flows", row_id="id", quirks=LICENSED,
    ),
    # The OpenAPI document gives it the answer of the flows, key `flows`; live it is flowsFolders.
    read(
        "GONG_LIST_FLOW_FOLDERS",
        "listFlowsFolders", "GET /v2/flows/folders", ("api:flows:read",),
        "The Engage flow folders that one user can see",
        (
            query("flowFolderOwnerEmail", is_required=True),
            CURSOR_IN_QUERY,
            query("parentId", INTEGER, limits=INT64),
            WORKSPACE,
        ),
        "flowsFolders", row_id="id", quirks=LICENSED,
    ),
    read(
        "GONG_GET_FLOW_PROSPECTS",
        "getProspectsAssignedFlows", "POST /v2/flows/prospects", ("api:flows:read",),
        "The flows that prospects are in, by prospect or by flow instance",
        bodies(LIST, "crmProspectsIds flowInstanceIds", limits=SET),
        "prospectsAssigned", quirks=LICENSED,
    ),
    # No rows_key: who was assigned and who was not are two lists, and one alone would mislead.
    write(
        "GONG_ASSIGN_PROSPECTS_TO_FLOW",
        "assignProspects", "POST /v2/flows/prospects/assign", ("api:flows:write",),
        "Put prospects into an Engage flow",
        (
            body(
                "crmProspectsIds",
                LIST,
                is_required=True,
                limits=ParameterLimits(count=(0, 100), is_set=True),
            ),
            body("flowId", is_required=True),
            body("flowInstanceOwnerEmail", is_required=True),
            body("overrides.steps", LIST, limits=_STEPS),
            body("overrides.flowInstanceVariables", LIST, limits=_VARIABLES),
            body("overrides.coolOffOverride", BOOLEAN),
            body("flowInstanceDescription"),
        ),
        quirks=LICENSED,
    ),
    write(
        "GONG_UNASSIGN_FLOWS_BY_CRM_ID",
        "unassignProspectFlows", "POST /v2/flows/prospects/unassign-flows-by-crm-id",
        ("api:flows:write",),
        "Take a prospect out of one flow or of all",
        (body("crmProspectId", is_required=True), *bodies(TEXT, "flowId unassignedByUserEmail")),
        "unassignedFlowInstanceIds", quirks=LICENSED,
    ),
    read(
        "GONG_LIST_TASKS",
        "listTasks", "POST /v2/tasks", ("api:tasks:read",),
        "The Engage tasks of one user",
        (
            body("filter.userId", is_required=True, limits=ParameterLimits(length=(1, None))),
            body("filter.workspaceId"),
            body("filter.types", LIST, is_required=True, choices=("FLOW", "MANUAL")),
            body("filter.taskAction", LIST, is_required=True, choices=("CALL",)),
            body(
                "filter.status",
                LIST,
                is_required=True,
                choices=("OPEN", "DONE", "DISMISSED"),
            ),
        ),
        "tasks", quirks=_TASKS,
    ),
    # At most 20 flows are requested at a time; one unknown id gives a 404 for all of them.
    read(
        "GET_FLOW_STEPS",
        "getFlowSteps", "POST /v2/flows/steps", ("api:flows:read",),
        "Engage flows with their steps, by id, at most 20 at a time",
        bodies(LIST, "flowIds", limits=ParameterLimits(count=(0, 20))), "flows",
        quirks=_UNKNOWN_FLOWS,
    ),
    write(
        "UNASSIGN_FLOWS_BY_INSTANCE_ID",
        "unassignFlows", "POST /v2/flows/prospects/unassign-flows-by-instance-id",
        ("api:flows:write",),
        "Take prospects out of flows by the ids of their assignments",
        (
            body(
                "flowInstanceIds",
                LIST,
                is_required=True,
                limits=ParameterLimits(count=(0, 200), is_set=True),
            ),
            body("unassignedByUserEmail"),
        ),
        "unassignedFlowInstanceIds", quirks=LICENSED,
    ),
    write(
        "BULK_ASSIGN_PROSPECTS_TO_FLOW",
        "submitFlowProspectsBulkAssignment", "POST /v2/flows/prospects/bulk-assignments",
        ("api:flows:write",),
        "Put up to 50 contacts, leads or new people into an Engage flow; takes a while",
        (
            body("flowId", is_required=True),
            body("flowInstanceOwnerEmail", is_required=True),
            body("prospects", LIST, is_required=True, limits=_PROSPECTS),
        ),
        quirks=LICENSED,
    ),
    read(
        "GET_BULK_ASSIGNMENT",
        "getFlowProspectsBulkAssignment", "GET /v2/flows/prospects/bulk-assignments/{id}",
        ("api:flows:read",),
        "How far a bulk assignment has come, prospect by prospect",
        (path("id"),), quirks=LICENSED,
    ),
    write(
        "UPDATE_TASK",
        "updateReminder", "PATCH /v2/tasks/{taskId}", ("api:tasks:write",),
        "Change the status, due date or priority of an Engage task of a user",
        (
            path("taskId", INTEGER, limits=INT64),
            body("userId", is_required=True),
            body("status", choices=("OPEN", "DONE", "DISMISSED")),
            body("dueDate", INSTANT),
            body("priority"),
        ),
        "tasks", quirks=LICENSED,
    ),
)  # fmt: skip
