"""Posting calls and their media, and multipart bodies on the wire."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.emulator.errors import ApiError
from tests.emulator.wire.multipart import read_parts

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start

BAD_REQUEST = (400, ["Bad request"])
MEDIA = b"RIFF" + bytes(range(256)) * 700


def recorded(emulator: Emulator, wanted: bool = True) -> str:
    """A user who is recorded, or one who is not."""
    names = ("webConferencesRecorded", "telephonyCallsImported")
    for user in emulator.truth("users"):
        if (user["active"] and any(user["settings"][name] for name in names)) is wanted:
            return str(user["id"])
    raise AssertionError


def posted(emulator: Emulator, **changes: Any) -> Json:
    host = str(changes.get("primaryUser") or recorded(emulator))
    return {
        "clientUniqueId": "pbx-1",
        "title": "Übergabe 📞",
        "actualStart": "2026-11-18T10:00:00-05:00",
        "duration": 1790.74,
        "direction": "Outbound",
        "parties": [
            {"userId": host, "name": "Host"},
            {"emailAddress": "buyer@new.example", "name": "Käufer", "affiliation": "ignored"},
        ],
        "primaryUser": host,
        **changes,
    }


def attach(emulator: Emulator, call: str, content: bytes = MEDIA, part: str = "mediaFile") -> Any:
    files = {part: ("call.wav", content, "audio/wav")}
    return emulator.client.put(f"/v2/calls/{call}/media", files=files)


def test_a_posted_call_is_unseen_until_its_media_is_processed(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "60")
    answer = emulator.post("calls", posted(emulator))
    assert answer.status_code == 200
    call = answer.json()["callId"]
    emulator.advance(3600)
    assert emulator.get(f"calls/{call}").status_code == 404
    media = attach(emulator, call)
    assert (media.status_code, media.json()["callId"]) == (201, call)
    upload = emulator.truth("uploaded_calls")[0]
    assert (upload["state"], upload["size"]) == ("processing", len(MEDIA))
    assert upload["media"] == hashlib.sha256(MEDIA).hexdigest()
    assert emulator.get(f"calls/{call}").status_code == 404
    emulator.advance(241)
    served = emulator.get(f"calls/{call}").json()["call"]
    assert (served["title"], served["duration"]) == ("Übergabe 📞", 1785)
    assert served["clientUniqueId"] == "pbx-1"
    extensive = next(c for c in emulator.truth("calls") if c["metaData"]["id"] == call)
    assert [party.get("emailAddress") for party in extensive["parties"]] == [
        None,
        "buyer@new.example",
    ]
    assert emulator.post("calls/transcript", {"filter": {"callIds": [call]}}).status_code == 200
    assert emulator.truth("uploaded_calls")[0]["state"] == "listed"


def test_a_short_call_is_dropped_without_a_word(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "0")
    call = emulator.post("calls", posted(emulator, duration=59)).json()["callId"]
    assert attach(emulator, call).status_code == 201
    emulator.advance(86_400)
    assert emulator.get(f"calls/{call}").status_code == 404
    assert emulator.truth("uploaded_calls")[0]["state"] == "dropped"


def test_a_client_unique_id_is_used_once(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "300")
    call = emulator.post("calls", posted(emulator)).json()["callId"]
    text = "A call with clientUniqueId 'pbx-1' has already been posted for the call "
    again = emulator.post("calls", posted(emulator))
    assert emulator.errors(again) == (400, [text + call])
    old = next(c["metaData"] for c in emulator.truth("calls") if c["metaData"]["clientUniqueId"])
    seeded = emulator.post("calls", posted(emulator, clientUniqueId=old["clientUniqueId"]))
    assert emulator.errors(seeded)[1][0].endswith(f"posted for the call {old['id']}")


def test_a_media_address_takes_the_place_of_an_upload(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "0")
    address = {"downloadMediaUrl": "https://files.example/1.mp3"}
    call = emulator.post("calls", posted(emulator, **address)).json()["callId"]
    assert emulator.errors(attach(emulator, call)) == BAD_REQUEST
    again = emulator.post("calls", posted(emulator, clientUniqueId="pbx-2", **address))
    assert emulator.errors(again) == BAD_REQUEST
    emulator.advance(241)
    assert emulator.get(f"calls/{call}").status_code == 200


def test_media_is_refused(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "0")
    calls = [
        emulator.post("calls", posted(emulator, clientUniqueId=str(n))).json()["callId"]
        for n in range(2)
    ]
    assert emulator.errors(attach(emulator, "12")) == BAD_REQUEST
    assert emulator.errors(attach(emulator, calls[0], b"")) == BAD_REQUEST
    missing = attach(emulator, calls[0], part="file")
    assert emulator.errors(missing) == (400, ["mediaFile part is missing"])
    plain = emulator.client.put(f"/v2/calls/{calls[0]}/media", json={})
    assert emulator.errors(plain) == (415, ["Unsupported Media Type"])
    assert attach(emulator, calls[0]).status_code == 201
    assert emulator.errors(attach(emulator, calls[0], b"other")) == BAD_REQUEST
    assert emulator.errors(attach(emulator, calls[1])) == BAD_REQUEST


def test_missing_fields_are_named_all_at_once(world: Emulator) -> None:
    status, texts = world.errors(world.post("calls", {"clientUniqueId": "1"}))
    assert status == 400
    assert set(texts) == {
        f"{name}: must not be null"
        for name in ("parties", "direction", "actualStart", "primaryUser")
    }


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"direction": "outbound"}, "Json parse error"),
        ({"duration": "long"}, "Json parse error"),
        ({"parties": []}, "parties: must not be empty"),
        ({"parties": [{"name": "A"}]}, "parties: must contain a party for the primaryUser"),
        ({"purpose": "x" * 256}, "purpose: size must be between 0 and 255"),
        ({"clientUniqueId": "x" * 2049}, "clientUniqueId: size must be between 0 and 2048"),
        (
            {"actualStart": "2026-11-18"},
            "actualStart: must be an ISO-8601 date-time with an offset or Z",
        ),
        ({"workspaceId": "12"}, "workspaceId: workspace was not found"),
        ({"languageCode": "english"}, "languageCode: is not a valid language code"),
    ],
)
def test_a_posted_call_is_refused(world: Emulator, changes: Json, text: str) -> None:
    assert world.errors(world.post("calls", posted(world, **changes))) == (400, [text])


def test_a_timeline_must_fit_the_parties(world: Emulator) -> None:
    host = recorded(world)
    segment = {"fromTime": 0, "toTime": 5, "partyIds": ["9"]}
    body = posted(
        world,
        parties=[{"userId": host, "partyId": "1", "mediaChannelId": 2}],
        speakersTimeline={"speechSegments": [segment]},
    )
    text = "parties[0].mediaChannelId: must be less than or equal to 1"
    assert world.errors(world.post("calls", body)) == (400, [text])
    body["parties"][0]["mediaChannelId"] = 1
    assert world.errors(world.post("calls", body)) == (
        400,
        [
            "speakersTimeline: must not be given together with mediaChannelId",
            "speakersTimeline.speechSegments[0].partyIds: must be those of parties",
        ],
    )


def test_a_host_who_is_not_recorded_is_a_conflict(world: Emulator) -> None:
    body = posted(world, primaryUser=recorded(world, wanted=False))
    refused = world.errors(world.post("calls", body))
    assert refused == (409, ["Recording is not enabled for the primary user"])


@pytest.mark.parametrize("piece", [1, 7, 100, 65_536])
def test_a_multipart_body_is_cut_alike_however_it_arrives(piece: int) -> None:
    lines = b'{"a":1}\n\n{"b":"--bound"}\n'
    files = {"data": ("a.ldjson", lines, "application/x-ldjson"), "empty": ("b", b"", "text/plain")}
    sent = httpx.Request("POST", "http://x", files=files, headers={"Content-Type": HEADER})
    raw = sent.read()
    parts = read_parts((raw[n : n + piece] for n in range(0, len(raw), piece)), b"bound", keep=True)
    assert [(part.name, part.filename, part.size) for part in parts] == [
        ("data", "a.ldjson", len(lines)),
        ("empty", "b", 0),
    ]
    assert parts[0].lines() == [b'{"a":1}', b'{"b":"--bound"}']


HEADER = "multipart/form-data; boundary=bound"


@pytest.mark.parametrize("raw", [b"--bound", b"--bound\r\nA: b\r\n\r\nno end"])
def test_a_broken_multipart_body_is_refused(world: Emulator, raw: bytes) -> None:
    with pytest.raises(ApiError):
        read_parts([raw], b"bound", keep=False)
    call = world.client.put("/v2/calls/1/media", content=raw, headers={"Content-Type": HEADER})
    assert world.errors(call) == (400, ["Malformed multipart body"])


@pytest.mark.parametrize("raw", [b"", b"nothing", b"--other\r\n\r\nx\r\n--other--"])
def test_a_body_without_its_boundary_has_no_parts(small_world: Emulator, raw: bytes) -> None:
    assert read_parts([raw], b"bound", keep=False) == []
    query = {"integrationId": "1", "objectType": "ACCOUNT", "clientRequestId": "a"}
    sent: dict[str, Any] = {"params": query, "content": raw, "headers": {"Content-Type": HEADER}}
    call = small_world.client.post("/v2/crm/entities", **sent)
    assert small_world.errors(call) == (400, ["dataFile part is missing"])
