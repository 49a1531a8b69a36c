"""The seeded world: determinism, truth, awkward cases, statistics that agree."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Start

CAPTURES = Path(__file__).parents[5] / "shared" / "gong-api" / "captures"
LOG_TYPES = (
    "AccessLog",
    "UserActivityLog",
    "UserCallPlay",
    "ExternallySharedCallAccess",
    "ExternallySharedCallPlay",
)
KINDS = (
    "calls",
    "transcripts",
    "users",
    "workspaces",
    "trackers",
    "call_outcomes",
    "scorecards",
    "answered_scorecards",
    "logs",
    "activity_events",
)
RANGE = {"fromDate": "2026-09-16", "toDate": "2026-11-18"}


def texts(rows: list[Any]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def test_equal_options_make_equal_worlds_and_another_seed_another_one(start: Start) -> None:
    options = ("--calls", "60", "--no-limit")
    first, second, other = start(*options), start(*options), start(*options, "--seed", "8")
    for kind in KINDS:
        assert first.truth(kind) == second.truth(kind)
    assert first.truth("calls") != other.truth("calls")


def walked(world: Emulator, kind: str) -> list[Any]:
    if kind == "calls":
        body = {"filter": {}, "contentSelector": world.full_selector}
        return world.walk("POST", "calls/extensive", "calls", body)
    if kind == "transcripts":
        return world.walk("POST", "calls/transcript", "callTranscripts", {"filter": {}})
    if kind == "users":
        return world.walk("GET", "users", "users", {})
    if kind == "answered_scorecards":
        body = {"filter": {"reviewMethod": "BOTH"}}
        return world.walk("POST", "stats/activity/scorecards", "answeredScorecards", body)
    if kind == "logs":
        rows = []
        for log in LOG_TYPES:
            inputs = {"logType": log, "fromDateTime": "2020-01-01T00:00:00Z"}
            entries = world.walk("GET", "logs", "logEntries", inputs)
            rows += [{**row, "logType": log} for row in entries]
        return rows
    path, key = {
        "workspaces": ("workspaces", "workspaces"),
        "trackers": ("settings/trackers", "keywordTrackers"),
        "call_outcomes": ("call-outcomes", "outcomes"),
        "scorecards": ("settings/scorecards", "scorecards"),
    }[kind]
    rows = world.get(path).json()[key]
    return list(rows)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "activity_events"])
def test_the_truth_of_a_kind_equals_a_full_paged_walk(world: Emulator, kind: str) -> None:
    truth = world.truth(kind)
    assert truth
    assert texts(walked(world, kind)) == texts(truth)


def test_the_sixty_call_world_has_every_awkward_call(small_world: Emulator) -> None:
    calls = small_world.truth("calls")
    meta = [call["metaData"] for call in calls]
    assert any("parties" not in call for call in calls)
    assert any(call.get("parties") == [] for call in calls)
    assert any("content" not in call for call in calls)
    assert any("interaction" not in call for call in calls)
    assert any(call.get("context", "") is None for call in calls)
    assert any(call["context"] == [] for call in calls)
    assert any(call["context"] and call["context"][0]["objects"] == [] for call in calls)
    assert any(call["duration"] == 0 for call in meta)
    assert any(call["isPrivate"] for call in meta)
    assert {call["direction"] for call in meta} == {"Conference", "Inbound", "Outbound", "Unknown"}
    assert {call["scope"] for call in meta} == {"Internal", "External", "Unknown"}
    assert {call["media"] for call in meta} == {"Audio", "Video"}
    assert {len(call["id"]) for call in meta} == {17, 18, 19, 20}
    assert any("\n" in (call["title"] or "") for call in meta)
    assert any("🚀" in (call["title"] or "") for call in meta)
    assert any("שיחת" in (call["title"] or "") for call in meta)
    assert max(Counter(call["title"] for call in meta).values()) > 1
    assert any(len(call["started"]) == 25 for call in meta)
    assert any(call["started"][11:19] == "00:00:00" for call in meta)
    assert max(Counter(call["started"] for call in meta).values()) > 1


def test_the_sixty_call_world_passes_through_the_repeated_hour(small_world: Emulator) -> None:
    night = [
        call["metaData"]["started"]
        for call in small_world.truth("calls")
        if call["metaData"]["started"].startswith("2026-11-01T01:30")
    ]
    assert {time[-6:] for time in night} == {"-04:00", "-05:00"}


def test_parties_and_crm_links_show_every_form_seen_live(small_world: Emulator) -> None:
    calls = small_world.truth("calls")
    parties = [party for call in calls for party in call.get("parties", [])]
    assert any(party["speakerId"] is None for party in parties)
    assert any("name" not in party for party in parties)
    assert any(party.get("name", "") is None for party in parties)
    assert any(
        party["affiliation"] == "Unknown" and "emailAddress" not in party for party in parties
    )
    objects = [item for call in calls for link in call["context"] or [] for item in link["objects"]]
    assert {(item["objectType"], item.get("timing")) for item in objects} == {
        ("Account", None),
        ("Opportunity", "Now"),
        ("Opportunity", "TimeOfCall"),
    }
    kinds = {type(field["value"]) for item in objects for field in item["fields"]}
    assert kinds == {str, int, float, type(None)}


def test_crm_links_of_parties_come_with_the_wanted_timings(small_world: Emulator) -> None:
    """The document has a timing there, as in the links of the call."""

    def timings(served: list[dict[str, Any]]) -> set[str | None]:
        parties = [party for call in served for party in call.get("parties") or []]
        links = [link for party in parties for link in party.get("context") or []]
        return {item.get("timing") for link in links for item in link["objects"]}

    assert timings(small_world.truth("calls")) == {None, "Now", "TimeOfCall"}
    selector = {"context": "Extended", "exposedFields": {"parties": True}}
    for context, expected in (("Extended", {None, "Now"}), ("Basic", {None})):
        inputs = {"filter": {}, "contentSelector": {**selector, "context": context}}
        calls = small_world.walk("POST", "calls/extensive", "calls", inputs)
        assert timings(calls) == expected


def test_content_shows_every_form_seen_live(small_world: Emulator) -> None:
    contents = [call["content"] for call in small_world.truth("calls") if "content" in call]
    trackers = [tracker for content in contents for tracker in content["trackers"]]
    for tracker in trackers:
        assert tracker["count"] == len(tracker["occurrences"])
        if tracker["type"] == "KEYWORD":
            union = [hit for phrase in tracker["phrases"] for hit in phrase["occurrences"]]
            assert texts(union) == texts(tracker["occurrences"])
    assert any(tracker["type"] == "SMART" and "phrases" not in tracker for tracker in trackers)
    assert any(topic["duration"] == 0 for content in contents for topic in content["topics"])
    sections = [section for content in contents for section in content.get("outline", [])]
    assert any(section.get("items") == [] for section in sections)
    assert any("items" not in section for section in sections)
    starts = [
        item["startTimes"]
        for content in contents
        for group in content.get("highlights", [])
        for item in group["items"]
    ]
    assert any(len(times) > 2 for times in starts)


def test_transcripts_show_every_awkward_form(small_world: Emulator) -> None:
    transcripts = {
        transcript["callId"]: transcript["transcript"]
        for transcript in small_world.truth("transcripts")
    }
    calls = {call["metaData"]["id"]: call for call in small_world.truth("calls")}
    assert any(not monologues for monologues in transcripts.values())
    lengths = [
        sum(len(monologue["sentences"]) for monologue in speech) for speech in transcripts.values()
    ]
    assert max(lengths) >= 3000
    monologues = [monologue for speech in transcripts.values() for monologue in speech]
    assert any(not monologue["sentences"] for monologue in monologues)
    assert any(monologue["topic"] is None for monologue in monologues)
    assert any(monologue["topic"] is not None for monologue in monologues)
    assert any("\n" in line["text"] for monologue in monologues for line in monologue["sentences"])
    assert set(calls) - set(transcripts)
    strangers = 0
    for call_id, speech in transcripts.items():
        parties = calls[call_id].get("parties", []) if call_id in calls else []
        known = {party["speakerId"] for party in parties}
        strangers += any(monologue["speakerId"] not in known for monologue in speech) and bool(
            parties
        )
    assert strangers


def test_logs_hold_two_equal_entries_that_only_their_number_tells_apart(world: Emulator) -> None:
    counted = Counter(texts(list(world.truth("logs"))))
    assert any(number > 1 for number in counted.values())
    rows = world.truth("logs")
    assert any("impersonatorUserId" in row for row in rows)
    plays = {type(row["logRecord"].get("sequence_num")) for row in rows}
    assert plays >= {int, str}
    assert all(row["eventTime"].endswith("Z") and len(row["eventTime"]) == 24 for row in rows)


def test_the_access_log_forgets_after_fourteen_days(world: Emulator) -> None:
    times = [row["eventTime"] for row in world.truth("logs") if row["logType"] == "AccessLog"]
    assert min(times) >= "2026-11-04T20:00:00.000Z"


def test_reviews_show_every_awkward_form(world: Emulator) -> None:
    reviews = world.truth("answered_scorecards")
    assert {review["reviewMethod"] for review in reviews} == {"MANUAL", "AUTOMATIC"}
    for review in reviews:
        assert (review["reviewerUserId"] is None) == (review["reviewMethod"] == "AUTOMATIC")
    pairs = Counter((review["callId"], review["scorecardId"]) for review in reviews)
    assert max(pairs.values()) > 1
    assert any(review["editorUserId"] for review in reviews)
    answers = [answer for review in reviews for answer in review["answers"]]
    assert any(answer["notApplicable"] for answer in answers)
    assert any(answer["selectedOptions"] for answer in answers)
    manual = world.walk("POST", "stats/activity/scorecards", "answeredScorecards", {"filter": {}})
    assert {review["reviewMethod"] for review in manual} == {"MANUAL"}


def in_range(event: dict[str, str]) -> bool:
    return RANGE["fromDate"] <= event["day"] < RANGE["toDate"]


def test_the_three_activity_views_count_the_same_events(world: Emulator) -> None:
    events = [event for event in world.truth("activity_events") if in_range(event)]
    expected = Counter((event["user_id"], event["activity"]) for event in events)
    body = {"filter": RANGE}
    key = "usersAggregateActivityStats"
    rows = world.walk("POST", "stats/activity/aggregate", key, body)
    whole: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for activity, count in row["userAggregateActivityStats"].items():
            whole[row["userId"], activity] += count
    assert +whole == expected
    daily = world.walk("POST", "stats/activity/day-by-day", "usersDetailedActivities", body)
    seen = [
        (row["userId"], day["fromDate"][:10], activity, call)
        for row in daily
        for day in row["userDailyActivityStats"]
        for activity, calls in day.items()
        if activity not in ("fromDate", "toDate")
        for call in calls
    ]
    assert Counter(seen) == Counter(
        (event["user_id"], event["day"], event["activity"], event["call_id"]) for event in events
    )
    for period in ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"):
        assert per_period(world, period) == expected


def per_period(world: Emulator, period: str) -> Counter[tuple[str, str]]:
    body = {"filter": RANGE, "aggregationPeriod": period}
    path = "stats/activity/aggregate-by-period"
    counted: Counter[tuple[str, str]] = Counter()
    for row in world.walk("POST", path, "usersAggregateActivity", body):
        items = row["userAggregateActivity"]
        assert items[0]["fromDate"][:10] == RANGE["fromDate"]
        assert items[-1]["toDate"][:10] == RANGE["toDate"]
        assert all(a["toDate"] == b["fromDate"] for a, b in pairwise(items))
        for item in items:
            for activity, count in item.items():
                if activity not in ("fromDate", "toDate"):
                    counted[row["userId"], activity] += count
    return +counted


def test_interaction_statistics_are_means_over_the_hosted_calls(world: Emulator) -> None:
    body = {"filter": RANGE}
    answer = world.post("stats/interaction", body).json()
    assert answer["timeZone"] == "America/New_York"
    assert answer["fromDateTime"] == "2026-09-16T00:00:00-04:00"
    assert answer["toDateTime"] == "2026-11-18T00:00:00-05:00"
    user = answer["peopleInteractionStats"][0]
    values = [
        stat["value"]
        for call in world.truth("calls")
        if call["metaData"]["primaryUserId"] == user["userId"] and "interaction" in call
        if call["metaData"]["started"][:10] < "2026-11-18"
        for stat in call["interaction"]["interactionStats"]
        if stat["name"] == "Patience"
    ]
    served = {stat["name"]: stat["value"] for stat in user["personInteractionStats"]}
    assert served["Patience"] == pytest.approx(sum(values) / len(values))


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the shared captures are not on this machine")
def test_captured_calls_are_served_value_for_value(start: Start) -> None:
    emulator = start("--calls", "60", "--no-limit", "--captures", str(CAPTURES))
    calls = json.loads((CAPTURES / "calls_extensive.json").read_text("utf-8"))["calls"]
    transcripts = json.loads((CAPTURES / "calls_transcript.json").read_text("utf-8"))
    selector = {**emulator.full_selector, "contextTiming": ["Now"]}
    body = {"filter": {}, "contentSelector": selector}
    served = emulator.walk("POST", "calls/extensive", "calls", body)
    exact = {json.dumps(call, sort_keys=True) for call in calls}
    assert {json.dumps(call, sort_keys=True) for call in served} == exact
    served_transcripts = emulator.post("calls/transcript", {"filter": {}}).json()["callTranscripts"]
    assert json.dumps(served_transcripts) == json.dumps(transcripts["callTranscripts"])
    bare = emulator.post("calls/extensive", {"filter": {}}).json()["calls"]
    assert all(set(call) == {"metaData"} for call in bare)
    assert emulator.truth("users")
