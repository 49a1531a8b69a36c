"""Streams that are read in batches of call ids."""

from __future__ import annotations

from hypothesis import given

from sources.gong.extract.child_streams import CALL_STREAMS
from tests.unit.sources.extract.child_streams.asked import IDS


@given(IDS.filter(len))
def test_access_to_calls_is_asked_for_in_a_batch_that_can_be_cut(ids: list[str]) -> None:
    request = CALL_STREAMS["call_user_access"].request(ids)
    assert request.inputs == {"filter.callIds": ids}
    assert request.scope == {"call_id": frozenset(ids)}
    assert request.ids == tuple(ids)


def test_users_with_access_to_a_call_become_rows_with_its_id() -> None:
    stream = CALL_STREAMS["call_user_access"]
    answer = {"callAccessList": [{"callId": "1", "new": 0, "users": [{"userId": "7"}]}, {}]}
    entities = stream.entities(answer, stream.request(["1"]), "call_user_access")
    assert list(entities) == [{"new": 0, "userId": "7", "_callId": "1"}]


def test_transcripts_that_are_not_there_yet_are_no_scope() -> None:
    request = CALL_STREAMS["transcripts"].request(["1"])
    assert request.scope == {}
    assert request.ids == ("1",)
