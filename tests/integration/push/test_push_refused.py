"""A refusal is reported for its row, in Gong's words, and keeps no other row back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.operations import operation, writes
from tests.conftest import Emulator, start_emulator
from tests.harness.pushing import (
    CASES,
    PushCompany,
    Row,
    access,
    assigned,
    event,
    instances,
    media,
    meeting,
    meetings,
    new_company,
    objects,
    open_tasks,
    posted,
    unassigned,
)


@pytest.fixture(scope="module")
def other(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> PushCompany:
    return new_company(emulators, tmp_path_factory.mktemp("refused"))


@dataclass(frozen=True)
class Refusal:
    """A good row and a bad one; the bad one is refused in Gong's words, the good one is done."""

    rows: Callable[[PushCompany], list[Row]]
    says: str
    options: tuple[str, ...] = ()
    hours: float = 0.0


def one_bad(
    rows: Callable[[PushCompany], list[Row]], **wrong: Any
) -> Callable[[PushCompany], list[Row]]:
    def made(company: PushCompany) -> list[Row]:
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
            {"profileId": profile["id"], "description": "again"}
            for profile in c.emulator.truth("permission_profiles")[:2]
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
        lambda _: [{"phoneNumber": "+15550199"}, {"phoneNumber": "+1"}],
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
            {"meetingId": row["meetingId"]} for row in meetings(c, "drop")
        ], meetingId=404), "meeting ID was not found", ("--yes",),
    ),
    "post-a-digital-interaction": Refusal(
        lambda _: [
            {"eventId": "i-1", "timestamp": "2026-11-19T10:00:00Z", "eventType": "visit",
             "content__contentTitle": "List", "trackingId": "t"},
            {"eventId": "i-2", "timestamp": "2026-11-19T10:00:00Z", "eventType": " ",
             "content__contentTitle": "List", "trackingId": "t"},
        ], "must not be blank",
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
        one_bad(objects, Is_Partner__c="perhaps"), "Is_Partner__c", hours=1
    ),
    "bulk-assign-prospects-to-flow": Refusal(
        one_bad(lambda c: [
            {"flowId": c.flow["id"], "flowInstanceOwnerEmail": c.users[0]["emailAddress"],
             "crmId": prospect} for prospect in c.prospects(2)
        ], crmId="nobody"), "row 2", hours=1,
    ),
    "update-task": Refusal(one_bad(open_tasks, taskId=404), "not found"),
}  # fmt: skip


