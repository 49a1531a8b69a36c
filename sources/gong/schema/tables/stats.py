"""Stats: five operations that count per user and calendar period.

A period of a family is the entity that lands and is replaced as a whole, because a user without a
row in it did nothing. `stats_periods` holds the periods; each family is a stream of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.columns import (
    BOOLEAN,
    DATE,
    INTEGER,
    NUMBER,
    PERSON,
    TEXT,
    Column,
    Entity,
    snake,
)
from sources.gong.schema.table import (
    Absence,
    Family,
    Lookback,
    Parents,
    Part,
    Period,
    Read,
    Table,
    Windows,
)

ACTIVITIES = {
    "callsAsHost": "Calls that the user hosted.",
    "callsGaveFeedback": "Calls on which the user gave feedback.",
    "callsRequestedFeedback": "Calls for which the user asked for feedback.",
    "callsReceivedFeedback": "Calls on which the user received feedback.",
    "ownCallsListenedTo": "Own calls that the user listened to.",
    "othersCallsListenedTo": "Other people's calls that the user listened to.",
    "callsSharedInternally": "Calls that the user shared inside the company.",
    "callsSharedExternally": "Calls that the user shared outside the company.",
    "callsScorecardsFilled": "Calls for which the user filled in a scorecard.",
    "callsScorecardsReceived": "Calls for which the user was scored.",
    "callsAttended": "Calls that the user attended, not as host.",
    "callsCommentsGiven": "Calls that the user commented on.",
    "callsCommentsReceived": "The user's calls that others commented on.",
    "callsMarkedAsFeedbackGiven": "Calls that the user marked as feedback given.",
    "callsMarkedAsFeedbackReceived": "Calls that the user marked as feedback received.",
}
"""The fifteen activities that Gong counts per user (OpenAPI, UserAggregateActivity)."""

_STATS_PERIOD_ID = Column("stats_period_id", TEXT, "$id", "Joins to stats_periods.")
_PERIOD = (
    Column("period", TEXT, "$period", "DAY, WEEK (from Monday) or MONTH."),
    Column("from_on", DATE, "$fromDate", "First company day of the period."),
    Column("to_on", DATE, "$toDate", "Day after the last one counted so far."),
    Column("is_complete", BOOLEAN, "$isComplete", "Whether the whole period has passed."),
)
_STATS_USER = (
    Column("user_id", TEXT, "userId", "The Gong user."),
    Column("user_email_address", TEXT, "userEmailAddress", "E-mail address of the user.", PERSON),
)
_COUNTS = tuple(
    Column(snake(activity), INTEGER, f"stats.{activity}", description)
    for activity, description in ACTIVITIES.items()
)


def _daily_calls(period: Entity) -> Iterator[dict[str, Any]]:
    """Yields a row per user, activity and call of a day, whatever activities Gong names."""
    for user in period["users"]:
        around = {key: value for key, value in user.items() if key != "stats"}
        for activity, call_id in _calls_by_name(user["stats"], "activity_daily_calls"):
            yield {**around, "activity": activity, "callId": call_id}


def _coached_calls(period: Entity) -> Iterator[dict[str, Any]]:
    """Yields a row per manager, direct report, metric and call, whatever metrics Gong names."""
    for entry in period["users"]:
        around = {k: v for k, v in entry.items() if k not in ("manager", "report", "stats")}
        for person in ("manager", "report"):
            for key, value in (entry.get(person) or {}).items():
                around[person + key[:1].upper() + key[1:]] = value
        for metric, call_id in _calls_by_name(entry.get("stats") or {}, "coaching_metrics"):
            yield {**around, "metric": metric, "callId": call_id}


def _calls_by_name(lists: Mapping[str, Any], table: str) -> Iterator[tuple[str, Any]]:
    """Yields each name with each call id listed under it, once."""
    for name, call_ids in lists.items():
        if call_ids is not None and not isinstance(call_ids, list):
            raise SchemaDrift(
                f"{table}: {name} is not a list of call ids",
                table=table,
                field=name,
                expected="a list",
                found="something else",
            )
        for call_id in dict.fromkeys(call_ids or ()):
            yield name, call_id


STATS = (
    Table(
        "stats_periods",
        "one row per calendar period read from each stats family: the unit that is replaced",
        key=("stats_period_id",),
        read=Read.PERIODS,
        windows=Windows("from_on", Lookback(nightly=7, weekly=35)),
        absence=Absence.ZERO,
        ignored=("users",),
        columns=(
            Column("stats_period_id", TEXT, "id", "Family, period and first day."),
            Column("table_name", TEXT, "table", "The table that holds the period's rows."),
            Column("period", TEXT, "period", "DAY, WEEK (from Monday) or MONTH."),
            Column("from_on", DATE, "fromDate", "First company day of the period."),
            Column("to_on", DATE, "toDate", "Day after the last one counted so far."),
            Column("is_complete", BOOLEAN, "isComplete", "Whether the whole period has passed."),
        ),
    ),
    Table(
        "activity_by_period",
        "one row per user and day, week or month in which the user did something",
        key=("user_id", "period", "from_on"),
        operation="listMultipleUsersAggregateByPeriod",
        read=Read.PERIODS,
        family=Family((Period.DAY, Period.WEEK, Period.MONTH,), "usersAggregateActivity",
                      "userAggregateActivity", is_dated=True, period_input="aggregationPeriod"),
        part=Part("stats_periods", ("users[]",)),
        columns=(
            _STATS_PERIOD_ID,
            *_STATS_USER,
            *_PERIOD,
            *_COUNTS,
        ),
    ),
    Table(
        "activity_aggregate",
        "one row per user and month in which the user did something",
        key=("user_id", "from_on"),
        operation="listMultipleUsersAggregateActivity",
        read=Read.PERIODS,
        family=Family((Period.MONTH,), "usersAggregateActivityStats", "userAggregateActivityStats"),
        part=Part("stats_periods", ("users[]",)),
        columns=(
            _STATS_PERIOD_ID,
            *_STATS_USER,
            *_PERIOD[1:],
            *_COUNTS,
        ),
    ),
    Table(
        "activity_daily_calls",
        "one row per user, day, activity and the call it was done on",
        key=("user_id", "activity_on", "activity", "call_id"),
        operation="listMultipleUsersDayByDayActivity",
        read=Read.PERIODS,
        family=Family((Period.DAY,), "usersDetailedActivities", "userDailyActivityStats",
                      is_dated=True, days_per_window=7),
        part=Part("stats_periods", _daily_calls),
        columns=(
            _STATS_PERIOD_ID,
            *_STATS_USER,
            Column("activity_on", DATE, "$fromDate", "Company day."),
            Column("activity", TEXT, "activity", "Gong's name of it, e.g. callsAsHost."),
            Column("call_id", TEXT, "callId", "The call."),
        ),
    ),
    Table(
        "interaction_stats",
        "one row per user, day or month, and interaction measure",
        key=("user_id", "period", "from_on", "name"),
        operation="listInteractionStats",
        read=Read.PERIODS,
        family=Family((Period.DAY, Period.MONTH,), "peopleInteractionStats",
                      "personInteractionStats"),
        part=Part("stats_periods", ("users[].stats[]",)),
        columns=(
            _STATS_PERIOD_ID,
            Column("user_id", TEXT, "^userId", "The Gong user."),
            Column("user_email_address", TEXT, "^userEmailAddress", "E-mail address of the user.",
                   PERSON),
            *_PERIOD,
            Column("name", TEXT, "name", "Longest Monologue, Interactivity, …"),
            Column("value", NUMBER, "value", "Ratio 0 to 1, or seconds, or Gong's score."),
        ),
    ),
    Table(
        "coaching_metrics",
        "one row per month, workspace, manager, direct report, kind of coaching and call",
        key=("workspace_id", "manager_id", "report_id", "from_on", "metric", "call_id"),
        operation="listUsers_1",
        read=Read.MANAGERS,
        parents=Parents(("workspaces", "users")),
        family=Family((Period.MONTH,), "coachingData", "metrics"),
        part=Part("stats_periods", _coached_calls),
        columns=(
            _STATS_PERIOD_ID,
            Column("workspace_id", TEXT, "_workspaceId", "The workspace that the request named."),
            Column("manager_id", TEXT, "managerId", "The manager who coaches."),
            Column("manager_email_address", TEXT, "managerEmailAddress",
                   "E-mail address of the manager.", PERSON),
            Column("manager_first_name", TEXT, "managerFirstName", "First name of the manager.",
                   PERSON),
            Column("manager_last_name", TEXT, "managerLastName", "Last name of the manager.",
                   PERSON),
            Column("manager_title", TEXT, "managerTitle", "Job title of the manager.", PERSON),
            Column("report_id", TEXT, "reportId", "The direct report who was coached."),
            Column("report_email_address", TEXT, "reportEmailAddress",
                   "E-mail address of the direct report.", PERSON),
            Column("report_first_name", TEXT, "reportFirstName", "First name of the direct report.",
                   PERSON),
            Column("report_last_name", TEXT, "reportLastName", "Last name of the direct report.",
                   PERSON),
            Column("report_title", TEXT, "reportTitle", "Job title of the direct report.", PERSON),
            *_PERIOD[1:],
            Column("metric", TEXT, "metric", "callsListenedTo, callsWithFeedback, …"),
            Column("call_id", TEXT, "callId", "The call."),
        ),
    ),
)  # fmt: skip
