"""Expected rows of statistics and coaching."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime

from tests.harness.truth.users import _person
from tests.harness.truth.world import Row, World, periods

ACTIVITIES = {
    "callsAsHost": "calls_as_host",
    "callsGaveFeedback": "calls_gave_feedback",
    "callsRequestedFeedback": "calls_requested_feedback",
    "callsReceivedFeedback": "calls_received_feedback",
    "ownCallsListenedTo": "own_calls_listened_to",
    "othersCallsListenedTo": "others_calls_listened_to",
    "callsSharedInternally": "calls_shared_internally",
    "callsSharedExternally": "calls_shared_externally",
    "callsScorecardsFilled": "calls_scorecards_filled",
    "callsScorecardsReceived": "calls_scorecards_received",
    "callsAttended": "calls_attended",
    "callsCommentsGiven": "calls_comments_given",
    "callsCommentsReceived": "calls_comments_received",
    "callsMarkedAsFeedbackGiven": "calls_marked_as_feedback_given",
    "callsMarkedAsFeedbackReceived": "calls_marked_as_feedback_received",
}


def stats_periods(world: World) -> Iterator[Row]:
    for table, kinds in STATS_PERIODS.items():
        for period in kinds:
            for first, after in periods(period, world.first_day, world.today):
                yield {
                    "stats_period_id": f"{table}/{period}/{first}",
                    "table_name": table,
                    "period": period,
                    **_span(world, first, after),
                    "extra": None,
                }


STATS_PERIODS = {
    "activity_by_period": ("DAY", "WEEK", "MONTH"),
    "activity_aggregate": ("MONTH",),
    "activity_daily_calls": ("DAY",),
    "interaction_stats": ("DAY", "MONTH"),
    "coaching_metrics": ("MONTH",),
}


def _span(world: World, first: date, after: date) -> Row:
    return {
        "from_on": first,
        "to_on": min(after, world.today),
        "is_complete": after <= world.today,
    }


def _counts(world: World, period: str) -> Iterator[tuple[Row, Row, date, date]]:
    """Yields user, counters, start and end of each period with activity of the user."""
    people = {user["id"]: user for user in world["users"]}
    for first, after in periods(period, world.first_day, world.today):
        counts_by_user: dict[str, Row] = defaultdict(lambda: dict.fromkeys(ACTIVITIES.values(), 0))
        for event in world["activity_events"]:
            if first <= date.fromisoformat(event["day"]) < min(after, world.today):
                counts_by_user[event["user_id"]][ACTIVITIES[event["activity"]]] += 1
        for user_id, counts in counts_by_user.items():
            yield people[user_id], counts, first, after


def activity_by_period(world: World) -> Iterator[Row]:
    for period in STATS_PERIODS["activity_by_period"]:
        for user, counts, first, after in _counts(world, period):
            yield {
                "stats_period_id": f"activity_by_period/{period}/{first}",
                "user_id": user["id"],
                "user_email_address": user["emailAddress"],
                "period": period,
                **_span(world, first, after),
                **counts,
                "extra": None,
            }


def activity_aggregate(world: World) -> Iterator[Row]:
    for user, counts, first, after in _counts(world, "MONTH"):
        yield {
            "stats_period_id": f"activity_aggregate/MONTH/{first}",
            "user_id": user["id"],
            "user_email_address": user["emailAddress"],
            **_span(world, first, after),
            **counts,
            "extra": None,
        }


def activity_daily_calls(world: World) -> Iterator[Row]:
    people = {user["id"]: user for user in world["users"]}
    for event in world["activity_events"]:
        if world.first_day <= date.fromisoformat(event["day"]) < world.today:
            yield {
                "stats_period_id": f"activity_daily_calls/DAY/{event['day']}",
                "user_id": event["user_id"],
                "user_email_address": people[event["user_id"]]["emailAddress"],
                "activity_on": date.fromisoformat(event["day"]),
                "activity": event["activity"],
                "call_id": event["call_id"],
                "extra": None,
            }


def interaction_stats(world: World) -> Iterator[Row]:
    for (period, first), people in world.interaction.items():
        after = next(end for start, end in periods(period, first, world.today) if start == first)
        for person in people:
            for stat in person["personInteractionStats"]:
                yield {
                    "stats_period_id": f"interaction_stats/{period}/{first}",
                    "user_id": person["userId"],
                    "user_email_address": person["userEmailAddress"],
                    "period": period,
                    **_span(world, first, after),
                    "name": stat["name"],
                    "value": stat["value"],
                    "extra": None,
                }


def coaching_metrics(world: World) -> Iterator[Row]:
    """Yields the coaching of each month before today; a call counts once."""
    people = {user["id"]: user for user in world["users"]}
    for first, after in periods("MONTH", world.first_day, world.today):
        metrics = {
            (
                event["workspaceId"],
                event["managerId"],
                event["reportId"],
                event["metric"],
                event["callId"],
            )
            for event in world["coaching"]
            if first
            <= datetime.fromisoformat(event["time"]).astimezone(world.zone).date()
            < min(after, world.today)
        }
        for workspace_id, manager_id, report_id, metric, call_id in metrics:
            yield {
                "stats_period_id": f"coaching_metrics/MONTH/{first}",
                "workspace_id": workspace_id,
                **_person("manager", people[manager_id]),
                **_person("report", people[report_id]),
                **_span(world, first, after),
                "metric": metric,
                "call_id": call_id,
                "extra": None,
            }
