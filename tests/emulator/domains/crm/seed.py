"""The generic CRM of the seeded company: the objects that calls and their parties refer to.

A value is the one that calls show for `Now`, under the same field name; only booleans differ,
which calls write as text. Contacts were leads once, so every contact's id names a lead too.
"""

from tests.emulator.domains.crm.fields import schema_field
from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY, moment
from tests.emulator.world import words
from tests.emulator.world.chance import stream
from tests.emulator.world.company.accounts import (
    Account,
    account_values,
    crm_id,
    deal_now,
    make_accounts,
    person_values,
)
from tests.emulator.world.world import World

Objects = dict[tuple[str, str], Json]
Schema = dict[str, dict[str, Json]]
# Beyond 2^53: a reader that uses floating point gets it wrong.
BIG = 9_007_199_254_740_993
SMALL = 0.12345678901234566


def make_schema() -> Schema:
    """Own fields of every object type, each field type at least once."""
    stages = list(words.STAGES)
    fields = {
        "ACCOUNT": [
            schema_field("Name", "STRING"),
            schema_field("Website", "URL", lastModified="2024-05-03T08:11:34+01:00"),
            schema_field("Industry", "PICKLIST", orderedValueList=list(words.INDUSTRIES)),
            schema_field("Number_of_Employees__c", "NUMBER"),
            schema_field("Current_ARR__c", "CURRENCY", label="Current ARR (€)"),
            schema_field("Is_Partner__c", "BOOLEAN"),
            schema_field("Next_Renewal_Date__c", "DATE"),
            schema_field("Regions__c", "STRINGARRAY", label="Régions 🌍"),
            schema_field("Legacy_Number__c", "NUMBER"),
            schema_field("Owner__c", "REFERENCE", referenceTo="USER"),
        ],
        "CONTACT": _person_fields(),
        "LEAD": _person_fields(),
        "DEAL": [
            schema_field("Name", "STRING"),
            schema_field("StageName", "PICKLIST", orderedValueList=stages),
            schema_field("Probability", "PERCENT"),
            schema_field("Amount", "CURRENCY"),
            schema_field("CloseDate", "DATE", lastModified="2023-12-17T13:45:01Z"),
            schema_field("LeadSource", "STRING"),
            schema_field("IsWon", "BOOLEAN"),
            schema_field("External_Id__c", "ID"),
        ],
    }
    return {kind: {field["uniqueName"]: field for field in some} for kind, some in fields.items()}


def _person_fields() -> list[Json]:
    return [
        schema_field("Title", "STRING"),
        schema_field("Score__c", "NUMBER"),
        schema_field("Fax", "PHONENUMBER"),
        schema_field("Second_Email__c", "EMAILADDRESS"),
        schema_field("Last_Seen__c", "DATETIME"),
    ]


def make_objects(world: World) -> Objects:
    """All objects by (type, CRM id); some objects that calls refer to are missing."""
    objects: Objects = {}
    for number, account in enumerate(make_accounts(world.settings.seed)):
        rng = stream(world.settings.seed, "crm objects", number)
        stamp = _stamp(world.started_at - rng.randrange(2 * DAY, 300 * DAY))
        owner = crm_id(rng, "005")
        objects["ACCOUNT", account.object_id] = {
            **_head(account.object_id, stamp, "accounts"),
            "name": account.name,
            "domains": [account.domain, f"{number}.example"][: 1 + number % 2],
            **_account_fields(account, number, owner),
        }
        for deal in account.opportunities:
            objects["DEAL", deal] = _deal(account, deal, stamp, owner)
        for order, (name, handle, object_id) in enumerate(account.contacts):
            # Some people left the CRM although calls still refer to them.
            if (number + order) % 17 == 16:
                continue
            person = _person(account, name, handle, object_id, stamp, order)
            link = {"accountId": account.object_id}
            converted = {
                "convertedToContactId": object_id,
                "convertedToAccountId": account.object_id,
                "convertedToDealId": None,
            }
            objects["CONTACT", object_id] = {**person, **link}
            objects["LEAD", object_id] = {**person, **converted}
    return objects


def _stamp(value: int) -> str:
    """A time without fractions, as the CRM operations write it."""
    return moment(value).strftime("%Y-%m-%dT%H:%M:%SZ")


def _head(object_id: str, stamp: str, folder: str) -> Json:
    """The first fields of every object."""
    return {
        "objectId": object_id,
        "modifiedDate": stamp,
        "url": f"https://crm.example/{folder}/{object_id}",
    }


def _account_fields(account: Account, number: int, owner: str) -> Json:
    """An account's own fields: a list, big numbers, a boolean, null, and keys that are absent."""
    values = account_values(account)
    values["Is_Partner__c"] = values["Is_Partner__c"] == "true"
    if number % 3:
        values["Regions__c"] = ["EMEA", "日本", "Île-de-France"][: number % 4]
    if number % 4 == 1:
        values["Legacy_Number__c"] = BIG + number
    elif number % 4 == 2:
        values["Legacy_Number__c"] = SMALL
    values["Owner__c"] = owner if number % 5 else None
    return values


def _deal(account: Account, deal: str, stamp: str, owner: str) -> Json:
    """A deal; the standard fields say the same as its own ones."""
    values = deal_now(account, deal)
    values["IsWon"] = values["IsWon"] == "true"
    stage = str(values["StageName"])
    status = {"Closed Won": "WON", "Closed Lost": "LOST"}.get(stage, "OPEN")
    return {
        **_head(deal, stamp, "deals"),
        "accountId": account.object_id,
        "ownerId": owner,
        "name": values["Name"],
        "createdDate": stamp,
        "closeDate": values["CloseDate"],
        "status": status,
        "stage": stage.lower().replace(" ", "-"),
        "amount": values["Amount"],
        **values,
        "External_Id__c": f"{int(deal[3:7].encode().hex(), 16):020d}",
    }


def _person(
    account: Account, name: str, handle: str, object_id: str, stamp: str, order: int
) -> Json:
    """The fields of contacts and leads alike."""
    first, _, last = name.partition(" ")
    person: Json = {
        **_head(object_id, stamp, "people"),
        "emailAddress": f"{handle}@{account.domain}",
        "firstName": first,
        "lastName": last,
        "title": person_values(object_id)["Title"],
        **person_values(object_id),
    }
    if order % 2:
        person["phoneNumber"] = f"+44 20 7946 {order:04d}"
    if order % 3 == 0:
        person["Last_Seen__c"] = stamp
    if order % 3 == 1:
        person["Second_Email__c"] = None
    return person
