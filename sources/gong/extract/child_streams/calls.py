"""Pure: streams that are read in batches of call ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sources.gong.extract.answers import listed, objects, parts_of
from sources.gong.extract.child_streams.model import CallStream, ChildRequest, rows_under
from sources.gong.schema.columns import Entity

_IDS = "filter.callIds"


def _transcript_request(call_ids: Sequence[str]) -> ChildRequest:
    return ChildRequest({_IDS: list(call_ids)}, ids_input=_IDS)


def _access_request(call_ids: Sequence[str]) -> ChildRequest:
    return ChildRequest(
        {_IDS: list(call_ids)}, scope={"call_id": frozenset(call_ids)}, ids_input=_IDS
    )


def _access(answer: Mapping[str, Any], _request: ChildRequest, stream: str) -> Iterator[Entity]:
    def users(call: Entity) -> Iterator[Entity]:
        around = {key: value for key, value in call.items() if key not in ("users", "callId")}
        for user in objects(call.get("users"), "users", stream):
            yield {**around, **user, "_callId": call.get("callId")}

    return parts_of(listed(answer, "callAccessList", stream), users, stream)


CALL_STREAMS: dict[str, CallStream] = {
    "transcripts": CallStream(_transcript_request, rows_under("callTranscripts")),
    "call_user_access": CallStream(_access_request, _access),
}
