"""Private calls and erased people among the entities of a page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sources.gong.load.entity_filter import EntityFilter
from sources.gong.load.suppression.filtering import Suppression
from sources.gong.load.suppression.identifiers import IdentifierHasher
from sources.gong.schema.arrow_pages import decoder

HASH = IdentifierHasher("a key that is long enough for a test, 012345")


def call(call_id: str, *, is_private: bool = False) -> dict[str, Any]:
    return {"metaData": {"id": call_id, "isPrivate": is_private}, "parties": []}


def test_everything_lands_by_default() -> None:
    page = [call("1"), call("2", is_private=True)]
    assert EntityFilter().split("calls", page) == (page, [])
    assert EntityFilter().without_suppressed_calls(["1", "2"]) == ["1", "2"]


def test_a_private_call_that_is_dropped_counts_as_missing() -> None:
    keeping = EntityFilter(keep_private=False)
    page = [call("1"), call("2", is_private=True), {"metaData": None}, {}]
    assert keeping.split("calls", page) == ([page[0], page[2], page[3]], [])


def test_a_suppressed_call_exists_and_does_not_land() -> None:
    erased = Suppression(HASH, {"call": {HASH("call", "2")}})
    page = [call("1"), call("2")]
    keeping = EntityFilter(suppression=erased)
    assert keeping.split("calls", page) == ([page[0]], [page[1]])
    assert keeping.without_suppressed_calls(["1", "2"]) == ["1"]


def test_a_private_call_of_an_erased_person_counts_as_missing() -> None:
    erased = Suppression(HASH, {"call": {HASH("call", "2")}})
    keeping = EntityFilter(keep_private=False, suppression=erased)
    assert keeping.split("calls", [call("2", is_private=True)]) == ([], [])


@pytest.mark.parametrize("is_in_arrow", [True, False])
def test_a_transcript_is_masked_and_left_out_also_where_it_was_read_into_arrow(
    is_in_arrow: bool,
) -> None:
    email = "jane.doe@x.example"
    erased = Suppression(HASH, {"email": {HASH("email", email)}, "call": {HASH("call", "2")}})
    page = [
        {"callId": number, "transcript": [{"speakerId": "7", "sentences": [{"text": text}]}]}
        for number, text in (("1", f"Write to {email}."), ("2", "Hello."), ("3", "Hello."))
    ]
    decode = decoder("transcripts", "callTranscripts")
    assert decode is not None
    answer = decode(json.dumps({"callTranscripts": page}).encode())
    assert answer is not None
    given = answer["callTranscripts"] if is_in_arrow else page
    landing, suppressed = EntityFilter(suppression=erased).split("transcripts", given)
    assert [entity["callId"] for entity in suppressed] == ["2"]
    texts = [entity["transcript"][0]["sentences"][0]["text"] for entity in landing]
    assert texts == ["Write to [erased].", "Hello."]
