from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from sources.gong.extract.answers import listed
from sources.gong.extract.logs import LOG_TYPES, log_entity
from sources.gong.schema.tables.logs import CREDENTIALS


def ids(*pages: list[dict[str, Any]], log_type: str = "AccessLog") -> list[str]:
    seen: Counter[str] = Counter()
    return [log_entity(entry, log_type, seen)["_logId"] for page in pages for entry in page]


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "userId": "1",
        "userEmailAddress": "a@b.example",
        "userFullName": "A B",
        "eventTime": "2026-01-01T00:00:00.123Z",
        "logRecord": {"ip": "203.0.113.7"},
        **changes,
    }


def test_ids_do_not_depend_on_where_pages_end() -> None:
    entries = [entry(), entry(eventTime="2026-01-01T00:00:01Z"), entry(), entry()]
    assert ids(entries) == ids(entries[:1], entries[1:3], entries[3:])


def test_equal_entries_have_ids_of_their_own_and_the_same_in_every_read() -> None:
    first, again = ids([entry(), entry(), entry()]), ids([entry()], [entry(), entry()])
    assert first == again
    assert len(set(first)) == 3


def test_an_equal_entry_that_comes_later_takes_no_id_from_the_earlier() -> None:
    assert ids([entry(), entry()])[0] == ids([entry()])[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"userId": "2"},
        {"userEmailAddress": "c@d.example"},
        {"eventTime": "2026-01-01T00:00:00.124Z"},
        {"impersonatorUserId": "9"},
        {"logRecord": {"ip": "203.0.113.8"}},
        {"logRecord": {}},
    ],
)
def test_an_entry_that_differs_in_what_identifies_it_has_another_id(changes: Any) -> None:
    assert ids([entry()]) != ids([entry(**changes)])


def test_what_may_change_later_does_not_change_the_id() -> None:
    assert ids([entry()]) == ids([entry(userFullName="Renamed", novel=1)])


def test_the_same_entry_in_another_log_has_another_id() -> None:
    assert len({ids([entry()], log_type=log_type)[0] for log_type in LOG_TYPES}) == len(LOG_TYPES)


@pytest.mark.parametrize("audit_id", ["7168612352", 7168612352])
def test_an_audit_id_is_the_id(audit_id: Any) -> None:
    audited = entry(logRecord={"auditId": audit_id})
    assert ids([audited], log_type="UserActivityLog") == ["7168612352"]


def test_the_id_of_an_entry_with_odd_text_can_be_made() -> None:
    assert ids([entry(userId="\ud800")]) != ids([entry(userId="1")])


@pytest.mark.parametrize("record", [None, "text", [1]])
def test_an_entry_without_a_usable_record_is_an_entity_too(record: Any) -> None:
    entity = log_entity(entry(logRecord=record), "UserCallPlay", Counter())
    assert (entity["_callId"], entity["logRecord"]) == (None, record)


@pytest.mark.parametrize(
    ("log_type", "record", "digest"),
    [
        ("AccessLog", {"ip": "203.0.113.7"}, "1c1b563c7b77d931ee33c64bd2c5972e"),
        (
            "UserActivityLog",
            {"httpRequest": {"clientIp": "203.0.113.7", "verb": "GET"}},
            "926d55b833d71fd0e6622769c3e55792",
        ),
        (
            "ExternallySharedCallAccess",
            {"call_id": "1", "page_viewer_ip": "203.0.113.7"},
            "4e9d373123306312f63379bef3055f26",
        ),
    ],
)
def test_the_ids_never_change_also_not_because_addresses_land(
    log_type: str, record: Any, digest: str
) -> None:
    assert ids([entry(logRecord=record)], log_type=log_type) == [f"{digest}-0"]


SECRETS = {
    "auditId": "1",
    "tableChanges": [
        {
            "tableName": "users",
            "rowChanges": [
                {
                    "primaryKeyColumns": [{"columnName": "id", "columnValue": "77"}],
                    "columnChanges": [
                        {
                            "columnName": "api_token",
                            "oldValue": "hunter-old",
                            "newValue": "hunter-new",
                            "operation": "replace",
                        },
                        {"columnName": "title", "oldValue": "Rep", "newValue": "Manager"},
                    ],
                }
            ],
        }
    ],
    "customData": [
        {"key": "subscription-status", "values": ["Trial"]},
        {"key": "sessionId", "values": ["hunter-session"]},
    ],
    "action": None,
    "clientIp": "203.0.113.1",
    "sourceIp": "203.0.113.2",
    "clientIpAddress": "203.0.113.3",
    "remote_addr": "203.0.113.4",
    "ip": "203.0.113.5",
    "nested": [{"Set-Cookie": "hunter-cookie", "Authorization": "Basic hunter"}],
    "httpRequest": {
        "referrerUri": "https://app.gong.example/company?code=hunter-referrer#hunter-fragment",
        "endpointUri": "/company/users/update;jsessionid=hunter-path?token=hunter-query",
        "clientIp": "203.0.113.6",
        "verb": "POST",
        "body": '{"password": "hunter-body"}',
        "headers": {"Cookie": "hunter-header"},
        "parameters": [
            {"key": "redirect-url", "values": ["/hunter-parameter"]},
            {"key": "_csrf", "values": ["hunter-csrf"]},
        ],
    },
}


