"""Users, their settings history, and how managers coach them."""

from __future__ import annotations

from sources.gong.api.operations.model import Operation
from sources.gong.api.operations.rows import (
    BOOLEAN,
    CURSOR_IN_BODY,
    CURSOR_IN_QUERY,
    EMPTY_LIST,
    INSTANT,
    INTEGER,
    LICENSED,
    LIST,
    NEVER,
    NOT_FOUND,
    bodies,
    body,
    path,
    query,
    read,
)

_USER_ID = (path("id", aliases=("user_id",)),)

OPERATIONS: tuple[Operation, ...] = (
    read(
        "GONG_LIST_ALL_USERS_V2_USERS",
        "listUsers",
        "GET /v2/users",
        "All users of the company",
        ("api:users:read",),
        (CURSOR_IN_QUERY, query("includeAvatars", BOOLEAN)),
        EMPTY_LIST,
        "users",
        row_id="id",
    ),
    # Unknown userIds give a 404 too; its text names the ids and does not mean "nothing found".
    read(
        "GONG_LIST_USERS_BY_FILTER_V2_USERS_EXTENSIVE",
        "listMultipleUsers",
        "POST /v2/users/extensive",
        "Users, chosen by id or by the time they were created",
        ("api:users:read",),
        (
            CURSOR_IN_BODY,
            *bodies(INSTANT, "createdFromDateTime createdToDateTime", under="filter"),
            body("filter.includeAvatars", BOOLEAN),
            body("filter.userIds", LIST),
        ),
        NOT_FOUND,
        "users",
        row_id="id",
    ),
    read(
        "GONG_GET_USER_BY_ID",
        "getUser",
        "GET /v2/users/{id}",
        "One user",
        ("api:users:read",),
        _USER_ID,
        NEVER,
        None,
    ),
    read(
        "GONG_GET_USER_SETTINGS_HISTORY",
        "getUserHistory",
        "GET /v2/users/{id}/settings-history",
        "What was changed in one user's settings, and when",
        ("api:users:read",),
        _USER_ID,
        EMPTY_LIST,
        "userSettingsHistory",
    ),
    # Live, a bare date is refused here, whereas the stats operations take nothing else.
    read(
        "GONG_LIST_ALL_COACHING_METRICS_V2_COACHING",
        "listUsers_1",
        "GET /v2/coaching",
        "How one manager coached each report over a time span",
        ("api:coaching:read",),
        (
            query("workspace-id", INTEGER, is_required=True),
            query("manager-id", INTEGER, is_required=True),
            query("from", INSTANT, is_required=True),
            query("to", INSTANT, is_required=True),
        ),
        EMPTY_LIST,
        "coachingData",
        quirks=LICENSED,
    ),
)
