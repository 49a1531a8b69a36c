"""Pushed rows are at Gong, once; a rerun sends nothing; problems of rows are reported."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.operations import operation, writes
from tests.conftest import Emulator
from tests.harness.pushing import (
    CASES,
    PushCompany,
    access,
    assigned,
    meeting,
    new_company,
    objects,
    open_tasks,
    posted,
)


@pytest.fixture(scope="module")
def company(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> PushCompany:
    return new_company(emulators, tmp_path_factory.mktemp("push"))


def test_every_write_has_a_case() -> None:
    assert {operation(name).operation_id for name in CASES} == {
        row.operation_id for row in writes()
    }


def test_rows_are_at_gong_once_and_a_rerun_sends_nothing(company: PushCompany) -> None:
    """All writes in one company, one after the other: the order is part of the story."""
    for name, case in CASES.items():
        rows = case.rows(company)
        before = case.effect(company)
        done = company.push(name, rows, *case.options)
        assert done.returncode == (75 if case.hours else 0), f"{name}: {done.stderr}"
        assert company.sent(name) == case.requests, name
        if case.hours:
            company.pass_time(case.hours)
            done = company.push(name, rows, *case.options)
            assert done.returncode == 0, f"{name}: {done.stderr}"
            assert company.sent(name) == 0, name
        assert case.effect(company) - before == case.done, name
        assert company.ledger(name)["done"] >= case.done, name

        again = company.push(name, rows, *case.options)
        assert again.returncode == 0, f"{name}: {again.stderr}"
        assert company.sent(name) == 0, name
        assert f"{len(rows)} done before" in again.stderr, name
        assert case.effect(company) - before == case.done, name


@pytest.fixture(scope="module")
def other(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> PushCompany:
    return new_company(emulators, tmp_path_factory.mktemp("other"))


def paths(company: PushCompany) -> list[str]:
    return [f"{request['method']} {request['path']}" for request in company.emulator.requests()]


def test_all_problems_are_reported_at_once_and_nothing_is_sent(other: PushCompany) -> None:
    rows = [
        *posted(other, "same", title="One"),
        {**posted(other, "a")[0], "direction": "Outbond", "primary_user": None},
        {**posted(other, "b")[0], "colour": "red"},
        *posted(other, "same", title="Another"),
    ]
    done = other.push("add-new-call", rows)
    assert done.returncode == 2
    assert "3 of 4 rows" in done.stderr
    for problem in (
        "row 2: direction cannot be 'Outbond' (did you mean Outbound?)",
        "row 2: primaryUser is missing",
        "row 3: there is no parameter 'colour'",
        "row 4: clientUniqueId is that of row 1, and the rest is not",
    ):
        assert problem in done.stderr
    assert paths(other) == []


def test_a_dry_run_prints_what_would_go_and_sends_nothing(other: PushCompany) -> None:
    rows = posted(other, "dry-0", "dry-1", "dry-0")
    done = other.push("add-new-call", rows, "--dry-run", "--set", "title=The\u2028same")
    assert done.returncode == 0, done.stderr
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert [request["body"]["clientUniqueId"] for request in shown] == ["dry-0", "dry-1"]
    assert {request["body"]["title"] for request in shown} == {"The\u2028same"}
    assert {(request["method"], request["url"]) for request in shown} == {
        ("POST", f"{other.emulator.base_url}/v2/calls")
    }
    assert paths(other) == []


def test_what_takes_something_away_needs_a_yes(other: PushCompany) -> None:
    done = other.push("delete-meeting", [{"meetingId": 1}])
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert paths(other) == []


def test_a_known_key_with_another_content_is_reported_and_not_sent(other: PushCompany) -> None:
    assert other.push("add-new-call", posted(other, "kept", title="One")).returncode == 0
    done = other.push("add-new-call", posted(other, "kept", title="Two"))
    assert done.returncode == 1
    assert "row 1: its clientUniqueId was pushed before with other content" in done.stderr
    assert other.sent("add-new-call") == 0


def test_refused_rows_are_written_fixed_and_pushed_again(other: PushCompany) -> None:
    rows = posted(other, "right", "fixed")
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


def test_a_push_that_the_quota_ends_goes_on(other: PushCompany) -> None:
    rows = posted(other, *(f"quota-{number}" for number in range(9)))
    done = other.push("add-new-call", rows, "--max-requests", "4")
    assert done.returncode == 75, done.stderr
    assert other.sent("add-new-call") == 4
    done = other.push("add-new-call", rows)
    assert done.returncode == 0, done.stderr
    assert other.sent("add-new-call") == 5
    assert "4 done before" in done.stderr
    status = other.gong("status").stdout
    assert re.search(r"push add-new-call +done +5 requests +5 landed", status)
    assert re.search(r"push add-new-call +postponed +4 requests +4 landed", status)


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
    other: PushCompany, how: str, is_done: bool
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
        # Gong had not done it at the first check, so the row is sent again
        assert not is_done
        assert done.returncode == 1
        done = other.push(name, rows)
    assert done.returncode == 0, done.stderr
    assert other.push(name, rows).returncode == 0
    assert other.sent(name) == 0
    shown = {
        "a key": lambda: [
            call for call in other.emulator.truth("uploaded_calls")
            if call["clientUniqueId"] == f"cut-off {is_done}"
        ],
        "harmless": lambda: [
            task for task in other.emulator.truth("tasks")
            if task["id"] == rows[0].get("taskId") and task["status"] == "DISMISSED"
        ],
        "asked": lambda: [
            profile for profile in other.emulator.truth("permission_profiles")
            if profile["name"] == f"Cut off {is_done}"
        ],
        "asked, in a flow": lambda: [
            instance for instance in other.emulator.truth("flow_instances")
            if instance["crmProspectId"] == rows[0].get("crmProspectsIds")
            and instance["flowInstanceStatus"] == "Pending"
        ],
    }[how]()  # fmt: skip
    assert len(shown) == 1


def test_media_are_fetched_from_an_address_without_our_credentials(
    other: PushCompany, tmp_path: Path
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
        call["callId"] for call in other.emulator.truth("uploaded_calls")
        if call["clientUniqueId"] == "fetched"
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
    [there] = [
        uploaded
        for uploaded in other.emulator.truth("uploaded_calls")
        if uploaded["callId"] == call
    ]
    assert there["size"] == 70_003
    assert len(asked) == 2
    assert not any("Authorization" in headers for headers in asked)
    assert list(other.gong.home.glob(".push-*")) == []


def test_what_is_changed_or_taken_back_can_be_pushed_again(other: PushCompany) -> None:
    """A row is sent again with changed content, or after the opposite operation."""
    [task, *_] = open_tasks(other)
    for status, sent in (("DONE", 1), ("DONE", 0), ("OPEN", 1), ("DONE", 1)):
        assert other.push("update-task", [{**task, "status": status}]).returncode == 0
        assert other.sent("update-task") == sent, status
    [pair, *_] = access(other)
    access_row = {"callId": pair["callId"], "userId": other.users[2]["id"]}
    for name, sent in (
        ("set-user-call-access", 1), ("set-user-call-access", 0),
        ("delete-users-from-call-access-list", 1), ("set-user-call-access", 1),
    ):  # fmt: skip
        assert other.push(name, [access_row], "--yes").returncode == 0
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
    [changing] = [
        crm_object
        for crm_object in other.emulator.truth("crm_objects")
        if crm_object["crmId"] == "changing"
    ]
    assert changing["fields"]["name"] == "One"
