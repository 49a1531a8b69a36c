"""Users, their settings history, and how managers coach them."""

from __future__ import annotations

from sources.gong.api.operations.model import BOOLEAN, INSTANT, INTEGER, NOT_FOUND
from sources.gong.api.operations.rows import (
    CURSOR_IN_BODY,
    CURSOR_IN_QUERY,
    INT64,
    LICENSED,
    USER_IDS,
    bodies,
    body,
    path,
    query,
    read,
)

_USER_ID = (path("id", aliases=("user_id",)),)

OPERATIONS = (
    read(
        "GONG_LIST_ALL_USERS_V2_USERS",
        "listUsers", "GET /v2/users", ("api:users:read",),
        "All users of the company",
        (CURSOR_IN_QUERY, query("includeAvatars", BOOLEAN)), "users", row_id="id",
    ),
    # Unknown userIds give a 404 too; its text names the ids and does not mean "nothing found".
    read(
        "GONG_LIST_USERS_BY_FILTER_V2_USERS_EXTENSIVE",
        "listMultipleUsers", "POST /v2/users/extensive", ("api:users:read",),
        "Users, chosen by id or by the time they were created",
        (
            CURSOR_IN_BODY,
            *bodies(INSTANT, "createdFromDateTime createdToDateTime", under="filter"),
            body("filter.includeAvatars", BOOLEAN),
            USER_IDS,
        ),
        "users", row_id="id", empty=NOT_FOUND,
    ),
    read(
        "GONG_GET_USER_BY_ID",
        "getUser", "GET /v2/users/{id}", ("api:users:read",),
        "One user",
        _USER_ID,
    ),
    read(
        "GONG_GET_USER_SETTINGS_HISTORY",
        "getUserHistory", "GET /v2/users/{id}/settings-history", ("api:users:read",),
        "What was changed in one user's settings, and when",
        _USER_ID, "userSettingsHistory",
    ),
    # Live, a bare date is refused here, whereas the stats operations document nothing else.
    read(
        "GONG_LIST_ALL_COACHING_METRICS_V2_COACHING",
        "listUsers_1", "GET /v2/coaching", ("api:coaching:read",),
        "How one manager coached each report over a time span",
        (
            query("workspace-id", INTEGER, is_required=True, limits=INT64),
            query("manager-id", INTEGER, is_required=True, limits=INT64),
            query("from", INSTANT, is_required=True),
            query("to", INSTANT, is_required=True),
        ),
        "coachingData", quirks=LICENSED,
    ),
)  # fmt: skip
