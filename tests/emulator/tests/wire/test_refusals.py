"""Refusals: credentials, scopes, methods, content types, inputs, empty results, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Start

NO_CALLS = (404, ["No calls found corresponding to the provided filters"])
LONG_AGO = {"fromDateTime": "2001-01-01T00:00:00Z", "toDateTime": "2001-01-02T00:00:00Z"}


def test_every_answer_carries_the_live_headers_and_its_request_id(world: Emulator) -> None:
    answer = world.get("workspaces")
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.headers["x-traceid"] == answer.json()["requestId"]
    assert answer.headers["server"] == "cloudflare"


WRONG_KEY = "Validate credentials failed. Please check your credentials and try again."
NO_KEY = 'Missing mandatory header "Authorization"'


@pytest.mark.parametrize(
    ("auth", "text"),
    [(None, NO_KEY), (("wrong", "key"), WRONG_KEY), (("EMULATOR-ACCESS-KEY", "wrong"), WRONG_KEY)],
)
@pytest.mark.parametrize("path", ["workspaces", "calls/extensive", "nowhere"])
def test_wrong_credentials_are_401_as_the_gateway_words_it(
    world: Emulator, auth: tuple[str, str] | None, text: str, path: str
) -> None:
    """Live in September 2026: pretty-printed, and traced by another id than the request's."""
    answer = httpx.get(f"{world.info['base_url']}/v2/{path}", auth=auth)
    assert world.errors(answer) == (401, [text])
    assert answer.headers["www-authenticate"] == 'Basic realm="Gong.io API"'
    request_id = answer.json()["requestId"]
    assert answer.headers["x-traceid"] not in ("", request_id)
    assert answer.text.splitlines()[:2] == ["{", f'  "requestId" : "{request_id}",']


def test_a_missing_scope_is_401_and_named(start: Start) -> None:
    emulator = start(
        "--no-limit",
        *("--without-scope", "api:stats:interaction"),
        *("--without-scope", "api:calls:read:media-url"),
    )
    filters = {"filter": {"fromDate": "2026-10-01", "toDate": "2026-11-01"}}
    refused = emulator.errors(emulator.post("stats/interaction", filters))
    text = "You don't have permission to use 'api:stats:interaction' in your app."
    assert refused == (401, [text])
    selector = {"exposedFields": {"media": True}}
    media = emulator.post("calls/extensive", {"filter": {}, "contentSelector": selector})
    assert media.status_code == 401
    assert emulator.post("calls/extensive", {"filter": {}}).status_code == 200


def test_a_wrong_method_is_405_and_an_unknown_path_404(world: Emulator) -> None:
    assert world.errors(world.get("tasks")) == (405, ["Method Not Allowed"])
    deleted = world.client.delete("/v2/calls/extensive")
    assert world.errors(deleted) == (405, ["Method Not Allowed"])
    assert world.errors(world.post("workspaces", {})) == (405, ["Method Not Allowed"])
    assert world.errors(world.client.delete("/v2/users")) == (405, ["Method Not Allowed"])
    assert world.errors(world.get("nowhere"))[0] == 404


