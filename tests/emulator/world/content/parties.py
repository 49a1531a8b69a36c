"""The people of a call: hosts, colleagues, customers, phone callers and silent attendees."""

import random

from tests.emulator.settings import Json
from tests.emulator.world import words
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import gong_id
from tests.emulator.world.company.accounts import Account, crm_id
from tests.emulator.world.company.people import Directory, Person
from tests.emulator.world.content.crm_links import party_context


def make_parties(
    rng: random.Random, call: Call, directory: Directory, account: Account
) -> list[Json] | None:
    """The parties of a call; None is a call without the key, as imported calls can be.

    Keys are left out when unknown, sometimes null, and `speakerId` is null for those who never
    spoke (all seen live).
    """
    if call.case == "no_parties":
        return None
    if call.case == "empty_parties":
        return []
    parties = []
    for number, user_id in enumerate((call.host, *call.attendees)):
        person = directory.find(user_id)
        if person is not None:
            spoke = number == 0 or rng.random() < 0.7
            parties.append(_internal(rng, person, spoke))
    if call.scope != "Internal":
        parties += _outsiders(rng, call, account)
    if call.case == "silent_attendees" or rng.random() < 0.3:
        parties += _invitees(rng, call, directory, account)
    return parties


def _speaker(rng: random.Random, spoke: bool) -> str | None:
    """A speaker id for a party that spoke, else None."""
    return gong_id(rng, 19) if spoke else None


def _internal(rng: random.Random, person: Person, spoke: bool) -> Json:
    """A colleague who attended."""
    party: Json = {"id": gong_id(rng, 19), "emailAddress": person.email, "name": person.name}
    if person.document["title"] is not None:
        party["title"] = person.document["title"]
    party["userId"] = person.id
    party["speakerId"] = _speaker(rng, spoke)
    party["context"] = party_context(rng, "User", crm_id(rng, "005"))
    party["affiliation"] = "Internal"
    if person.document["phoneNumber"] is not None:
        party["phoneNumber"] = person.document["phoneNumber"]
    party["methods"] = ["Invitee", "Attendee"] if rng.random() < 0.6 else ["Attendee"]
    return party


def _outsiders(rng: random.Random, call: Call, account: Account) -> list[Json]:
    """The other side: named customers, or unknown callers on the phone."""
    if call.case == "phone_callers" or (not call.is_conference and rng.random() < 0.3):
        return [_caller(rng, number) for number in range(1 + (call.case == "phone_callers"))]
    count = rng.choices((1, 2, 3, 4), (50, 30, 15, 5))[0]
    return [
        _customer(rng, account, contact, call.case)
        for contact in rng.sample(account.contacts, count)
    ]


def _caller(rng: random.Random, number: int) -> Json:
    """A phone caller: affiliation Unknown although it may well be the customer (seen live)."""
    return {
        "id": gong_id(rng, 19),
        "name": f"Phone Caller #{number + 1}",
        "speakerId": gong_id(rng, 19),
        "context": [],
        "affiliation": "Unknown",
        "phoneNumber": f"+1 555-{rng.randrange(1000):03d}-{rng.randrange(10_000):04d}",
        "methods": ["Attendee"],
    }


def _customer(
    rng: random.Random, account: Account, contact: tuple[str, str, str], case: str
) -> Json:
    """A customer; unknown values are absent or null."""
    name, handle, object_id = contact
    if case == "right_to_left":
        name = words.RTL_NAME
    party: Json = {"id": gong_id(rng, 19), "emailAddress": f"{handle}@{account.domain}"}
    if case == "null_party_fields" or rng.random() < 0.02:
        party.update(emailAddress=None, name=None, title=None)
    elif rng.random() < 0.8:
        party["name"] = name
        if rng.random() < 0.7:
            party["title"] = rng.choice(words.BUYER_TITLES)
    party["speakerId"] = _speaker(rng, rng.random() < 0.75)
    kind = rng.choice(("Contact", "Lead"))
    context = party_context(rng, kind, object_id)
    if context or rng.random() < 0.8:
        party["context"] = context
    elif rng.random() < 0.5:
        party["context"] = None
    party["affiliation"] = "External"
    if rng.random() < 0.5:
        party["phoneNumber"] = f"+44 20 7946 {rng.randrange(10_000):04d}"
    party["methods"] = ["Invitee", "Attendee"]
    return party


def _invitees(rng: random.Random, call: Call, directory: Directory, account: Account) -> list[Json]:
    """Invitees who did not attend or did not speak: no speaker id."""
    colleagues = [
        person
        for person in directory.seniority[:12]
        if person.id != call.host and person.id not in call.attendees
    ]
    silent = [_internal(rng, person, False) for person in colleagues[:2]]
    for party in silent:
        party["methods"] = ["Invitee"]
    contact = account.contacts[-1]
    outsider = _customer(rng, account, contact, call.case)
    outsider.update(speakerId=None, methods=["Invitee"])
    return [*silent, outsider] if call.scope != "Internal" else silent
