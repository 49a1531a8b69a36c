from __future__ import annotations

import json

import duckdb
import pytest

from pipelines.output import json_line, print_lines, print_rows, request_shown
from sources.gong.api.operations import operation
from sources.gong.api.request import prepare

SQL = "select 1 as number, 'ü' as text, null as nothing union all select 2000, 'b', null order by 1"


def printed(form: str, capsys: pytest.CaptureFixture[str], sql: str = SQL) -> str:
    with duckdb.connect() as db:
        print_rows(db.execute(sql), form)
    return capsys.readouterr().out


def test_a_table_aligns_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed("table", capsys).splitlines()
    assert lines[0] == "number  text  nothing"
    assert lines[2:] == ["     1  ü", "  2000  b", "(2 rows)"]


def test_csv_and_json_hold_the_same_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed("csv", capsys) == "number,text,nothing\n1,ü,\n2000,b,\n"
    rows = json.loads(printed("json", capsys))
    assert rows[0] == {"number": 1, "text": "ü", "nothing": None}
    assert json.loads(printed("json", capsys, "select 1 where false")) == []


def test_a_line_of_json_is_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"id": 12345678901234567890123, "text": "a\u2028b\x85c\nü", "half": "a\ud800"}
    print_lines([json_line(value)])
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == value
    assert "ü" in json_line("ü")


def test_a_request_is_shown_with_its_address_and_body() -> None:
    row = operation("listCalls")
    inputs = {"fromDateTime": "2026-01-01T00:00:00Z", "toDateTime": "2026-02-01T00:00:00Z"}
    assert request_shown(prepare(row, inputs), "https://x") == {
        "method": "GET",
        "url": "https://x/v2/calls?fromDateTime=2026-01-01T00%3A00%3A00Z"
        "&toDateTime=2026-02-01T00%3A00%3A00Z",
    }
