"""Statistics per user, and answered scorecards."""

from __future__ import annotations

from sources.gong.api.operations.model import DATE, INSTANT, LIST, NOT_FOUND, Quirks
from sources.gong.api.operations.rows import (
    CURSOR_IN_BODY,
    SET,
    USER_IDS,
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
    USER_IDS,
)

_NOBODY = r"user not found|no stats found\b.*"
# documented for these operations, which are never requested for single users here
_NO_STATS = Quirks(empty_404=_NOBODY)
_NO_REVIEWS = Quirks(empty_404=rf"{_NOBODY}|answered scorecards not found")

OPERATIONS = (
    read(
        "GONG_AGGREGATE_USER_ACTIVITY_STATISTICS",
        "listMultipleUsersAggregateActivity", "POST /v2/stats/activity/aggregate",
        ("api:stats:user-actions",),
        "Activity counts per user over a span of days",
        _STATS_FILTER,
        "usersAggregateActivityStats", row_id="userId", empty=NOT_FOUND, quirks=_NO_STATS,
    ),
    read(
        "GONG_AGGREGATE_ACTIVITY_BY_PERIOD_VIA_API",
        "listMultipleUsersAggregateByPeriod", "POST /v2/stats/activity/aggregate-by-period",
        ("api:stats:user-actions",),
        "Activity counts per user and day, week, month, quarter or year",
        (
            *_STATS_FILTER,
            body(
                "aggregationPeriod",
                is_required=True,
                choices=("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"),
            ),
        ),
        "usersAggregateActivity", row_id="userId", empty=NOT_FOUND, quirks=_NO_STATS,
    ),
    read(
        "GONG_POST_DAY_BY_DAY_ACTIVITY_STATS",
        "listMultipleUsersDayByDayActivity", "POST /v2/stats/activity/day-by-day",
        ("api:stats:user-actions:detailed",),
        "The calls behind each user's activity, day by day",
        _STATS_FILTER,
        "usersDetailedActivities", row_id="userId", empty=NOT_FOUND, quirks=_NO_STATS,
    ),
    read(
        "GONG_GET_INTERACTION_STATISTICS",
        "listInteractionStats", "POST /v2/stats/interaction", ("api:stats:interaction",),
        "Interaction figures per user over a span of days (monologue, patience, …)",
        _STATS_FILTER, "peopleInteractionStats", row_id="userId", empty=NOT_FOUND, quirks=_NO_STATS,
    ),
    read(
        "GONG_CREATE_ACTIVITY_SCORECARDS_REPORT",
        "listAnsweredScorecards", "POST /v2/stats/activity/scorecards", ("api:stats:scorecards",),
        "Answered scorecards, by day of the review or of the call",
        (
            CURSOR_IN_BODY,
            *bodies(
                DATE,
                "callFromDate callToDate reviewFromDate reviewToDate",
                under="filter",
            ),
            body("filter.reviewMethod", choices=("AUTOMATIC", "MANUAL", "BOTH")),
            *bodies(LIST, "reviewedUserIds scorecardIds", under="filter", limits=SET),
        ),
        "answeredScorecards", row_id="answeredScorecardId", empty=NOT_FOUND, quirks=_NO_REVIEWS,
    ),
)  # fmt: skip
