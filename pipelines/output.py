"""Prints rows, requests and JSON to standard output."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pipelines.exit_codes import UsageError

if TYPE_CHECKING:
    import duckdb

    from sources.gong.api.request import PreparedRequest

_BATCH = 10_000
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


def print_rows(result: duckdb.DuckDBPyConnection, form: str) -> None:
    """Prints rows as `table`, `csv`, `json` (one array) or `parquet` (bytes, not to a terminal).

    Raises:
        UsageError: Parquet was asked for on a terminal.
    """
    names = [column[0] for column in result.description or ()]
    if form == "parquet":
        _parquet(result)
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        while rows := result.fetchmany(_BATCH):
            writer.writerows(rows)
    elif form == "json":
        _json(result, names)
    else:
        _table(names, result.fetchall())


def _parquet(result: duckdb.DuckDBPyConnection) -> None:
    import pyarrow.parquet as pq

    if sys.stdout.isatty():
        raise UsageError("--format parquet writes bytes: send it to a file with >")
    reader = result.to_arrow_reader(_BATCH)
    with pq.ParquetWriter(sys.stdout.buffer, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


def _json(result: duckdb.DuckDBPyConnection, names: list[str]) -> None:
    lead = "["
    while rows := result.fetchmany(_BATCH):
        for row in rows:
            sys.stdout.write(
                lead
                + json.dumps(dict(zip(names, row, strict=True)), default=str, ensure_ascii=False)
            )
            lead = ",\n"
    print("]" if lead != "[" else "[]")


def _table(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max([len(name), *(len(row[i]) for row in cells)]) for i, name in enumerate(names)]
    is_number = [
        bool(rows) and all(isinstance(row[i], (int, float, type(None))) for row in rows)
        for i in range(len(names))
    ]

    def line(values: list[str]) -> str:
        return "  ".join(
            value.rjust(width) if right else value.ljust(width)
            for value, width, right in zip(values, widths, is_number, strict=True)
        ).rstrip()

    print(line(names))
    print("  ".join("-" * width for width in widths))
    for row in cells:
        print(line(row))
    print(f"({len(rows)} row{'' if len(rows) == 1 else 's'})")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return " ".join(str(value).split())
