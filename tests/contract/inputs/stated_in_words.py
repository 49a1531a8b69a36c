"""What Gong's document says of inputs in words: how to break it, or why it is not checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sources.gong.api.operations import Operation
from tests.contract.declared import entry_of
from tests.contract.inputs.constraints import documented_texts

CONDITION = re.compile(
    r"\b(must (?!have occurred)|mandatory|required(?! authoriz)|valid (values|characters)"
    r"|mutually exclusive|can be provided only|combination|max(imum)? (of )?\d"
    r"|up to \d+ (?!digits|hours)|at least one|one of)",
    re.I,
)
"""Words in which the document states a condition."""

Key = tuple[str, str]
"""An operationId, and a value; empty for the text of the operation itself."""


class Condition(NamedTuple):
    """A condition in words, and a request that breaks it.

    `values` are put over the least valid request; `names` is in our message, `emulated` in that of
    the emulator, where it has one of its own.
    """

    values: dict[str, Any]
    names: str
    emulated: str = ""


PROFILE = {"name": "Another"}
LEVEL = "libraryFolderAccess.permissionLevel"
PARTY = [{"partyId": "1"}]
PERSON = {"location": {"city": "Oslo"}}


def _profile(name: str, value: Any) -> Condition:
    return Condition(
        {**PROFILE, "libraryFolderAccess": {"permissionLevel": "none", name: value}},
        f"libraryFolderAccess.{name} cannot be given with {LEVEL}=none",
        '"permissionLevel" must not be "none"',
    )


def _field(name: str, **wrong: Any) -> Condition:
    field = {"uniqueName": "a", "label": "A", "type": "STRING"}
    return Condition({"fields": [{**field, **wrong}]}, f"fields[0].{name}")


CHECKED: dict[Key, Condition] = {
    ("addCall", "languageCode"): Condition({"languageCode": "xx-XX"}, "languageCode"),
    ("addCall", "purpose"): Condition({"purpose": "x" * 256}, "purpose"),
    ("addCall", "disposition"): Condition({"disposition": "x" * 256}, "disposition"),
    ("addCall", "speakersTimeline.speechSegments[].partyIds"): Condition(
        {
            "parties": PARTY,
            "speakersTimeline": {
                "speechSegments": [{"fromTime": 0, "toTime": 1, "partyIds": ["1", "2"]}]
            },
        },
        "speakersTimeline.speechSegments[0].partyIds names '2'",
    ),
    ("listCallsExtensive", "contentSelector.contextTiming"): Condition(
        {"contentSelector": {"context": "Basic", "contextTiming": ["Now"]}},
        "contentSelector.contextTiming can be given only with",
    ),
    ("listCallsExtensive", "contentSelector.exposedFields.content.trackerOccurrences"): Condition(
        {"contentSelector": {"exposedFields": {"content": {"trackerOccurrences": True}}}},
        "trackerOccurrences can be given only with",
    ),
    **{
        (operation, f"libraryFolderAccess.{name}"): _profile(name, value)
        for operation in ("createPermissionProfile", "updatePermissionProfile")
        for name, value in {
            "libraryFolderIds": ["1"],
            **dict.fromkeys(
                ("managePublicFolder", "manageStreams", "manageFolderCalls",
                 "shareFoldersAndStreams"),
                True,
            ),
        }.items()
    },
    **{
        (operation, LEVEL): Condition(
            {**PROFILE, "libraryFolderAccess": {"manageStreams": True}}, f"{LEVEL} is missing"
        )
        for operation in ("createPermissionProfile", "updatePermissionProfile")
    },
    ("deleteGenericCrmIntegration", "clientRequestId"): Condition(
        {"clientRequestId": "a b"}, "clientRequestId must have letters"
    ),
    ("uploadCrmSchemaField", "fields[].referenceTo"): _field("referenceTo", type="REFERENCE"),
    ("uploadCrmSchemaField", "fields[].orderedValueList"): _field(
        "orderedValueList", type="PICKLIST"
    ),
    ("uploadCrmSchemaField", "fields[].type"): _field("type", type="TEXT"),
    ("uploadCrmSchemaField", "fields[].lastModified"): _field(
        "lastModified", lastModified="2026-11-01T10:00:00.000Z"
    ),
    **{
        (operation, "phoneNumber"): Condition(
            {"phoneNumber": "4255552671"}, "phoneNumber must start with +"
        )
        for operation in ("findAllReferencesToPhoneNumber", "purgePhoneNumber")
    },
    ("addDigitalInteraction", "person"): Condition(
        {"person": {"name": "Ada"}, "trackingId": "1"}, "trackingId cannot be given together",
        "must be null",
    ),
    ("addDigitalInteraction", "trackingId"): Condition(
        {"trackingId": "1", "person": {"email": "a@b.example"}},
        "trackingId cannot be given together", "must be null",
    ),
    ("addDigitalInteraction", "person.personId"): Condition(
        {"person": {**PERSON, "company": {"domain": "b.example"}}}, "person.personId is missing"
    ),
    ("addDigitalInteraction", "person.company.domain"): Condition(
        {"person": {**PERSON, "personId": "1"}}, "person.company.domain is missing"
    ),
    ("contentViewed", "trackingId"): Condition(
        {"trackingId": "1", "viewer": {"name": "Ada"}}, "trackingId cannot be given together",
        "must be null",
    ),
    ("contentShared", "recipients"): Condition(
        {"recipients": [{"name": "Ada"}]}, "recipients[0].email is missing"
    ),
    ("getFlowSteps", "flowIds"): Condition(
        {"flowIds": [str(number) for number in range(21)]}, "flowIds has 21 items"
    ),
    ("getFlowSteps", ""): Condition(
        {"flowIds": [str(number) for number in range(30)]}, "flowIds has 30 items"
    ),
    ("integrationStatus", "emails"): Condition(
        {"emails": [f"{number}@b.example" for number in range(101)]}, "emails has 101 items"
    ),
    ("assignProspects", ""): Condition(
        {"crmProspectsIds": [str(number) for number in range(101)]}, "crmProspectsIds has 101 items"
    ),
    ("unassignFlows", ""): Condition(
        {"flowInstanceIds": [str(number) for number in range(201)]}, "flowInstanceIds has 201 items"
    ),
    ("submitFlowProspectsBulkAssignment", ""): Condition(
        {"prospects": [{"crmId": str(number)} for number in range(51)]}, "prospects has 51 items"
    ),
    **{
        ("submitFlowProspectsBulkAssignment", f"prospects[].{name}"): Condition(
            {"prospects": [{other: "Ada"}]}, f"prospects[0].{name} is missing"
        )
        for name, other in (("firstName", "lastName"), ("lastName", "firstName"))
    },
}  # fmt: skip

NOT_CHECKED: dict[Key, str] = {
    ("addCall", "downloadMediaUrl"): "of the file at the address; Gong looks at it",
    ("addCall", "parties"): "the user may be a party by id, by address or by phone number",
    ("addCall", "parties[].partyId"): "checked of those who speak; who is silent needs none",
    ("addCall", "speakersTimeline"): "both may be sent: Gong says which of them it does not use",
    ("addDigitalInteraction", "person.company"): "a recommendation: should, not must",
    ("getRequestStatus", ""): "of the answer",
    ("registerGenericCrmIntegration", ""): "of the state at Gong, which answers 409",
    ("uploadCrmData", ""): "of the lines of the file: tests/contract/inputs/test_crm_lines.py",
    ("uploadCrmSchemaField", ""): "that all fields go together: the push sends them all",
}


def conditions(row: Operation) -> Iterator[Key]:
    """Yields the values of an operation that the document states a condition of, in words."""
    entry = entry_of(row)
    if CONDITION.search(_plain(entry["description"])):
        yield row.operation_id, ""
    for name, text in documented_texts(row).items():
        if CONDITION.search(text):
            yield row.operation_id, name


def _plain(text: str) -> str:
    return re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
