"""The running world: lateness, edits, deletions, unannounced keys and the request log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start

ROOT = Path(__file__).parents[4]
SMALL = ("--calls", "60", "--no-limit")


def ids(emulator: Emulator) -> set[str]:
    return {call["metaData"]["id"] for call in emulator.truth("calls")}


def test_time_brings_new_calls_and_late_ones_behind_them(start: Start) -> None:
    emulator = start("--calls", "300", "--days", "6", "--no-limit")
    before = ids(emulator)
    newest = max(call["metaData"]["started"] for call in emulator.truth("calls"))
    emulator.advance(86_400)
    late = [
        call["metaData"] for call in emulator.truth("calls") if call["metaData"]["id"] not in before
    ]
    assert late
    assert min(call["started"] for call in late) < newest


def test_an_added_call_appears_only_after_its_delay(start: Start) -> None:
    emulator = start(*SMALL)
    started = "2026-11-01T10:00:00-05:00"
    added = emulator.change("add_call", started=started, duration=60, appears_after_seconds=3600)[
        "id"
    ]
    body = {"filter": {"callIds": [added]}}
    assert emulator.get(f"calls/{added}").status_code == 404
    emulator.advance(3600)
    assert emulator.get(f"calls/{added}").json()["call"]["started"] == started
    assert emulator.post("calls/transcript", body).status_code == 404
    emulator.change("add_transcript", callId=added)
    assert emulator.post("calls/transcript", body).status_code == 200


def test_content_and_transcripts_come_later_than_their_calls(start: Start) -> None:
    emulator = start("--calls", "150", "--days", "4", "--no-limit")
    before = {call["metaData"]["id"]: call for call in emulator.truth("calls")}
    transcribed = {transcript["callId"] for transcript in emulator.truth("transcripts")}
    emulator.advance(6 * 86_400)
    after = {call["metaData"]["id"]: call for call in emulator.truth("calls")}
    briefed = [
        call_id
        for call_id in before
        if "brief" not in before[call_id].get("content", {})
        and "brief" in after[call_id].get("content", {})
    ]
    later = {transcript["callId"] for transcript in emulator.truth("transcripts")}
    assert briefed
    assert (later - transcribed) & set(before)
    assert set(after) - later


def test_a_deleted_call_is_gone_everywhere_until_restored(start: Start) -> None:
    emulator = start(*SMALL)
    review = emulator.truth("answered_scorecards")[0]
    gone = review["callId"]
    emulator.change("delete_call", id=gone)
    assert emulator.get(f"calls/{gone}").status_code == 404
    assert emulator.post("calls/transcript", {"filter": {"callIds": [gone]}}).status_code == 404
    assert gone not in ids(emulator)
    assert gone not in {review["callId"] for review in emulator.truth("answered_scorecards")}
    assert gone not in {event["call_id"] for event in emulator.truth("activity_events")}
    emulator.change("restore_call", id=gone)
    assert review in emulator.truth("answered_scorecards")


def full(emulator: Emulator, call_id: str) -> Json:
    body = {"filter": {"callIds": [call_id]}, "contentSelector": emulator.full_selector}
    call: Json = emulator.post("calls/extensive", body).json()["calls"][0]
    return call


def test_an_edited_call_is_served_edited_and_moves_in_time(start: Start) -> None:
    emulator = start(*SMALL)
    call = next(
        candidate
        for candidate in emulator.truth("calls")
        if "content" in candidate and "parties" in candidate
    )
    call_id = call["metaData"]["id"]
    moved = "2026-10-10T10:10:10-04:00"
    emulator.change(
        "edit_call",
        id=call_id,
        metaData={"title": "New", "started": moved, "scheduled": moved},
        sections={"parties": None, "content.brief": "Edited", "interaction": {"speakers": []}},
    )
    edited = full(emulator, call_id)
    assert edited["metaData"]["title"] == "New"
    assert "parties" not in edited
    assert edited["content"]["brief"] == "Edited"
    assert edited["interaction"] == {"speakers": []}
    window = {"fromDateTime": moved, "toDateTime": "2026-10-10T10:10:11-04:00"}
    assert [listed["id"] for listed in emulator.get("calls", **window).json()["calls"]] == [call_id]


def test_media_addresses_are_signed_anew_on_every_read_and_only_when_selected(
    start: Start,
) -> None:
    emulator = start(*SMALL)
    call = next(
        candidate["metaData"]
        for candidate in emulator.truth("calls")
        if candidate["metaData"]["duration"]
    )
    selector = {"exposedFields": {"media": True}}
    body = {"filter": {"callIds": [call["id"]]}, "contentSelector": selector}
    first, second = (emulator.post("calls/extensive", body).json()["calls"][0] for _ in range(2))
    assert first["media"]["audioUrl"] != second["media"]["audioUrl"]
    assert first["metaData"] == second["metaData"]
    assert "media" not in full(emulator, call["id"])


def test_media_are_downloaded_by_their_address_until_it_expires(start: Start) -> None:
    emulator = start(*SMALL)
    body = {"filter": {}, "contentSelector": {"exposedFields": {"media": True}}}
    calls = emulator.post("calls/extensive", body).json()["calls"]
    medias = [call["media"] for call in calls if "videoUrl" in call.get("media", {})]
    kinds = {"audioUrl": "audio/mpeg", "videoUrl": "video/mp4"}
    log = emulator.requests()
    # Nobody's credentials: the signature is all that a player has.
    for key, kind in kinds.items():
        answers = [httpx.get(media[key]) for media in medias[:2]]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert {answer.headers["content-type"] for answer in answers} == {kind}
        assert answers[0].content != answers[1].content
        assert int(answers[0].headers["content-length"]) == len(answers[0].content) > 1000
    address = medias[0]["audioUrl"]
    assert httpx.get(address.partition("?")[0]).status_code == 403
    assert httpx.get(address.replace(".mp3", ".mp4")).status_code == 403
    assert emulator.requests() == log
    emulator.advance(8 * 3600)
    assert httpx.get(address).status_code == 403


def test_a_review_can_be_edited_and_lose_a_question(start: Start) -> None:
    emulator = start(*SMALL)
    review = emulator.truth("answered_scorecards")[0]
    first, second = (answer["questionId"] for answer in review["answers"][:2])
    key = review["answeredScorecardId"]
    change = {"questionId": first, "score": 50}
    emulator.change("edit_review", answeredScorecardId=key, answers=[change])
    emulator.change("edit_review", answeredScorecardId=key, drop_question=second)
    edited = next(
        review
        for review in emulator.truth("answered_scorecards")
        if review["answeredScorecardId"] == key
    )
    assert edited["answers"][0]["score"] == 50
    assert second not in {answer["questionId"] for answer in edited["answers"]}
    assert edited["editorUserId"]


def test_users_can_be_added_edited_and_removed(start: Start) -> None:
    emulator = start(*SMALL)
    added = emulator.change("add_user", fields={"firstName": "Nova"})["id"]
    assert emulator.get(f"users/{added}").json()["user"]["firstName"] == "Nova"
    emulator.change("edit_user", id=added, fields={"active": False})
    assert emulator.get(f"users/{added}").json()["user"]["active"] is False
    emulator.change("remove_user", id=added)
    assert emulator.get(f"users/{added}").status_code == 404
    assert added not in {user["id"] for user in emulator.truth("users")}


def test_avatars_are_listed_only_when_asked_for(start: Start) -> None:
    emulator = start(*SMALL)
    plain = emulator.get("users").json()["users"]
    everyone = emulator.get("users", includeAvatars="true").json()["users"]
    assert len(everyone) == len(plain) + 2


def test_an_unannounced_key_appears_on_every_entity_of_its_kind(start: Start) -> None:
    emulator = start(*SMALL)
    kinds = ("calls", "transcripts", "users", "workspaces", "trackers", "scorecards")
    for kind in (*kinds, "call_outcomes", "answered_scorecards", "logs"):
        emulator.change("add_unknown_field", kind=kind, name="novelty", value={"deep": [1]})
        assert all(item["novelty"] == {"deep": [1]} for item in emulator.truth(kind))
    assert emulator.get("calls").json()["calls"][0]["novelty"] == {"deep": [1]}
    assert emulator.get("users").json()["users"][0]["novelty"] == {"deep": [1]}


def test_the_request_log_keeps_what_was_asked_and_can_be_cleared(start: Start) -> None:
    emulator = start(*SMALL)
    emulator.post("calls/extensive?cursor=x", {"filter": {"callIds": ["1"]}})
    emulator.get("nowhere", a="b")
    log = emulator.client.get("/_emulator/requests").json()["requests"]
    assert [(request["method"], request["path"], request["status"]) for request in log] == [
        ("POST", "/v2/calls/extensive", 404),
        ("GET", "/v2/nowhere", 404),
    ]
    assert log[0]["query"] == {"cursor": "x"}
    assert log[0]["body"] == {"filter": {"callIds": ["1"]}}
    assert log[1]["body"] is None
    emulator.client.delete("/_emulator/requests")
    assert emulator.client.get("/_emulator/requests").json() == {"requests": []}


def test_the_clock_can_be_read_set_and_advanced(start: Start) -> None:
    emulator = start(*SMALL)
    emulator.client.put("/_emulator/clock", json={"now": "2026-12-01T00:00:00Z"})
    emulator.advance(90)
    assert emulator.client.get("/_emulator/clock").json()["now"] == "2026-12-01T00:01:30+00:00"


def test_twenty_thousand_calls_are_served_at_once(start: Start) -> None:
    emulator = start("--calls", "20000", "--no-limit")
    assert emulator.get("calls").json()["records"]["totalRecords"] == 20_000


def test_the_emulator_leaves_with_its_parent() -> None:
    command = [sys.executable, "-m", "tests.emulator", "--exit-with-parent", "--calls", "10"]
    script = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({command!r}, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert gone_within(child, 5)


def gone_within(process: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_call_and_its_parts_appear_when_they_are_told_to(start: Start) -> None:
    emulator = start(*SMALL)
    host = emulator.truth("users")[0]["id"]
    added = emulator.change(
        "add_call",
        started="2026-11-18T10:00:00-05:00",
        primaryUserId=host,
        visible_at="2026-11-19T06:00:00-05:00",
        content_at="2026-11-21T06:00:00-05:00",
        transcript_at="2026-11-23T10:00:00-05:00",
    )["id"]
    seen = []
    for _ in range(6):
        body = {"filter": {"callIds": [added]}}
        there = emulator.get(f"calls/{added}").status_code == 200
        brief = there and "brief" in full(emulator, added)["content"]
        transcript = emulator.post("calls/transcript", body).status_code == 200
        seen.append((there, brief, transcript))
        emulator.advance(86_400)
    assert seen == [
        (False, False, False),
        (True, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, False),
        (True, True, True),
    ]
    call = emulator.get(f"calls/{added}").json()["call"]
    assert call["primaryUserId"] == host


def test_a_call_may_never_have_content(start: Start) -> None:
    emulator = start(*SMALL)
    started = "2026-11-18T10:00:00-05:00"
    added = emulator.change("add_call", started=started, content_at=None)["id"]
    emulator.advance(90 * 86_400)
    assert "brief" not in full(emulator, added)["content"]


def test_a_transcript_may_come_at_an_instant(start: Start) -> None:
    emulator = start(*SMALL)
    added = emulator.change("add_call", started="2026-11-18T10:00:00-05:00")["id"]
    emulator.change("add_transcript", callId=added, at="2026-11-19T10:00:00-05:00")
    assert added not in {transcript["callId"] for transcript in emulator.truth("transcripts")}
    emulator.advance(86_400)
    assert added in {transcript["callId"] for transcript in emulator.truth("transcripts")}


def test_an_old_call_and_an_old_review_can_be_edited(start: Start) -> None:
    emulator = start(*SMALL)
    call = emulator.truth("calls")[-1]["metaData"]["id"]
    review = emulator.truth("answered_scorecards")[-1]
    emulator.advance(25 * 86_400)
    emulator.change("edit_call", id=call, metaData={"title": "Late"})
    answer = {"questionId": review["answers"][0]["questionId"], "notes": "Late"}
    key = review["answeredScorecardId"]
    emulator.change("edit_review", answeredScorecardId=key, answers=[answer])
    day = review["reviewTime"][:10]
    filters = {"filter": {"reviewFromDate": day, "reviewMethod": "BOTH"}}
    rows = emulator.walk("POST", "stats/activity/scorecards", "answeredScorecards", filters)
    edited = next(row for row in rows if row["answeredScorecardId"] == key)
    assert edited["answers"][0]["notes"] == "Late"
    assert edited["reviewTime"] == review["reviewTime"]
    assert emulator.get(f"calls/{call}").json()["call"]["title"] == "Late"


def test_many_calls_are_deleted_and_return_together(start: Start) -> None:
    emulator = start(*SMALL)
    all_ids = ids(emulator)
    window = {"fromDateTime": "2026-10-01T00:00:00Z", "toDateTime": "2026-11-01T00:00:00Z"}
    gone = emulator.change("delete_calls", **window)["ids"]
    assert len(gone) > 5
    assert ids(emulator) == all_ids - set(gone)
    assert emulator.get("calls", **window).status_code == 404
    emulator.change("restore_calls", ids=gone)
    assert ids(emulator) == all_ids
    few = sorted(all_ids)[:3]
    assert emulator.change("delete_calls", ids=few) == {"ids": few}
    assert ids(emulator) == all_ids - set(few)
    refused = emulator.client.post(
        "/_emulator/change", json={"do": "delete_calls", "ids": [sorted(all_ids)[5], few[0]]}
    )
    assert refused.status_code == 404
    assert ids(emulator) == all_ids - set(few)