ALWAYS = ("add-new-call", "set-user-call-access", "assign-prospects-to-flow", "update-task")
"""An operation without batches, a halved one, one refused element by element, one with a path."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.slow) for name in REFUSALS],
)
def test_a_refused_row_says_why_and_keeps_no_other_back(other: PushCompany, name: str) -> None:
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
    [message] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert message.startswith("error: row 2: ")
    assert refusal.says in message
    after = other.ledger(name)
    assert after["done"] - before.get("done", 0) >= 1
    assert after["rejected"] - before.get("rejected", 0) == 1


DOCUMENTED = {
    "add-new-call": {409: "Conflict, recording is not enabled for the primary user"},
    "add-call-media": {},
    "create-permission-profile": {422: "Unprocessable Entity"},
    "update-permission-profile": {},
    "set-user-call-access": {},
    "delete-users-from-call-access-list": {},
    "erase-data-for-email-address": {},
    "erase-data-for-phone-number": {},
    "register-crm-integration": {409: "An active integration already exists"},
    "delete-a-generic-crm-integration": {409: "Client request id has already been used"},
    "upload-crm-objects": {409: "Client request id has already been used"},
    "upload-crm-schema": {},
    "assign-prospects-to-flow": {403: "Forbidden", 404: "Flow not found"},
    "bulk-assign-prospects-to-flow": {403: "Forbidden", 404: "Not found"},
    "unassign-flows-by-crm-id": {},
    "unassign-flows-by-instance-id": {},
    "create-a-new-gong-meeting": {
        403: "This endpoint is in limited release",
        404: "No Gong user found corresponding to the provided organizer email",
        409: "Conflict, consent page is not enabled in your company",
    },
    "update-a-gong-meeting": {
        403: "This endpoint is in limited release",
        404: "No meeting found corresponding to the provided meeting ID",
        409: "Conflict, consent page is not enabled in your company",
    },
    "delete-meeting": {
        403: "This endpoint is in limited release",
        404: "No Gong meeting found corresponding to the provided organizer email",
        409: "Conflict, consent page is not enabled in your company",
    },
    "post-a-digital-interaction": {409: "Event was already reported in the past"},
    "report-content-view-event": {409: "Event was already reported in the past"},
    "report-content-share-event": {409: "Event was already reported in the past"},
    "report-custom-engagement-event": {409: "Event was already reported in the past"},
    "update-task": {403: "Access denied", 404: "TaskId not found"},
}
"""The errors Gong documents for a write, beside 400, 401, 429 and 500, which any write can get."""

OF_ALL = {400: "Malformed request", 401: "Access denied", 429: "", 500: ""}
KNOWN_BY_KEY = (
    "delete-a-generic-crm-integration", "upload-crm-objects", "post-a-digital-interaction",
    "report-content-view-event", "report-content-share-event", "report-custom-engagement-event",
)  # fmt: skip
"""Operations whose 409 says that Gong has accepted this key before."""
ASKED = (
    "add-call-media", "create-permission-profile", "register-crm-integration",
    "assign-prospects-to-flow", "bulk-assign-prospects-to-flow", "create-a-new-gong-meeting",
)  # fmt: skip
"""Operations that would act twice: after a 500 the push checks with Gong, where it can."""


def documented() -> list[Any]:
    return [
        pytest.param(
            name, status, text,
            id=f"{name}-{status}",
            marks=() if name == "update-task" and status in (401, 404) else pytest.mark.slow,
        )
        for name, own in DOCUMENTED.items()
        for status, text in sorted({**OF_ALL, **own}.items())
    ]  # fmt: skip


@pytest.fixture
def own(tmp_path: Path) -> Iterator[PushCompany]:
    """A company that nobody else pushes to: what is done there stays done."""
    emulators: list[Emulator] = []

    def start(*arguments: str) -> Emulator:
        emulators.append(start_emulator(*arguments))
        return emulators[-1]

    yield new_company(start, tmp_path)
    emulators[0].stop()


def test_every_write_has_its_documented_errors() -> None:
    assert {operation(name).operation_id for name in DOCUMENTED} == {
        row.operation_id for row in writes()
    }


@pytest.mark.parametrize(("name", "status", "text"), documented())
def test_a_documented_error_is_reported_and_loses_nothing(
    own: PushCompany, name: str, status: int, text: str
) -> None:
    company, case = own, CASES[name]
    if name == "register-crm-integration":
        # a company has one
        gone = CASES["delete-a-generic-crm-integration"]
        company.push("delete-a-generic-crm-integration", gone.rows(company), "--yes")
        company.pass_time(gone.hours)
    rows = case.rows(company)
    # all fields of a type go together; of the others, one is enough
    rows = rows if name == "upload-crm-schema" else rows[:1]
    assert rows
    fault: dict[str, Any] = {"kind": "refused", "status": status, "text": text}
    if status == 429:
        fault = {"kind": "rate_limited", "seconds": 0, "times": 1}
    elif status == 500:
        fault = {"kind": "server_error", "times": 1}
    row = operation(name)
    company.emulator.fault(**fault, operation=f"{row.method} {row.path}")
    try:
        done = company.push(name, rows, *case.options)
        [rule] = company.emulator.faults()
        assert rule["fired"] > 0
    finally:
        company.emulator.clear_faults()

    is_late = bool(case.hours)
    messages = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    if status == 401:
        assert done.returncode == 2
        assert len(messages) == 1
        assert "SOURCES__GONG__ACCESS_KEY" in messages[0]
        assert text in messages[0]
    elif status == 429 or (status == 500 and name not in ASKED):
        assert done.returncode == (75 if is_late else 0), done.stderr
        assert messages == []
    elif status == 500:
        assert done.returncode == 1
        assert messages[0].startswith("error: row 1: ")
        assert "Gong answered 500. Gong may or may not have done it" in messages[0]
    elif status == 409 and name in KNOWN_BY_KEY:
        # the injected 409 is untrue: a late operation ends with Gong's report of no such request
        assert done.returncode == (1 if is_late else 0), done.stderr
        assert len(messages) == is_late
        assert not is_late or "there is no request" in messages[0]
    else:
        assert done.returncode == 1
        assert messages == [f"error: row {number}: {text}" for number, _ in enumerate(rows, 1)]

    again = ("--again",) if status == 500 and name in ASKED else ()
    done = company.push(name, rows, *case.options, *again)
    if is_late and done.returncode == 75:
        company.pass_time(case.hours)
        done = company.push(name, rows, *case.options)
    assert done.returncode == 0, done.stderr
    assert company.push(name, rows, *case.options).returncode == 0
    assert company.sent(name) == 0


def uploaded(company: PushCompany, count: int, wrong: int) -> list[Row]:
    [thing, _] = objects(company)
    rows = [{**thing, "objectId": f"many-{number}"} for number in range(count)]
    return [
        {**row, **({"Is_Partner__c": "perhaps"} if n < wrong else {})} for n, row in enumerate(rows)
    ]


def test_rows_of_a_file_that_gong_refuses_and_does_not_name_go_again(other: PushCompany) -> None:
    """Gong names at most twenty lines."""
    rows, fixed = uploaded(other, 40, 25), uploaded(other, 40, 0)
    other.push("upload-crm-objects", rows)
    before = other.ledger("upload-crm-objects")
    other.pass_time(1)
    done = other.push("upload-crm-objects", rows)
    assert done.returncode == 1
    assert other.sent("upload-crm-objects") == 0
    after = other.ledger("upload-crm-objects")
    assert after.get("rejected", 0) - before.get("rejected", 0) == 20
    assert after.get("failed", 0) - before.get("failed", 0) == 20
    assert after.get("done", 0) == before.get("done", 0)
    assert "row 25: this may be one of 5 further rows that Gong refuses" in done.stderr
    assert other.push("upload-crm-objects", fixed).returncode == 75
    other.pass_time(1)
    assert other.push("upload-crm-objects", fixed).returncode == 0
    there = [crm_object["crmId"] for crm_object in other.emulator.truth("crm_objects")]
    assert sum(crm_id.startswith("many-") for crm_id in there) == 40


@pytest.mark.slow
def test_a_file_that_gong_refuses_as_a_whole_leaves_nothing_done(own: PushCompany) -> None:
    rows = objects(own)
    own.push("delete-a-generic-crm-integration", [{"integrationId": own.integration}], "--yes")
    own.push("upload-crm-objects", rows)
    own.pass_time(30)
    done = own.push("upload-crm-objects", rows)
    assert done.returncode == 1
    assert done.stderr.count("The integration does not exist any more") == 2
    assert own.ledger("upload-crm-objects") == {"rejected": 2}


@pytest.mark.slow
def test_a_file_of_the_users_is_done_when_all_its_lines_are(
    own: PushCompany, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.ldjson"
    row = {"integrationId": own.integration, "objectType": "ACCOUNT", "dataFile": str(file)}
    things = uploaded(own, 30, 3)

    def write(rows: list[Row]) -> None:
        lines = (
            {key: value for key, value in row.items() if key not in ("integrationId", "objectType")}
            for row in rows
        )
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))

    write(things)
    assert own.push("upload-crm-objects", [row]).returncode == 75
    own.pass_time(1)
    done = own.push("upload-crm-objects", [row])
    assert done.returncode == 1
    assert "error: row 1: line 1: " in done.stderr
    assert "; line 3: " in done.stderr
    # fixed under the same name, and another file under it the next day
    for count in (30, 40):
        write(uploaded(own, count, 0))
        assert own.push("upload-crm-objects", [row]).returncode == 75
        assert own.sent("upload-crm-objects") == 1
        own.pass_time(1)
        assert own.push("upload-crm-objects", [row]).returncode == 0
        there = [crm_object["crmId"] for crm_object in own.emulator.truth("crm_objects")]
        assert sum(crm_id.startswith("many-") for crm_id in there) == count


def test_the_result_of_a_line_is_reported_for_its_row_of_an_earlier_file(
    other: PushCompany,
) -> None:
    [thing, _] = objects(other)
    rows = [{**thing, "objectId": f"place-{number}"} for number in range(4)]
    rows[2]["Is_Partner__c"] = "perhaps"
    assert other.push("upload-crm-objects", rows).returncode == 75
    before = other.ledger("upload-crm-objects")
    other.pass_time(1)
    # the first is not given any more, the others come in another order
    done = other.push("upload-crm-objects", rows[:0:-1])
    assert done.returncode == 1
    assert "rows of earlier pushes" not in done.stderr
    [message] = [line for line in done.stderr.splitlines() if line.startswith("error: row")]
    assert message.startswith("error: row 2: ")
    assert "Is_Partner__c" in message
    after = other.ledger("upload-crm-objects")
    assert after["done"] - before.get("done", 0) == 3
    assert after["rejected"] - before.get("rejected", 0) == 1
    assert after.get("accepted", 0) == 0


@pytest.mark.slow
def test_what_was_taken_away_when_the_answer_broke_off_is_done(own: PushCompany) -> None:
    for name, row in (
        ("delete-meeting", {"meetingId": meetings(own, "vanish")[0]["meetingId"]}),
        ("unassign-flows-by-instance-id", instances(own)[0]),
    ):
        at = operation(name)
        own.emulator.fault(
            "connection_reset", operation=f"{at.method} {at.path}", times=1, after_work=True
        )
        done = own.push(name, [row], "--yes")
        assert done.returncode == 0, done.stderr
        assert own.ledger(name) == {"done": 1}


@pytest.mark.slow
def test_what_may_have_been_done_stays_so_until_something_settles_it(own: PushCompany) -> None:
    first, second = instances(own)
    name = "unassign-flows-by-instance-id"
    at = operation(name)
    rule = f"{at.method} {at.path}"
    own.emulator.fault("connection_reset", operation=rule, after_work=True)
    assert own.push(name, [first], "--yes").returncode == 1
    own.emulator.clear_faults()
    assert own.ledger(name) == {"unknown": 1}
    # the ledger keeps it when the next push ends early
    own.emulator.fault("wrong_credentials", operation=rule)
    assert own.push(name, [first], "--yes").returncode == 2
    own.emulator.clear_faults()
    assert own.ledger(name) == {"unknown": 1}
    # of two rows in a request, one may be removed already; that does not settle the other
    own.emulator.fault("wrong_value", operation=rule, value="empty_object", times=1)
    done = own.push(name, [first, second], "--yes")
    assert done.returncode == 1
    assert "error: row 2: Gong did not say" in done.stderr
    assert own.ledger(name) == {"done": 1, "rejected": 1}


@pytest.mark.slow
def test_a_bulk_assignment_without_an_answer_stays_open_until_gong_has_done_it(
    own: PushCompany,
) -> None:
    """Gong assigns in bulk later; a check that comes too early must not assign twice."""
    [row] = CASES["bulk-assign-prospects-to-flow"].rows(own)[:1]
    at = operation("bulk-assign-prospects-to-flow")
    own.emulator.fault(
        "connection_reset", operation=f"{at.method} {at.path}", times=1, after_work=True
    )
    for sent in (1, 0):
        done = own.push("bulk-assign-prospects-to-flow", [row])
        assert done.returncode == 1
        assert "may or may not have done it" in done.stderr
        assert own.sent("bulk-assign-prospects-to-flow") == sent
    own.pass_time(1)
    assert own.push("bulk-assign-prospects-to-flow", [row]).returncode == 0
    assert own.sent("bulk-assign-prospects-to-flow") == 0
    assert own.ledger("bulk-assign-prospects-to-flow") == {"done": 1}


@pytest.mark.slow
def test_a_push_ends_where_every_request_breaks_off(own: PushCompany) -> None:
    rows = [meeting(own, f"Lost {number}") for number in range(60)]
    own.emulator.fault("server_error", operation="POST /v2/meetings")
    done = own.push("create-a-new-gong-meeting", rows)
    assert done.returncode == 1
    assert "requests broke off" in done.stderr
    own.emulator.clear_faults()
    lost = own.ledger("create-a-new-gong-meeting")
    assert 8 <= lost.pop("unknown") <= 16
    assert lost == {}


@pytest.mark.slow
def test_requests_that_break_off_now_and_then_end_no_push(own: PushCompany) -> None:
    """Gong refuses nearly all rows, and every third request breaks off."""
    rows = [meeting(own, f"Refused {number}") for number in range(60)]
    for row in rows:
        row["organizerEmail"] = "nobody@elsewhere.example"
    own.emulator.fault("server_error", operation="POST /v2/meetings", share=0.33)
    done = own.push("create-a-new-gong-meeting", rows)
    assert done.returncode == 1
    assert "requests broke off" not in done.stderr
    assert sum(own.ledger("create-a-new-gong-meeting").values()) == 60


@pytest.mark.slow
def test_late_refusals_of_rows_outside_the_file_are_reported(own: PushCompany) -> None:
    rows = uploaded(own, 3, 2)
    assert own.push("upload-crm-objects", rows).returncode == 75
    own.pass_time(1)
    done = own.push("upload-crm-objects", rows[2:])
    assert done.returncode == 1
    assert "2 rows of earlier pushes, which are not given now, were refused too" in done.stderr
    assert own.ledger("upload-crm-objects") == {"rejected": 2, "done": 1}