@pytest.mark.parametrize("log_type", ["UserActivityLog", "AccessLog"])
def test_secrets_are_gone(log_type: str) -> None:
    text = json.dumps(log_entity(entry(logRecord=SECRETS), log_type, Counter()))
    assert "hunter" not in text


@pytest.mark.parametrize("log_type", ["UserActivityLog", "AccessLog"])
def test_addresses_land(log_type: str) -> None:
    entity = log_entity(entry(logRecord=SECRETS), log_type, Counter())
    record = entity["logRecord"]
    for name in ("clientIp", "sourceIp", "clientIpAddress", "remote_addr", "ip"):
        assert record[name] == SECRETS[name]
    assert record["httpRequest"]["clientIp"] == "203.0.113.6"


@pytest.mark.parametrize(
    "name",
    ["author", "authorId", "authenticationMethod", "tokenCount", "passwordPolicy", "sessionLength",
     "secretary", "cookieConsent", "description", "shipTo", "signatureStatus"],
)  # fmt: skip
def test_a_name_that_contains_the_name_of_a_credential_is_none(name: str) -> None:
    record = {
        name: "kept",
        "customData": [{"key": name, "values": ["kept"]}],
        "tableChanges": [
            {"rowChanges": [{"columnChanges": [{"columnName": name, "newValue": 1}]}]}
        ],
    }
    for log_type in ("AccessLog", "UserActivityLog"):
        assert log_entity(entry(logRecord=record), log_type, Counter())["logRecord"] == record


@pytest.mark.parametrize("spelling", [str, str.upper, str.title])
def test_the_value_of_a_credential_is_gone_however_it_is_spelled(spelling: Any) -> None:
    for name in CREDENTIALS:
        for key in (spelling(name), spelling(name.replace("_", "-")), name.replace("_", "")):
            record = {"deep": [{key: "hunter"}], "customData": [{"key": key, "values": ["hunter"]}]}
            text = json.dumps(log_entity(entry(logRecord=record), "AccessLog", Counter()))
            assert "hunter" not in text
            assert text.count(key) == 2, "the name is kept"


def test_names_and_harmless_values_are_kept() -> None:
    record = log_entity(entry(logRecord=SECRETS), "UserActivityLog", Counter())["logRecord"]
    request = record["httpRequest"]
    assert [p["key"] for p in request["parameters"]] == ["redirect-url", "_csrf"]
    assert request["verb"] == "POST"
    assert request["endpointUri"] == "/company/users/update"
    assert request["referrerUri"] == "https://app.gong.example/company"
    assert set(request) == set(SECRETS["httpRequest"])  # type: ignore[call-overload]
    changes = record["tableChanges"][0]["rowChanges"][0]
    assert changes["primaryKeyColumns"] == [{"columnName": "id", "columnValue": "77"}]
    assert [c["columnName"] for c in changes["columnChanges"]] == ["api_token", "title"]
    assert changes["columnChanges"][1]["newValue"] == "Manager"
    assert record["customData"][0] == {"key": "subscription-status", "values": ["Trial"]}
    assert record["customData"][1]["key"] == "sessionId"
    assert set(record) == set(SECRETS)


@pytest.mark.parametrize("request_", ["POST /x?token=hunter", ["hunter"], 5, None])
def test_a_request_of_another_form_is_dropped(request_: Any) -> None:
    entity = log_entity(entry(logRecord={"httpRequest": request_}), "UserActivityLog", Counter())
    assert entity["logRecord"] == {"httpRequest": None}


def test_the_entry_itself_is_not_changed() -> None:
    before = json.dumps(SECRETS)
    log_entity(entry(logRecord=SECRETS), "UserActivityLog", Counter())
    assert json.dumps(SECRETS) == before


@pytest.mark.parametrize("log_type", ["UserCallPlay", "ExternallySharedCallPlay"])
def test_the_logs_of_plays_tell_their_call(log_type: str) -> None:
    record = {"call_id": "123", "play_speed": 1.5}
    entity = log_entity(entry(logRecord=record), log_type, Counter())
    assert (entity["_callId"], entity["_logType"], entity["logRecord"]) == ("123", log_type, record)


def test_what_is_no_entry_has_no_id_and_no_content() -> None:
    (odd,) = listed({"logEntries": ["a secret of somebody"]}, "logEntries", "logs")
    entity = log_entity(odd, "AccessLog", Counter())
    assert "_logId" not in entity
    assert entity["_logType"] == "AccessLog"
    assert "a secret of somebody" not in json.dumps(entity)
