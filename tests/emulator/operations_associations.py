"""Calls that users linked to CRM objects by hand; withdrawn from Gong's newer documents."""

from dataclasses import dataclass

from tests.emulator.chance import stream
from tests.emulator.crm import Account, account_of, crm_id, make_accounts
from tests.emulator.errors import not_found
from tests.emulator.instants import DAY, HOUR
from tests.emulator.lookups import the_call, the_instant
from tests.emulator.paging import Sequence, keyed
from tests.emulator.registries import Kind, by_name
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.validation import within
from tests.emulator.world import World


@dataclass(frozen=True)
class Association:
    """One user linked one call at one time; a later link of the same call is another event."""

    at: int
    call: str
    user: str
    objects: tuple[Json, ...]

    @property
    def sort_key(self) -> tuple[int, int]:
        """Associations are listed by time."""
        return self.at, int(self.call)


class Associations:
    """All events in order of time, those of the future included."""

    def __init__(self, world: World) -> None:
        """About every eighth call was linked by hand, some of them twice."""
        rng = stream(world.settings.seed, "associations")
        accounts = make_accounts(world.settings.seed)
        drawn = []
        for call in world.opening_calls:
            if rng.random() >= 0.12:
                continue
            account = account_of(accounts, call.index)
            at = call.processed + rng.randrange(HOUR, 4 * DAY)
            for number in range(1 + (rng.random() < 0.2)):
                user = rng.choice(world.staff).id
                kind = rng.randrange(5)
                at += number * rng.randrange(HOUR, 3 * DAY)
                drawn.append(Association(at // 1000 * 1000, call.id, user, _links(account, kind)))
        self.events = sorted(drawn, key=lambda one: one.sort_key)


def _links(account: Account, kind: int) -> tuple[Json, ...]:
    """What was linked: an account, a deal, both, several, or nothing any more."""
    both = {"accountCrmId": account.object_id, "dealCrmId": account.opportunities[0]}
    return (
        (both,),
        ({"accountCrmId": account.object_id, "dealCrmId": None},),
        ({"dealCrmId": account.opportunities[1]},),
        (both, {"accountCrmId": account.object_id, "dealCrmId": account.opportunities[1]}),
        (),
    )[kind]


def list_associations(app: Application, request: Request) -> Json:
    """GET /v2/calls/manual-crm-associations: since a time, oldest first, paged."""
    if app.settings.without_manual_associations:
        raise not_found("Not Found")
    fields = request.query_fields
    window = (fields.instant("fromDateTime"), None)
    rows = [one for one in _known(app.world) if within(one.at, window)]
    binding = {"operation": "associations", "fromDateTime": request.query.get("fromDateTime")}
    page = keyed(
        Sequence(app, fields.text("cursor"), binding), rows, lambda one: one.sort_key, None
    )
    return {"records": page.records, "associations": [_serve(app, one) for one in page.rows]}


def _known(world: World) -> list[Association]:
    """Events by now, of calls that still exist."""
    events = world.state(Associations).events
    return [one for one in events if one.at <= world.now and world.calls.get(one.call)]


def _serve(app: Application, event: Association) -> Json:
    served: Json = {
        "callId": event.call,
        "userId": event.user,
        "created": app.world.zone.millis(event.at),
        "associatedCrmObjects": list(event.objects),
    }
    return app.world.edits.with_unknown("manual_crm_associations", served)


def manual_crm_associations(app: Application) -> list[Json]:
    """Every association by now."""
    return [_serve(app, one) for one in _known(app.world)]


def add_manual_association(app: Application, body: Json) -> Json:
    """Link a call by hand, now unless `created` says when."""
    world = app.world
    state, call = world.state(Associations), the_call(app, str(body["callId"]))
    at = the_instant(body["created"]) if "created" in body else world.now
    rng = stream(app.settings.seed, "added association", len(state.events))
    objects = body.get("associatedCrmObjects") or [{"accountCrmId": crm_id(rng, "001")}]
    user = str(body.get("userId") or world.staff[0].id)
    state.events.append(Association(at // 1000 * 1000, call.id, user, tuple(objects)))
    state.events.sort(key=lambda one: one.sort_key)
    return {"callId": call.id}


ROUTES = (
    Route(
        "GET",
        "/v2/calls/manual-crm-associations",
        "api:crm-calls:manual-association:read",
        list_associations,
        paged=True,
    ),
)
KINDS: dict[str, Kind] = {"manual_crm_associations": manual_crm_associations}
CHANGES = by_name(add_manual_association)
