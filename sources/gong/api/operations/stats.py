"""Statistics per user, and answered scorecards."""

from __future__ import annotations

from sources.gong.api.operations.model import Operation, Quirks
from sources.gong.api.operations.rows import (
    CURSOR_IN_BODY,
    DATE,
    INSTANT,
    LIST,
    NOT_FOUND,
    bodies,
    body,
    read,
)

# createdFromDateTime and createdToDateTime carry no explanation in the OpenAPI document.
_STATS_FILTER = (
    CURSOR_IN_BODY,
    body("filter.fromDate", DATE, is_required=True),
    body("filter.toDate", DATE, is_required=True),
    body("filter.createdFromDateTime", INSTANT),
    body("filter.createdToDateTime", INSTANT),
    body("filter.userIds", LIST),
)

_NOBODY = r"user not found|no stats found\b.*"
# documented for these operations, which are never asked for single users here
_NO_STATS = Quirks(empty_404=_NOBODY)
_NO_REVIEWS = Quirks(empty_404=rf"{_NOBODY}|answered scorecards not found")

OPERATIONS: tuple[Operation, ...] = (
    read(
        "GONG_AGGREGATE_USER_ACTIVITY_STATISTICS",
        "listMultipleUsersAggregateActivity",
        "POST /v2/stats/activity/aggregate",
        "Activity counts per user over a span of days",
        ("api:stats:user-actions",),
        _STATS_FILTER,
        NOT_FOUND,
        "usersAggregateActivityStats",
        row_id="userId",
        quirks=_NO_STATS,
    ),
    read(
        "GONG_AGGREGATE_ACTIVITY_BY_PERIOD_VIA_API",
        "listMultipleUsersAggregateByPeriod",
        "POST /v2/stats/activity/aggregate-by-period",
        "Activity counts per user and day, week, month, quarter or year",
        ("api:stats:user-actions",),
        (
            *_STATS_FILTER,
            body(
                "aggregationPeriod",
                is_required=True,
                choices=("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"),
            ),
        ),
        NOT_FOUND,
        "usersAggregateActivity",
        row_id="userId",
        quirks=_NO_STATS,
    ),
    read(
        "GONG_POST_DAY_BY_DAY_ACTIVITY_STATS",
        "listMultipleUsersDayByDayActivity",
        "POST /v2/stats/activity/day-by-day",
        "The calls behind each user's activity, day by day",
        ("api:stats:user-actions:detailed",),
        _STATS_FILTER,
        NOT_FOUND,
        "usersDetailedActivities",
        row_id="userId",
        quirks=_NO_STATS,
    ),
    read(
        "GONG_GET_INTERACTION_STATISTICS",
        "listInteractionStats",
        "POST /v2/stats/interaction",
        "Interaction figures per user over a span of days (monologue, patience, …)",
        ("api:stats:interaction",),
        _STATS_FILTER,
        NOT_FOUND,
        "peopleInteractionStats",
        row_id="userId",
        quirks=_NO_STATS,
    ),
    read(
        "GONG_CREATE_ACTIVITY_SCORECARDS_REPORT",
        "listAnsweredScorecards",
        "POST /v2/stats/activity/scorecards",
        "Answered scorecards, by day of the review or of the call",
        ("api:stats:scorecards",),
        (
            CURSOR_IN_BODY,
            *bodies(
                DATE,
                "callFromDate callToDate reviewFromDate reviewToDate",
                under="filter",
            ),
            body("filter.reviewMethod", choices=("AUTOMATIC", "MANUAL", "BOTH")),
            *bodies(LIST, "reviewedUserIds scorecardIds", under="filter"),
        ),
        NOT_FOUND,
        "answeredScorecards",
        row_id="answeredScorecardId",
        quirks=_NO_REVIEWS,
    ),
)
