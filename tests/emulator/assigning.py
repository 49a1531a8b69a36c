"""The rules of putting prospects into flows and taking them out again."""

import uuid

from tests.emulator.crm import make_accounts
from tests.emulator.flow_seed import small_id
from tests.emulator.flows import Bulk, Flow, FlowBook, Instance
from tests.emulator.instants import DAY, SECOND
from tests.emulator.people import Person
from tests.emulator.requests import Application
from tests.emulator.settings import Json

COOL_OFF = 14 * DAY
PENDING = 10 * SECOND
WORKING = 60 * SECOND


class Refused(Exception):
    """A prospect that cannot be assigned: an error code and its text."""

    def __init__(self, code: str, text: str) -> None:
        """Keep what the answer tells."""
        super().__init__(code, text)
        self.code = code
        self.text = text


def known_prospects(app: Application, book: FlowBook) -> set[str]:
    """The CRM ids of contacts and leads, with those that bulk assignments made."""
    if not book.prospects:
        accounts = make_accounts(app.settings.seed)
        book.prospects.update({one: {} for a in accounts for _, _, one in a.contacts})
    return set(book.prospects)


def assign(
    app: Application,
    book: FlowBook,
    flow: Flow,
    prospect: str,
    owner: Person,
    *,
    despite_cool_off: bool,
) -> Instance:
    """Put a known prospect into a flow, or refuse as Engage does."""
    now = app.world.now
    if prospect not in known_prospects(app, book):
        raise Refused("InvalidArgument", f"Invalid crmId {prospect}")
    mine = [one for one in book.instances.values() if one.prospect == prospect]
    if any(one.is_open and one.flow == flow.id for one in mine):
        raise Refused("InvalidState", "The prospect is in this flow already")
    flows = [book.flows[one.flow] for one in mine if one.is_open and one.flow in book.flows]
    if flows and (flow.exclusive or any(one.exclusive for one in flows)):
        raise Refused("InvalidState", "The prospect is in another flow and one is exclusive")
    recent = any(one.finished is not None and one.finished > now - COOL_OFF for one in mine)
    if recent and not despite_cool_off:
        raise Refused("InvalidState", "The prospect is in the cool-off period")
    instance = Instance(
        small_id(book.rng), flow.id, prospect, owner.email, owner.name, now, "Pending"
    )
    book.instances[instance.id] = instance
    return instance


def unassign(book: FlowBook, instances: list[Instance], now: int) -> list[str]:
    """Finish the open ones among some instances; their ids."""
    taken = [one for one in instances if one.is_open]
    for one in taken:
        book.instances[one.id] = one.closed("Finished", now)
    return [one.id for one in taken]


def submit(app: Application, book: FlowBook, flow: Flow, owner: Person, rows: list[Json]) -> Bulk:
    """Accept a bulk assignment."""
    number = uuid.UUID(int=book.rng.getrandbits(128), version=4)
    bulk = Bulk(str(number), app.world.now, flow.id, owner.email, rows)
    book.bulks[bulk.id] = bulk
    return bulk


def settle(app: Application, book: FlowBook) -> None:
    """Let every bulk assignment take effect whose time has come."""
    for bulk in book.bulks.values():
        if bulk.results is None and app.world.now >= bulk.sent + WORKING:
            bulk.results = [_result(app, book, bulk, prospect) for prospect in bulk.prospects]


def _result(app: Application, book: FlowBook, bulk: Bulk, prospect: Json) -> Json:
    known = known_prospects(app, book)
    crm_id = prospect.get("crmId")
    result: Json = {"prospect": prospect, "status": "CRM_OPERATION_FAILED", "crmId": crm_id}
    if crm_id is not None and crm_id not in known:
        text = "There is no contact or lead with this id"
        return {**result, "errorCode": "INVALID_CRM_ID", "errorMessage": text}
    if crm_id is None:
        crm_id = f"00Q{book.rng.getrandbits(60):015d}"[:18]
        book.prospects[crm_id] = prospect
    owner, flow = app.world.directory.with_email(bulk.owner), book.flows.get(bulk.flow)
    failed = {**result, "status": "FLOW_ASSIGNMENT_FAILED", "crmId": crm_id}
    if owner is None or flow is None:
        text = "The flow or its owner is gone"
        return {**failed, "errorCode": "INVALID_STATE", "errorMessage": text}
    try:
        instance = assign(app, book, flow, crm_id, owner, despite_cool_off=False)
    except Refused as refused:
        return {**failed, "errorCode": refused.code, "errorMessage": refused.text}
    return {**result, "status": "ASSIGNED", "crmId": crm_id, "flowInstanceId": instance.id}


def bulk_document(bulk: Bulk, now: int) -> Json:
    """A bulk assignment as served."""
    results = bulk.results or []
    good = sum(1 for one in results if one["status"] == "ASSIGNED")
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
