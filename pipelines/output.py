"""Prints rows, requests and JSON to standard output."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pipelines.exit_codes import UsageError
from pipelines.row_table import record_lines, table_lines

if TYPE_CHECKING:
    import duckdb

    from sources.gong.api.request import PreparedRequest

_BATCH = 10_000
_TABLE_ROWS = 100
_RECORDS = 10
"""Rows that a terminal shows by default, where a row is a line and where a value is one."""
_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
"""Characters that JSON allows in a text and that many programs take for the end of a line."""


def print_lines(lines: Iterable[str]) -> None:
    """Prints lines, and flushes."""
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def json_line(value: Any) -> str:
    """Returns one line of JSON; whole numbers of any length stay as they are."""
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    try:
        line.encode()
    except UnicodeEncodeError:
        # half a surrogate pair: Gong cuts texts inside a character
        line = json.dumps(value, separators=(",", ":"), default=str)
    return line.translate(_LINE_ENDS)


def request_shown(request: PreparedRequest, base_url: str) -> dict[str, Any]:
    """Returns a request for people to read: method, address, body, and size of its files."""
    query = urlencode(request.query, doseq=True)
    shown: dict[str, Any] = {
        "method": request.method,
        "url": base_url + request.path + (f"?{query}" if query else ""),
    }
    if request.has_body:
        shown["body"] = request.body
    if request.files:
        shown["files"] = {
            name: {"path": str(path), "bytes": path.stat().st_size}
            for name, path in request.files.items()
        }
    return shown


def print_rows(result: duckdb.DuckDBPyConnection, form: str, max_rows: int | None = None) -> None:
    """Prints rows as `table`, `csv`, `json` (one array) or `parquet` (bytes, not to a terminal).

    Columns of one name get names as in pandas: `a`, `a_1`. A null is `NULL` in a table and an empty
    field in CSV, where an empty text is `""`; a number that JSON does not have (NaN, infinite) is
    its null. Lists and structs are JSON. A table in a terminal is no wider than it.

    Args:
        result: an executed query.
        form: of the rows.
        max_rows: rows that a table shows at most, 0 for all; it says how many there are. None for a
            default in a terminal, and for all elsewhere. Other forms always have all.

    Raises:
        UsageError: Parquet was asked for on a terminal.
    """
    names = _distinct([column[0] for column in result.description or ()])
    if form == "parquet":
        _parquet(result, names)
    elif form == "csv":
        print_lines(_csv(result, names))
    elif form == "json":
        _json(result, names)
    else:
        _table(result, names, max_rows)


def _distinct(names: list[str]) -> list[str]:
    """Returns the names with a number where there are several of one, as DuckDB names frames."""
    taken: set[str] = set()
    distinct: list[str] = []
    for name in names:
        candidates = chain([name], (f"{name}_{number}" for number in count(1)))
        distinct.append(next(other for other in candidates if other.lower() not in taken))
        taken.add(distinct[-1].lower())
    return distinct


def _parquet(result: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    import pyarrow.parquet as pq

    if sys.stdout.isatty():
        raise UsageError("--format parquet writes bytes: send it to a file with >")
    reader = result.to_arrow_reader(_BATCH)
    schema = reader.schema.empty_table().rename_columns(names).schema
    with pq.ParquetWriter(sys.stdout.buffer, schema) as writer:
        for batch in reader:
            writer.write_batch(batch.rename_columns(names))


def _csv(result: duckdb.DuckDBPyConnection, names: list[str]) -> Iterator[str]:
    yield ",".join(map(_field, names))
    for row in _rows(result):
        # a line without a character would be no row for many programs
        yield ",".join(map(_field, row)) or '""'


def _field(value: Any) -> str:
    """Returns a field of CSV; the module csv cannot tell an empty text from a null."""
    if value is None:
        return ""
    text = _text(value)
    if text and not any(mark in text for mark in ',"\r\n'):
        return text
    return '"' + text.replace('"', '""') + '"'


def _json(result: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    lead = "["
    for row in _rows(result):
        values = dict(zip(names, map(_plain, row), strict=True))
        sys.stdout.write(lead + json.dumps(values, default=str, ensure_ascii=False))
        lead = ",\n"
    print("]" if lead != "[" else "[]")


def _table(result: duckdb.DuckDBPyConnection, names: list[str], max_rows: int | None) -> None:
    is_terminal = sys.stdout.isatty()
    most = max_rows if max_rows is not None else _TABLE_ROWS if is_terminal else 0
    rows = result.fetchmany(most) if most else result.fetchall()
    width = shutil.get_terminal_size().columns if is_terminal else None
    lines = table_lines(names, rows, _text, width)
    total = len(rows) + sum(1 for _ in _rows(result))
    if lines is None:
        rows = rows[:_RECORDS] if max_rows is None else rows
        lines = record_lines(names, rows, _text)
    counted = f"{total:,} row{'' if total == 1 else 's'}"
    cut = f"{len(rows):,} of {counted}; --max-rows 0 shows all, --format csv > FILE keeps them"
    print_lines([*lines, f"({cut if total > len(rows) else counted})"])


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(_BATCH):
        yield from rows


def _text(value: Any) -> str:
    if isinstance(value, (list, dict, tuple)):
        return json.dumps(_plain(value), default=str, ensure_ascii=False)
    return str(value)


def _plain(value: Any) -> Any:
    """Returns a value that JSON has: names of fields are texts, and every number is finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value
