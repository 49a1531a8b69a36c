"""Operations that answer about a CRM entity from its calls; every answer costs credits."""

from dataclasses import dataclass
from datetime import timedelta

from tests.emulator import words
from tests.emulator.calls import Call
from tests.emulator.chance import stream
from tests.emulator.crm import Account, account_of, make_accounts
from tests.emulator.crm_fields import OBJECT_TYPES
from tests.emulator.errors import ApiError, bad_request, not_found
from tests.emulator.instants import DAY
from tests.emulator.operations_briefs import briefs
from tests.emulator.requests import Application, Request
from tests.emulator.routing import Route
from tests.emulator.settings import Json
from tests.emulator.validation import Fields, within
from tests.emulator.world import World

MOST_CALLS = 60
FINDINGS = 3
PERIODS = (
    "LAST_7DAYS",
    "LAST_30DAYS",
    "LAST_90DAYS",
    "LAST_90_DAYS_SINCE_LAST_ACTIVITY",
    "LAST_YEAR_SINCE_LAST_ACTIVITY",
    "LAST_YEAR",
    "THIS_WEEK",
    "THIS_MONTH",
    "THIS_YEAR",
    "THIS_QUARTER",
    "CUSTOM_RANGE",
    "ALL_CONVERSATIONS",
)
_DAYS = {
    "LAST_7DAYS": 7,
    "LAST_30DAYS": 30,
    "LAST_90DAYS": 90,
    "LAST_YEAR": 365,
    "LAST_90_DAYS_SINCE_LAST_ACTIVITY": 90,
    "LAST_YEAR_SINCE_LAST_ACTIVITY": 365,
}


@dataclass
class Credits:
    """What is left to spend."""

    left: int


def make_credits(world: World) -> Credits:
    """The credits of the run."""
    return Credits(world.settings.credits)


@dataclass(frozen=True)
class Searched:
    """The calls and e-mails that an answer rests on."""

    account: Account
    calls: list[Call]
    emails: int


def _search(app: Application, request: Request, *required: str) -> Searched:
    """Check a request, find what it asks about and pay for it."""
    fields = request.query_fields
    fields.require("workspaceId", "crmEntityType", "crmEntityId", "timePeriod", *required)
    blank = [key for key in required if not str(fields.text(key)).strip()]
    if blank:
        raise bad_request(*(f"{key}: must not be blank" for key in blank))
    period = str(fields.choice("timePeriod", PERIODS))
    if period == "CUSTOM_RANGE":
        fields.require("fromDateTime")
    kind = str(fields.choice("crmEntityType", OBJECT_TYPES))
    workspace = str(fields.text("workspaceId"))
    if not app.world.has_workspace(workspace):
        raise not_found("Workspace not found")
    accounts = make_accounts(app.settings.seed)
    wanted = fields.text("crmEntityId")
    account = next((one for one in accounts if wanted in _ids(one, kind)), None)
    if account is None:
        raise not_found(f"{kind} {wanted} was not found")
    calls = [
        call
        for call in app.world.calls.all()
        if account_of(accounts, call.index) is account
        and call.workspace == workspace
        and app.world.is_listed(call)
    ]
    calls.sort(key=lambda call: -call.started)
    window = _window(app.world, period, fields, calls)
    calls = [call for call in calls if within(call.started, window)][:MOST_CALLS]
    emails = stream(app.settings.seed, "emails", wanted).randrange(60)
    _pay(app, max(1, len(calls) + emails))
    return Searched(account, calls, emails)


def _pay(app: Application, price: int) -> None:
    """402 when the credits left do not pay for an answer."""
    purse = app.world.state(make_credits)
    if purse.left < price:
        raise ApiError(402, "Payment required: the company has no credits left")
    purse.left -= price


def _ids(account: Account, kind: str) -> tuple[str, ...]:
    """The CRM ids that an account's calls are found under."""
    if kind == "ACCOUNT":
        return (account.object_id,)
    if kind == "DEAL":
        return account.opportunities
    return tuple(object_id for _, _, object_id in account.contacts)


def _window(
    world: World, period: str, fields: Fields, calls: list[Call]
) -> tuple[int | None, int | None]:
    """The span of call starts that a period means."""
    if period == "CUSTOM_RANGE":
        return fields.window("fromDateTime", "toDateTime")
    if period in _DAYS:
        last = calls[0].started if "SINCE" in period and calls else world.now
        return last - _DAYS[period] * DAY, None
    today = world.today
    first = {
        "THIS_WEEK": today - timedelta(days=today.weekday()),
        "THIS_MONTH": today.replace(day=1),
        "THIS_QUARTER": today.replace(day=1, month=(today.month - 1) // 3 * 3 + 1),
        "THIS_YEAR": today.replace(day=1, month=1),
    }.get(period)
    return (None if first is None else world.zone.midnight(first)), None


def _evidence(app: Application, searched: Searched) -> Json:
    """The calls and e-mails that answers point to."""
    calls = [app.world.metadata(call) for call in searched.calls[:FINDINGS]]
    keys = ("id", "title", "started", "url")
    sent = app.world.zone.seconds(app.world.born - 3 * DAY)
    emails = [
        {"id": f"{searched.account.object_id.lower()}{n}", "title": "Re: prix 💶"} for n in (1, 2)
    ]
    found = [{"emails": [{**one, "sentDateTime": sent} for one in emails[: searched.emails]]}]
    return {
        "callFindings": [{"call": {key: call[key] for key in keys}} for call in calls],
        "emailFindings": found if searched.emails else [],
    }


def _counts(searched: Searched) -> Json:
    return {
        "numOfCallsSearched": len(searched.calls),
        "numOfEmailsSearched": searched.emails,
    }


def ask(app: Application, request: Request) -> Json:
    """GET /v2/entities/ask-entity: one answer item with its evidence."""
    searched = _search(app, request, "question")
    items = [f"{searched.account.name} {words.VERBS[0]} {words.OBJECTS[0]}."]
    return {**_counts(searched), "answer": [{"answerItems": items, **_evidence(app, searched)}]}


def brief(app: Application, request: Request) -> Json:
    """GET /v2/entities/get-brief: one section from conversations, one from CRM data."""
    fields = request.query_fields
    name = fields.text("briefName")
    if name is not None and name not in brief_names(app, fields.text("workspaceId")):
        raise not_found(f"Brief {name} was not found")
    searched = _search(app, request, "briefName")
    sections: list[Json] = [
        {
            "title": "Customer overview",
            "sectionSummary": [f"{searched.account.name} {words.VERBS[2]} {words.OBJECTS[2]}."],
            "conversationFindings": _evidence(app, searched),
            "briefSectionType": "Conversations",
        },
        {"sectionSummary": [searched.account.domain], "briefSectionType": "CrmOrGongData"},
    ]
    return {**_counts(searched), "briefSections": sections}


def brief_names(app: Application, workspace: str | None) -> set[str]:
    """The briefs that may be asked for: the published ones of a workspace."""
    return {
        str(one["briefName"])
        for one in briefs(app)
        if one["workspaceId"] == workspace and one["status"] == "Published"
    }


ROUTES = (
    Route("GET", "/v2/entities/ask-entity", "api:ai-ask:read", ask),
    Route("GET", "/v2/entities/get-brief", "api:ai-briefer:read", brief),
)