def test_a_get_of_a_path_that_is_only_posted_to_asks_for_a_single_call_or_user(
    world: Emulator,
) -> None:
    """A fixed path without the method does not hide the placeholder beside it."""
    for path in ("calls/extensive", "calls/transcript", "calls/users-access"):
        assert world.errors(world.get(path)) == (400, ["Bad request"])
    assert world.errors(world.get("users/extensive")) == (404, ["User not found"])


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_post_that_is_not_json_by_its_type_is_415(world: Emulator, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = world.client.post("/v2/calls/extensive", content=b'{"filter":{}}', headers=headers)
    assert world.errors(answer) == (415, ["Unsupported Media Type"])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_a_body_that_is_no_json_object_is_a_parse_error(world: Emulator, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = world.client.post("/v2/calls/extensive", content=content, headers=headers)
    assert world.errors(answer) == (400, ["Json parse error"])


@pytest.mark.parametrize(
    "path",
    [
        "calls/extensive",
        "calls/transcript",
        "users/extensive",
        "stats/interaction",
        "stats/activity/aggregate",
        "stats/activity/day-by-day",
        "stats/activity/scorecards",
        "stats/activity/aggregate-by-period",
    ],
)
def test_a_body_without_a_filter_is_400(world: Emulator, path: str) -> None:
    assert world.errors(world.post(path, {})) == (400, ["filter: must not be null"])


PARSE = ["Json parse error"]
DAYS = {"fromDate": "2026-11-01", "toDate": "2026-11-02"}


@pytest.mark.parametrize(
    ("path", "body", "errors"),
    [
        ("calls/extensive", {"filter": []}, PARSE),
        ("calls/extensive", {"filter": {"callIds": "12"}}, PARSE),
        ("calls/extensive", {"filter": {}, "contentSelector": {"context": "basic"}}, PARSE),
        ("calls/extensive", {"filter": {}, "contentSelector": {"exposedFields": 1}}, PARSE),
        (
            "calls/extensive",
            {"filter": {}, "contentSelector": {"context": "Basic", "contextTiming": ["Now"]}},
            ["contentSelector.contextTiming: can be provided only when context is Extended"],
        ),
        (
            "calls/extensive",
            {
                "filter": {
                    "fromDateTime": "2026-11-02T00:00:00Z",
                    "toDateTime": "2026-11-01T00:00:00Z",
                }
            },
            ["filter.fromDateTime: must be before toDateTime"],
        ),
        (
            "calls/transcript",
            {"filter": {"fromDateTime": "2026-11-02"}},
            ["filter.fromDateTime: must be an ISO-8601 date-time with an offset or Z"],
        ),
        (
            "calls/transcript",
            {"filter": {"fromDateTime": "2026-11-02T00:00:00"}},
            ["filter.fromDateTime: must be an ISO-8601 date-time with an offset or Z"],
        ),
        (
            "stats/activity/aggregate",
            {"filter": {"fromDateTime": "2026-11-02T00:00:00Z"}},
            ["filter.fromDate: may not be null", "filter.toDate: may not be null"],
        ),
        (
            "stats/activity/aggregate",
            {"filter": {"fromDate": "2026-11-01T25:00:00Z", "toDate": "2026-11-02"}},
            ["filter.fromDate: must be a date in the format YYYY-MM-DD"],
        ),
        (
            "stats/interaction",
            {"filter": {"fromDate": "2026-11-01", "toDate": "2026-11-19"}},
            ["The date(s) should not exceed the current day."],
        ),
        ("stats/activity/aggregate-by-period", {"filter": DAYS, "aggregationPeriod": "day"}, PARSE),
        (
            "stats/activity/aggregate-by-period",
            {"filter": DAYS},
            ["aggregationPeriod: must not be null"],
        ),
        ("stats/activity/scorecards", {"filter": {"reviewMethod": "ANY"}}, PARSE),
    ],
)
def test_bad_inputs_are_400_with_their_text(
    world: Emulator, path: str, body: Any, errors: list[str]
) -> None:
    assert world.errors(world.post(path, body)) == (400, errors)


@pytest.mark.parametrize("path", ["stats/interaction", "stats/activity/aggregate"])
def test_the_day_of_a_time_is_the_one_that_is_written(world: Emulator, path: str) -> None:
    """Several live clients send times where the document has days."""
    days = {"fromDate": "2026-11-02", "toDate": "2026-11-09"}
    times = {"fromDate": "2026-11-02T00:00:00Z", "toDate": "2026-11-09T23:59:59.999+02:00"}
    by_day, by_time = (world.post(path, {"filter": span}).json() for span in (days, times))
    assert {**by_time, "requestId": ""} == {**by_day, "requestId": ""}


def test_logs_need_a_known_type_and_a_start(world: Emulator) -> None:
    assert world.errors(world.get("logs", logType="AccessLog")) == (
        400,
        ["fromDateTime parameter is missing"],
    )
    unknown = world.get("logs", logType="SystemEvent", fromDateTime="2026-11-01T00:00:00Z")
    assert unknown.status_code == 400
    bare = world.get("logs", logType="AccessLog", fromDateTime="2026-11-01")
    assert bare.status_code == 400


def test_empty_windows_are_404_with_the_text_of_their_list(world: Emulator) -> None:
    assert world.errors(world.get("calls", **LONG_AGO)) == NO_CALLS
    for path in ("calls/extensive", "calls/transcript"):
        assert world.errors(world.post(path, {"filter": LONG_AGO})) == NO_CALLS
        assert world.errors(world.post(path, {"filter": {"callIds": ["12345"]}})) == NO_CALLS
    scorecards = world.post("stats/activity/scorecards", {"filter": {"scorecardIds": ["1"]}})
    text = "No answered scorecards found corresponding to the provided filters."
    assert world.errors(scorecards) == (404, [text])
    logs = world.get("logs", logType="AccessLog", **LONG_AGO)
    assert world.errors(logs) == (404, ["No logs found for the specified period"])
    nothing = {"filter": {"fromDate": "2026-11-02", "toDate": "2026-11-02"}}
    assert world.errors(world.post("stats/activity/aggregate", nothing))[0] == 404
    interaction = world.errors(world.post("stats/interaction", nothing))
    assert interaction == (404, ["No stats found for the specified period"])


def test_unknown_ids_are_404_with_other_texts_than_empty_windows(world: Emulator) -> None:
    assert world.errors(world.get("calls/12345")) == (404, ["Call ID 12345 was not found"])
    assert world.errors(world.get("users/12345")) == (404, ["User not found"])
    named = (404, ["The following userIds were not found: 12345"])
    known = world.truth("users")[0]["id"]
    body = {"filter": {"userIds": ["12345", known]}}
    assert world.errors(world.post("users/extensive", body)) == named
    stats = {"filter": {**DAYS, "userIds": ["12345"]}}
    assert world.errors(world.post("stats/activity/aggregate", stats)) == named
    trackers = world.get("settings/trackers", workspaceId="1")
    assert world.errors(trackers) == (404, ["Workspace not found"])


def test_some_known_call_ids_are_enough(world: Emulator) -> None:
    known = world.truth("calls")[0]["metaData"]["id"]
    body = world.post("calls/extensive", {"filter": {"callIds": ["12345", known]}}).json()
    assert [call["metaData"]["id"] for call in body["calls"]] == [known]


def test_too_many_requests_in_a_second_are_429_with_a_whole_number_to_wait(start: Start) -> None:
    emulator = start("--requests-per-second", "3")
    answers = [emulator.get("workspaces") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].headers["retry-after"] == "1"
    emulator.errors(answers[-1])
    log = emulator.client.get("/_emulator/requests").json()["requests"]
    assert [request["status"] for request in log] == [200, 200, 200, 429, 429]


def test_the_daily_limit_is_429_until_the_day_is_over(start: Start) -> None:
    emulator = start("--requests-per-second", "100", "--requests-per-day", "2")
    assert [emulator.get("workspaces").status_code for _ in range(3)] == [200, 200, 429]
    assert emulator.get("workspaces").headers["retry-after"] == "86400"
    emulator.advance(86_400)
    assert emulator.get("workspaces").status_code == 200
    emulator.change("set_limits", requests_per_second=None, requests_per_day=None)
    assert {emulator.get("workspaces").status_code for _ in range(20)} == {200}
