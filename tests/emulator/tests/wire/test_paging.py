"""Paging and windows: every row once, cursors bound and mortal, half-open windows."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Start

EVER = {"fromDateTime": "2020-01-01T00:00:00Z"}
REPORT = {"filter": {"fromDate": "2026-09-01", "toDate": "2026-11-18"}}


@pytest.mark.parametrize(
    ("method", "path", "key", "inputs", "name"),
    [
        ("GET", "calls", "calls", EVER, lambda row: row["id"]),
        ("GET", "users", "users", {}, lambda row: row["id"]),
        ("POST", "users/extensive", "users", {"filter": {}}, lambda row: row["id"]),
        ("POST", "calls/extensive", "calls", {"filter": {}}, lambda row: row["metaData"]["id"]),
        ("POST", "calls/transcript", "callTranscripts", {"filter": {}}, lambda row: row["callId"]),
        (
            "POST",
            "stats/activity/scorecards",
            "answeredScorecards",
            {"filter": {"reviewMethod": "BOTH"}},
            lambda row: row["answeredScorecardId"],
        ),
        (
            "POST",
            "stats/activity/aggregate",
            "usersAggregateActivityStats",
            REPORT,
            lambda row: row["userId"],
        ),
        (
            "GET",
            "logs",
            "logEntries",
            {"logType": "UserActivityLog", **EVER},
            lambda row: row["logRecord"]["auditId"],
        ),
    ],
)
def test_a_paged_walk_meets_every_row_once_and_ends_without_a_cursor_key(
    world: Emulator, method: str, path: str, key: str, inputs: dict[str, Any], name: Any
) -> None:
    pages = world.pages(method, path, inputs)
    names = [name(row) for page in pages for row in page[key]]
    assert len(pages) > 1
    assert len(set(names)) == len(names)
    assert [page["records"]["currentPageNumber"] for page in pages] == list(range(len(pages)))
    assert all(page["records"]["currentPageSize"] == len(page[key]) for page in pages)
    assert all(len(page[key]) == 100 for page in pages[:-1])
    assert pages[0]["records"]["totalRecords"] >= len(names)
    assert "cursor" not in pages[-1]["records"]


def test_calls_come_oldest_first(world: Emulator) -> None:
    calls = world.walk("POST", "calls/extensive", "calls", {"filter": {}})
    truth = [call["metaData"]["id"] for call in world.truth("calls")]
    assert [call["metaData"]["id"] for call in calls] == truth


def test_a_limit_parameter_is_ignored(world: Emulator) -> None:
    assert len(world.get("calls", limit="5", pageSize="5").json()["calls"]) == 100


def test_a_post_cursor_in_the_query_or_in_the_filter_repeats_page_one(world: Emulator) -> None:
    first = world.post("calls/extensive", {"filter": {}}).json()
    token = first["records"]["cursor"]
    query = world.client.post(f"/v2/calls/extensive?cursor={token}", json={"filter": {}}).json()
    inside = world.post("calls/extensive", {"filter": {"cursor": token}}).json()
    proper = world.post("calls/extensive", {"filter": {}, "cursor": token}).json()
    assert query["calls"] == inside["calls"] == first["calls"]
    assert proper["calls"] != first["calls"]


def test_a_cursor_is_refused_once_the_inputs_change_or_the_token_is_not_ours(
    world: Emulator,
) -> None:
    token = world.get("calls").json()["records"]["cursor"]
    refused = (400, ["failed to verify cursor"])
    assert world.errors(world.get("calls", cursor=token, **EVER)) == refused
    assert world.errors(world.get("users", cursor=token)) == refused
    assert world.errors(world.get("calls", cursor=token[:-2] + "xx")) == refused
    assert world.errors(world.get("calls", cursor="nonsense")) == refused
    body = {"filter": {}, "contentSelector": {"exposedFields": {"parties": True}}}
    token = world.post("calls/extensive", {"filter": {}}).json()["records"]["cursor"]
    assert world.errors(world.post("calls/extensive", {**body, "cursor": token})) == refused


def test_a_cursor_expires_counted_from_the_first_page(start: Start) -> None:
    emulator = start("--calls", "400", "--no-limit", "--cursor-seconds", "100")
    first = emulator.get("calls").json()["records"]["cursor"]
    emulator.advance(60)
    second = emulator.get("calls", cursor=first).json()["records"]["cursor"]
    emulator.advance(60)
    answer = emulator.get("calls", cursor=second)
    assert emulator.errors(answer) == (400, ["cursor has expired"])


def test_a_cursor_reads_as_a_token_with_the_last_call_and_the_total(world: Emulator) -> None:
    page = world.get("calls").json()
    body = page["records"]["cursor"].split(".")[1]
    payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert str(payload["callId"]) == page["calls"][-1]["id"]
    assert payload["total"] == page["records"]["totalRecords"]
    assert payload["pageSize"] == 100


def test_a_call_deleted_between_pages_shifts_no_other_call(start: Start) -> None:
    emulator = start("--calls", "250", "--no-limit")
    first = emulator.get("calls").json()
    emulator.change("delete_call", id=first["calls"][3]["id"])
    second = emulator.get("calls", cursor=first["records"]["cursor"]).json()
    known = {call["id"] for call in first["calls"] + second["calls"]}
    assert len(known) == 200


def test_windows_include_their_start_and_exclude_their_end(world: Emulator) -> None:
    calls = world.truth("calls")
    metadata = next(call["metaData"] for call in calls if "." in call["metaData"]["started"])

    def is_in_window(start: str, end: str) -> bool:
        body = {"filter": {"fromDateTime": start, "toDateTime": end, "callIds": [metadata["id"]]}}
        return world.post("calls/extensive", body).status_code == 200

    assert is_in_window(metadata["started"], "2030-01-01T00:00:00Z")
    assert not is_in_window("2000-01-01T00:00:00Z", metadata["started"])


def test_v2_calls_goes_by_scheduled_time_and_extensive_by_start(world: Emulator) -> None:
    early = next(
        call["metaData"]
        for call in world.truth("calls")
        if call["metaData"]["direction"] == "Conference"
        and call["metaData"]["started"][:19] < call["metaData"]["scheduled"][:19]
        and call["metaData"]["started"][-6:] == call["metaData"]["scheduled"][-6:]
    )
    window = {"fromDateTime": early["scheduled"], "toDateTime": "2030-01-01T00:00:00Z"}
    listed = world.walk("GET", "calls", "calls", window)
    detailed = world.walk("POST", "calls/extensive", "calls", {"filter": window})
    assert early["id"] in {call["id"] for call in listed}
    assert early["id"] not in {call["metaData"]["id"] for call in detailed}


def test_a_call_that_starts_at_midnight_belongs_to_the_day_it_begins(world: Emulator) -> None:
    borders = [
        call["metaData"]["started"]
        for call in world.truth("calls")
        if call["metaData"]["started"][11:].startswith(("00:00:00-", "23:59:59.999"))
    ]
    assert len(borders) >= 2
    midnight = next(time for time in borders if time[11:19] == "00:00:00")
    window = {"fromDateTime": midnight, "toDateTime": midnight[:11] + "00:00:01" + midnight[19:]}
    calls = world.post("calls/extensive", {"filter": window}).json()["calls"]
    assert [call["metaData"]["started"] for call in calls] == [midnight]
