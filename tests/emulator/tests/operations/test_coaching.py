"""Settings history and coaching."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start

WIDE = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}


def coach(emulator: Emulator, manager: str, workspace: str, **window: str) -> Json:
    query = {"workspace-id": workspace, "manager-id": manager, **(window or WIDE)}
    answer = emulator.client.get("/v2/coaching", params=query)
    assert answer.status_code == 200, answer.text
    served: Json = answer.json()
    return served


def test_a_history_begins_with_ten_equal_times_and_ends_with_the_present(world: Emulator) -> None:
    users = {user["id"]: user for user in world.truth("users")}
    rows = world.truth("settings_history")
    assert {row["userId"] for row in rows} == set(users)
    for user in list(users.values())[:20]:
        answer = world.get(f"users/{user['id']}/settings-history").json()
        served = answer["userSettingsHistory"]
        assert [{"userId": user["id"], **row} for row in served] == [
            row for row in rows if row["userId"] == user["id"]
        ]
        assert {row["time"] for row in served[:10]} == {user["created"]}
        assert len({row["setting"] for row in served[:10]}) == 10
        last = {row["setting"]: row["value"] for row in served}
        assert last["active"] == user["active"]
        assert last["callsImported"] == user["settings"]["telephonyCallsImported"]


def test_two_users_have_one_setting_set_twice_at_once(world: Emulator) -> None:
    rows = world.truth("settings_history")
    times = Counter((row["userId"], row["setting"], row["time"]) for row in rows)
    twice = [key for key, count in times.items() if count == 2]
    assert len({user for user, _, _ in twice}) == 2
    for user, setting, time in twice:
        values = {
            row["value"]
            for row in rows
            if (row["userId"], row["setting"], row["time"]) == (user, setting, time)
        }
        assert values == {True, False}


def test_a_history_of_nobody_is_404_and_a_new_row_is_read(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "0")
    unknown = emulator.get("users/123/settings-history")
    assert emulator.errors(unknown) == (404, ["User not found"])
    user = emulator.truth("users")[0]["id"]
    emulator.change("add_settings_history", userId=user, setting="emailsImported", value=True)
    rows = emulator.get(f"users/{user}/settings-history").json()["userSettingsHistory"]
    assert rows[-1]["setting"] == "emailsImported"
    emulator.change("remove_user", id=user)
    assert emulator.get(f"users/{user}/settings-history").status_code == 404
    assert user not in {row["userId"] for row in emulator.truth("settings_history")}


def test_coaching_is_the_sum_of_its_events(world: Emulator) -> None:
    events = world.truth("coaching")
    assert len({event["metric"] for event in events}) >= 4
    spaces = [space["id"] for space in world.truth("workspaces")]
    middle = sorted(event["time"] for event in events)[len(events) // 2]
    window = {"from": middle, "to": WIDE["to"]}
    since = datetime.fromisoformat(middle)
    for manager in sorted({event["managerId"] for event in events}):
        for space in spaces:
            data = coach(world, manager, space, **window)["coachingData"][0]
            assert data["manager"]["id"] == manager
            counted = {
                (row["report"]["id"], metric, call)
                for row in data["directReportsMetrics"]
                for metric, calls in row["metrics"].items()
                for call in calls
            }
            assert counted == {
                (event["reportId"], event["metric"], event["callId"])
                for event in events
                if (event["managerId"], event["workspaceId"]) == (manager, space)
                and datetime.fromisoformat(event["time"]) >= since
            }


def test_coaching_agrees_with_the_activities(world: Emulator) -> None:
    activities = {
        (event["user_id"], event["call_id"])
        for event in world.truth("activity_events")
        if event["activity"] == "callsGaveFeedback"
    }
    days_ago = datetime.fromisoformat("2026-11-17T00:00:00-05:00")
    feedback = {
        (event["managerId"], event["callId"])
        for event in world.truth("coaching")
        if event["metric"] == "callsWithFeedback"
        and datetime.fromisoformat(event["time"]) < days_ago
    }
    assert feedback
    assert feedback <= activities


def test_every_direct_report_is_listed_and_nobody_manages_is_empty(world: Emulator) -> None:
    users = world.truth("users")
    space = world.truth("workspaces")[0]["id"]
    managers = {user["managerId"] for user in users} - {None}
    manager = min(managers)
    rows = coach(world, manager, space)["coachingData"][0]["directReportsMetrics"]
    assert {row["report"]["id"] for row in rows} == {
        user["id"] for user in users if user["managerId"] == manager
    }
    nobody = next(user["id"] for user in users if user["id"] not in managers)
    assert coach(world, nobody, space)["coachingData"] == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"from": "2026-01-01"}, "from: must be an ISO-8601 date-time with an offset or Z"),
        ({"from": "2027-01-01T00:00:00Z"}, "from: must be before to"),
        ({"manager-id": ""}, "Bad request"),
        ({"manager-id": "someone"}, "Bad request"),
        ({"manager-id": "12"}, "manager-id: user 12 was not found"),
        ({"workspace-id": "12"}, "workspace-id: workspace 12 was not found"),
    ],
)
def test_coaching_refuses(world: Emulator, change: dict[str, str], text: str) -> None:
    users, spaces = world.truth("users"), world.truth("workspaces")
    query = {"workspace-id": spaces[0]["id"], "manager-id": users[0]["id"], **WIDE, **change}
    answer = world.client.get("/v2/coaching", params=query)
    assert world.errors(answer) == (400, [text])


def test_coaching_needs_all_of_its_inputs(world: Emulator) -> None:
    """Live, the first that is missing is named."""
    query: dict[str, str] = {}
    for name in ("workspace-id", "manager-id", "from", "to"):
        answer = world.client.get("/v2/coaching", params=query)
        assert world.errors(answer) == (400, [f"{name} parameter is missing"])
        query[name] = "1"


def test_an_added_coaching_event_may_have_a_metric_nobody_knows(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "60")
    report = next(user for user in emulator.truth("users") if user["managerId"])
    call = emulator.truth("calls")[0]["metaData"]
    emulator.change("add_coaching", reportId=report["id"], metric="callsSung", callId=call["id"])
    data = coach(emulator, report["managerId"], call["workspaceId"])["coachingData"][0]
    row = next(row for row in data["directReportsMetrics"] if row["report"]["id"] == report["id"])
    assert row["metrics"]["callsSung"] == [call["id"]]
    emulator.change("delete_call", id=call["id"])
    assert call["id"] not in {event["callId"] for event in emulator.truth("coaching")}
