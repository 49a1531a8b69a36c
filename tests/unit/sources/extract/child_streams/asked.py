"""Requests and entities of a child stream, by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from sources.gong.extract.child_streams import CHILD_STREAMS, ChildRequest
from sources.gong.schema.columns import Entity

IDS = st.lists(st.integers(1, 10**20).map(str), unique=True, max_size=40)


def requests_of(name: str, parents: Mapping[str, Sequence[Any]]) -> list[ChildRequest]:
    return CHILD_STREAMS[name].requests(parents, name)


def entities_of(name: str, answer: Mapping[str, Any], request: ChildRequest) -> list[Entity]:
    return list(CHILD_STREAMS[name].entities(answer, request, name))


def users(*ids: str, active: bool = True, email: bool = True) -> list[dict[str, Any]]:
    return [
        {"user_id": user_id, "email_address": f"{user_id}@x.example" if email else None,
         "is_active": active, "manager_id": None}
        for user_id in ids
    ]  # fmt: skip
