"""Reads the facts of an emulator from which expected rows are derived."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.conftest import Emulator

Row = dict[str, Any]


WITHOUT_ROWS = "elements without rows"


@dataclass(frozen=True)
class World:
    """The facts of an emulator, read once.

    Attributes:
        zone: time zone of the company.
        start: start of the first sync.
        now: time of the sync.
        kinds: elements by kind of truth.
        media: media of each call, by call id.
        interaction: interaction statistics by period and first day.
        descriptions: description of each flow, by flow id.
        crm_types: CRM of each user's tasks, by user id.
    """

    zone: ZoneInfo
    start: datetime
    now: datetime
    kinds: dict[str, list[Row]]
    media: dict[str, Row]
    interaction: dict[tuple[str, date], list[Row]]
    descriptions: dict[str, str | None]
    crm_types: dict[str, str | None]

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def first_day(self) -> date:
        return self.start.astimezone(self.zone).date()

    def __getitem__(self, kind: str) -> list[Row]:
        return self.kinds[kind]


def read_world(emulator: Emulator, start: datetime, now: datetime) -> World:
    """Reads the truth, and over the API the four facts that the truth does not contain."""
    kinds = (
        "calls", "transcripts", "users", "workspaces", "trackers", "call_outcomes", "scorecards",
        "answered_scorecards", "logs", "activity_events", "settings_history", "coaching",
        "permission_profiles", "permission_profile_users", "call_access", "library_folders",
        "library_folder_calls", "crm_integrations", "crm_schema_fields", "crm_objects",
        "manual_crm_associations", "flows", "flow_folders", "flow_steps", "flow_instances",
        "tasks", "meeting_integrations", "briefs",
    )  # fmt: skip
    zone = ZoneInfo(emulator.time_zone)
    truth = {kind: emulator.truth(kind) for kind in kinds}
    world = World(zone, start, now, truth, {}, {}, {}, {})
    with _client(emulator) as client:
        for entry in world["flows"]:
            answer = client.post("/v2/flows/steps", json={"flowIds": [entry["id"]]})
            (flow,) = answer.raise_for_status().json()["flows"]
            world.descriptions[entry["id"]] = flow.get("description")
        for user_id in {str(task["userId"]) for task in world["tasks"]}:
            task_filter = {
                "userId": user_id,
                "types": ["FLOW", "MANUAL"],
                "taskAction": ["CALL"],
                "status": ["OPEN"],
            }
            answer = client.post("/v2/tasks", json={"filter": task_filter}).raise_for_status()
            world.crm_types[user_id] = answer.json()["crmType"]
        for call in _pages(
            client,
            "/v2/calls/extensive",
            {"filter": {}, "contentSelector": {"exposedFields": {"media": True}}},
            "calls",
        ):
            world.media[call["metaData"]["id"]] = call.get("media") or {}
        for period in ("DAY", "MONTH"):
            for first, after in periods(period, world.first_day, world.today):
                days = {"fromDate": str(first), "toDate": str(min(after, world.today))}
                world.interaction[period, first] = list(
                    _pages(
                        client, "/v2/stats/interaction", {"filter": days}, "peopleInteractionStats"
                    )
                )
    return world


def _client(emulator: Emulator) -> httpx.Client:
    pair = f"{emulator.access_key}:{emulator.access_key_secret}".encode()
    return httpx.Client(
        base_url=emulator.base_url,
        headers={"Authorization": f"Basic {b64encode(pair).decode()}"},
        timeout=60,
    )


def _pages(client: httpx.Client, path: str, body: Row, key: str) -> Iterator[Row]:
    cursor = None
    while True:
        answer = client.post(path, json={**body, **({"cursor": cursor} if cursor else {})})
        if answer.status_code == 404:
            assert answer.json()["errors"][0].startswith("No "), answer.text
            return
        answer.raise_for_status()
        yield from answer.json()[key]
        cursor = answer.json()["records"].get("cursor")
        if not cursor:
            return


def periods(period: str, first: date, after: date) -> Iterator[tuple[date, date]]:
    """Yields the whole calendar periods that touch `[first, after)`."""
    if period == "WEEK":
        first -= timedelta(days=first.weekday())
    if period == "MONTH":
        first = first.replace(day=1)
    while first < after:
        if period == "MONTH":
            year, month = divmod(first.year * 12 + first.month, 12)
            end = date(year, month + 1, 1)
        else:
            end = first + timedelta(days=7 if period == "WEEK" else 1)
        yield first, end
        first = end


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def extra_of(*parts: Row) -> Row | None:
    """Returns the content of `extra`; None when every field has a column."""
    joined = {key: value for part in parts for key, value in part.items()}
    return joined or None


def unknown_of(entity: Row, known: set[str], prefix: str = "") -> Row:
    return {prefix + key: value for key, value in entity.items() if key not in known}


def each(world: World, section: str, part: str) -> Iterator[tuple[str, int, Row]]:
    """Yields call id, index and element of a list inside a section of every call."""
    for call in world["calls"]:
        for place, element in enumerate((call.get(section) or {}).get(part) or []):
            yield call["metaData"]["id"], place, element
