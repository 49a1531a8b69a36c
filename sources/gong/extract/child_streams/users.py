"""Pure: child streams of users, workspaces and permission profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.extract.answers import listed
from sources.gong.extract.child_streams.model import (
    ChildRequest,
    ChildStream,
    ParentsByName,
    active_users,
    batches,
    numbered,
    per_parent,
    rows_under,
)
from sources.gong.schema.columns import Entity


def _settings_history(
    answer: Mapping[str, Any], request: ChildRequest, stream: str
) -> Iterator[Entity]:
    rows = listed(answer, "userSettingsHistory", stream)
    # in the order of their content, so that another order of the answer changes no key
    rows = sorted(rows, key=lambda row: (str(row.get("time")), str(row.get("value"))))
    return numbered(rows, lambda row: (row.get("setting"), row.get("time")), request.entity_fields)


def _meeting_requests(parents: ParentsByName, stream: str) -> list[ChildRequest]:
    users = {str(user["email_address"]): str(user["user_id"]) for user in active_users(parents)}
    return [
        ChildRequest(
            {"emails": emails},
            entity_fields={email: users[email] for email in emails},
            scope={"email": frozenset(emails)},
            ids_input="emails",
        )
        for emails in batches(list(users), stream)
    ]


def _meeting_users(
    answer: Mapping[str, Any], request: ChildRequest, stream: str
) -> Iterator[Entity]:
    for row in listed(answer, "users", stream):
        yield {**row, "_userId": request.entity_fields.get(str(row.get("email")))}


USERS = {
    "user_settings_history": ChildStream(per_parent("user_id", "id", "_userId"), _settings_history),
    "meeting_integrations": ChildStream(_meeting_requests, _meeting_users),
    "permission_profiles": ChildStream(
        per_parent("workspace_id", "workspaceId", "_workspaceId"),
        rows_under("profiles"),
    ),
    "permission_profile_users": ChildStream(
        per_parent("profile_id", "profileId", "_profileId"),
        rows_under("users"),
    ),
}
