"""The number of requests of a sync, compared with the least number that the data allow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import pytest

from tests.conftest import Emulator, Gong, gong_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
USERS, CALLS, WORKSPACES = 200, 2_000, 3

Requests = list[dict[str, Any]]


def spent(requests: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(
        f"{request['method']} {re.sub(r'/users/[0-9]+/', '/users/{id}/', request['path'])}"
        for request in requests
    )


@pytest.fixture(scope="module")
def company(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(
        "--seed", "7", "--users", str(USERS), "--calls", str(CALLS), "--days", "30",
        "--workspaces", str(WORKSPACES), "--no-limit", "--now", NOW.isoformat(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def gong(company: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Gong:
    return gong_for(tmp_path_factory.mktemp("requests") / "home", company)


@pytest.fixture(scope="module")
def first(company: Emulator, gong: Gong) -> Requests:
    company.forget_requests()
    done = gong("sync", "--no-transform", env={"GONG_ELT_NOW": NOW.isoformat()})
    assert done.returncode == 0, done.stderr
    return company.requests()


@pytest.fixture(scope="module")
def second(company: Emulator, gong: Gong, first: Requests) -> Requests:
    assert first
    company.forget_requests()
    done = gong("sync", "--no-transform", env={"GONG_ELT_NOW": NOW.isoformat()})
    assert done.returncode == 0, done.stderr
    return company.requests()


def pages(rows: int, size: int = 100) -> int:
    return max(1, ceil(rows / size))


def floor(company: Emulator) -> dict[str, int]:
    """Returns the least number of requests per operation, by the data and Gong's page sizes."""
    users = company.truth("users")
    active = [user for user in users if user["active"]]
    managers = {user["managerId"] for user in users if user["managerId"]}
    start = (NOW - timedelta(days=30)).isoformat()
    calls = [
        call
        for call in company.truth("calls")
        if datetime.fromisoformat(call["metaData"]["started"]) >= datetime.fromisoformat(start)
    ]
    flows = company.truth("flows")
    flow_folders = company.truth("flow_folders")
    seen = {
        kind: Counter(viewer["userId"] for item in items for viewer in item["users"])
        for kind, items in (("flows", flows), ("folders", flow_folders))
    }
    logs = Counter(
        entry["logType"]
        for entry in company.truth("logs")
        if datetime.fromisoformat(entry["eventTime"]) >= datetime.fromisoformat(start)
    )
    first_day = (NOW - timedelta(days=30)).date()
    months = {first_day.replace(day=1), NOW.date().replace(day=1)}
    # A page has a hundred active users; this company needs one page.
    a_page_of_users = 1
    contacts: dict[str, set[str]] = {
        kind: set() for kind in ("Account", "Opportunity", "Contact", "Lead")
    }
    for call in calls:
        contexts = [call.get("context"), *(p.get("context") for p in call.get("parties") or ())]
        for context in contexts:
            for system in context or ():
                for linked in system.get("objects") or ():
                    if linked["objectType"] in contacts:
                        contacts[linked["objectType"]].add(linked["objectId"])
    prospects = (
        contacts["Contact"]
        | contacts["Lead"]
        | {task["contact"]["crmId"] for task in company.truth("tasks") if task.get("contact")}
    )
    return {
        "GET /v2/users": pages(len(users)),
        "GET /v2/workspaces": 1,
        "GET /v2/settings/trackers": 1,
        "GET /v2/settings/scorecards": 1,
        "GET /v2/settings/briefs": 1,
        "GET /v2/call-outcomes": 1,
        "POST /v2/calls/extensive": pages(len(calls)),
        "POST /v2/calls/transcript": pages(len(calls)),
        "POST /v2/calls/users-access": pages(len(calls)),
        "GET /v2/calls/manual-crm-associations": pages(
            sum(
                datetime.fromisoformat(association["created"]) >= datetime.fromisoformat(start)
                for association in company.truth("manual_crm_associations")
            )
        ),
        "GET /v2/logs": sum(pages(rows) for rows in logs.values()) + (5 - len(logs)),
        "POST /v2/stats/activity/scorecards": pages(len(company.truth("answered_scorecards"))),
        # One request per month; one each for days, weeks and months; one for days.
        "POST /v2/stats/activity/aggregate": len(months) * a_page_of_users,
        "POST /v2/stats/activity/aggregate-by-period": 3 * a_page_of_users,
        "POST /v2/stats/activity/day-by-day": a_page_of_users,
        # The answers have no dates: one request per day and per month.
        "POST /v2/stats/interaction": 30 + len(months),
        "GET /v2/coaching": WORKSPACES * len(managers) * len(months),
        "GET /v2/users/{id}/settings-history": len(users),
        "GET /v2/all-permission-profiles": WORKSPACES,
        "GET /v2/permission-profile/users": len(company.truth("permission_profiles")),
        "GET /v2/library/folders": WORKSPACES,
        "GET /v2/library/folder-content": len(company.truth("library_folders")),
        "GET /v2/crm/integrations": 1,
        "GET /v2/crm/entity-schema": 4,
        "GET /v2/crm/entities": sum(pages(len(ids)) for ids in contacts.values() if ids),
        "GET /v2/flows": sum(pages(seen["flows"][user["id"]]) for user in users),
        "GET /v2/flows/folders": sum(pages(seen["folders"][user["id"]]) for user in users),
        "POST /v2/flows/steps": pages(len([f for f in flows if f["users"]]), 20),
        "POST /v2/flows/prospects": pages(len(prospects)),
        "POST /v2/tasks": len(users),
        "POST /v2/meetings/integration/status": pages(len(active)),
    }


