"""Rows that are pushed are at Gong, once; a rerun sends nothing; what is refused says why."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sources.gong.operations import operation, writes
from tests.conftest import Emulator, Gong, gong_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORLD = (
    "--seed", "11", "--users", "12", "--calls", "60", "--days", "20", "--workspaces", "2",
    "--now", NOW.isoformat(), "--no-limit",
)  # fmt: skip

Row = dict[str, Any]


@dataclass
class Company:
    """An emulated company, the command, and what is there to push about."""

    emulator: Emulator
    gong: Gong

    def __post_init__(self) -> None:
        self.now = NOW
        truth = self.emulator.truth
        self.users = [one for one in truth("users") if one["active"]]
        self.calls = [one["metaData"]["id"] for one in truth("calls")]
        self.workspace = truth("workspaces")[0]["id"]
        self.flow = next(one for one in truth("flows") if one["baseVisibility"] == "Company")
        (integration,) = truth("crm_integrations")
        self.integration = integration["integrationId"]

    @property
    def recorded(self) -> str:
        """A user whose calls are recorded."""
        kinds = ("webConferencesRecorded", "telephonyCallsImported")
        return next(u["id"] for u in self.users if any(u["settings"].get(k) for k in kinds))

    @property
    def organizer(self) -> str:
        """A user whose meeting integration is in order."""
        told = self.emulator.truth("meeting_integrations")
        email: str = next(one["email"] for one in told if one["valid"])
        return email

    def prospects(self, count: int) -> list[str]:
        """Contacts that are in no flow."""
        taken = {one["crmProspectId"] for one in self.emulator.truth("flow_instances")}
        contacts = (
            one["crmId"] for one in self.emulator.truth("crm_objects")
            if one["objectType"] == "CONTACT"
        )  # fmt: skip
        return [one for one in contacts if one not in taken][:count]

    def pass_time(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        self.emulator.set_clock(self.now)

    def push(self, name: str, rows: list[Row] | Path, *options: str) -> Any:
        """Pushes rows, from a file of JSON lines."""
        file = rows if isinstance(rows, Path) else self.gong.home.parent / f"{name}.jsonl"
        if not isinstance(rows, Path):
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.emulator.forget_requests()
        return self.gong("push", name, "--from", str(file), *options)

    def sent(self, name: str) -> int:
        """How many requests of the operation came since the last push began."""
        row = operation(name)
        parts = row.path.split("/")
        return sum(
            one["method"] == row.method
            and len(one["path"].split("/")) == len(parts)
            and all(
                theirs == ours or ours.startswith("{")
                for theirs, ours in zip(one["path"].split("/"), parts, strict=True)
            )
            for one in self.emulator.requests()
        )

    def ledger(self, name: str) -> dict[str, int]:
        with duckdb.connect(str(self.gong.warehouse), read_only=True) as db:
            return dict(
                db.execute(
                    "select state, count(*) from gong_ops.pushes where operation = ? group by all",
                    [operation(name).operation_id],
                ).fetchall()
            )


@dataclass(frozen=True)
class Case:
    """One operation: rows to push, and what must be there then that was not there before.

    Attributes:
        rows: made from the company.
        shown: how many things of theirs the emulator has.
        requests: how many carry them.
        options: of the command.
        hours: that must pass before Gong has done it.
    """

    rows: Callable[[Company], list[Row]]
    shown: Callable[[Company], int]
    requests: int
    options: tuple[str, ...] = ()
    hours: float = 0.0
    done: int = field(default=2)


def count(kind: str, **wanted: Any) -> Callable[[Company], int]:
    def shown(company: Company) -> int:
        return sum(
            all(one.get(key) == value for key, value in wanted.items())
            for one in company.emulator.truth(kind)
        )

    return shown


def event(name: str, **more: Any) -> Callable[[Company], list[Row]]:
    return lambda _: [
        {
            "reportingSystem": "Showroom",
            "eventTimestamp": "2026-11-19T10:00:00Z",
            "contentId": f"{name}-{number}",
            "contentUrl": "https://showroom.example/list",
            "contentTitle": f"{name} {number}",
            **more,
        }
        for number in range(2)
    ]


def reported(name: str) -> Callable[[Company], int]:
    return lambda company: sum(
        str(one.get("contentId")).startswith(f"{name}-")
        for one in company.emulator.truth("reported_events")
    )


def posted(company: Company, *names: str, **more: Any) -> list[Row]:
    user = company.recorded
    return [
        {
            "client_unique_id": name,
            "actual_start": "2026-11-19T10:00:00Z",
            "direction": "Outbound",
            "primary_user": user,
            "parties": [{"userId": user}, {"phoneNumber": "+15550100"}],
            **more,
        }
        for name in names
    ]


def media(company: Company) -> list[Row]:
    company.push("add-new-call", posted(company, "media-0", "media-1"))
    ids = {one["clientUniqueId"]: one["callId"] for one in company.emulator.truth("uploaded_calls")}
    rows = []
    for number in range(2):
        file = company.gong.home.parent / f"recording-{number}.wav"
        file.write_bytes(b"RIFF" + bytes([number]) * 100_000)
        rows.append({"call_id": ids[f"media-{number}"], "media_file": str(file)})
    return rows


def meeting(company: Company, title: str) -> Row:
    return {
        "startTime": "2026-11-25T10:00:00Z",
        "endTime": "2026-11-25T11:00:00Z",
        "title": title,
        "invitees": [{"email": "guest@elsewhere.example"}],
        "organizerEmail": company.organizer,
    }


def meetings(company: Company, word: str) -> list[Row]:
    """Two meetings that are made here, as rows that name them."""
    rows = [meeting(company, f"To {word} {number}") for number in range(2)]
    assert company.push("create-a-new-gong-meeting", rows).returncode == 0
    return [
        {**row, "meetingId": one["meetingId"]}
        for row in rows
        for one in company.emulator.truth("meetings")
        if one["title"] == row["title"]
    ]


def titled(word: str) -> Callable[[Company], int]:
    return lambda company: sum(
        str(one["title"]).startswith(word) for one in company.emulator.truth("meetings")
    )


def profiles(company: Company) -> list[Row]:
    return [{"workspaceId": company.workspace, "name": f"Pushed {n}"} for n in range(2)]


def renamed(company: Company) -> list[Row]:
    company.push("create-permission-profile", profiles(company))
    return [
        {"profileId": one["id"], "name": one["name"].replace("Pushed", "Renamed")}
        for one in company.emulator.truth("permission_profiles")
        if one["name"].startswith("Pushed")
    ]


def named(word: str) -> Callable[[Company], int]:
    return lambda company: sum(
        one["name"].startswith(word) for one in company.emulator.truth("permission_profiles")
    )


def access(company: Company) -> list[Row]:
    return [
        {"callId": call, "userId": company.users[0]["id"]} for call in sorted(company.calls)[:2]
    ]


def with_access(company: Company) -> int:
    pairs = {(one["callId"], one["userId"]) for one in company.emulator.truth("call_access")}
    return sum((row["callId"], row["userId"]) in pairs for row in access(company))


def without_access(company: Company) -> int:
    return 2 - with_access(company)


def given(company: Company) -> list[Row]:
    company.push("set-user-call-access", access(company))
    return access(company)


def stranger(company: Company, key: str) -> list[Row]:
    """Two people outside the company who took part in calls."""
    found: dict[str, None] = {}
    for call in company.emulator.truth("calls"):
        for party in call.get("parties") or []:
            if party.get("affiliation") == "External" and party.get(key):
                found.setdefault(party[key])
    name = "emailAddress" if key == "emailAddress" else "phoneNumber"
    return [{name: one} for one in list(found)[:2]]


def erased(key: str) -> Callable[[Company], int]:
    return lambda company: sum(
        key in one and one["state"] == "done" for one in company.emulator.truth("erasures")
    )


def assigned(company: Company) -> list[Row]:
    return [
        {
            "crmProspectsIds": prospect,
            "flowId": company.flow["id"],
            "flowInstanceOwnerEmail": company.users[0]["emailAddress"],
        }
        for prospect in company.prospects(2)
    ]


def in_flow(company: Company) -> int:
    return sum(
        one["flowId"] == company.flow["id"] and one["flowInstanceStatus"] == "Pending"
        for one in company.emulator.truth("flow_instances")
    )


def finished(company: Company) -> int:
    return count("flow_instances", flowInstanceStatus="Finished")(company)


def unassigned(company: Company) -> list[Row]:
    rows = assigned(company)
    assert company.push("assign-prospects-to-flow", rows).returncode == 0
    return [{"crmProspectId": row["crmProspectsIds"], "flowId": row["flowId"]} for row in rows]


def instances(company: Company) -> list[Row]:
    rows = assigned(company)
    assert company.push("assign-prospects-to-flow", rows).returncode == 0
    asked = {row["crmProspectsIds"] for row in rows}
    return [
        {"flowInstanceIds": one["flowInstanceId"]}
        for one in company.emulator.truth("flow_instances")
        if one["crmProspectId"] in asked
    ]


def objects(company: Company) -> list[Row]:
    return [
        {
            "integrationId": company.integration, "objectType": "ACCOUNT",
            "objectId": f"pushed-{number}", "modifiedDate": "2026-11-19T10:00:00Z",
            "name": f"Pushed account {number}",
        }
        for number in range(2)
    ]  # fmt: skip


def crm_ids(company: Company) -> int:
    return sum(
        str(one["crmId"]).startswith("pushed-") for one in company.emulator.truth("crm_objects")
    )


def schema(company: Company) -> list[Row]:
    """Two fields more; Gong takes all fields of a type or none."""
    there = [
        {key: value for key, value in one.items() if key != "uniqueId"}
        for one in company.emulator.truth("crm_schema_fields")
        if one["objectType"] == "ACCOUNT"
    ]
    return there + [
        {
            "integrationId": company.integration, "objectType": "ACCOUNT",
            "uniqueName": f"pushed_{number}", "label": f"Pushed {number}", "type": "STRING",
        }
        for number in range(2)
    ]  # fmt: skip


def crm_fields(company: Company) -> int:
    return sum(
        str(one["uniqueName"]).startswith("pushed_")
        for one in company.emulator.truth("crm_schema_fields")
    )


def open_tasks(company: Company) -> list[Row]:
    found = [one for one in company.emulator.truth("tasks") if one["status"] == "OPEN"]
    return [
        {"taskId": one["id"], "userId": one["userId"], "status": "DISMISSED"} for one in found[:2]
    ]


def deleted_integration(company: Company) -> list[Row]:
    return [{"integrationId": company.integration}]


def registered(company: Company) -> list[Row]:
    owner = company.users[0]["emailAddress"]
    return [{"ownerEmail": owner, "name": "Pushed integration"}]


CASES = {
    "add-new-call": Case(
        lambda company: posted(company, "dialer-0", "dialer-1"),
        lambda company: sum(
            one["clientUniqueId"].startswith("dialer-")
            for one in company.emulator.truth("uploaded_calls")
        ),
        2,
    ),
    "add-call-media": Case(
        media, count("uploaded_calls", size=100_004), 2
    ),
    "create-permission-profile": Case(profiles, named("Pushed"), 2),
    "update-permission-profile": Case(renamed, named("Renamed"), 2),
    "set-user-call-access": Case(access, with_access, 1),
    "delete-users-from-call-access-list": Case(given, without_access, 1, ("--yes",)),
    "erase-data-for-email-address": Case(
        lambda company: stranger(company, "emailAddress"), erased("emailAddress"), 2, ("--yes",), 5
    ),
    "erase-data-for-phone-number": Case(
        lambda company: stranger(company, "phoneNumber"), erased("phoneNumber"), 2, ("--yes",), 5
    ),
    "upload-crm-objects": Case(objects, crm_ids, 1, (), 1),
    "upload-crm-schema": Case(schema, crm_fields, 1),
    "assign-prospects-to-flow": Case(assigned, in_flow, 1),
    "unassign-flows-by-crm-id": Case(unassigned, finished, 2, ("--yes",)),
    "unassign-flows-by-instance-id": Case(instances, finished, 1, ("--yes",)),
    "bulk-assign-prospects-to-flow": Case(
        lambda company: [
            {
                "flowId": company.flow["id"],
                "flowInstanceOwnerEmail": company.users[0]["emailAddress"],
                "crmId": prospect,
            }
            for prospect in company.prospects(2)
        ],
        in_flow, 1, (), 1,
    ),
    "create-a-new-gong-meeting": Case(
        lambda company: [meeting(company, f"Made {number}") for number in range(2)],
        titled("Made"),
        2,
    ),
    "update-a-gong-meeting": Case(
        lambda company: [
            {**row, "title": f"Moved {row['title']}"} for row in meetings(company, "move")
        ],
        titled("Moved"),
        2,
    ),
    "delete-meeting": Case(
        lambda company: [
            {"meetingId": one["meetingId"], "organizerEmail": one["organizerEmail"]}
            for one in meetings(company, "delete")
        ],
        lambda company: -titled("To delete")(company),
        2, ("--yes",),
    ),
    "post-a-digital-interaction": Case(
        lambda _: [
            {
                "eventId": f"interaction-{number}", "timestamp": "2026-11-19T10:00:00Z",
                "eventType": "visit", "content__contentTitle": "Price list",
                "person__email": "guest@elsewhere.example",
            }
            for number in range(2)
        ],
        count("reported_events", reportedBy="digital"), 2,
    ),
    "report-content-view-event": Case(event("view"), reported("view"), 2),
    "report-content-share-event": Case(event("share"), reported("share"), 2),
    "report-custom-engagement-event": Case(
        event("custom", actionName="Opened"), reported("custom"), 2
    ),
    "update-task": Case(open_tasks, count("tasks", status="DISMISSED"), 2),
    "delete-a-generic-crm-integration": Case(
        deleted_integration, lambda company: -count("crm_integrations")(company),
        1, ("--yes",), 30, 1,
    ),
    "register-crm-integration": Case(
        registered, count("crm_integrations", name="Pushed integration"), 1, (), 0, 1
    ),
}  # fmt: skip
"""In this order: the last two take the company's CRM away, and bring another."""


