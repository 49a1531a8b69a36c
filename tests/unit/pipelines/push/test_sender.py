"""How often a request is sent, and what each item of it has come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pipelines.push.sender import Sender, SendingStopped
from sources.gong.api.errors import BadCredentials, GaveUp, NotLicensed
from sources.gong.write.model import Item
from tests.harness.scripted_transport import ScriptedTransport, refused
from tests.unit.pipelines.push.conftest import items, write_named
from tests.unit.pipelines.push.test_batch_plan import POST, PROSPECT, TASK
from warehouse.ops.push_ledger import ItemStatus

MakeSender = Callable[[str], Sender]
CUT_OFF = httpx.ReadError("cut off")


def one_item(name: str, row: dict[str, object]) -> list[Item]:
    return items(write_named(name), row)


def test_a_request_carries_its_items_and_gives_each_a_result(
    gong: ScriptedTransport, sender: MakeSender
) -> None:
    gong.answer({"requestId": "r", "callId": "17"})
    (result,) = sender("addCall").send(one_item("addCall", POST))
    assert (result.status, result.answer_id, result.request_id) == (ItemStatus.DONE, "17", "r")
    assert gong.paths == ["POST /v2/calls"]
    assert gong.bodies[0]["clientUniqueId"] == "a"


def test_a_harmless_request_that_is_cut_off_is_sent_three_times(
    gong: ScriptedTransport, sender: MakeSender
) -> None:
    gong.answer(CUT_OFF)
    (result,) = sender("updateReminder").send(one_item("updateReminder", TASK))
    assert (result.status, len(gong.requests)) == (ItemStatus.UNKNOWN, 3)
    gong.answer(CUT_OFF, {})
    (result,) = sender("updateReminder").send(one_item("updateReminder", TASK))
    assert (result.status, len(gong.requests)) == (ItemStatus.DONE, 5)


def test_of_a_request_that_is_cut_off_and_may_not_go_again_gong_is_asked(
    gong: ScriptedTransport, sender: MakeSender
) -> None:
    def script(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/assign"):
            raise CUT_OFF
        flows = [{"flowId": "1", "crmProspectId": "003"}]
        return httpx.Response(200, json={"prospectsAssigned": flows})

    gong.script = script
    (result,) = sender("assignProspects").send(one_item("assignProspects", PROSPECT))
    assert (result.status, len(gong.requests)) == (ItemStatus.DONE, 2)


def test_where_gong_cannot_be_asked_it_stays_unknown_and_is_sent_once(
    gong: ScriptedTransport, sender: MakeSender
) -> None:
    gong.answer(CUT_OFF)
    row = {
        "startTime": "2026-12-01T10:00:00Z", "endTime": "2026-12-01T11:00:00Z",
        "title": "x", "invitees": [{"email": "a@x.example"}], "organizerEmail": "b@x.example",
    }  # fmt: skip
    (result,) = sender("addMeeting").send(one_item("addMeeting", row))
    assert (result.status, len(gong.requests)) == (ItemStatus.UNKNOWN, 1)
    assert "may or may not" in str(result.message)


def test_a_key_that_gong_knows_is_done(gong: ScriptedTransport, sender: MakeSender) -> None:
    gong.answer(CUT_OFF, refused(400, "clientUniqueId has already been posted for the call 99"))
    (result,) = sender("addCall").send(one_item("addCall", POST))
    assert (result.status, result.answer_id) == (ItemStatus.DONE, "99")
    assert result.message == "Gong has it already"


def test_what_is_gone_is_deleted_if_an_attempt_was_open(
    gong: ScriptedTransport, sender: MakeSender
) -> None:
    gong.answer(refused(404, "no such meeting"))
    row = {"meetingId": "1", "organizerEmail": "b@x.example"}
    (result,) = sender("deleteMeeting").send(one_item("deleteMeeting", row))
    assert result.status is ItemStatus.REJECTED
    gong.answer(CUT_OFF, refused(404, "no such meeting"))
    (result,) = sender("deleteMeeting").send(one_item("deleteMeeting", row))
    assert result.status is ItemStatus.DONE


def test_one_wrong_item_does_not_hold_back_the_others(
    gong: ScriptedTransport, sender: MakeSender
) -> None:
    def script(request: httpx.Request) -> httpx.Response:
        if b'"bad"' in request.content:
            return refused(400, "no such call")
        return httpx.Response(200, json={})

    gong.script = script
    rows = [{"callId": call, "userIds": ["1"]} for call in ("1", "2", "bad", "4")]
    results = sender("addUsersAccessToCalls").send(
        items(write_named("addUsersAccessToCalls"), *rows)
    )
    done, rejected = ItemStatus.DONE, ItemStatus.REJECTED
    assert [result.status for result in results] == [done, done, rejected, done]
    assert len(gong.requests) == 5


def test_a_refused_key_stops_the_push(gong: ScriptedTransport, sender: MakeSender) -> None:
    gong.answer(refused(401, "invalid access key"))
    with pytest.raises(SendingStopped) as stopped:
        sender("addCall").send(one_item("addCall", POST))
    assert isinstance(stopped.value.reason, BadCredentials)


def test_eight_broken_requests_in_a_row_stop_the_push(
    gong: ScriptedTransport, sender: MakeSender
) -> None:
    gong.answer(CUT_OFF)
    own = sender("updateReminder")
    for _ in range(8):
        (result,) = own.send(one_item("updateReminder", TASK))
        assert result.status is ItemStatus.UNKNOWN
    with pytest.raises(SendingStopped) as stopped:
        own.send(one_item("updateReminder", TASK))
    assert isinstance(stopped.value.reason, GaveUp)
    assert len(gong.requests) == 8 * 3


def test_without_a_licence_five_refusals_stop_the_push(
    gong: ScriptedTransport, sender: MakeSender
) -> None:
    gong.answer(refused(403, "not licensed"))
    own = sender("updateReminder")
    for _ in range(4):
        (result,) = own.send(one_item("updateReminder", TASK))
        assert result.status is ItemStatus.REJECTED
    with pytest.raises(SendingStopped) as stopped:
        own.send(one_item("updateReminder", TASK))
    assert isinstance(stopped.value.reason, NotLicensed)


def test_a_file_is_fetched_uploaded_and_deleted(
    gong: ScriptedTransport, sender: MakeSender, tmp_path: Path
) -> None:
    def script(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"sound" if request.url.host == "files.example" else b"")

    gong.script = script
    row = {"id": "1", "mediaFile": "https://files.example/a.wav?signed=1"}
    (result,) = sender("addCallRecording").send(one_item("addCallRecording", row))
    assert result.status is ItemStatus.DONE
    assert "Authorization" not in gong.requests[0].headers
    assert b"sound" in gong.requests[1].content
    assert list(tmp_path.glob("*.wav")) == []


def test_a_file_that_cannot_be_fetched_fails_its_item(
    gong: ScriptedTransport, sender: MakeSender
) -> None:
    gong.answer(httpx.Response(404))
    row = {"id": "1", "mediaFile": "https://files.example/a.wav?signed=1"}
    (result,) = sender("addCallRecording").send(one_item("addCallRecording", row))
    assert result.status is ItemStatus.FAILED
    assert "signed" not in str(result.message)


def test_a_line_file_is_deleted_when_it_is_sent(
    gong: ScriptedTransport, sender: MakeSender, tmp_path: Path
) -> None:
    gong.answer({"requestId": "r"}, {"requestId": "r", "clientRequestId": "17"})
    row = {
        "integrationId": "1", "objectType": "ACCOUNT", "objectId": "9",
        "modifiedDate": "2026-11-01T10:00:00Z",
    }  # fmt: skip
    (result,) = sender("uploadCrmData").send(one_item("uploadCrmData", row))
    assert result.status is ItemStatus.ACCEPTED
    assert b'"objectId":"9"' in gong.requests[0].content
    assert list(tmp_path.glob("*.ldjson")) == []
