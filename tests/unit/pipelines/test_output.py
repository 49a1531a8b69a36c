from __future__ import annotations

import io
import json
import sys

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from pipelines.output import json_line, print_lines, print_rows, request_shown
from sources.gong.api.operations import operation
from sources.gong.api.request import prepare

SQL = "select 1 as number, 'ü' as text, null as nothing union all select 2000, 'b', null order by 1"


def printed(
    form: str, capsys: pytest.CaptureFixture[str], sql: str = SQL, max_rows: int | None = None
) -> str:
    with duckdb.connect() as db:
        print_rows(db.execute(sql), form, max_rows)
    return capsys.readouterr().out


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is a terminal of 80 columns."""
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True)
    monkeypatch.setenv("COLUMNS", "80")


def test_a_table_aligns_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed("table", capsys).splitlines()
    assert lines[0] == "number  text  nothing"
    assert lines[2:] == ["     1  ü        NULL", "  2000  b        NULL", "(2 rows)"]


def test_null_is_no_empty_text_in_any_form(capsys: pytest.CaptureFixture[str]) -> None:
    sql = "select null as a, '' as b, 'x' as c union all select '', null, 'y' order by c"
    assert printed("table", capsys, sql).splitlines()[2:4] == ["NULL        x", "      NULL  y"]
    csv = printed("csv", capsys, sql)
    assert csv == 'a,b,c\n,"",x\n"",,y\n'
    with duckdb.connect() as db:
        read = db.read_csv(io.StringIO(csv), allow_quoted_nulls=False).fetchall()
    assert read == [(None, "", "x"), ("", None, "y")]
    assert json.loads(printed("json", capsys, sql))[0] == {"a": None, "b": "", "c": "x"}
    assert printed("csv", capsys, "select null as a").splitlines() == ["a", '""']


def test_csv_has_lists_and_structs_as_json_and_quotes_what_needs_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sql = """select ['a', null] as l, {'d': date '2026-01-02', 'n': 'nan'::double} as s,
        'x "y", z' as t, e'1\n2' as u, map {[1]: 2} as m"""
    frame = pd.read_csv(io.StringIO(printed("csv", capsys, sql)))
    assert json.loads(frame["l"][0]) == ["a", None]
    assert json.loads(frame["s"][0]) == {"d": "2026-01-02", "n": None}
    assert (frame["t"][0], frame["u"][0]) == ('x "y", z', "1\n2")
    assert json.loads(frame["m"][0])


def test_json_holds_only_numbers_that_json_has(capsys: pytest.CaptureFixture[str]) -> None:
    sql = """select 'nan'::double as a, [1.5::float, '-inf'::float] as b,
        {'x': {'y': 'inf'::double}} as c, map {date '2026-01-02': 'nan'::double} as d"""
    text = printed("json", capsys, sql)

    def refused(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(text, parse_constant=refused) == [
        {"a": None, "b": [1.5, None], "c": {"x": {"y": None}}, "d": {"2026-01-02": None}}
    ]


def test_columns_of_one_name_are_all_in_every_form(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    sql = "select 1 as a, 2 as a, 3 as A, 4 as a_1"
    with duckdb.connect() as db:
        names = list(db.sql(sql).df().columns)
    assert names == ["a", "a_1", "A_2", "a_1_1"]
    for form in ("json", "csv", "table"):
        with duckdb.connect() as db:
            print_rows(db.execute(sql), form)
        text = capsysbinary.readouterr().out.decode()
        found = list(json.loads(text)[0]) if form == "json" else text.split("\n")[0]
        assert found in (names, ",".join(names), "  ".join(names))
    with duckdb.connect() as db:
        print_rows(db.execute(sql), "parquet")
    rows = pq.read_table(io.BytesIO(capsysbinary.readouterr().out)).to_pylist()
    assert rows == [dict(zip(names, (1, 2, 3, 4), strict=True))]


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_a_stated_part_of_many_rows(capsys: pytest.CaptureFixture[str]) -> None:
    many = "select n from range(18000) as t(n)"
    lines = printed("table", capsys, many).splitlines()
    assert len(lines) == 103
    assert lines[-1].startswith("(100 of 18,000 rows; --max-rows 0 shows all, ")
    assert len(printed("table", capsys, many, 0).splitlines()) == 18_003
    assert printed("table", capsys, many, 5).splitlines()[-1].startswith("(5 of 18,000 rows; ")
    assert printed("csv", capsys, many).count("\n") == 18_001
    exact = printed("table", capsys, "select n from range(100) as t(n)").splitlines()
    assert exact[-1] == "(100 rows)"


def test_what_is_no_terminal_gets_all_rows(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed("table", capsys, "select repeat('x', 500), n from range(101) as t(n)")
    assert lines.splitlines()[-1] == "(101 rows)"
    assert "x" * 500 in lines


@pytest.mark.usefixtures("terminal")
def test_a_table_is_no_wider_than_its_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    sql = "select 1234567 as calls, repeat('x😀', 100) as title, repeat('语', 60) as text, 'a' as b"
    lines = printed("table", capsys, sql).splitlines()
    assert max(map(cell_len, lines)) == 80
    assert "1234567" in lines[2]
    assert lines[2].count("…") == 2


@pytest.mark.usefixtures("terminal")
def test_rows_of_many_columns_have_a_line_per_value(capsys: pytest.CaptureFixture[str]) -> None:
    columns = ", ".join(f"'value of {n}' as column_{n}" for n in range(40))
    lines = printed("table", capsys, f"select {columns} from range(25)").splitlines()
    assert lines[:3] == ["-- row 1", "column_0   value of 0", "column_1   value of 1"]
    assert len(lines) == 10 * 41 + 1
    assert lines[-1].startswith("(10 of 25 rows; ")


def test_a_text_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed("table", capsys, "select 'a' || chr(27) || '[2Jb' || chr(155) || 'c' as t")
    assert lines.splitlines()[2] == "a\ufffd[2Jb\ufffdc"


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
