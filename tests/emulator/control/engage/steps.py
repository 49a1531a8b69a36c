"""Flow steps on the control surface."""

from dataclasses import replace

from tests.emulator.application import Application
from tests.emulator.control.engage.flows import settled_flows, the_flow
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.engage.flow_seed import make_flows, make_step
from tests.emulator.domains.engage.flows import ACTIONS, Flow
from tests.emulator.errors import bad_request, not_found
from tests.emulator.operations.engage.flows import serve_steps
from tests.emulator.settings import Json


def steps(app: Application) -> list[Json]:
    """Every step with the flow it belongs to."""
    return [
        {"flowId": flow.id, **step}
        for flow in settled_flows(app).flows.values()
        for step in serve_steps(app, flow)
    ]


def _with_steps(app: Application, flow: Flow, steps: list[Json]) -> None:
    """Put the steps of a flow in a new order, numbered from one."""
    ordered = tuple({**step, "stepOrder": n} for n, step in enumerate(steps, 1))
    app.world.state(make_flows).flows[flow.id] = replace(flow, steps=ordered)


def add_flow_step(app: Application, body: Json) -> Json:
    """Add a step at the end, or before the one at `stepOrder`; `fields` overwrite."""
    flow = the_flow(app.world.state(make_flows), body, "flowId")
    drawn = make_step(app.world.state(make_flows).rng, len(flow.steps))
    step = {**drawn, **_step_fields(body)}
    steps = list(flow.steps)
    steps.insert(int(body.get("stepOrder", len(steps) + 1)) - 1, step)
    _with_steps(app, flow, steps)
    return {"id": step["id"]}


def _step_fields(body: Json) -> Json:
    fields: Json = body.get("fields") or {}
    if fields.get("action", ACTIONS[0]) not in ACTIONS:
        raise bad_request(f"action is one of {', '.join(ACTIONS)}")
    return fields


def edit_flow_step(app: Application, body: Json) -> Json:
    """Overwrite fields of a step."""
    flow = the_flow(app.world.state(make_flows), body, "flowId")
    if all(step["id"] != body["id"] for step in flow.steps):
        raise not_found(f"no step {body['id']}")
    fields = _step_fields(body)
    changed = [{**step, **fields} if step["id"] == body["id"] else step for step in flow.steps]
    _with_steps(app, flow, changed)
    return {"id": body["id"]}


def remove_flow_step(app: Application, body: Json) -> Json:
    """Drop a step; the later ones move up."""
    flow = the_flow(app.world.state(make_flows), body, "flowId")
    kept = [step for step in flow.steps if step["id"] != body["id"]]
    if len(kept) == len(flow.steps):
        raise not_found(f"no step {body['id']}")
    _with_steps(app, flow, kept)
    return {"id": body["id"]}


KINDS: dict[str, Kind] = {"flow_steps": steps}
CHANGES = by_name(add_flow_step, edit_flow_step, remove_flow_step)
