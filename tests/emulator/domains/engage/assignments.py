"""The rules of assigning prospects to flows and unassigning them."""

import uuid

from tests.emulator.domains.engage.flow_seed import small_id
from tests.emulator.domains.engage.flows import Bulk, Flow, FlowState, Instance
from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY, SECOND
from tests.emulator.world.company.accounts import make_accounts
from tests.emulator.world.company.people import Person
from tests.emulator.world.world import World

COOL_OFF = 14 * DAY
PENDING = 10 * SECOND
WORKING = 60 * SECOND


class Refused(Exception):
    """A prospect that cannot be assigned: an error code and its text."""

    def __init__(self, code: str, text: str) -> None:
        """Keep the code and the text of the response."""
        super().__init__(code, text)
        self.code = code
        self.text = text


def known_prospects(world: World, state: FlowState) -> set[str]:
    """The CRM ids of contacts and leads, with those that bulk assignments made."""
    if not state.prospects:
        accounts = make_accounts(world.settings.seed)
        state.prospects.update({contact: {} for a in accounts for _, _, contact in a.contacts})
    return set(state.prospects)


def assign(
    world: World,
    state: FlowState,
    flow: Flow,
    prospect: str,
    owner: Person,
    *,
    despite_cool_off: bool,
) -> Instance:
    """Assign a prospect to a flow, or refuse as Engage does."""
    now = world.now
    if prospect not in known_prospects(world, state):
        raise Refused("InvalidArgument", f"Invalid crmId {prospect}")
    mine = [present for present in state.instances.values() if present.prospect == prospect]
    if any(present.is_open and present.flow == flow.id for present in mine):
        raise Refused("InvalidState", "The prospect is in this flow already")
    flows = [
        state.flows[present.flow]
        for present in mine
        if present.is_open and present.flow in state.flows
    ]
    if flows and (flow.exclusive or any(other.exclusive for other in flows)):
        raise Refused("InvalidState", "The prospect is in another flow and one is exclusive")
    recent = any(
        present.finished is not None and present.finished > now - COOL_OFF for present in mine
    )
    if recent and not despite_cool_off:
        raise Refused("InvalidState", "The prospect is in the cool-off period")
    instance = Instance(
        small_id(state.rng), flow.id, prospect, owner.email, owner.name, now, "Pending"
    )
    state.instances[instance.id] = instance
    return instance


def unassign(state: FlowState, instances: list[Instance], now: int) -> list[str]:
    """Finish the open instances; returns their ids."""
    taken = [instance for instance in instances if instance.is_open]
    for instance in taken:
        state.instances[instance.id] = instance.closed("Finished", now)
    return [instance.id for instance in taken]


def submit(world: World, state: FlowState, flow: Flow, owner: Person, rows: list[Json]) -> Bulk:
    """Accept a bulk assignment."""
    number = uuid.UUID(int=state.rng.getrandbits(128), version=4)
    bulk = Bulk(str(number), world.now, flow.id, owner.email, rows)
    state.bulks[bulk.id] = bulk
    return bulk


def settle(world: World, state: FlowState) -> None:
    """Complete the due bulk assignments."""
    for bulk in state.bulks.values():
        if bulk.results is None and world.now >= bulk.sent + WORKING:
            bulk.results = [_result(world, state, bulk, prospect) for prospect in bulk.prospects]


def _result(world: World, state: FlowState, bulk: Bulk, prospect: Json) -> Json:
    known = known_prospects(world, state)
    crm_id = prospect.get("crmId")
    result: Json = {"prospect": prospect, "status": "CRM_OPERATION_FAILED", "crmId": crm_id}
    if crm_id is not None and crm_id not in known:
        text = "There is no contact or lead with this id"
        return {**result, "errorCode": "INVALID_CRM_ID", "errorMessage": text}
    if crm_id is None:
        crm_id = f"00Q{state.rng.getrandbits(60):015d}"[:18]
        state.prospects[crm_id] = prospect
    owner, flow = world.directory.with_email(bulk.owner), state.flows.get(bulk.flow)
    failed = {**result, "status": "FLOW_ASSIGNMENT_FAILED", "crmId": crm_id}
    if owner is None or flow is None:
        text = "The flow or its owner is gone"
        return {**failed, "errorCode": "INVALID_STATE", "errorMessage": text}
    try:
        instance = assign(world, state, flow, crm_id, owner, despite_cool_off=False)
    except Refused as refused:
        return {**failed, "errorCode": refused.code, "errorMessage": refused.text}
    return {**result, "status": "ASSIGNED", "crmId": crm_id, "flowInstanceId": instance.id}


def bulk_document(bulk: Bulk, now: int) -> Json:
    """A bulk assignment as served."""
    results = bulk.results or []
    good = sum(1 for result in results if result["status"] == "ASSIGNED")
    status = "PENDING" if now < bulk.sent + PENDING else "IN_PROGRESS"
    if bulk.results is not None:
        status = "COMPLETED" if good or not results else "FAILED"
    return {
        "id": bulk.id,
        "status": status,
        "totalCount": len(bulk.prospects),
        "processedCount": len(results),
        "successCount": good,
        "failedCount": len(results) - good,
        "results": results,
    }
