"""The customers of the company, and the field values their CRM objects hold."""

import random
from dataclasses import dataclass

from tests.emulator.settings import Json
from tests.emulator.world import words
from tests.emulator.world.chance import stream

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


def account_values(account: Account) -> Json:
    """The CRM fields of an account, equal in every call that shows it."""
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
    """The present CRM fields of an opportunity, equal in every call that shows it."""
    return deal_values(random.Random(deal), account)


def person_values(object_id: str) -> Json:
    """The CRM fields of a contact, lead or user, equal in every call that shows it."""
    rng = random.Random(object_id)
    return {"Title": rng.choice(words.BUYER_TITLES), "Score__c": 7.5, "Fax": None}
