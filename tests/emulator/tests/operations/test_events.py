"""Reported events, integration settings, and paid answers about CRM entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start

SMALL = ("--no-limit", "--calls", "60")
PARSE = (400, ["Json parse error"])
DIGITAL: Json = {
    "eventId": "e1",
    "timestamp": "2026-11-18T10:00:00Z",
    "eventType": "page viewed",
    "content": {"contentTitle": "Preise"},
}
EVENT: Json = {
    "reportingSystem": "ours",
    "eventTimestamp": "2026-11-18T10:00:00Z",
    "eventId": "e1",
    "contentId": "c1",
    "contentUrl": "https://content.example/c1",
    "contentTitle": "Preise",
}
PATHS = ("content/viewed", "content/shared", "action")


def put(emulator: Emulator, path: str, body: Json) -> tuple[int, list[str]]:
    answer = emulator.client.put(f"/v2/customer-engagement/{path}", json=body)
    if answer.status_code == 200:
        assert set(answer.json()) == {"requestId"}
        return 200, []
    return emulator.errors(answer)


def test_an_event_is_taken_once(start: Start) -> None:
    emulator = start(*SMALL)
    assert set(emulator.post("digital-interaction", DIGITAL).json()) == {"requestId"}
    assert emulator.errors(emulator.post("digital-interaction", DIGITAL))[0] == 409
    assert put(emulator, "action", EVENT)[0] == 200
    for path in PATHS:
        assert put(emulator, path, EVENT)[0] == 409
        other = {**EVENT, "eventId": f"{path}/2"}
        assert put(emulator, path, other)[0] == 200
        assert put(emulator, path, {**other, "eventId": None})[0] == 200
    assert put(emulator, "action", {**EVENT, "reportingSystem": "theirs"})[0] == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_platform_and_a_type_of_data_are_free_text(world: Emulator, path: str) -> None:
    """The document runs their examples together into a single value."""
    properties = [{"name": "price", "value": 1.5, "dataType": "decimal"}]
    event = {**EVENT, "agentPlatform": "Chrome OS", "contentProperties": properties}
    event["eventId"] = f"free text of {path}"
    assert put(world, path, event)[0] == 200


@pytest.mark.parametrize("path", PATHS)
def test_an_event_of_the_future_is_400(world: Emulator, path: str) -> None:
    late = {**EVENT, "eventTimestamp": "2026-11-18T20:00:01Z"}
    assert put(world, path, late) == (400, ["eventTimestamp: must not be in the future"])


@pytest.mark.parametrize(
    ("path", "change", "refusal"),
    [
        ("content/viewed", {"contentUrl": None}, (400, ["contentUrl: must not be null"])),
        ("content/shared", {"recipients": [{}]}, (400, ["recipients[0].email: must not be null"])),
        ("action", {"reportingSystem": ""}, (400, ["reportingSystem: must not be blank"])),
        ("action", {"crmContext": [{"system": "SAP"}]}, PARSE),
        (
            "action",
            {"trackingId": "t", "actor": {"name": "x"}},
            (400, ["actor: must be null when trackingId is sent"]),
        ),
        ("action", {"workspaceId": "1"}, (400, ["workspaceId: there is no workspace 1"])),
    ],
)
def test_bad_engagement_events_are_refused(
    world: Emulator, path: str, change: Json, refusal: tuple[int, list[str]]
) -> None:
    assert put(world, path, {**EVENT, **change}) == refusal


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"content": {}}, (400, ["content.contentTitle: must not be null"])),
        ({"content": None}, (400, ["content: must not be null"])),
        ({"device": "TABLET"}, PARSE),
        ({"content": {"contentTitle": "x", "numericContentDetails": {"rangeFrom": "a"}}}, PARSE),
        (
            {"person": {"name": "x"}, "trackingId": "t"},
            (400, ["person: must be null when trackingId is sent"]),
        ),
        (
            {"customFields": [{"name": "x"}]},
            (400, ["customFields[0].value: must not be null"]),
        ),
        (
            {"timestamp": 12},
            (400, ["timestamp: must be an ISO-8601 date-time with an offset or Z"]),
        ),
    ],
)
def test_bad_interactions_are_refused(
    world: Emulator, change: Json, refusal: tuple[int, list[str]]
) -> None:
    assert world.errors(world.post("digital-interaction", {**DIGITAL, **change})) == refusal


def test_integration_settings_are_read_and_written(world: Emulator) -> None:
    first = world.get("integration-settings").json()["integrationSettings"]
    assert first == world.get("integration-settings").json()["integrationSettings"]
    assert first["id"].endswith("=")

    def write(origin: str, kind: str = "DIALER") -> int:
        rows = [{"integrationType": kind, "allowedOrigin": origin}]
        return world.post("integration-settings", {"integrationTypeSettings": rows}).status_code

    assert write("https://ours.example") == 200
    assert write("https://ours.example/path") == 400
    assert write("ours") == 400
    assert write("https://ours.example", "PHONE") == 400


def question(emulator: Emulator, **change: str) -> Json:
    calls = emulator.truth("calls")
    call = next(
        candidate
        for candidate in reversed(calls)
        if (candidate.get("context") or [{}])[0].get("objects")
    )
    account = call["context"][0]["objects"][0]
    return {
        "workspaceId": call["metaData"]["workspaceId"],
        "crmEntityType": "ACCOUNT",
        "crmEntityId": account["objectId"],
        "timePeriod": "ALL_CONVERSATIONS",
        "question": "Why?",
        "briefName": "Default brief",
        **change,
    }


def test_answers_rest_on_the_calls_of_the_entity(world: Emulator) -> None:
    query = question(world)
    answer = world.get("entities/ask-entity", **query).json()
    assert answer["numOfCallsSearched"] > 0
    call = answer["answer"][0]["callFindings"][0]["call"]
    known = {served["metaData"]["id"]: served for served in world.truth("calls")}
    assert known[call["id"]]["context"][0]["objects"][0]["objectId"] == query["crmEntityId"]
    brief = world.get("entities/get-brief", **query).json()
    assert [section["briefSectionType"] for section in brief["briefSections"]] == [
        "Conversations",
        "CrmOrGongData",
    ]
    recent = world.get("entities/ask-entity", **{**query, "timePeriod": "LAST_7DAYS"}).json()
    assert recent["numOfCallsSearched"] < answer["numOfCallsSearched"]


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        ("ask-entity", {"question": " "}, 400),
        ("ask-entity", {"crmEntityType": "Account"}, 400),
        ("ask-entity", {"timePeriod": "EVER"}, 400),
        ("ask-entity", {"timePeriod": "CUSTOM_RANGE"}, 400),
        ("ask-entity", {"timePeriod": "CUSTOM_RANGE", "fromDateTime": "2026-11-01T00:00:00Z"}, 200),
        ("ask-entity", {"crmEntityId": "nobody"}, 404),
        ("ask-entity", {"workspaceId": "1"}, 404),
        ("get-brief", {"briefName": "Unknown"}, 404),
    ],
)
def test_questions_are_checked(world: Emulator, path: str, change: Json, status: int) -> None:
    query = question(world, **change)
    assert world.get(f"entities/{path}", **query).status_code == status


def test_a_post_of_a_question_is_405(world: Emulator) -> None:
    assert world.errors(world.post("entities/ask-entity", {})) == (405, ["Method Not Allowed"])


def test_credits_run_out(start: Start) -> None:
    emulator = start(*SMALL, "--credits", "0")
    query = question(emulator)
    assert emulator.errors(emulator.get("entities/ask-entity", **query))[0] == 402
    assert emulator.errors(emulator.get("entities/get-brief", **query))[0] == 402
