"""Flows on the control surface."""

from dataclasses import replace
from typing import Any

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.engage.assignments import settle
from tests.emulator.domains.engage.flow_seed import make_step, small_id
from tests.emulator.domains.engage.flows import VISIBILITIES, Audience, Flow, FlowState
from tests.emulator.errors import bad_request, not_found
from tests.emulator.operations.engage.flows import kept_flows, serve_flow
from tests.emulator.settings import Json


def settled_flows(app: Application) -> FlowState:
    state = kept_flows(app)
    settle(app.world, state)
    return state


def audience_rows(app: Application, audience: Audience) -> list[Json]:
    """Every user who sees a flow or folder, with the visibility served to that user."""
    return [
        {"userId": person.id, "email": person.email, "visibility": visibility}
        for person in app.world.directory.listed(avatars=False)
        if (visibility := audience.seen_by(person.id)) is not None
    ]


def flows(app: Application) -> list[Json]:
    """Every flow; `visibility` differs by user, so it stands in `users`."""
    return [
        {
            **without_visibility(serve_flow(app, flow, "")),
            "workspaceId": flow.workspace,
            "baseVisibility": flow.audience.visibility,
            "ownerUserId": flow.audience.owner,
            "users": audience_rows(app, flow.audience),
        }
        for flow in settled_flows(app).flows.values()
    ]


def without_visibility(served: Json) -> Json:
    return {key: value for key, value in served.items() if key != "visibility"}


def the_flow(state: FlowState, body: Json, key: str = "id") -> Flow:
    flow = state.flows.get(str(body[key]))
    if flow is None:
        raise not_found(f"no flow {body[key]}")
    return flow


def changed_audience(app: Application, old: Audience, body: Json) -> Audience:
    """An audience after `visibility`, `ownerUserId` and `sharedWith` of a change."""
    visibility = str(body.get("visibility", old.visibility))
    if visibility not in VISIBILITIES:
        raise bad_request(f"visibility is one of {', '.join(VISIBILITIES)}")
    owner = str(body["ownerUserId"]) if body.get("ownerUserId") is not None else old.owner
    others = tuple(str(user_id) for user_id in body.get("sharedWith", old.others))
    for user in (*others, *([owner] if owner else [])):
        the_user(app, user)
    return Audience(visibility, owner, others)


def filing_in(state: FlowState, folder_id: Any) -> Json:
    if folder_id is None:
        return {"folderId": None, "folderName": None}
    folder = state.folders.get(str(folder_id))
    if folder is None:
        raise not_found(f"no folder {folder_id}")
    return {"folderId": folder.id, "folderName": folder.name}


def add_flow(app: Application, body: Json) -> Json:
    """Add a flow created now, `steps` of them drawn; personal unless said otherwise."""
    state = settled_flows(app)
    audience = changed_audience(app, Audience("Personal", app.world.staff[0].id), body)
    flow = Flow(
        id=small_id(state.rng),
        name=str(body.get("name", "New flow")),
        workspace=str(body.get("workspaceId", app.world.workspaces[0]["id"])),
        audience=audience,
        created=app.world.zone.seconds(app.world.now),
        exclusive=bool(body.get("exclusive", False)),
        filing=filing_in(state, body.get("folderId")),
        description=body.get("description"),
        steps=tuple(make_step(state.rng, number) for number in range(int(body.get("steps", 0)))),
    )
    state.flows[flow.id] = flow
    return {"id": flow.id}


def edit_flow(app: Application, body: Json) -> Json:
    """Change name, description, exclusive, folder (null is none) or audience of a flow."""
    state = settled_flows(app)
    flow = the_flow(state, body)
    facts: Json = {key: body[key] for key in ("name", "description", "exclusive") if key in body}
    if "folderId" in body:
        facts["filing"] = filing_in(state, body["folderId"])
    audience = changed_audience(app, flow.audience, body)
    state.flows[flow.id] = replace(flow, audience=audience, **facts)
    return {"id": flow.id}


def remove_flow(app: Application, body: Json) -> Json:
    """Make a flow vanish with its steps and instances."""
    state = settled_flows(app)
    flow = the_flow(state, body)
    del state.flows[flow.id]
    state.instances = {
        key: instance for key, instance in state.instances.items() if instance.flow != flow.id
    }
    return {"id": flow.id}


KINDS: dict[str, Kind] = {"flows": flows}
CHANGES = by_name(add_flow, edit_flow, remove_flow)