@pytest.fixture(scope="module")
def company(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> Company:
    emulator = emulators(*WORLD)
    home = tmp_path_factory.mktemp("push") / "home"
    return Company(emulator, gong_for(home, emulator, SOURCES__GONG__MAX_WAIT_SECONDS="0"))


def test_every_write_has_a_case() -> None:
    assert {operation(name).operation_id for name in CASES} == {
        row.operation_id for row in writes()
    }


def test_rows_are_at_gong_once_and_a_rerun_sends_nothing(company: Company) -> None:
    """All writes in one company, one after the other: the order is part of the story."""
    for name, case in CASES.items():
        rows = case.rows(company)
        before = case.shown(company)
        done = company.push(name, rows, *case.options)
        assert done.returncode == (75 if case.hours else 0), f"{name}: {done.stderr}"
        assert company.sent(name) == case.requests, name
        if case.hours:
            company.pass_time(case.hours)
            done = company.push(name, rows, *case.options)
            assert done.returncode == 0, f"{name}: {done.stderr}"
            assert company.sent(name) == 0, name
        assert case.shown(company) - before == case.done, name
        assert company.ledger(name)["done"] >= case.done, name

        again = company.push(name, rows, *case.options)
        assert again.returncode == 0, f"{name}: {again.stderr}"
        assert company.sent(name) == 0, name
        assert f"{len(rows)} done before" in again.stderr, name
        assert case.shown(company) - before == case.done, name


@dataclass(frozen=True)
class Refusal:
    """A good row and a bad one; the bad one is refused in Gong's words, the good one is done."""

    rows: Callable[[Company], list[Row]]
    says: str
    options: tuple[str, ...] = ()
    hours: float = 0.0


def one_bad(rows: Callable[[Company], list[Row]], **wrong: Any) -> Callable[[Company], list[Row]]:
    def made(company: Company) -> list[Row]:
        good, bad, *_ = rows(company)
        return [good, {**bad, **wrong}]

    return made


REFUSALS = {
    "add-new-call": Refusal(
        one_bad(lambda c: posted(c, "fine", "wrong"), primary_user="404"), "user was not found"
    ),
    "add-call-media": Refusal(one_bad(media, call_id="404"), "Bad request"),
    "create-permission-profile": Refusal(
        one_bad(lambda c: [{"workspaceId": c.workspace, "name": f"R{n}"} for n in range(2)],
                workspaceId="404"), "Bad request",
    ),
    "update-permission-profile": Refusal(
        one_bad(lambda c: [
            {"profileId": one["id"], "description": "again"}
            for one in c.emulator.truth("permission_profiles")[:2]
        ], profileId="404"), "Bad request",
    ),
    "set-user-call-access": Refusal(one_bad(access, userId="404"), "Some users not found"),
    "delete-users-from-call-access-list": Refusal(
        one_bad(access, callId="404"), "Some calls not found", ("--yes",)
    ),
    "erase-data-for-email-address": Refusal(
        lambda c: [
            {"emailAddress": "nobody@elsewhere.example"},
            {"emailAddress": c.users[0]["emailAddress"]},
        ], "must not be an address of the company", ("--yes",),
    ),
    "erase-data-for-phone-number": Refusal(
        lambda _: [{"phoneNumber": "+15550199"}, {"phoneNumber": "15550199"}],
        "must start with +", ("--yes",),
    ),
    "assign-prospects-to-flow": Refusal(
        one_bad(assigned, crmProspectsIds="nobody"), "InvalidArgument"
    ),
    "unassign-flows-by-crm-id": Refusal(
        one_bad(unassigned, unassignedByUserEmail="nobody@elsewhere.example"), "", ("--yes",)
    ),
    "unassign-flows-by-instance-id": Refusal(
        one_bad(instances, flowInstanceIds="404"), "does not exist", ("--yes",)
    ),
    "create-a-new-gong-meeting": Refusal(
        one_bad(lambda c: [meeting(c, f"Refused {n}") for n in range(2)],
                organizerEmail="nobody@elsewhere.example"), "No Gong user found",
    ),
    "update-a-gong-meeting": Refusal(
        one_bad(lambda c: meetings(c, "refuse"), meetingId=404), "meeting ID was not found"
    ),
    "delete-meeting": Refusal(
        one_bad(lambda c: [
            {"meetingId": one["meetingId"]} for one in meetings(c, "drop")
        ], meetingId=404), "meeting ID was not found", ("--yes",),
    ),
    "post-a-digital-interaction": Refusal(
        lambda _: [
            {"eventId": "i-1", "timestamp": "2026-11-19T10:00:00Z", "eventType": "visit",
             "content__contentTitle": "List", "trackingId": "t"},
            {"eventId": "i-2", "timestamp": "2026-11-19T10:00:00Z", "eventType": "visit",
             "content__contentTitle": "List", "trackingId": "t", "person__name": "Ada"},
        ], "must be null when trackingId",
    ),
    "report-content-view-event": Refusal(
        one_bad(event("seen"), eventTimestamp="2027-11-19T10:00:00Z"), "must not be in the future"
    ),
    "report-content-share-event": Refusal(
        one_bad(event("sent"), workspaceId="404"), "orkspace"
    ),
    "report-custom-engagement-event": Refusal(
        one_bad(event("act", actionName="Opened"), eventTimestamp="2027-11-19T10:00:00Z"),
        "must not be in the future",
    ),
    "upload-crm-objects": Refusal(
        one_bad(objects, isDeleted="perhaps"), "isDeleted", hours=1
    ),
    "bulk-assign-prospects-to-flow": Refusal(
        one_bad(lambda c: [
            {"flowId": c.flow["id"], "flowInstanceOwnerEmail": c.users[0]["emailAddress"],
             "crmId": one} for one in c.prospects(2)
        ], crmId="nobody"), "row 2", hours=1,
    ),
    "update-task": Refusal(one_bad(open_tasks, taskId=404), "not found"),
}  # fmt: skip


@pytest.fixture(scope="module")
def other(emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory) -> Company:
    emulator = emulators(*WORLD)
    home = tmp_path_factory.mktemp("refused") / "home"
    return Company(emulator, gong_for(home, emulator, SOURCES__GONG__MAX_WAIT_SECONDS="0"))


ALWAYS = ("add-new-call", "set-user-call-access", "assign-prospects-to-flow", "update-task")
"""One without batches, one that is halved, one refused element by element, one with a path."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.slow) for name in REFUSALS],
)
def test_a_refused_row_says_why_and_keeps_no_other_back(other: Company, name: str) -> None:
    refusal = REFUSALS[name]
    rows = refusal.rows(other)
    assert len(rows) == 2
    before = other.ledger(name) if other.gong.warehouse.exists() else {}
    done = other.push(name, rows, *refusal.options)
    if refusal.hours:
        assert done.returncode == 75, done.stderr
        other.pass_time(refusal.hours)
        done = other.push(name, rows, *refusal.options)
    assert done.returncode == 1, done.stderr
    [told] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert told.startswith("error: row 2: ")
    assert refusal.says in told
    after = other.ledger(name)
    assert after["done"] - before.get("done", 0) >= 1
    assert after["rejected"] - before.get("rejected", 0) == 1


def paths(company: Company) -> list[str]:
    return [f"{one['method']} {one['path']}" for one in company.emulator.requests()]


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_sent(other: Company) -> None:
    rows = [
        *posted(other, "same", title="One"),
        {**posted(other, "a")[0], "direction": "Outbond", "primary_user": None},
        {**posted(other, "b")[0], "colour": "red"},
        *posted(other, "same", title="Another"),
    ]
    done = other.push("add-new-call", rows)
    assert done.returncode == 2
    assert "3 of 4 rows" in done.stderr
    for told in (
        "row 2: direction cannot be 'Outbond' (did you mean Outbound?)",
        "row 2: primaryUser is missing",
        "row 3: there is no input 'colour'",
        "row 4: clientUniqueId is that of row 1, and the rest is not",
    ):
        assert told in done.stderr
    assert paths(other) == []


def test_a_dry_run_prints_what_would_go_and_sends_nothing(other: Company) -> None:
    rows = posted(other, "dry-0", "dry-1", "dry-0")
    done = other.push("add-new-call", rows, "--dry-run", "--set", "title=The same")
    assert done.returncode == 0, done.stderr
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["body"]["clientUniqueId"] for one in shown] == ["dry-0", "dry-1"]
    assert {one["body"]["title"] for one in shown} == {"The same"}
    assert {(one["method"], one["url"]) for one in shown} == {
        ("POST", f"{other.emulator.base_url}/v2/calls")
    }
    assert paths(other) == []


def test_what_takes_something_away_needs_a_yes(other: Company) -> None:
    done = other.push("delete-meeting", [{"meetingId": 1}])
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert paths(other) == []


def test_a_key_with_another_content_is_told_and_not_sent(other: Company) -> None:
    assert other.push("add-new-call", posted(other, "kept", title="One")).returncode == 0
    done = other.push("add-new-call", posted(other, "kept", title="Two"))
    assert done.returncode == 1
    assert "row 1: its clientUniqueId was pushed before with other content" in done.stderr
    assert other.sent("add-new-call") == 0


def test_refused_rows_are_written_mended_and_pushed_again(other: Company) -> None:
    rows = posted(other, "right", "mended")
    rows[1]["primary_user"] = "404"
    file = other.gong.home.parent / "refused.jsonl"
    assert other.push("add-new-call", rows, "--rejected", str(file)).returncode == 1
    [refused] = [json.loads(line) for line in file.read_text().splitlines()]
    assert "user was not found" in refused.pop("_rejected_because")
    assert refused == rows[1]
    assert file.stat().st_mode & 0o077 == 0
    file.write_text(file.read_text().replace('"404"', json.dumps(other.recorded)))
    done = other.push("add-new-call", file)
    assert done.returncode == 0, done.stderr
    assert other.sent("add-new-call") == 1


def test_a_push_that_the_quota_ends_goes_on(other: Company) -> None:
    rows = posted(other, *(f"quota-{number}" for number in range(9)))
    done = other.push("add-new-call", rows, "--max-requests", "4")
    assert done.returncode == 75, done.stderr
    assert other.sent("add-new-call") == 4
    done = other.push("add-new-call", rows)
    assert done.returncode == 0, done.stderr
    assert other.sent("add-new-call") == 5
    assert "4 done before" in done.stderr
    told = other.gong("status").stdout
    assert re.search(r"push add-new-call +done +5 requests +5 landed", told)
    assert re.search(r"push add-new-call +postponed +4 requests +4 landed", told)


CUT_OFF = {
    "a key": ("add-new-call", lambda company: posted(company, "cut-off"), True),
    "harmless": ("update-task", lambda company: open_tasks(company)[:1], True),
    "asked": (
        "create-permission-profile",
        lambda company: [{"workspaceId": company.workspace, "name": "Cut off"}],
        True,
    ),
    "asked, in a flow": (
        "assign-prospects-to-flow", lambda company: assigned(company)[:1], True
    ),
    "nobody knows": (
        "create-a-new-gong-meeting", lambda company: [meeting(company, "Cut off")], False
    ),
}  # fmt: skip


@pytest.mark.parametrize("is_done", [True, False], ids=["when done", "before"])
@pytest.mark.parametrize("how", CUT_OFF)
def test_an_answer_that_is_cut_off_is_settled_without_doing_it_twice(
    other: Company, how: str, is_done: bool
) -> None:
    name, rows_of, is_known = CUT_OFF[how]
    rows = rows_of(other)
    rows = [
        {**row, "title": f"{row['title']} {is_done}"} if "title" in row else row for row in rows
    ]
    if how in ("a key", "asked"):
        key = "client_unique_id" if how == "a key" else "name"
        rows = [{**row, key: f"{row[key]} {is_done}"} for row in rows]
    row = operation(name)
    rule = f"{row.method} {row.path}"
    other.emulator.fault("connection_reset", operation=rule, times=1, after_work=is_done)
    done = other.push(name, rows)
    other.emulator.clear_faults()
    if not is_known:
        assert done.returncode == 1
        assert "may or may not have done it" in done.stderr
        assert other.sent(name) == 1
        assert other.push(name, rows).returncode == 1
        assert other.sent(name) == 0
        assert other.push(name, rows, "--again").returncode == 0
        assert other.sent(name) == 1
        return
    if done.returncode:
        # Gong was asked at once, and had not done it: asked again, it is sent
        assert not is_done
        assert done.returncode == 1
        done = other.push(name, rows)
    assert done.returncode == 0, done.stderr
    assert other.push(name, rows).returncode == 0
    assert other.sent(name) == 0
    shown = {
        "a key": lambda: [
            one for one in other.emulator.truth("uploaded_calls")
            if one["clientUniqueId"] == f"cut-off {is_done}"
        ],
        "harmless": lambda: [
            one for one in other.emulator.truth("tasks")
            if one["id"] == rows[0].get("taskId") and one["status"] == "DISMISSED"
        ],
        "asked": lambda: [
            one for one in other.emulator.truth("permission_profiles")
            if one["name"] == f"Cut off {is_done}"
        ],
        "asked, in a flow": lambda: [
            one for one in other.emulator.truth("flow_instances")
            if one["crmProspectId"] == rows[0].get("crmProspectsIds")
            and one["flowInstanceStatus"] == "Pending"
        ],
    }[how]()  # fmt: skip
    assert len(shown) == 1


def test_media_are_fetched_from_an_address_without_our_credentials(
    other: Company, tmp_path: Path
) -> None:
    (tmp_path / "call.mp3").write_bytes(b"ID3" + bytes(70_000))
    asked: list[dict[str, str]] = []

    class Files(SimpleHTTPRequestHandler):
        def __init__(self, *values: Any) -> None:
            super().__init__(*values, directory=str(tmp_path))

        def do_GET(self) -> None:
            asked.append(dict(self.headers.items()))
            super().do_GET()

        def log_message(self, *_: Any) -> None: ...

    assert other.push("add-new-call", posted(other, "fetched")).returncode == 0
    [call] = [
        one["callId"] for one in other.emulator.truth("uploaded_calls")
        if one["clientUniqueId"] == "fetched"
    ]  # fmt: skip
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{server.server_port}"
        missing = other.push("add-call-media", [{"id": call, "mediaFile": f"{at}/none.mp3?key=k"}])
        done = other.push("add-call-media", [{"id": call, "mediaFile": f"{at}/call.mp3"}])
        server.shutdown()
    assert missing.returncode == 1
    assert "was answered 404" in missing.stderr
    assert "key=k" not in missing.stderr
    assert done.returncode == 0, done.stderr
    [there] = [one for one in other.emulator.truth("uploaded_calls") if one["callId"] == call]
    assert there["size"] == 70_003
    assert len(asked) == 2
    assert not any("Authorization" in headers for headers in asked)
    assert list(other.gong.home.glob(".push-*")) == []


def test_what_is_changed_or_taken_back_can_be_pushed_again(other: Company) -> None:
    """Another content of the same thing goes again; and what the opposite has undone."""
    [task, *_] = open_tasks(other)
    for status, sent in (("DONE", 1), ("DONE", 0), ("OPEN", 1), ("DONE", 1)):
        assert other.push("update-task", [{**task, "status": status}]).returncode == 0
        assert other.sent("update-task") == sent, status
    [pair, *_] = access(other)
    one = {"callId": pair["callId"], "userId": other.users[2]["id"]}
    for name, sent in (
        ("set-user-call-access", 1), ("set-user-call-access", 0),
        ("delete-users-from-call-access-list", 1), ("set-user-call-access", 1),
    ):  # fmt: skip
        assert other.push(name, [one], "--yes").returncode == 0
        assert other.sent(name) == sent, name
    [thing, *_] = objects(other)
    for number, (name, sent) in enumerate((("One", 1), ("One", 0), ("Two", 1), ("One", 1))):
        rows = [{**thing, "objectId": "changing", "name": name}]
        done = other.push("upload-crm-objects", rows)
        assert other.sent("upload-crm-objects") == sent, (number, name)
        if done.returncode == 75:
            other.pass_time(1)
            done = other.push("upload-crm-objects", rows)
        assert done.returncode == 0, done.stderr
    [found] = [one for one in other.emulator.truth("crm_objects") if one["crmId"] == "changing"]
    assert found["fields"]["name"] == "One"
