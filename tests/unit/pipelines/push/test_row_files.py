from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.exit_codes import UsageError
from pipelines.push.row_files import rows_of

Write = Callable[[str, bytes], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


def test_rows_of_a_csv_are_text_and_an_empty_field_is_none(write: Write) -> None:
    rows = rows_of(write("a.csv", b'\xef\xbb\xbfid,title\n007,"a, b"\n8,\n'), None, None)
    assert list(rows) == [{"id": "007", "title": "a, b"}, {"id": "8", "title": None}]
    assert list(rows) == list(rows), "they can be read again"
    assert rows.source == "a.csv"


def test_rows_of_json_lines_keep_every_digit(write: Write) -> None:
    text = '{"id": 12345678901234567890, "parties": [{"userId": "1"}]}\n\n{"id": ""}\n'
    rows = list(rows_of(write("a.jsonl", text.encode()), None, None))
    assert rows == [{"id": 12345678901234567890, "parties": [{"userId": "1"}]}, {"id": ""}]


def test_rows_of_parquet_keep_their_types(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 19, 10, tzinfo=UTC)
    table = pa.table({"id": [1], "at": [moment], "names": [["a", "b"]]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert list(rows_of(str(tmp_path / "a.parquet"), None, None)) == [
        {"id": 1, "at": moment, "names": ["a", "b"]}
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"id,id\n1,2\n", "named twice"),
        ("a.csv", b"id,\n1,2\n", "must name every column"),
        ("a.csv", b"", "must name every column"),
        ("a.csv", b"id,title\n1\n", "line 2: it has not as many fields"),
        ("a.csv", b"id\n1,2\n", "line 2: it has not as many fields"),
        ("a.csv", b"id\n\xff\n", "not UTF-8"),
        ("a.jsonl", b'{"id": 1}\n{"id"\n', "line 2: it is not JSON"),
        ("a.jsonl", b"[1]\n", "line 1: it is not a JSON object"),
        ("a.jsonl", b"\xff\n", "not UTF-8"),
        ("a.parquet", b"PAR0", "cannot be read as Parquet"),
        ("a.xlsx", b"PK", "no kind of file that is known"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_place(
    write: Write, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        list(rows_of(write(name, content), None, None))


def test_rows_come_from_a_file_or_from_a_query(tmp_path: Path) -> None:
    for file, sql in ((None, None), ("a.csv", "select 1")):
        with pytest.raises(UsageError, match="one of them"):
            rows_of(file, sql, None)
    with pytest.raises(UsageError, match="there is no file"):
        rows_of(str(tmp_path / "none.csv"), None, None)
    with pytest.raises(UsageError, match="Nothing is published"):
        list(rows_of(None, "select 1", str(tmp_path)))
