"""All problems of rows are reported at once; a repeated row is sent once."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.console import Console
from pipelines.exit_codes import UsageError
from pipelines.push.row_files import RowFile
from pipelines.push.row_items import check_rows, items_of_rows, print_requests
from tests.unit.pipelines.push.conftest import write_named
from tests.unit.pipelines.push.test_batch_plan import POST


def rows(*rows: dict[str, Any]) -> RowFile:
    return RowFile("rows.csv", lambda: iter([dict(row) for row in rows]))


def check(name: str, *given: dict[str, Any], **constants: str) -> tuple[int, str]:
    stream = io.StringIO()
    total = check_rows(Console(stream=stream), write_named(name), rows(*given), constants)
    return total, stream.getvalue()


def test_every_problem_of_every_row_is_reported() -> None:
    with pytest.raises(UsageError) as wrong:
        check("addCall", POST, {**POST, "direction": "Outbond"}, {**POST, "title": "Two"})
    assert "2 of 3 rows of rows.csv cannot be pushed; nothing was sent" in str(wrong.value)
    assert "row 2: direction cannot be 'Outbond'" in str(wrong.value)
    assert "row 3: clientUniqueId is that of row 1, and the rest is not" in str(wrong.value)
    assert "gong-elt api add-new-call --help" in str(wrong.value)


def test_ids_that_a_spreadsheet_has_spoilt_are_refused_with_their_rows() -> None:
    with pytest.raises(UsageError) as wrong:
        check(
            "addCall",
            POST,
            {**POST, "clientUniqueId": "1.9974E+18"},
            {**POST, "primaryUser": "nan"},
        )
    assert "row 2: clientUniqueId is '1.9974E+18', a rounded number" in str(wrong.value)
    assert "row 3: primaryUser is 'nan', which is how a program writes a missing" in str(
        wrong.value
    )


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("addUsersAccessToCalls", {"callId": "1 ", "userIds": "2"}, "callId is '1 '"),
        ("addUsersAccessToCalls", {"callId": "1", "userIds": "2,NULL"}, "userIds[1] is 'NULL'"),
        ("addUsersAccessToCalls",
         {"callAccessList": [{"callId": "1", "userIds": ["5.0"]}]},
         "callAccessList[0].userIds[0] is '5.0'"),
        ("assignProspects",
         {"flowId": "1", "flowInstanceOwnerEmail": "a@x.example", "crmProspectsIds": '["1 "]'},
         "crmProspectsIds[0] is '1 '"),
        ("uploadCrmData",
         {"integrationId": "1", "objectType": "ACCOUNT", "objectId": "nan",
          "modifiedDate": "2026-01-31T00:00:00Z"},
         "objectId is 'nan'"),
        ("purgeEmailAddress", {"emailAddress": "a@x.example "}, "emailAddress is 'a@x.example '"),
        ("purgePhoneNumber", {"phoneNumber": "1.555E+10"}, "phoneNumber is '1.555E+10'"),
    ],
)  # fmt: skip
def test_ids_are_checked_wherever_a_row_has_them(
    name: str, row: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UsageError) as wrong:
        check(name, row)
    assert problem in str(wrong.value)


def test_at_most_fifty_problems_are_reported() -> None:
    with pytest.raises(UsageError, match="… and 10 more"):
        check("updateReminder", *({"taskId": "1"} for _ in range(60)))


def test_constants_stand_in_every_row_and_the_reason_column_is_left_out() -> None:
    row = {"taskId": "1", "userId": "2", "_rejected_because": "no such task"}
    assert check("updateReminder", row, status="DONE") == (1, "")


def test_a_repeated_row_goes_once() -> None:
    total, message = check("addCall", POST, POST)
    assert (total, "1 rows of rows.csv repeat an earlier one" in message) == (2, True)
    assert [item.row for item in items_of_rows(write_named("addCall"), rows(POST, POST), {})] == [1]


@pytest.mark.parametrize(("content", "problem"), [(None, "there is no file"), (b"", "has 0 bytes")])
def test_a_file_must_be_there_and_have_a_size_that_gong_takes(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "a.wav"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=problem):
        check("addCallRecording", {"id": "1", "mediaFile": str(file)})


def test_a_dry_run_prints_each_request(capsys: pytest.CaptureFixture[str]) -> None:
    objects = rows(
        *(
            {
                "integrationId": "1", "objectType": "ACCOUNT", "objectId": number,
                "modifiedDate": "2026-11-01T10:00:00Z",
            }
            for number in "12"
        )
    )  # fmt: skip
    print_requests(write_named("uploadCrmData"), objects, {}, "https://gong.example")
    (line,) = capsys.readouterr().out.splitlines()
    shown = json.loads(line)
    assert shown["url"].startswith("https://gong.example/v2/crm/entities?")
    assert [item["objectId"] for item in shown["files"]["dataFile"]["lines"]] == ["1", "2"]
    assert "path" not in shown["files"]["dataFile"]
    media = rows({"id": "1", "mediaFile": "https://files.example/a.wav"})
    print_requests(write_named("addCallRecording"), media, {}, "https://gong.example")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["files"] == {"mediaFile": {"address": "https://files.example/a.wav"}}
