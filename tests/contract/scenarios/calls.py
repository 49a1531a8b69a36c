"""Scenarios of calls, their statistics, uploads and personal data."""

from __future__ import annotations

from tests.conftest import Emulator
from tests.contract.scenarios.inputs import DAYS, EVERYTHING, NEVER, WINDOW
from tests.contract.wire import Json, Wire


def calls(wire: Wire) -> None:
    wire.all_pages("GET", "calls", WINDOW)
    wire.all_pages("POST", "calls/extensive", {"filter": WINDOW, "contentSelector": EVERYTHING})
    wire("POST", "calls/extensive", {"filter": WINDOW})
    wire.all_pages("POST", "calls/transcript", {"filter": WINDOW})
    call_ids = [call["metaData"]["id"] for call in wire.emulator.truth("calls")]
    wire("GET", f"calls/{call_ids[0]}")
    wire("GET", "calls/1")
    wire("GET", "calls", params=NEVER)
    wire("GET", "calls", params={"fromDateTime": "yesterday"})
    for path in ("calls/extensive", "calls/transcript"):
        wire("POST", path, {"filter": NEVER})
        wire("POST", path, {})


def stats(wire: Wire) -> None:
    activity = ("stats/activity/aggregate", "stats/activity/day-by-day", "stats/interaction")
    for path in activity:
        wire.all_pages("POST", path, {"filter": DAYS})
        wire("POST", path, {"filter": DAYS | {"toDate": DAYS["fromDate"]}})
        wire("POST", path, {"filter": DAYS | {"toDate": "2030-01-01"}})
    path = "stats/activity/aggregate-by-period"
    for period in ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"):
        wire.all_pages("POST", path, {"filter": DAYS, "aggregationPeriod": period})
    wire("POST", path, {"filter": DAYS})
    unknown = DAYS | {"userIds": ["1"]}
    wire("POST", path, {"filter": unknown, "aggregationPeriod": "DAY"})
    path = "stats/activity/scorecards"
    for method in ("MANUAL", "AUTOMATIC", "BOTH"):
        reviews = {"reviewFromDate": "2026-10-20", "reviewToDate": "2026-11-18"}
        wire.all_pages("POST", path, {"filter": reviews | {"reviewMethod": method}})
    wire("POST", path, {"filter": {"reviewFromDate": "2001-01-01", "reviewToDate": "2001-01-02"}})
    wire("POST", path, {})


def uploads(wire: Wire) -> None:
    users = wire.emulator.truth("users")
    names = ("webConferencesRecorded", "telephonyCallsImported")

    def host(*, is_recorded: bool) -> str:
        return next(
            str(user["id"])
            for user in users
            if (user["active"] and any(user["settings"][name] for name in names)) is is_recorded
        )

    body: Json = {
        "clientUniqueId": "pbx-1",
        "actualStart": "2026-11-18T10:00:00-05:00",
        "duration": 1790.74,
        "direction": "Outbound",
        "primaryUser": host(is_recorded=True),
        "parties": [{"userId": host(is_recorded=True)}, {"emailAddress": "buyer@new.example"}],
    }
    call_id = wire("POST", "calls", body)["callId"]
    wire("POST", "calls", body)
    silent = host(is_recorded=False)
    other = {"clientUniqueId": "pbx-2", "primaryUser": silent, "parties": [{"userId": silent}]}
    wire("POST", "calls", body | other)
    media = {"mediaFile": ("call.wav", b"RIFF" + bytes(range(256)), "audio/wav")}
    for id_ in (call_id, "1"):
        wire("PUT", f"calls/{id_}/media", files=media)


def privacy(wire: Wire) -> None:
    parties = [
        party
        for call in wire.emulator.truth("calls")
        for party in call.get("parties") or ()
        if party.get("affiliation") == "External"
    ]
    for path, name, key, nobody in (
        ("data-for-email-address", "emailAddress", "emailAddress", "no@body.example"),
        ("data-for-phone-number", "phoneNumber", "phoneNumber", "+15550001"),
    ):
        known = sorted({party[key] for party in parties if party.get(key)})
        for value in (*known[:30], nobody, "nonsense"):
            wire("GET", f"data-privacy/{path}", params={name: value})
        for value in (known[0], "nonsense"):
            wire("POST", f"data-privacy/erase-{path}", params={name: value})


def associations(wire: Wire) -> None:
    path = "calls/manual-crm-associations"
    wire.all_pages("GET", path, {"fromDateTime": WINDOW["fromDateTime"]})
    wire("GET", path, params={"fromDateTime": "2026-11-18T19:59:00Z"})
    wire("GET", path)


def questions(wire: Wire) -> None:
    query = question(wire.emulator)
    spans = ("ALL_CONVERSATIONS", "LAST_7DAYS")
    for path in ("entities/ask-entity", "entities/get-brief"):
        for change in (
            *({"timePeriod": span} for span in spans),
            {"crmEntityId": "nobody"},
            {"timePeriod": "EVER"},
        ):
            wire("GET", path, params=query | change)


def question(emulator: Emulator) -> Json:
    """Returns the inputs of a question about an account, or about a brief of it."""
    brief = next(
        candidate for candidate in emulator.truth("briefs") if candidate["status"] == "Published"
    )
    for call in emulator.truth("calls"):
        for system in call.get("context") or ():
            for record in system["objects"]:
                here = call["metaData"]["workspaceId"] == brief["workspaceId"]
                if record["objectType"] == "Account" and here:
                    return {
                        "workspaceId": brief["workspaceId"],
                        "crmEntityType": "ACCOUNT",
                        "crmEntityId": record["objectId"],
                        "timePeriod": "ALL_CONVERSATIONS",
                        "question": "Why do they want it?",
                        "briefName": brief["briefName"],
                    }
    raise AssertionError("no call of the workspace refers to an account")
