"""Scenarios of the generic CRM integration."""

from __future__ import annotations

from tests.contract.scenarios.inputs import active_emails
from tests.contract.wire import Wire


def crm(wire: Wire) -> None:
    wire("GET", "crm/integrations")
    (number,) = wire.ids("crm_integrations", "integrationId")
    here = {"integrationId": number}
    wire("GET", "crm/entity-schema", params=here)
    for kind in ("ACCOUNT", "CONTACT", "DEAL", "LEAD"):
        of_type = here | {"objectType": kind}
        wire("GET", "crm/entity-schema", params=of_type)
        fields = [
            {
                key: value
                for key, value in entry.items()
                if key not in ("integrationId", "objectType")
            }
            for entry in wire.emulator.truth("crm_schema_fields")
            if entry["objectType"] == kind
        ]
        wire("POST", "crm/entity-schema", fields, params=of_type)
        ids = [
            record["crmId"]
            for record in wire.emulator.truth("crm_objects")
            if record["objectType"] == kind
        ]
        wire("GET", "crm/entities", [*ids[:90], "nobody"], params=of_type)
    wire("POST", "crm/entity-schema", [], params=of_type)
    wire("GET", "crm/entity-schema", params={"integrationId": "1"})
    wire("GET", "crm/entities", params=of_type)
    wire("PUT", "crm/integrations", {"ownerEmail": active_emails(wire)[0], "name": "Another"})
    good = b'{"objectId": "a1", "modifiedDate": "2026-01-03T23:45:57Z", "name": "One"}'
    for name, lines in (("good", good), ("bad", b'{"objectId": "a2"}\n{'), ("good", good)):
        wire(
            "POST",
            "crm/entities",
            params=here | {"objectType": "ACCOUNT", "clientRequestId": name},
            files={"dataFile": ("rows.ldjson", lines, "application/x-ndjson")},
        )
    wire("DELETE", "crm/integrations", params=here | {"clientRequestId": "gone"})
    for _ in range(3):
        for name in ("good", "bad", "gone", "unknown"):
            wire("GET", "crm/request-status", params=here | {"clientRequestId": name})
        wire.advance(40)
    wire("GET", "crm/integrations")


def registration(wire: Wire) -> None:
    """Requests a company that has no generic CRM yet."""
    wire("GET", "crm/integrations")
    body = {"ownerEmail": active_emails(wire)[0], "name": "Ours"}
    wire("PUT", "crm/integrations", body)
    wire("PUT", "crm/integrations", body)
