"""CRM links of calls and parties, in the shapes a Salesforce tenant shows."""

import random

from tests.emulator.settings import Json
from tests.emulator.world.company.accounts import (
    Account,
    account_values,
    deal_now,
    deal_values,
    person_values,
)


def call_context(rng: random.Random, account: Account, case: str) -> list[Json] | None:
    """The context of a call: accounts carry no timing, deals one object per timing (seen live).

    The values mix text, whole numbers, fractions, null and the text "true".
    """
    if case == "null_context":
        return None
    if case == "no_crm" or (case == "" and rng.random() < 0.1):
        return []
    if case == "empty_objects":
        return [{"system": "Salesforce", "objects": []}]
    objects = [_account_object(account)]
    if case != "untimed_crm" and rng.random() < 0.7:
        deal = rng.choice(account.opportunities)
        objects += [_deal_object(rng, account, deal, at) for at in ("TimeOfCall", "Now")]
    return [{"system": "Salesforce", "objects": objects}]


def _fields(pairs: Json) -> list[Json]:
    """Name and value pairs as the API lists them."""
    return [{"name": name, "value": value} for name, value in pairs.items()]


def _account_object(account: Account) -> Json:
    """An account link with its data."""
    fields = _fields(account_values(account))
    return {"objectType": "Account", "objectId": account.object_id, "fields": fields}


def _deal_object(rng: random.Random, account: Account, deal: str, timing: str) -> Json:
    """An opportunity link; `Now` shows the CRM's present values, `TimeOfCall` may differ."""
    values = deal_now(account, deal) if timing == "Now" else deal_values(rng, account)
    return {
        "objectType": "Opportunity",
        "objectId": deal,
        "fields": _fields(values),
        "timing": timing,
    }


def party_context(rng: random.Random, object_type: str, object_id: str) -> list[Json]:
    """The context list of a party: often a link without data, sometimes nothing at all.

    Some links come once per timing: Gong's OpenAPI has it, the captured calls have none.
    """
    draw = rng.random()
    if draw < 0.15:
        return []
    link: Json = {"objectType": object_type, "objectId": object_id}
    if draw < 0.5:
        link["fields"] = _fields(person_values(object_id))
    timings = ("TimeOfCall", "Now") if draw < 0.25 else ("Now",) if draw < 0.3 else ()
    objects = [{**link, "timing": timing} for timing in timings] or [link]
    return [{"system": "Salesforce", "objects": objects}]
