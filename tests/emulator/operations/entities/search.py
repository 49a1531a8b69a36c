"""Finds the calls and e-mails of a CRM entity, and charges credits."""

from dataclasses import dataclass
from datetime import timedelta

from tests.emulator.application import Application
from tests.emulator.domains.credits import make_credits
from tests.emulator.domains.crm.fields import OBJECT_TYPES
from tests.emulator.errors import ApiError, bad_request, not_found
from tests.emulator.inputs.fields import Fields
from tests.emulator.requests import Request
from tests.emulator.timing.instants import DAY
from tests.emulator.timing.windows import within
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import stream
from tests.emulator.world.company.accounts import Account, account_of, make_accounts
from tests.emulator.world.world import World

MOST_CALLS = 60
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


@dataclass(frozen=True)
class Searched:
    """The calls and e-mails that an answer rests on."""

    account: Account
    calls: list[Call]
    emails: int


def search(app: Application, request: Request, *required: str) -> Searched:
    """Check a request, search its entity and charge the credits."""
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
    account = next((candidate for candidate in accounts if wanted in _ids(candidate, kind)), None)
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
    """Charge credits, or raise 402 when too few are left."""
    account = app.world.state(make_credits)
    if account.left < price:
        raise ApiError(402, "Payment required: the company has no credits left")
    account.left -= price


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