def test_the_first_sync_costs_at_most_two_percent_more_than_the_floor(
    company: Emulator, first: Requests
) -> None:
    sent, least = spent(first), floor(company)
    assert sent.keys() == least.keys(), "an operation is missing or unexpected"
    for operation, number in least.items():
        assert sent[operation] >= number, f"{operation}: fewer requests than the floor"
    total, lowest = sum(sent.values()), sum(least.values())
    print(f"{total} requests, the floor is {lowest}: {total / lowest:.3f}")
    above = {name: (sent[name], number) for name, number in least.items() if sent[name] > number}
    assert total <= 1.02 * lowest, above


def test_the_next_night_sends_no_requests_of_weekly_streams(
    company: Emulator, first: Requests, second: Requests
) -> None:
    once, later = spent(first), spent(second)
    weekly = ("GET /v2/users/{id}/settings-history", "GET /v2/flows", "GET /v2/flows/folders")
    assert all(once[operation] > 100 for operation in weekly)
    assert all(later[operation] == 0 for operation in weekly)
    assert later["POST /v2/flows/steps"] == 0
    active = sum(user["active"] for user in company.truth("users"))
    assert later["POST /v2/tasks"] == active, "what people who left own is requested weekly"
    assert sum(later.values()) < sum(once.values()) / 2


def test_a_plan_estimates_the_requests_of_the_next_sync(
    company: Emulator, gong: Gong, first: Requests, second: Requests
) -> None:
    company.forget_requests()
    done = gong("plan", env={"GONG_ELT_NOW": NOW.isoformat()})
    assert done.returncode == 0, done.stderr
    total = re.search(r"^in all\s+([\d,]+)", done.stdout, re.M)
    assert total
    planned = int(total[1].replace(",", ""))
    assert abs(planned - len(second)) <= max(5, 0.03 * len(second))
    lists = Counter(
        (request["path"], request["query"].get("logType")) for request in company.requests()
    )
    assert max(lists.values()) == 1, "more than one request per list"


def test_a_plan_of_the_first_sync_needs_no_warehouse(
    company: Emulator, first: Requests, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fresh = gong_for(tmp_path_factory.mktemp("fresh") / "home", company)
    done = fresh("plan", env={"GONG_ELT_NOW": NOW.isoformat()})
    assert done.returncode == 0, done.stderr
    total = re.search(r"^in all\s+([\d,]+)", done.stdout, re.M)
    assert total
    assert 0.85 * len(first) <= int(total[1].replace(",", "")) <= 1.15 * len(first)
    back = fresh("plan", "--from", "2025-11-01", env={"GONG_ELT_NOW": NOW.isoformat()})
    assert back.returncode == 0, back.stderr
    assert "requests a second" not in back.stdout, "minutes are printed without a limit"


@pytest.mark.slow
def test_an_expensive_stream_rotates_within_its_share_of_the_daily_quota(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """150 users, 40 % of 300 requests a day: 120 of them on the first night, 30 on the second."""
    emulator = emulators(
        "--seed", "3", "--users", "150", "--calls", "20", "--days", "5", "--no-limit",
        "--without-engage", "--without-meetings", "--now", NOW.isoformat(),
    )  # fmt: skip
    gong = gong_for(
        tmp_path_factory.mktemp("turns") / "home",
        emulator,
        SOURCES__GONG__REQUESTS_PER_DAY="300",
        SOURCES__GONG__START_DATE="2026-11-15",
        SOURCES__GONG__COMPANY_TIME_ZONE=emulator.time_zone,
    )

    def night(days: int, *arguments: str) -> list[str]:
        emulator.forget_requests()
        now = NOW + timedelta(days=days)
        emulator.set_clock(now)
        done = gong("sync", "--no-transform", *arguments, env={"GONG_ELT_NOW": now.isoformat()})
        assert done.returncode == 0, done.stderr
        return [
            request["path"].split("/")[3]
            for request in emulator.requests()
            if request["path"].endswith("/settings-history")
        ]

    first, second, third = night(0), night(1), night(2)
    assert len(first) == 120
    assert len(second) == 30
    assert set(first) | set(second) == {user["id"] for user in emulator.truth("users")}
    assert third == []
    assert set(night(7)) == set(first), "users that were read longest ago come first"
    by_name = night(9, "--only", "user_settings_history")
    assert len(by_name) == 150, "--only ignores schedule and quota share"


def test_a_stream_that_has_used_its_share_leaves_the_rest_of_the_quota_to_others(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> None:
    emulator = emulators(
        "--seed", "3", "--users", "480", "--calls", "20", "--days", "5", "--no-limit",
        "--now", NOW.isoformat(),
    )  # fmt: skip
    gong = gong_for(
        tmp_path_factory.mktemp("share") / "home",
        emulator,
        SOURCES__GONG__REQUESTS_PER_DAY="1000",
        SOURCES__GONG__START_DATE="2026-11-18",
        SOURCES__GONG__COMPANY_TIME_ZONE=emulator.time_zone,
    )
    assert sum(user["active"] for user in emulator.truth("users")) > 400
    done = gong("sync", "--no-transform", env={"GONG_ELT_NOW": NOW.isoformat()})
    sent = spent(emulator.requests())
    assert done.returncode == 75, done.stderr
    assert max(sent.values()) == 400
    assert re.search(r"tasks has spent its share .* --only tasks", done.stderr), done.stderr
    assert re.search(r"^  calls +[1-9]", done.stderr, re.M), "calls have not landed"
