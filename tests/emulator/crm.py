"""CRM data attached to calls and parties, in the shapes a Salesforce tenant shows."""

import random
from dataclasses import dataclass

from tests.emulator import words
from tests.emulator.chance import stream
from tests.emulator.settings import Json

_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class Account:
    """A customer: its CRM ids and the people who join its calls."""

    name: str
    domain: str
    object_id: str
    opportunities: tuple[str, ...]
    contacts: tuple[tuple[str, str, str], ...]


def crm_id(rng: random.Random, prefix: str) -> str:
    """An 18-character case-sensitive CRM id."""
    return prefix + "".join(rng.choices(_ALPHABET, k=15))


def make_accounts(seed: int) -> list[Account]:
    """The customers of the seeded company, each with contacts (name, local part, CRM id)."""
    rng = stream(seed, "accounts")
    accounts = []
    for number, name in enumerate(words.COMPANIES):
        contacts = tuple(
            (
                f"{rng.choice(words.FIRST_NAMES)} {rng.choice(words.LAST_NAMES)}",
                f"contact{order}",
                crm_id(rng, "003"),
            )
            for order in range(6)
        )
        opportunities = tuple(crm_id(rng, "006") for _ in range(2))
        domain = f"customer{number}.example"
        accounts.append(Account(name, domain, crm_id(rng, "001"), opportunities, contacts))
    return accounts


def account_of(accounts: list[Account], call_index: int) -> Account:
    """The customer a seeded call is with."""
    return accounts[(call_index * 7 + 3) % len(accounts)]


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


def account_values(account: Account) -> Json:
    """What the CRM holds of an account, equal in every call that shows it."""
    rng = random.Random(account.object_id)
    return {
        "Name": account.name,
        "Website": f"https://{account.domain}",
        "Industry": rng.choice(words.INDUSTRIES),
        "Number_of_Employees__c": rng.randrange(10, 90_000),
        "Current_ARR__c": round(rng.uniform(0, 500_000), 2),
        "Is_Partner__c": rng.choice(("true", "false")),
        "Next_Renewal_Date__c": None,
    }


def deal_values(rng: random.Random, account: Account) -> Json:
    """An opportunity's data as drawn from one source of chance."""
    return {
        "Name": f"{account.name} — renewal",
        "StageName": rng.choice(words.STAGES),
        "Probability": rng.choice((10, 25.0, 60, 90.5)),
        "Amount": rng.choice((rng.randrange(1_000, 90_000), 12500.75, None)),
        "CloseDate": f"20{rng.randrange(25, 28)}-0{rng.randrange(1, 9)}-15",
        "LeadSource": rng.choice(("Web", "Partner", None)),
        "IsWon": "true",
    }


def deal_now(account: Account, deal: str) -> Json:
    """What the CRM holds of an opportunity at present, equal in every call that shows it."""
    return deal_values(random.Random(deal), account)


def person_values(object_id: str) -> Json:
    """What the CRM holds of a contact, lead or user, equal in every call that shows it."""
    rng = random.Random(object_id)
    return {"Title": rng.choice(words.BUYER_TITLES), "Score__c": 7.5, "Fax": None}


def _account_object(account: Account) -> Json:
    """An account link with its data."""
    fields = _fields(account_values(account))
    return {"objectType": "Account", "objectId": account.object_id, "fields": fields}


def _deal_object(rng: random.Random, account: Account, deal: str, timing: str) -> Json:
    """An opportunity link; `Now` is what the CRM holds, `TimeOfCall` may differ."""
    values = deal_now(account, deal) if timing == "Now" else deal_values(rng, account)
    return {
        "objectType": "Opportunity",
        "objectId": deal,
        "fields": _fields(values),
        "timing": timing,
    }


def party_context(rng: random.Random, object_type: str, object_id: str) -> list[Json]:
    """The context list of a party: often a link without data, sometimes nothing at all."""
    draw = rng.random()
    if draw < 0.15:
        return []
    link: Json = {"objectType": object_type, "objectId": object_id}
    if draw < 0.5:
        link["fields"] = _fields(person_values(object_id))
    return [{"system": "Salesforce", "objects": [link]}]
